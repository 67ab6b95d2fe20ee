"""How much a search may still do: seconds, or a number of steps where the same has to come out again."""

import time


class Effort:
    """`total` and `spent` are in seconds, or in steps if `steps` is given."""

    def __init__(self, seconds: float, steps: int | None = None) -> None:
        self._began = time.monotonic()
        self._steps = steps
        self._taken = 0
        self.total = float(seconds if steps is None else steps)
        self.stopped = False

    def spend(self) -> None:
        """One more step."""
        self._taken += 1

    @property
    def counts_steps(self) -> bool:
        """Whether the clock does not matter."""
        return self._steps is not None

    @property
    def spent(self) -> float:
        return self.seconds if self._steps is None else float(self._taken)

    @property
    def seconds(self) -> float:
        """Since the beginning, by the clock."""
        return time.monotonic() - self._began

    @property
    def is_spent(self) -> bool:
        return self.stopped or self.spent >= self.total

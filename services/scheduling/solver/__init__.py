"""The roster solver: `solve` takes a problem to the best roster that is found in time. It knows no service."""

from services.scheduling.solver.portfolio import Found, Progress, solve

__all__ = ["Found", "Progress", "solve"]

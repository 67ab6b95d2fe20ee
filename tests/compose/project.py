"""One compose project of our own: a name nobody else has, the repository's own file, and nothing left at the end."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def no_engine() -> str | None:
    """Why nothing can be tried here; None if there is an engine and compose."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{' '.join(command)}: {error}"
        if done.returncode != 0:
            return f"{' '.join(command)}: {done.stderr.strip()[:200]}"
    return None


def run(*command: str, code: int | None = 0, text: str | None = None, env: dict[str, str] | None = None) -> str:
    """Runs a command, and returns what it printed on its standard output."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | (env or {}),
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert code is None or done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Project:
    """A running project."""

    name: str

    @property
    def image(self) -> str:
        """An image of our own too: that of a deployment on this machine is left alone."""
        return f"tiepsuc:{self.name}"

    def compose(self, *arguments: str, code: int | None = 0, text: str | None = None) -> str:
        """`docker compose -p NAME …`."""
        env = {"TIEPSUC_IMAGE": self.image, "TIEPSUC_PUBLISHED_PORT": "0"}
        return run("docker", "compose", "-p", self.name, *arguments, code=code, text=text, env=env)

    def remove(self) -> None:
        """Takes away what is there, whatever state it is in."""
        self.compose("--profile", "tools", "down", "--volumes", "--remove-orphans", "--timeout", "5", code=None)
        run("docker", "image", "rm", self.image, code=None)  # what it was built from stays in the engine's cache

    def up(self, *arguments: str) -> None:
        """Up, and everything healthy; else the failure comes with what the containers said."""
        try:
            self.compose("up", "-d", "--wait", "--wait-timeout", "120", *arguments)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.compose('logs', '--tail', '15', code=None)}") from None

    def tiepsuc(self, *arguments: str, code: int = 0, text: str | None = None) -> str:
        """The operator's command, in a container of its own."""
        return self.compose("run", "--rm", "-T", "operator", *arguments, code=code, text=text)

    def total(self) -> dict[str, int]:
        """The line of the sample month; waits until it has stopped changing."""
        wish = ("--unit", "31570", "--from", "2025-07-01", "--to", "2025-07-29", "--json")
        seen: list[dict[str, int]] = []
        end = time.monotonic() + 60
        while len(seen) < 2 or seen[-1] != seen[-2] or not seen[-1]["received"]:
            assert time.monotonic() < end, seen
            seen.append(json.loads(self.tiepsuc("report", *wish))["total"])
        return seen[-1]

    def containers(self, service: str | None = None) -> dict[str, dict[str, Any]]:
        """The engine's own record of each container, by its name."""
        chosen = ("--filter", f"label=com.docker.compose.service={service}") if service else ()
        label = f"label=com.docker.compose.project={self.name}"
        ids = run("docker", "ps", "--all", "--quiet", "--filter", label, *chosen).split()
        found = json.loads(run("docker", "inspect", *ids)) if ids else []
        return {each["Name"].strip("/"): each for each in found}

    def inside(self, service: str, script: str, code: int | None = 0) -> str:
        """A shell line inside a service's container."""
        return self.compose("exec", "-T", service, "sh", "-c", script, code=code)

    def left(self) -> dict[str, list[str]]:
        """What the engine still has of this project."""
        label = f"label=com.docker.compose.project={self.name}"
        lists = {
            "containers": ("ps", "--all", "--quiet"),
            "volumes": ("volume", "ls", "--quiet"),
            "networks": ("network", "ls", "--quiet"),
        }
        return {kind: run("docker", *command, "--filter", label).split() for kind, command in lists.items()}

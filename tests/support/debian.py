"""Tests that need a Debian package: skipped where it is missing, loudly; failed where skipping is forbidden.

    @pytest.mark.debian("chromium")

`.ci/run` installs what such marks name and sets TIEPSUC_FORBID_SKIPS.
"""

import os
import subprocess
from functools import cache

import pytest

_FORBID = "TIEPSUC_FORBID_SKIPS"


def pytest_runtest_setup(item: pytest.Item) -> None:
    wanted = {package for mark in item.iter_markers("debian") for package in mark.args}
    missing = sorted(package for package in wanted if not _installed(package))
    if not missing:
        return
    reason = f"thiếu gói Debian / missing Debian packages: {' '.join(missing)}"
    if os.environ.get(_FORBID):
        pytest.fail(f"{reason}; skipping is forbidden here ({_FORBID})", pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Read off the reports: with xdist, the tests ran in other processes."""
    skipped: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple) and "missing Debian packages: " in (reason := report.longrepr[2]):
            skipped.setdefault(reason.rpartition(": ")[2], []).append(report.nodeid)
    if not skipped:
        return
    packages = sorted({package for names in skipped for package in names.split()})
    count = sum(map(len, skipped.values()))
    terminalreporter.section("BỎ QUA / SKIPPED: Debian packages are missing", sep="!", red=True, bold=True)
    terminalreporter.write_line(f"{count} phép thử không chạy / tests did not run:", red=True)
    for tests in skipped.values():
        for test in tests:
            terminalreporter.write_line(f"  {test}")
    terminalreporter.write_line(f"Để chạy / to run them:  apt-get install --yes {' '.join(packages)}", red=True)


@cache
def _installed(package: str) -> bool:
    """Whether dpkg knows it as installed; without dpkg nothing is."""
    try:
        asked = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return False
    return asked.stdout == "installed"

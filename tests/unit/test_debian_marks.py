"""A test that needs a missing Debian package is skipped loudly, or fails where skipping is forbidden."""

import subprocess
from pathlib import Path

import pytest

_MARK = "mark.debian"  # apart, so that the gate does not take these examples for wishes
_TESTS = f"""
import pytest

@pytest.{_MARK}("tiepsuc-no-such-package")
def test_needs_what_is_missing():
    raise AssertionError("ran")

@pytest.{_MARK}("dpkg")
def test_needs_what_is_there():
    pass

def test_needs_nothing():
    pass
"""
_INI = """
[pytest]
markers =
    debian(*packages): needs them
"""


@pytest.fixture
def three_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("TIEPSUC_FORBID_SKIPS", raising=False)
    monkeypatch.setattr("tests.support.debian._installed", lambda package: package == "dpkg")
    pytester.makefile(".ini", pytest=_INI)
    pytester.makepyfile(_TESTS)
    return pytester


def test_a_skip_is_told_loudly_with_what_to_install(three_tests: pytest.Pytester) -> None:
    result = three_tests.runpytest("-p", "tests.support.debian", "-p", "no:asyncio")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*!!! BỎ QUA / SKIPPED*",
            "1 phép thử không chạy*",
            "*::test_needs_what_is_missing",
            "*apt-get install --yes tiepsuc-no-such-package",
        ]
    )


def test_where_skipping_is_forbidden_it_fails(three_tests: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEPSUC_FORBID_SKIPS", "1")
    result = three_tests.runpytest("-p", "tests.support.debian", "-p", "no:asyncio")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*missing Debian packages: tiepsuc-no-such-package; skipping is forbidden here*"])


def test_the_gate_finds_the_packages_that_marks_name(tmp_path: Path) -> None:
    gate = Path(__file__).parents[2] / ".ci/run"
    (line,) = [line for line in gate.read_text().splitlines() if line.startswith("packages=")]
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_pages.py").write_text(f'@pytest.{_MARK}("chromium", "fonts-noto-core")\ndef test(): ...\n')
    (tests / "test_more.py").write_text(f'pytestmark = pytest.{_MARK}("chromium")\n')
    found = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{line}\necho $packages"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["chromium", "fonts-noto-core"]

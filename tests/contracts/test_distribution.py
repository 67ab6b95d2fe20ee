"""`pip install ./contracts` in a clean environment: pydantic and nothing else, and it works alone."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest

import contracts

HOME = Path(contracts.__file__).parent


def test_every_package_is_listed() -> None:
    configuration = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))
    folders = [path.parent.relative_to(HOME) for path in HOME.rglob("__init__.py")]
    packages = {".".join(("contracts", *folder.parts)) for folder in folders if "build" not in folder.parts}
    assert set(configuration["tool"]["setuptools"]["packages"]) == packages


def test_it_has_the_version_of_the_whole() -> None:
    configuration = tomllib.loads((HOME.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert contracts.__version__ == configuration["project"]["version"]


@pytest.mark.timeout(180)
def test_it_installs_alone_and_brings_pydantic_only(tmp_path: Path) -> None:
    source = tmp_path / "source" / "contracts"
    shutil.copytree(HOME, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    run(tmp_path, sys.executable, "-m", "venv", "clean")
    python = tmp_path / "clean" / "bin" / "python"
    done = attempt(tmp_path, python, "-m", "pip", "install", "--disable-pip-version-check", source)
    if done.returncode and re.search(
        r"No matching distribution|Could not find a version|connection", done.stderr, re.IGNORECASE
    ):
        pytest.skip(f"pip reaches no package index here, so nothing was installed: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    names = "import importlib.metadata as m; print(*(d.metadata['Name'] for d in m.distributions()))"
    installed = {normal(name) for name in run(tmp_path, python, "-I", "-c", names).split()}
    assert installed - {"pip", "setuptools"} == {"tiepsuc-contracts", *closure("pydantic")}
    program = """
import json, sys
from importlib.resources import files
import contracts.topology
from contracts.envelope import Event
from contracts.intake.events.cases import CaseAccepted
home = files("contracts")
sample = home.joinpath("samples/intake.case.accepted.v1.json").read_text(encoding="utf-8")
event = Event[CaseAccepted].model_validate_json(sample)
assert json.loads(home.joinpath("schemas/asyncapi.json").read_text(encoding="utf-8"))["asyncapi"] == "3.0.0"
assert home.joinpath("py.typed").is_file()
assert "site-packages" in contracts.__file__, contracts.__file__
print(event.data.case_code)
"""
    assert run(tmp_path, python, "-I", "-W", "error", "-c", program).strip() == "H13.57-250701-0005"


def attempt(where: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, timeout=150)


def run(where: Path, *command: str | Path) -> str:
    done = attempt(where, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(distribution: str) -> set[str]:
    """A distribution and all that it needs without extras, by the metadata of our own environment."""
    found, left = set(), [distribution]
    while left:
        name = normal(left.pop())
        if name not in found:
            found.add(name)
            left += [re.split(r"[^\w.-]", need)[0] for need in requires(name) or () if "extra ==" not in need]
    return found

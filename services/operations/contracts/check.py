"""All that is checked: the committed files say what the code says, samples are as sent, and nothing breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contracts.topology import RETIRED, Topology
from services.operations.contracts import compatibility, promises, samples
from services.operations.contracts.asyncapi import FILE as ASYNCAPI
from services.operations.contracts.baseline import Baseline
from services.operations.contracts.compatibility import Change
from services.operations.contracts.export import render, schemas
from services.operations.contracts.nodes import Schema
from services.operations.contracts.samples import SampleFault


@dataclass(frozen=True, slots=True)
class Drift:
    """A schema file that is not what the code says. `what`: missing, changed, or left over."""

    file: str
    what: str


@dataclass(slots=True)
class Findings:
    """What a check found. `changes` and `unreadable` are told with the baselines that they were found against."""

    against: list[str]
    drift: list[Drift] = field(default_factory=list)
    samples: list[SampleFault] = field(default_factory=list)
    changes: dict[Change, list[str]] = field(default_factory=dict)
    unreadable: dict[SampleFault, list[str]] = field(default_factory=dict)

    @property
    def breaks(self) -> dict[Change, list[str]]:
        return {change: bases for change, bases in self.changes.items() if change.breaks}

    @property
    def notes(self) -> dict[Change, list[str]]:
        return {change: bases for change, bases in self.changes.items() if not change.breaks}

    @property
    def ok(self) -> bool:
        return not (self.drift or self.samples or self.breaks or self.unreadable)


def check(topology: Topology, home: Path, baselines: Sequence[Baseline]) -> Findings:
    """Checks the contracts of the code against the files in `home` and against the baselines."""
    present = schemas(topology)
    findings = Findings([baseline.label for baseline in baselines])
    findings.drift = drift(present, home / "schemas")
    findings.samples = list(samples.faults(topology, samples.read(home / "samples")))
    for baseline in baselines:
        for change in changes(baseline.schemas, present):
            findings.changes.setdefault(change, []).append(baseline.label)
        for fault in samples.unreadable(topology, baseline.samples):
            findings.unreadable.setdefault(fault, []).append(baseline.label)
    return findings


def drift(present: Mapping[str, Schema], folder: Path) -> list[Drift]:
    """How the files of a folder differ from the schemas of the code."""
    wanted = {f"{name}.json": render(content) for name, content in present.items()}
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return [
        Drift(name, "missing" if name not in written else "left-over" if name not in wanted else "changed")
        for name in sorted(wanted | written)
        if wanted.get(name) != written.get(name)
    ]


def changes(
    before: Mapping[str, Schema], after: Mapping[str, Schema], retired: Sequence[str] = RETIRED
) -> list[Change]:
    """What changed between two exports: in promises, then message by message."""
    found = promises.changes(before.get(ASYNCAPI, {}), after.get(ASYNCAPI, {}), retired)
    for name in sorted(before.keys() & after.keys() - {ASYNCAPI}):
        found += compatibility.changes(name, before[name], after[name])
    return found

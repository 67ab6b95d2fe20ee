"""Golden samples: one JSON file for each message version, exactly as services send it, kept readable for people.

`<message>.json` is the sample; `<message>+<what>.json` are further ones (a refusal, an older form).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from contracts.topology import Topology
from services.operations.contracts.catalogue import Document, documents


@dataclass(frozen=True, slots=True)
class SampleFault:
    """What is wrong with a sample. `what`: missing, unknown, invalid (with the reason), or not-as-sent."""

    file: str
    what: str
    detail: str = ""


def read(folder: Path) -> dict[str, str]:
    """The samples of a folder by name, without `.json`."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}


def message_of(sample: str) -> str:
    """The message that a sample is of."""
    return sample.partition("+")[0]


def faults(topology: Topology, samples: Mapping[str, str]) -> Iterator[SampleFault]:
    """Messages without a sample, and samples that the code would not send just so."""
    known = {document.name: document for document in documents(topology)}
    for name in known:
        if name not in samples:
            yield SampleFault(f"{name}.json", "missing")
    for name, text in samples.items():
        document = known.get(message_of(name))
        if document is None:
            yield SampleFault(f"{name}.json", "unknown")
        elif error := _unreadable(document, text):
            yield SampleFault(f"{name}.json", "invalid", error)
        elif document.wire(document.model.model_validate_json(text)) != json.loads(text):
            yield SampleFault(f"{name}.json", "not-as-sent", "model_dump(mode='json') differs")


def unreadable(topology: Topology, samples: Mapping[str, str]) -> Iterator[SampleFault]:
    """Earlier samples that today's code no longer reads. Those of retired messages are left out."""
    known = {document.name: document for document in documents(topology)}
    for name, text in samples.items():
        document = known.get(message_of(name))
        if document is not None and (error := _unreadable(document, text)):
            yield SampleFault(f"{name}.json", "invalid", error)


def _unreadable(document: Document, text: str) -> str:
    try:
        document.model.model_validate_json(text)
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
    return ""

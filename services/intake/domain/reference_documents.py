"""Documents of reference data: what makes an entry, what may change, and what a new version changes. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.intake.catalogue import ReferenceKind
from contracts.intake.commands.catalogue import ReferenceChange, ReferenceDiff
from services.intake.domain import tables
from services.intake.domain.tables import Fault

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind of document is read: its file, and which columns name an entry (none in TOML, whose tables do).

    `last_day`: where a published code may not vanish, as cases bear it: the column that ends it instead.
    """

    file: str
    key: tuple[str, ...] = ()
    last_day: str = ""


FORMS: Mapping[ReferenceKind, Form] = {
    ReferenceKind.PROCEDURES: Form("procedures.csv", ("code", "effective_from"), "effective_to"),
    ReferenceKind.REQUIREMENTS: Form("requirements.csv", ("code", "document")),
    ReferenceKind.UNITS: Form("units.csv", ("code", "valid_from"), "valid_to"),
    ReferenceKind.DAYS: Form("days.csv", ("day",)),
    ReferenceKind.CALENDARS: Form("calendars.toml"),
    ReferenceKind.RULES: Form("rules.toml"),
    ReferenceKind.AGENCIES: Form("agencies.csv", ("unit",)),
}

Entries = dict[tuple[str, ...], dict[str, str]]


def entries(kind: ReferenceKind, content: str) -> Entries:
    """A document's entries by their key, as the texts that stand in it. For documents that were judged good."""
    form = FORMS[kind]
    if form.file.endswith(".toml"):
        return {(path,): values for path, values in _tables(tomllib.loads(content.removeprefix("\ufeff")), ())}
    return {tuple(row[column] for column in form.key): row for row in tables.plain_rows(content)}


def _label(key: tuple[str, ...], cells: Mapping[str, str]) -> str:
    """How an entry is called: its key, and its name where it has one."""
    return " ".join(part for part in (*key, cells.get("name") or cells.get("note_vi") or "") if part)


def _tables(values: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The tables of a TOML document by their path; arrays of tables by their place."""
    plain = {key: repr(value) for key, value in values.items() if not _nested(value)}
    if plain:
        yield ".".join(above) or "(root)", plain
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _tables(value, (*above, key))
        elif isinstance(value, list) and _nested(value):
            for number, each in enumerate(value, 1):
                yield from _tables(each, (*above, f"{key}[{number}]"))


def _nested(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def diff(kind: ReferenceKind, before: str | None, after: str) -> ReferenceDiff:
    """What a document changes. An entry is the same if its key is; the name beside it may change."""
    old = entries(kind, before) if before is not None else {}
    new = entries(kind, after)
    added = [_label(key, cells) for key, cells in new.items() if key not in old]
    removed = [_label(key, cells) for key, cells in old.items() if key not in new]
    changed = [
        ReferenceChange(entry=_label(key, cells), details=details)
        for key, cells in new.items()
        if key in old and (details := _details(old[key], cells))
    ]
    return ReferenceDiff(
        added=len(added),
        changed=len(changed),
        removed=len(removed),
        added_entries=added[:_SHOWN],
        changed_entries=changed[:_SHOWN],
        removed_entries=removed[:_SHOWN],
    )


def _details(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return [
        f"{column}: {old.get(column) or '–'} → {new.get(column) or '–'}"
        for column in dict.fromkeys((*old, *new))
        if old.get(column, "") != new.get(column, "")
    ]


def vanished(kind: ReferenceKind, before: str | None, after: str) -> list[Fault]:
    """Faults of a document that lacks codes which were published before it: cases bear them."""
    form = FORMS[kind]
    if before is None or not form.last_day:
        return []
    there = {cells["code"] for cells in entries(kind, after).values()}
    gone = dict.fromkeys(cells["code"] for cells in entries(kind, before).values() if cells["code"] not in there)
    return [
        Fault(
            form.file,
            0,
            "code",
            f"thiếu {code}: mã đã công bố không được xoá, hãy ghi ngày cuối ở {form.last_day}",
            f"{code} is missing: a code that was published stays; give it its last day in {form.last_day}",
        )
        for code in gone
    ]

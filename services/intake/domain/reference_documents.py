"""Documents of reference data: what makes an entry, what may change, and what a new version changes. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from contracts.intake.catalogue import ReferenceKind
from contracts.intake.commands.catalogue import ReferenceChange, ReferenceDiff
from services.intake.domain import rules, tables
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
    """Faults of a document that lacks what was published before it: cases bear codes, and keep their rules."""
    form = FORMS[kind]
    if before is None:
        return []
    if kind is ReferenceKind.RULES:
        return list(_rules_vanished(before, after))
    if not form.last_day:
        return []
    there, were = _first_days(kind, after), _first_days(kind, before)
    begins = form.key[1]
    later = [
        Fault(
            form.file,
            0,
            begins,
            f"{code}: đã công bố hiệu lực từ {first:%d/%m/%Y}, không được lùi: hồ sơ từ những ngày đó cần nó",
            f"{code} was published from {first} on, and may not begin later: cases of those days need it",
        )
        for code, first in were.items()
        if code in there and there[code] > first
    ]
    gone = [code for code in were if code not in there]
    return later + [
        Fault(
            form.file,
            0,
            "code",
            f"thiếu {code}: mã đã công bố không được xoá, hãy ghi ngày cuối ở {form.last_day}",
            f"{code} is missing: a code that was published stays; give it its last day in {form.last_day}",
        )
        for code in gone
    ]


def _first_days(kind: ReferenceKind, content: str) -> dict[str, date]:
    """The day from which on each code is told of."""
    first: dict[str, date] = {}
    for code, begins in entries(kind, content):
        day = tables.day(begins)
        first[code] = min(day, first.get(code, day))
    return first


def _rules_vanished(before: str, after: str) -> Iterator[Fault]:
    """A version of the rules stays, with its numbers: other numbers are another version, from another day on."""
    there = {each.version: each for each in rules.parse(after).versions}
    for old in rules.parse(before).versions:
        new = there.get(old.version)
        if new is None:
            yield Fault(
                FORMS[ReferenceKind.RULES].file,
                0,
                "version",
                f"thiếu {old.version}: quy tắc đã công bố không được xoá, hồ sơ cũ vẫn theo nó",
                f"{old.version} is missing: rules that were published stay, older cases keep them",
            )
        elif replace(new, source=old.source, effective_from=old.effective_from) != old:
            yield Fault(
                FORMS[ReferenceKind.RULES].file,
                0,
                "version",
                f"{old.version}: số đã công bố không được sửa, hồ sơ cũ vẫn theo nó; hãy thêm một mục [[rules]] mới",
                f"{old.version}: published numbers stay, older cases keep them; add another [[rules]] entry",
            )

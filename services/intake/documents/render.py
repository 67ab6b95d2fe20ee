"""Forms as PDF: values go to typst as JSON, never into its source, so that nothing in a name can be markup.

Offline (typst's own fonts, no packages), archivable (PDF/A-2), but for long registers accessible (PDF/UA-1), and the
same bytes each time.
"""

import io
import json
import re
import unicodedata
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal

import segno
import typst

from services.intake.documents import words
from services.intake.documents.forms import Form, Money, Register
from services.intake.documents.sets import in_force

TEMPLATES = Path(__file__).parent.parent / "templates"
_NO_PACKAGES = TEMPLATES / "no-packages"
_TAGGED_ENTRIES = 100
_LONG_WORD = re.compile(r"\S{31,}")
_SPOOFS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")
"""Marks that turn the direction of what follows: a name must not rearrange the sentence it stands in."""


def render(form: Form, on: date) -> bytes:
    """The form as PDF, by the set in force on its day of issue. NotAvailable: that set has no such form."""
    pdf: bytes = _compile(form, on, "pdf", None)
    return pdf


def picture(form: Form, on: date, page: int = 1) -> bytes:
    """A page of the form as PNG, to look at. IndexError: there is no such page."""
    pages = _compile(form, on, "png", 80.0)
    return pages if isinstance(pages, bytes) and page == 1 else pages[page - 1]


def file_name(form: Form, on: date, subject: str) -> str:
    """E.g. `H13.57-250701-0005.mau-01.pdf`."""
    number = in_force(on).number_of(type(form))
    return f"{re.sub(r'[^A-Za-z0-9.-]', '_', subject)}.{'phieu-thu' if number == '00' else f'mau-{number}'}.pdf"


def _compile(form: Form, on: date, format: Literal["pdf", "png"], ppi: float | None) -> Any:
    form_set = in_force(on)
    content = _plain(form) | {
        "issued": _plain(on),
        "form_set": {
            "version": form_set.version,
            "circular": form_set.circular,
            "number": form_set.number_of(type(form)),
        },
    }
    if (lookup := getattr(form, "lookup", "")) != "":
        content["qr"] = _qr(lookup)
    source = TEMPLATES / form_set.template(type(form))
    try:
        return _typeset(source, content, on, format, ppi, _standards(form) if format == "pdf" else [])
    except typst.TypstError:  # those standards allow no character without a glyph; paper with a box in it is still due
        return _typeset(source, content, on, format, ppi, [])


def _standards(form: Form) -> list[Any]:
    """Marks for reading aloud take 2 kB a line of a table: a long register, an officer's list, goes without."""
    long = isinstance(form, Register) and len(form.entries) > _TAGGED_ENTRIES
    return ["a-2u"] if long else ["a-2a", "ua-1"]


def _typeset(source: Path, content: Any, on: date, format: Any, ppi: float | None, standards: list[Any]) -> Any:
    return typst.compile(
        source,
        root=TEMPLATES,
        format=format,
        ppi=ppi,
        ignore_system_fonts=True,
        package_path=_NO_PACKAGES,
        package_cache_path=_NO_PACKAGES,
        sys_inputs={"values": json.dumps(content, ensure_ascii=False)},
        pdf_standards=standards,
        pdf_tags="ua-1" in standards,
        timestamp=datetime.combine(on, time.min, UTC),
    )


def _plain(value: Any) -> Any:
    """Values as JSON has them; instants, days and amounts as people read them."""
    if isinstance(value, Money):
        return {"figures": words.dong(value.vnd), "words": words.dong_in_words(value.vnd)}
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return {"long": words.instant(value), "short": words.short(value)}
    if isinstance(value, date):
        parts = {"year": value.year, "month": value.month, "day": value.day}
        return {"long": words.day(value), "short": f"{value:%d/%m/%Y}", **parts}
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    """One line of text: what is no character is left out, and a word without end can be broken."""
    shown = "".join(
        each if unicodedata.category(each)[0] != "C" or each == "\u200d" else " " if each in "\n\r\t" else ""
        for each in unicodedata.normalize("NFC", value)
        if each not in _SPOOFS
    )
    return _LONG_WORD.sub(lambda word: "\u200b".join(re.findall(".{1,30}", word.group())), shown)


def _qr(content: str) -> str:
    """An SVG of the QR code, readable also when a sixth of it is soiled."""
    svg = io.BytesIO()
    segno.make(content, error="m", micro=False).save(svg, kind="svg", border=2, xmldecl=False, light="#fff")
    return svg.getvalue().decode()

"""Findings, and how long ago something was: Vietnamese first, English second."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field
from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Finding(BaseModel):
    """Something to look at: a stable code for programs, words for people, how many it is about, what to do.

    `remedy` is a command, where there is one.
    """

    code: str
    vi: str
    en: str
    count: int = 1
    service: str | None = None
    owner: str | None = None
    remedy: str | None = None
    examples: list[str] = Field(default_factory=list)


def duration(seconds: float) -> tuple[str, str]:
    """A length of time in its largest unit, in both languages."""
    for size, vi, en in ((86400, "ngày", "d"), (3600, "giờ", "h"), (60, "phút", "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {vi}", f"{seconds / size:.0f} {en}"
    return f"{max(seconds, 0):.0f} giây", f"{max(seconds, 0):.0f} s"


def since(at: datetime | None, now: datetime) -> tuple[str, str]:
    """The length of time since an instant; a dash where there is none."""
    return duration((now - at).total_seconds()) if at else ("–", "–")


def size(count: int) -> str:
    """Bytes, as people read them."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def table(*columns: str) -> Table:
    """A compact table. A column whose title ends with `>` is aligned to the right."""
    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        made.add_column(column.removesuffix(">"), justify="right" if column.endswith(">") else "left")
    return made


def tell(findings: Sequence[Finding], console: Console) -> None:
    """Each finding in both languages, with examples and what to do."""
    for each in findings:
        console.print(f"[bold red]●[/] {escape(each.vi)}", highlight=False)
        console.print(f"  [dim]{escape(each.en)}[/]", highlight=False)
        for example in each.examples:
            console.print(f"    {escape(example)}", highlight=False, soft_wrap=True)
        if each.remedy:
            console.print(f"  → [bold]{escape(each.remedy)}[/]", highlight=False, soft_wrap=True)

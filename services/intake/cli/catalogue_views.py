"""How `tiepsuc catalogue` shows what it is told, for people."""

from datetime import datetime

from rich.console import Console
from rich.table import Table

from contracts.intake.commands.catalogue import ReferenceDiff
from contracts.intake.queries.catalogue import ProcedureView, UnitHistoryView
from contracts.intake.queries.recompute import DeadlineMove
from services.worktime.clock import ZONE


def show_diff(diff: ReferenceDiff, console: Console) -> None:
    """What a document changes, with its entries by name."""
    console.print(
        f"Thêm / added {diff.added}, sửa / changed {diff.changed}, bớt / removed {diff.removed}", highlight=False
    )
    for entry in diff.added_entries:
        console.print(f"  + {entry}", style="green", markup=False, highlight=False)
    for change in diff.changed_entries:
        console.print(f"  ~ {change.entry}: {'; '.join(change.details)}", markup=False, highlight=False)
    for entry in diff.removed_entries:
        console.print(f"  - {entry}", style="red", markup=False, highlight=False)


def show_procedure(found: ProcedureView, console: Console) -> None:
    """A procedure, each uncertain value with how sure it is."""
    console.print(f"[bold]{found.code}[/] {found.name} — {found.field_name}", highlight=False)
    limit = f"{found.limit_amount or ''} {found.limit_unit or 'chưa rõ / not known'}".strip()
    season = f" {found.season_from}..{found.season_to}" if found.season_from else ""
    fee = "chưa rõ / not known" if found.fee is None else f"{found.fee:,} đ"
    kept = "vĩnh viễn / for ever" if found.retention_permanent else found.retention_years or "chưa rõ / not known"
    period = f"{found.effective_from} – {found.effective_to or ''}"
    table = Table.grid(padding=(0, 2))
    for name, value, source in (
        ("Thời hạn / limit", limit + season, f"{found.confidence}; {found.source}"),
        ("Hiệu lực / in force", period, ""),
        ("Lệ phí / fee", fee, found.fee_source),
        ("Lưu hồ sơ / kept (năm / years)", str(kept), f"{found.retention_confidence or ''} {found.retention_source}"),
        ("Ghi chú / note", found.note, ""),
    ):
        table.add_row(name, value, f"[dim]{source}[/]")
    for paper in found.papers:
        table.add_row(f"  {paper.name}", f"{paper.copies} {paper.form}, {paper.needed}", f"[dim]{paper.confidence}[/]")
    console.print(table)


def show_unit(units: UnitHistoryView, console: Console) -> None:
    """A unit's names, what went into it and what it went into."""
    for title, found in (
        ("", units.names),
        ("từ / from", units.predecessors),
        ("thành / into", units.successors),
    ):
        for unit in found:
            console.print(
                f"{title} {unit.code} {unit.name} ({unit.kind}), {unit.valid_from} – {unit.valid_to or ''}".strip(),
                highlight=False,
            )


def moved_line(move: DeadlineMove) -> str:
    """A case that is due at another instant."""
    return f"{move.case_code or move.case_id}: {instant(move.old_due_at)} → {instant(move.due_at)}"


def instant(at: datetime) -> str:
    """An instant as people write it."""
    return f"{at.astimezone(ZONE):%d/%m/%Y %H:%M}"

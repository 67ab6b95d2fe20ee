"""How `tiepsuc catalogue` shows what it is told, for people."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.intake.catalogue import (
    KIND_NAMES,
    Confidence,
    DocumentStatus,
    LimitUnit,
    Needed,
    PaperForm,
    ReferenceKind,
)
from contracts.intake.commands.catalogue import ReferenceDiff
from contracts.intake.queries.catalogue import ProcedureView, UnitHistoryView
from contracts.intake.queries.recompute import ComplaintMove, DeadlineMove, DeadlineMovesView, RecomputeRun
from services.intake.cli.words import clock, limit

STATUS = {
    DocumentStatus.DRAFT: "dự thảo / draft",
    DocumentStatus.PUBLISHED: "hiện hành / in force",
    DocumentStatus.SUPERSEDED: "đã thay thế / superseded",
    DocumentStatus.WITHDRAWN: "đã bỏ / withdrawn",
}
UNITS = {
    LimitUnit.WORKING_HOURS: "giờ làm việc / working hours",
    LimitUnit.WORKING_DAYS: "ngày làm việc / working days",
    LimitUnit.CALENDAR_DAYS: "ngày / days",
    LimitUnit.SAME_DAY: "trong ngày / the same day",
    LimitUnit.IMMEDIATE: "giải quyết ngay / at once",
    LimitUnit.SEASON: "theo đợt / season",
}
FORMS = {
    PaperForm.ORIGINAL: "bản chính / original",
    PaperForm.CERTIFIED_COPY: "bản sao chứng thực / certified copy",
    PaperForm.COPY: "bản sao / copy",
    PaperForm.SHOWN: "xuất trình / shown",
}
CONFIDENCE = {
    Confidence.READ: "đã đọc / read",
    Confidence.SECONDARY: "nguồn thứ cấp / secondary",
    Confidence.GENERAL_KNOWLEDGE: "kiến thức chung / general knowledge",
    Confidence.INFERRED: "suy đoán / inferred",
}


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
    console.print(f"[bold]{found.code}[/] {escape(found.name)} — {escape(found.field_name)}", highlight=False)
    fee = "chưa rõ / not known" if found.fee is None else f"{found.fee:,} đ".replace(",", ".")
    kept = _kept(found.retention_years, permanent=found.retention_permanent)
    period = f"{found.effective_from:%d/%m/%Y} – " + (f"{found.effective_to:%d/%m/%Y}" if found.effective_to else "")
    table = Table.grid(padding=(0, 2))
    for name, value, source in (
        ("Thời hạn / limit", _limit(found), sure(found.confidence, found.source)),
        ("Hiệu lực / in force", period, ""),
        ("Lệ phí / fee", fee, found.fee_source),
        ("Lưu hồ sơ / kept", kept, sure(found.retention_confidence, found.retention_source)),
        *([("Ghi chú / note", found.note, "")] if found.note else []),
        *([("Giấy tờ / papers", "", "")] if found.papers else []),
    ):
        table.add_row(name, escape(value), f"[dim]{escape(source)}[/]")
    for paper in found.papers:
        form = " ".join((str(paper.copies), FORMS[paper.form]))
        needed = "" if paper.needed is Needed.ALWAYS else ", nếu có / if any"
        table.add_row(f"  {escape(paper.name)}", form + needed, f"[dim]{CONFIDENCE[paper.confidence]}[/]")
    console.print(table)


def _limit(found: ProcedureView) -> str:
    unit = found.limit_unit
    if unit is None:
        return "chưa rõ / not known"
    words = f"{found.limit_amount or ''} {UNITS[unit]}".strip()
    return f"{words} {found.season_from} – {found.season_to}" if found.season_from else words


def _kept(years: int | None, *, permanent: bool) -> str:
    if permanent:
        return "vĩnh viễn / for ever"
    return "chưa rõ / not known" if years is None else f"{years} năm / years"


def sure(confidence: Confidence | None, source: str) -> str:
    """How sure, and where it comes from; a source that says so itself is enough."""
    if confidence is None:
        return source
    vi = CONFIDENCE[confidence].partition(" / ")[0]
    return source if source.startswith(vi) else "; ".join(filter(None, (CONFIDENCE[confidence], source)))


def show_unit(units: UnitHistoryView, console: Console) -> None:
    """A unit's names, what went into it and what it went into."""
    for title, found in (
        ("", units.names),
        ("từ / from", units.predecessors),
        ("thành / into", units.successors),
    ):
        for unit in found:
            until = f"{unit.valid_to:%d/%m/%Y}" if unit.valid_to else ""
            place = "" if unit.code == unit.province else f", tỉnh / province {unit.province}"
            console.print(
                f"{title} {unit.code} {unit.name}{place}, {unit.valid_from:%d/%m/%Y} – {until}".strip(),
                highlight=False,
                markup=False,
            )


def kind_name(kind: ReferenceKind) -> str:
    """A kind of document, with the word that commands take for it."""
    return f"{KIND_NAMES[kind][0]} / {kind}"


def moved_of(page: DeadlineMovesView) -> list[DeadlineMove | ComplaintMove]:
    """What stands on a page: cases, then complaints."""
    return [*page.moves, *page.complaints]


def moved_line(move: DeadlineMove | ComplaintMove) -> str:
    """A limit that is at another instant: of which case or complaint, and whether it had passed."""
    if isinstance(move, DeadlineMove):
        whose, old, new = str(move.case_code or move.case_id), move.old_due_at, move.due_at
    else:
        whose, old, new = f"phản ánh / complaint {move.complaint_id} ({move.unit})", move.old_by, move.by
    passed = ", đã quá hạn / had passed" if move.was_overdue else ""
    return f"{whose}: {clock(old)} → {clock(new)}, {limit(move.limit)}{passed}"


def show_run(run: RecomputeRun, console: Console) -> None:
    """What a run has found: how many limits of each kind moved, and how many of these had passed."""
    console.print(
        f"Đã xem {run.looked} hồ sơ, dời hạn {run.moved} / looked at {run.looked} cases, moved {run.moved}",
        highlight=False,
    )
    for each in run.limits:
        passed = f", {each.overdue} đã quá hạn khi công bố / had passed when published" if each.overdue else ""
        console.print(f"  {limit(each.limit)}: {each.moved}{passed}", highlight=False)

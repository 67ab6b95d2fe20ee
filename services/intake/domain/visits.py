"""The rules of visits: what may be recorded, who may change it, and which of a case's visits counts the case.

Pure: decides from values. What it says no to raises `Refused` with a stable code.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.envelope import Actor
from contracts.intake.assistance import (
    INDICATORS,
    AgeBand,
    Indicator,
    Need,
    NotDoneReason,
    RevokeReason,
    TaskGroup,
    VisitOutcome,
    VisitPlace,
)
from contracts.intake.commands.visits import IndicatorCount, VisitContent, What, Whom
from contracts.intake.events.visits import AssistanceAmended, AssistanceRecorded, AssistanceRevoked, VisitFact
from contracts.intake.refusals import AssistanceRefusal
from contracts.refusals import CommonRefusal, Refused, refuse
from contracts.roles import Role
from services.intake.domain.limits import VisitLimits
from services.worktime.clock import ZONE, iso, written

_YOUNG = frozenset({AgeBand.UNDER_18, AgeBand.FROM_18_TO_59})
_MAY_ALWAYS_CHANGE = frozenset({Role.LEAD, Role.CENTRE_HEAD})


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as it stands. `counts_case`: no other visit counts the case that it led to."""

    id: UUID
    unit: str
    province: str
    recorded_by: str
    recorded_at: datetime
    at: datetime
    age_band: AgeBand
    needs: tuple[Need, ...]
    language: str | None
    group: TaskGroup
    counts: tuple[IndicatorCount, ...]
    outcome: VisitOutcome
    reason: NotDoneReason | None
    minutes: int
    place: VisitPlace
    team_id: UUID | None = None
    case_id: UUID | None = None
    counts_case: bool = True
    revoked_at: datetime | None = None
    version: int = 1

    @property
    def supports_case(self) -> bool:
        """Whether it says that the case it led to was supported online; of those, one counts."""
        return self.case_id is not None and any(
            each.indicator is Indicator.ONLINE_CASES_SUPPORTED for each in self.counts
        )


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who records a visit, when and where."""

    actor: Actor
    now: datetime
    unit: str
    province: str
    team_id: UUID | None


def record(visit_id: UUID, by: Recorder, told: VisitContent, case_id: UUID | None, limits: VisitLimits) -> Visit:
    """A new visit. Refused: what is told of it cannot be, or a minor names a case."""
    check_may_name_case(by.actor, told)
    at = told.at or by.now
    _check_time(at, by.now, by.now, limits)
    return Visit(
        id=visit_id,
        unit=by.unit,
        province=by.province,
        recorded_by=by.actor.id,
        recorded_at=by.now,
        team_id=by.team_id,
        at=at,
        case_id=case_id,
        **_content(told, case_id),
    )


def amend(
    visit: Visit, actor: Actor, told: VisitContent, case_id: UUID | None, now: datetime, limits: VisitLimits
) -> Visit:
    """What is told now replaces what was told before."""
    check_may_change(visit, actor, now)
    check_may_name_case(actor, told)
    at = told.at or visit.at
    _check_time(at, now, visit.recorded_at, limits)
    return replace(
        visit, version=visit.version + 1, at=at, case_id=case_id, counts_case=True, **_content(told, case_id)
    )


def revoke(visit: Visit, actor: Actor, now: datetime) -> Visit:
    """It counts no more."""
    check_may_change(visit, actor, now)
    return replace(visit, version=visit.version + 1, revoked_at=now, counts_case=False)


def settle(visit: Visit, others: Iterable[Visit]) -> tuple[Visit, list[Visit]]:
    """The visit with `counts_case` as it must be, and those of the others that change: one of a case's visits counts.

    `others`: visits of the case that it leads to or led to, itself excluded. Which counts stays so while it can;
    then comes the one recorded first.
    """
    rivals = [each for each in others if each.supports_case and each.revoked_at is None]
    changed: list[Visit] = []
    for case_id in {each.case_id for each in rivals if each.case_id is not None}:
        same = [each for each in rivals if each.case_id == case_id]
        if any(each.counts_case for each in same):
            continue
        if visit.case_id == case_id and visit.supports_case and visit.revoked_at is None:
            continue  # it may keep what nobody else has
        heir = min(same, key=lambda each: (each.recorded_at, each.id))
        changed.append(replace(heir, counts_case=True, version=heir.version + 1))
    taken = visit.supports_case and any(each.case_id == visit.case_id and each.counts_case for each in rivals)
    return replace(visit, counts_case=not taken and visit.revoked_at is None), changed


def changed_fields(before: Visit, after: Visit) -> list[str]:
    """What an amendment told otherwise, by name: what was said of whom is in the visit alone."""
    return [name for name in _AMENDED if getattr(before, name) != getattr(after, name)]


def check_may_change(visit: Visit, actor: Actor, now: datetime) -> None:
    """Refused: neither lead nor recorder, the recorder on a later day, or revoked already."""
    if visit.revoked_at is not None:
        raise refuse(
            AssistanceRefusal.WRONG_STATE,
            "Lượt hỗ trợ này đã được thu hồi; hãy ghi lượt mới.",
            "This visit was revoked; record a new one.",
            field="visit_id",
        )
    if actor.role in _MAY_ALWAYS_CHANGE:
        return
    if actor.id != visit.recorded_by:
        raise refuse(
            AssistanceRefusal.NOT_YOURS,
            "Lượt hỗ trợ do người khác ghi; hãy nhờ người đó hoặc đội trưởng sửa.",
            "Somebody else recorded this visit; ask them or the lead to change it.",
            field="visit_id",
        )
    if now.astimezone(ZONE).date() != visit.recorded_at.astimezone(ZONE).date():
        raise refuse(
            AssistanceRefusal.TOO_LATE_TO_CHANGE,
            "Chỉ sửa được trong ngày đã ghi; hãy nhờ đội trưởng.",
            "It can be changed on the day it was recorded only; ask the lead.",
            field="visit_id",
        )


def check_may_name_case(actor: Actor, told: VisitContent) -> None:
    """Refused: a minor has nothing to do with cases."""
    if actor.role is Role.MINOR_VOLUNTEER and (told.case_id or told.case_code):
        raise refuse(
            AssistanceRefusal.MINOR_NO_CASE,
            "Tình nguyện viên dưới 18 tuổi không gắn hồ sơ; hãy bỏ trống, hoặc nhờ người lớn ghi.",
            "A volunteer under 18 links no case; leave it out, or ask an adult to record it.",
            field="case_code" if told.case_code else "case_id",
        )


def event(kind: type[VisitFact], visit: Visit) -> VisitFact:
    """What is told of a visit as it stands."""
    return kind(
        visit_id=visit.id,
        unit=visit.unit,
        recorded_by=visit.recorded_by,
        team_id=visit.team_id,
        at=visit.at,
        age_band=visit.age_band,
        needs=visit.needs,
        language=visit.language,
        group=visit.group,
        counts=visit.counts,
        outcome=visit.outcome,
        reason=visit.reason,
        minutes=visit.minutes,
        place=visit.place,
        led_to_case=visit.case_id is not None,
        counts_case=visit.counts_case,
    )


def recorded(visit: Visit) -> VisitFact:
    return event(AssistanceRecorded, visit)


def amended(visit: Visit) -> VisitFact:
    return event(AssistanceAmended, visit)


def revoked(visit: Visit, reason: RevokeReason) -> AssistanceRevoked:
    return AssistanceRevoked(visit_id=visit.id, unit=visit.unit, at=visit.at, reason=reason)


_AMENDED = (
    "at", "case_id", "age_band", "needs", "language", "group", "counts", "outcome", "reason", "minutes", "place",
)  # fmt: skip


def _content(told: VisitContent, case_id: UUID | None) -> dict[str, Any]:
    """What is told, judged, its defaults filled in."""
    _check_whom(told.whom)
    _check_counts(told, case_id)
    if (told.outcome is VisitOutcome.NOT_DONE) != (told.reason is not None):
        raise _invalid(
            "reason",
            "Cần lý do khi, và chỉ khi, chưa hỗ trợ được (not_done).",
            "A reason is needed if, and only if, it was not done.",
        )
    return {
        "age_band": told.whom.age_band,
        "needs": tuple(sorted(told.whom.needs)),
        "language": told.whom.language,
        "group": _group(told.what),
        "counts": told.what.counts,
        "outcome": told.outcome,
        "reason": told.reason,
        "minutes": told.minutes,
        "place": told.place,
    }


def _check_whom(whom: Whom) -> None:
    _check_once(whom.needs, "whom.needs")
    if whom.language is not None and Need.ETHNIC_MINORITY not in whom.needs:
        raise _invalid(
            "whom.language",
            "Ngôn ngữ chỉ ghi cùng ethnic_minority.",
            "A language goes with the need ethnic_minority only.",
        )
    if Need.ELDERLY in whom.needs and whom.age_band in _YOUNG:
        raise _invalid(
            "whom.age_band",
            "Người cao tuổi thì từ 60 tuổi; hãy sửa nhóm tuổi hoặc bỏ elderly.",
            "Elderly means 60 or more; change the age band, or leave elderly out.",
        )


def _check_counts(told: VisitContent, case_id: UUID | None) -> None:
    counts = told.what.counts
    _check_once([each.indicator for each in counts], "what.counts")
    if counts and told.outcome is VisitOutcome.NOT_DONE:
        raise _invalid(
            "what.counts",
            "Chưa hỗ trợ được thì không tính chỉ tiêu nào; hãy chỉ ghi nhóm việc.",
            "What was not done counts for no indicator; tell the task group only.",
        )
    if case_id is not None and any(
        each.indicator is Indicator.ONLINE_CASES_SUPPORTED and each.amount > 1 for each in counts
    ):
        raise _invalid(
            "what.counts",
            "Đã gắn một hồ sơ thì số hồ sơ được hỗ trợ là 1; các hồ sơ khác hãy ghi riêng.",
            "One case is linked, so one was supported; record the others by themselves.",
        )


def _group(what: What) -> TaskGroup:
    if what.group is not None:
        return what.group
    if not what.counts:
        raise _invalid(
            "what", "Hãy chọn nhóm việc hoặc ít nhất một chỉ tiêu.", "Choose a task group or at least one indicator."
        )
    return INDICATORS[what.counts[0].indicator].group


def _check_time(at: datetime, now: datetime, recorded_at: datetime, limits: VisitLimits) -> None:
    if at > now:
        raise refuse(
            AssistanceRefusal.IMPOSSIBLE_TIME,
            f"{written(at, seconds=True)} nằm trong tương lai.",
            f"{iso(at)} is in the future.",
            field="at",
        )
    if at < recorded_at - timedelta(days=limits.days_back):
        raise refuse(
            AssistanceRefusal.IMPOSSIBLE_TIME,
            f"Lượt hỗ trợ phải được ghi trong {limits.days_back} ngày.",
            f"A visit has to be recorded within {limits.days_back} days.",
            field="at",
        )


def _check_once(values: Collection[object], field: str) -> None:
    if len(set(values)) < len(values):
        raise _invalid(field, "Mỗi mục chỉ ghi một lần.", "Each may be told once only.")


def _invalid(field: str, vi: str, en: str) -> Refused:
    return refuse(CommonRefusal.INVALID, vi, en, field=field)

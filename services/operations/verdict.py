"""What `verify` says: its figures, and each difference in words. Pure."""

from collections.abc import Iterator, Sequence

from pydantic import AwareDatetime, BaseModel

from services.operations import reconcile
from services.operations.reconcile import Gap
from services.operations.survey import CasesSurvey, ConsumerSurvey, LogSurvey
from services.operations.words import Finding, many

_EXAMPLES = 5
_FEW = 3


class LogCheck(BaseModel):
    """An owner's log against its stream, in events. `superseded` are older copies in the stream, left by replays."""

    owner: str
    events: int
    pending: int
    same_generation: bool
    held: int
    expired: int
    lost: int
    went_back: int
    stream_messages: int
    superseded: int


class ConsumerCheck(BaseModel):
    """A consumer's gates against the log. The first six count entities, the rest events."""

    service: str
    owner: str
    on_the_way: int
    blocked: int
    behind: int
    missing: int
    ahead: int
    parked_entities: int
    parked: int
    dead: int


class SubscriberCheck(BaseModel):
    """An outside system: it has no gate of ours; only what waits for it is known."""

    name: str
    stream: str
    lag: int
    unacknowledged: int


class ProjectionCheck(BaseModel):
    """A projection against its source. `cells` are the numbers of cases by unit and state that either names;
    `differing` cases do not agree, `by_hand` cannot, because an event was discarded or edited as a dead letter."""

    name: str
    source: str
    projection: str
    cases: int
    projected: int
    cells: int
    differing: int
    by_hand: int


class Verification(BaseModel):
    """What was compared, in counts. `ok`: nothing differs; what was still on its way then is no difference."""

    ok: bool
    at: AwareDatetime
    waited_seconds: float
    on_the_way: int
    logs: list[LogCheck]
    consumers: list[ConsumerCheck]
    subscribers: list[SubscriberCheck]
    projections: list[ProjectionCheck]
    differences: list[Finding]


def log_check(each: LogSurvey) -> LogCheck:
    """The counts of a log."""
    verdict = reconcile.compare_stream(each.log, each.before, each.after)
    return LogCheck(
        owner=each.owner,
        events=each.log.events,
        pending=each.log.pending,
        same_generation=verdict.same_generation,
        held=each.log.held,
        expired=each.log.expired,
        lost=verdict.lost,
        went_back=verdict.went_back,
        stream_messages=each.before.messages,
        superseded=verdict.superseded,
    )


def consumer_check(each: ConsumerSurvey) -> ConsumerCheck:
    """The counts of a consumer."""
    judged = each.judged
    return ConsumerCheck(
        service=each.service,
        owner=each.owner,
        on_the_way=len(judged.on_the_way),
        blocked=len(judged.blocked),
        behind=len(judged.behind),
        missing=len(judged.missing),
        ahead=len(judged.ahead),
        parked_entities=each.gate.parked_entities,
        parked=each.gate.parked,
        dead=each.gate.dead,
    )


def of_log(each: LogSurvey) -> Iterator[Finding]:
    """What differs between a log and its stream."""
    owner, stream = each.owner, each.before.name
    if each.before.problem or each.after.problem:
        problem = each.before.problem or each.after.problem
        yield Finding(
            code="stream",
            owner=owner,
            vi=f"Không thấy luồng {stream}: {problem}.",
            en=f"The stream {stream} cannot be seen: {problem}.",
        )
        return
    verdict = reconcile.compare_stream(each.log, each.before, each.after)
    if not verdict.same_generation:
        yield Finding(
            code="generation",
            owner=owner,
            vi=f"Luồng {stream} đã được tạo lại mà {owner} chưa biết; sự kiện sẽ được phát lại.",
            en=f"The stream {stream} was created anew and {owner} does not know yet; it will publish again.",
            remedy="tiepsuc status",
        )
        return
    if verdict.lost:
        entities = list(dict.fromkeys(place.entity for place in each.log.examples))
        yield Finding(
            code="lost-in-stream",
            owner=owner,
            count=verdict.lost,
            vi=f"{verdict.lost} sự kiện đã phát của {owner} không còn trong luồng {stream} dù chưa hết hạn giữ.",
            en=f"Gone from the stream {stream} before their time: {many(verdict.lost, 'event')} of {owner}.",
            examples=[
                f"{place.entity} v{place.version}, seq {place.stream_seq}" for place in each.log.examples[:_EXAMPLES]
            ],
            remedy=_replay(owner, [str(entity) for entity in entities], verdict.lost > len(each.log.examples)),
        )
    if verdict.went_back:
        yield Finding(
            code="went-back",
            owner=owner,
            count=verdict.went_back,
            vi=f"Luồng {stream} kết thúc sớm hơn {verdict.went_back} sự kiện so với nhật ký của {owner}.",
            en=f"The stream {stream} ends {many(verdict.went_back, 'event')} earlier than the log of {owner} says.",
            remedy="tiepsuc status",
        )


def of_consumer(each: ConsumerSurvey) -> Iterator[Finding]:
    """What differs between a log and the gates of a consumer, and what stopped there."""
    service, owner, judged = each.service, each.owner, each.judged
    if each.gate.dead:
        behind = each.health.behind if each.health else each.gate.parked
        yield Finding(
            code="dead-letters",
            service=service,
            owner=owner,
            count=each.gate.dead,
            vi=f"{each.gate.dead} thư chết ở {service}: {len(judged.blocked)} đối tượng dừng lại, "
            f"{behind} sự kiện chờ sau.",
            en=f"{many(each.gate.dead, 'dead letter')} in {service}: {many(len(judged.blocked), 'entity')} stopped, "
            f"{many(behind, 'event')} waiting behind.",
            examples=_examples(judged.blocked),
            remedy=f"tiepsuc dead-letters --service {service}",
        )
    for code, gaps, vi, en in (
        ("missing", judged.missing, "chưa hề có hiệu lực", "without any effect"),
        ("behind", judged.behind, "thiếu sự kiện", "lacking events"),
    ):
        if gaps:
            yield Finding(
                code=code,
                service=service,
                owner=owner,
                count=len(gaps),
                vi=f"{len(gaps)} đối tượng của {owner} {vi} ở {service}: thiếu {_events(gaps)} sự kiện.",
                en=f"{many(len(gaps), 'entity')} of {owner} {en} in {service}: {many(_events(gaps), 'event')}.",
                examples=_examples(gaps),
                remedy=_replay(owner, [str(gap.entity) for gap in gaps], False),
            )
    if judged.ahead:
        yield Finding(
            code="ahead",
            service=service,
            owner=owner,
            count=len(judged.ahead),
            vi=f"{len(judged.ahead)} đối tượng ở {service} đi trước nhật ký của {owner}: nhật ký là bản cũ, "
            "hoặc cổng đã bị sửa. So với bản sao lưu.",
            en=f"{many(len(judged.ahead), 'entity')} in {service} ahead of the log of {owner}: the log is an old copy, "
            "or the gate was changed. Compare with the backup.",
            examples=_examples(judged.ahead),
        )


def of_projection(found: CasesSurvey) -> Iterator[Finding]:
    """The cases that the projection has otherwise than its source, though all that happened to them took effect."""
    if found.differing:
        count = len(found.differing)
        units = dict.fromkeys(unit for unit, _ in found.differing)
        vi, en = ("ít nhất ", "at least ") if found.more else ("", "")
        yield Finding(
            code="projection",
            service="reporting",
            owner="intake",
            count=count,
            vi=f"{vi}{count} hồ sơ của {len(units)} đơn vị ở reporting khác intake; mọi sự kiện của chúng đã có "
            "hiệu lực, vậy dữ liệu bị sửa ngoài sự kiện.",
            en=f"{en}{many(count, 'case')} of {many(len(units), 'unit')} in reporting not as in intake; every event "
            "of theirs took effect, so the data was changed by something else.",
            examples=[f"{unit} {case}" for unit, case in found.differing[:_EXAMPLES]],
        )


def _events(gaps: Sequence[Gap]) -> int:
    return sum(gap.log - gap.gate for gap in gaps)


def _examples(gaps: Sequence[Gap]) -> list[str]:
    return [str(gap) for gap in gaps[:_EXAMPLES]]


def _replay(owner: str, entities: Sequence[str], more: bool) -> str:
    """The command that mends it: by entity where these are few."""
    if more or len(entities) > _FEW:
        return f"tiepsuc replay {owner}"
    return "; ".join(f"tiepsuc replay {owner} --entity {entity}" for entity in entities)

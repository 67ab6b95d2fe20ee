"""What differs between a log and what became of it, and what explains it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.intake.queries.cases import CaseDigest, UnitCaseCount
from contracts.intake.vocabulary import CaseState
from contracts.operations.queries import Bucket, ConsumerHealth, GateDigestView, LogDigestView, LogPlace
from contracts.reporting.queries import ProjectedCaseDigest
from services.operations import verdict
from services.operations.bus import StreamLook
from services.operations.reconcile import (
    Gap,
    Judgement,
    compare_cases,
    compare_stream,
    differing_buckets,
    differing_cells,
    gaps,
    judge,
)
from services.operations.survey import CasesSurvey, ConsumerSurvey, LogSurvey

AT = datetime(2025, 7, 1, 1, tzinfo=UTC)
VERSIONS = st.dictionaries(st.integers(0, 5).map(lambda n: UUID(int=n)), st.integers(1, 4))


def bucket(number: int, digest: int = 1) -> Bucket:
    return Bucket(bucket=number, entities=1, versions=1, digest=digest)


def place(entity: int, version: int, seq: int | None, *, present: bool = True) -> LogPlace:
    return LogPlace(
        entity=UUID(int=entity),
        version=version,
        event_id=UUID(int=99),
        published_at=AT if seq else None,
        stream_seq=seq,
        present=present and seq is not None,
    )


def look(**changes: Any) -> StreamLook:
    fields: dict[str, Any] = {
        "name": "INTAKE",
        "owner": "intake",
        "generation": AT,
        "messages": 10,
        "first_seq": 1,
        "last_seq": 10,
    }
    return StreamLook(**fields | changes)


def digest(**changes: Any) -> LogDigestView:
    fields: dict[str, Any] = {
        "buckets": [],
        "events": 10,
        "pending": 0,
        "generation": "2025-07-01 08:00:00+07",
        "published": 10,
        "published_before": 0,
        "first_seq": 1,
        "last_seq": 10,
        "held": 10,
    }
    return LogDigestView(**fields | changes)


def test_buckets_differ_by_content_and_by_being_there() -> None:
    assert differing_buckets([bucket(1), bucket(2), bucket(3)], [bucket(1), bucket(2, 7), bucket(9)]) == [2, 3, 9]
    assert differing_buckets([], []) == []


@given(VERSIONS, VERSIONS)
def test_gaps_are_where_versions_differ_and_only_there(log: dict[UUID, int], gate: dict[UUID, int]) -> None:
    found = {gap.entity: (gap.log, gap.gate) for gap in gaps(log, gate)}
    for entity in log.keys() | gate.keys():
        pair = (log.get(entity, 0), gate.get(entity, 0))
        assert found.get(entity, pair) == pair
        assert (entity in found) == (pair[0] != pair[1])


def test_a_gap_is_explained_by_what_became_of_the_next_event() -> None:
    found = [Gap(UUID(int=n), 4, 2) for n in range(6)] + [Gap(UUID(int=6), 4, 0), Gap(UUID(int=7), 1, 3)]
    places = [
        place(0, 3, None),  # not yet published
        place(1, 3, 11),  # behind what is acknowledged
        place(2, 3, 10),  # acknowledged, and has not taken effect
        place(3, 3, 50, present=False),  # in a stream that is gone
        place(5, 3, 9),  # a dead letter
        place(6, 1, 8),
    ]
    judged = judge(found, places, {(UUID(int=5), 3)}, ack_floor=10)
    assert [gap.entity.int for gap in judged.on_the_way] == [0, 1]
    assert [gap.entity.int for gap in judged.behind] == [2, 3, 4]  # of 4, the log itself lacks the next event
    assert [gap.entity.int for gap in judged.missing] == [6]
    assert [gap.entity.int for gap in judged.blocked] == [5]
    assert [gap.entity.int for gap in judged.ahead] == [7]


def test_a_stream_is_compared_with_what_it_was_before_and_is_after_the_log_was_read() -> None:
    good = compare_stream(digest(), look(), look())
    assert (good.same_generation, good.lost, good.went_back, good.superseded) == (True, 0, 0, 0)
    assert compare_stream(digest(), look(messages=14), look()).superseded == 4
    growing = digest(beyond=2, last_seq=12)
    assert compare_stream(growing, look(), look(last_seq=12)).went_back == 0
    assert compare_stream(growing, look(), look()).went_back == 2
    anew = look(generation=datetime(2025, 7, 2, tzinfo=UTC))
    assert not compare_stream(digest(), anew, anew).same_generation
    assert compare_stream(digest(events=0, generation=None), look(), look()).same_generation


def test_counts_and_digests_are_compared_cell_by_cell() -> None:
    def count(unit: str, state: CaseState, cases: int, digest: int | None = 7) -> UnitCaseCount:
        return UnitCaseCount(unit=unit, state=state, cases=cases, digest=digest)

    accepted, returned = CaseState.ACCEPTED, CaseState.RETURNED
    source = [count("31570", accepted, 16), count("31570", returned, 536)]
    assert differing_cells(source, source) == []
    assert differing_cells(source, [count("31570", returned, 535), count("31573", returned, 1)]) == [
        ("31570", "accepted"),
        ("31570", "returned"),
        ("31573", "returned"),
    ]
    assert differing_cells(source, [source[0], count("31570", returned, 536, 8)]) == [("31570", "returned")]
    assert differing_cells(source, [source[0], count("31570", returned, 536, None)]) == []


def test_cases_differ_by_their_content_at_one_version_only() -> None:
    ids = [UUID(int=n) for n in range(7)]
    same, lagging, changed, edited, extra, absent, ahead = ids
    source = [CaseDigest(case_id=case, version=4, digest=1) for case in ids if case != extra]
    projection = [
        ProjectedCaseDigest(case_id=same, version=4, digest=1),
        ProjectedCaseDigest(case_id=lagging, version=3, digest=2),
        ProjectedCaseDigest(case_id=changed, version=4, digest=2),
        ProjectedCaseDigest(case_id=edited, version=4, digest=2, settled_by_hand=True),
        ProjectedCaseDigest(case_id=extra, version=1, digest=2),
        ProjectedCaseDigest(case_id=ahead, version=9, digest=1),
    ]
    found = compare_cases(source, projection)
    assert (found.differing, found.by_hand, found.absent) == ([changed, extra], [edited], {absent: 4})


def test_cases_that_differ_are_told_by_unit_and_id() -> None:
    found = CasesSurvey(552, 552, 2, [("31570", UUID(int=1)), ("31570", UUID(int=2))])
    (told,) = verdict.of_projection(found)
    assert told.count == 2
    assert told.en.startswith("2 cases of 1 unit in reporting not as in intake")
    assert told.examples[0] == f"31570 {UUID(int=1)}"
    assert list(verdict.of_projection(CasesSurvey(552, 552, 2, by_hand=3))) == []
    found.more = True
    assert next(verdict.of_projection(found)).vi.startswith("ít nhất 2 hồ sơ")


def consumer(judged: Judgement, **changes: Any) -> ConsumerSurvey:
    fields: dict[str, Any] = {"buckets": [], "parked": 0, "parked_entities": 0, "dead": 0}
    gate = GateDigestView(**fields | changes)
    health = ConsumerHealth(owner="intake", parked=3, parked_entities=2, behind=3, dead=gate.dead)
    return ConsumerSurvey("reporting", "intake", gate, health, judged)


def test_what_is_on_its_way_is_no_difference() -> None:
    assert list(verdict.of_consumer(consumer(Judgement(on_the_way=[Gap(UUID(int=1), 2, 1)])))) == []


def test_a_difference_is_told_in_counts_with_examples_and_what_to_do() -> None:
    few = [Gap(UUID(int=n), 3, 1) for n in range(2)]
    many = [Gap(UUID(int=n), 3, 0) for n in range(9)]
    found = {each.code: each for each in verdict.of_consumer(consumer(Judgement(behind=few, missing=many)))}
    assert found["behind"].en == "2 entities of intake lacking events in reporting: 4 events."
    assert found["behind"].remedy == "; ".join(f"tiepsuc replay intake --entity {UUID(int=n)}" for n in range(2))
    assert (found["missing"].count, len(found["missing"].examples)) == (9, 5)
    assert found["missing"].remedy == "tiepsuc replay intake"
    dead = next(verdict.of_consumer(consumer(Judgement(blocked=few), dead=2, parked=3)))
    assert dead.vi == "2 thư chết ở reporting: 2 đối tượng dừng lại, 3 sự kiện chờ sau."


def test_a_stream_that_lost_something_is_told_and_one_that_is_away_says_why() -> None:
    lost = digest(lost=1, held=9, examples=[place(3, 2, 5)])
    (finding,) = verdict.of_log(LogSurvey("intake", lost, look(messages=9), look()))
    assert (finding.code, finding.count) == ("lost-in-stream", 1)
    assert finding.remedy == f"tiepsuc replay intake --entity {UUID(int=3)}"
    (finding,) = verdict.of_log(LogSurvey("intake", digest(), look(problem="missing"), look()))
    assert finding.code == "stream"

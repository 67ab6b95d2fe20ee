"""What the control slip of a case tells: each handing over in its order, a new date among them."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from contracts.intake.vocabulary import CaseState, Channel, IntervalKind
from services.intake.documents.of_case import Known, Story, control_slip
from services.intake.domain.cases import Case, Wait

AT = datetime(2025, 7, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_an_apology_stands_between_what_was_waited_for() -> None:
    case = Case(
        id=UUID(int=1),
        receiving_unit="31570",
        deciding_unit="31570",
        province="92",
        procedure="1.004222",
        field="cu-tru",
        channel=Channel.DIRECT,
        submitted_at=AT,
        state=CaseState.IN_PROGRESS,
        accepted_at=AT + HOUR,
        due_at=AT + 200 * HOUR,
        extended_at=AT + 4 * HOUR,
        waits=(
            Wait(IntervalKind.SUPPLEMENT, AT + 2 * HOUR, AT + 3 * HOUR),
            Wait(IntervalKind.PAYMENT, AT + 5 * HOUR, AT + 6 * HOUR),
        ),
    )
    slip = control_slip(Story(case, Known("Xã Hồ Đắc Kiện", "Đăng ký thường trú"), {}), date(2025, 7, 2))
    assert slip is not None
    dated = [step for step in slip.handovers if step.at is not None]
    assert [step.at for step in dated] == [AT + hours * HOUR for hours in range(7)]
    assert dated[4].step.vi == "Xin lỗi và hẹn lại ngày trả"

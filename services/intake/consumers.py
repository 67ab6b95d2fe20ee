"""What intake is asked."""

from contracts.intake.commands.cases import AcceptCase, CompleteCase, ReturnCase, SubmitCase
from contracts.intake.commands.feedback import (
    AcknowledgeComplaint,
    AnswerComplaint,
    CloseComplaint,
    FileComplaint,
    RateResult,
    WithdrawComplaint,
)
from contracts.intake.commands.importing import ImportCases
from contracts.intake.commands.queue import (
    CallAgain,
    CallNext,
    CancelTicket,
    FinishService,
    IssueTicket,
    MoveTicket,
    StartService,
)
from contracts.intake.commands.visits import AmendVisit, RecordVisit, RevokeVisit
from contracts.intake.queries.cases import CaseByCode, CaseCounts
from contracts.intake.queries.feedback import Complaints, SatisfactionSummary
from contracts.intake.queries.queue import Queue, QueueHistory
from contracts.intake.queries.visits import AssistanceSummary, Visits
from services.chassis.calls import Calls
from services.intake.handlers.assistance import Assistance
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.importing import ImportHandler


def register(calls: Calls, cases: CaseHandlers, import_cases: ImportHandler) -> None:
    """A table of contents: commands, then queries."""
    calls.command(SubmitCase, cases.submit)
    calls.command(AcceptCase, cases.accept)
    calls.command(CompleteCase, cases.complete)
    calls.command(ReturnCase, cases.hand_over)
    calls.command(ImportCases, import_cases)
    calls.query(CaseByCode, cases.by_code)
    calls.query(CaseCounts, cases.counts)


def register_assistance(calls: Calls, assistance: Assistance) -> None:
    """Of visits, the queue, ratings and complaints: commands, then queries."""
    visits, queue, feedback = assistance.visits, assistance.queue, assistance.feedback
    calls.command(RecordVisit, visits.record)
    calls.command(AmendVisit, visits.amend)
    calls.command(RevokeVisit, visits.revoke)
    calls.command(IssueTicket, queue.issue)
    calls.command(CallNext, queue.call_next)
    calls.command(CallAgain, queue.call_again)
    calls.command(StartService, queue.start)
    calls.command(FinishService, queue.finish)
    calls.command(CancelTicket, queue.cancel)
    calls.command(MoveTicket, queue.move)
    calls.command(RateResult, feedback.rate)
    calls.command(FileComplaint, feedback.file)
    calls.command(AcknowledgeComplaint, feedback.acknowledge)
    calls.command(AnswerComplaint, feedback.answer)
    calls.command(CloseComplaint, feedback.close)
    calls.command(WithdrawComplaint, feedback.withdraw)
    calls.query(Visits, visits.visits)
    calls.query(AssistanceSummary, visits.summary)
    calls.query(Queue, queue.board)
    calls.query(QueueHistory, queue.history)
    calls.query(Complaints, feedback.complaints)
    calls.query(SatisfactionSummary, feedback.summary)

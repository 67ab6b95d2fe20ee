"""The part of intake's table that is about assistance, the queue and satisfaction."""

from pydantic import BaseModel

from contracts.intake.commands import feedback as feedback_commands
from contracts.intake.commands import queue as queue_commands
from contracts.intake.commands import visits as visit_commands
from contracts.intake.events import feedback, queue, visits
from contracts.intake.feedback import COMPLAINT_MOVE
from contracts.intake.queries import feedback as feedback_queries
from contracts.intake.queries import queue as queue_queries
from contracts.intake.queries import visits as visit_queries
from contracts.intake.refusals import AssistanceRefusal as Refusal
from contracts.roles import OFFICERS, Role
from contracts.specs import ADMIN, FIGURES, CallSpec, EventSpec, command, query

_HELPERS = frozenset({Role.VOLUNTEER, Role.MINOR_VOLUNTEER, Role.LEAD}) | OFFICERS
_AT_THE_COUNTER = _HELPERS | {Role.OPERATOR}
_RATERS = frozenset({Role.CITIZEN, Role.VOLUNTEER})
"""Never an officer, who may have handled the case; a volunteer stands for the device at the counter."""

EVENTS: tuple[EventSpec, ...] = (
    EventSpec("intake", "assistance", "recorded", 1, visits.AssistanceRecorded),
    EventSpec("intake", "assistance", "amended", 1, visits.AssistanceAmended),
    EventSpec("intake", "assistance", "revoked", 1, visits.AssistanceRevoked),
    EventSpec("intake", "ticket", "issued", 1, queue.TicketIssued),
    EventSpec("intake", "ticket", "called", 1, queue.TicketCalled),
    EventSpec("intake", "ticket", "started", 1, queue.TicketStarted),
    EventSpec("intake", "ticket", "served", 1, queue.TicketServed),
    EventSpec("intake", "ticket", "routed", 1, queue.TicketRouted),
    EventSpec("intake", "ticket", "left", 1, queue.TicketLeft),
    EventSpec("intake", "ticket", "waiting-long", 1, queue.TicketWaitingLong),
    EventSpec("intake", "rating", "recorded", 1, feedback.RatingRecorded),
    EventSpec("intake", "complaint", "filed", 1, feedback.ComplaintFiled),
    EventSpec("intake", "complaint", "limit-moved", 1, feedback.ComplaintLimitMoved),
    EventSpec("intake", "complaint", "acknowledged", 1, feedback.ComplaintAcknowledged),
    EventSpec("intake", "complaint", "answered", 1, feedback.ComplaintAnswered),
    EventSpec("intake", "complaint", "closed", 1, feedback.ComplaintClosed),
    EventSpec("intake", "complaint", "withdrawn", 1, feedback.ComplaintWithdrawn),
)


def _visit(verb: str, data: type[BaseModel]) -> CallSpec:
    refusals = (
        Refusal.UNKNOWN_UNIT,
        Refusal.UNKNOWN_CASE,
        Refusal.MINOR_NO_CASE,
        Refusal.IMPOSSIBLE_TIME,
        Refusal.NOT_YOURS,
        Refusal.TOO_LATE_TO_CHANGE,
        Refusal.WRONG_STATE,
    )
    return command("intake", verb, data, visit_commands.VisitSaved, _HELPERS, tuple(map(str, refusals)))


def _ticket(verb: str, data: type[BaseModel], *refusals: Refusal, roles: frozenset[Role] = _AT_THE_COUNTER) -> CallSpec:
    return command("intake", verb, data, queue_commands.TicketMoved, roles, tuple(map(str, refusals)))


def _complaint(verb: str, data: type[BaseModel], *refusals: Refusal) -> CallSpec:
    movers = COMPLAINT_MOVE[verb].movers
    return command("intake", verb, data, feedback_commands.ComplaintMoved, movers, tuple(map(str, refusals)))


_UNIT = (str(Refusal.UNKNOWN_UNIT),)

CALLS: tuple[CallSpec, ...] = (
    _visit("record-visit", visit_commands.RecordVisit),
    _visit("amend-visit", visit_commands.AmendVisit),
    _visit("revoke-visit", visit_commands.RevokeVisit),
    _ticket("issue-ticket", queue_commands.IssueTicket, Refusal.UNKNOWN_UNIT, roles=_AT_THE_COUNTER | {Role.CITIZEN}),
    _ticket("call-next", queue_commands.CallNext, Refusal.UNKNOWN_UNIT, Refusal.QUEUE_EMPTY, Refusal.COUNTER_BUSY),
    _ticket("call-again", queue_commands.CallAgain, Refusal.WRONG_STATE),
    _ticket("start-service", queue_commands.StartService, Refusal.WRONG_STATE),
    _ticket("finish-service", queue_commands.FinishService, Refusal.WRONG_STATE),
    _ticket("cancel-ticket", queue_commands.CancelTicket, Refusal.WRONG_STATE, roles=_AT_THE_COUNTER | {Role.CITIZEN}),
    _ticket("move-ticket", queue_commands.MoveTicket, Refusal.WRONG_STATE),
    command(
        "intake",
        "rate-result",
        feedback_commands.RateResult,
        feedback_commands.ResultRated,
        _RATERS,
        (str(Refusal.UNKNOWN_CASE), str(Refusal.NO_RESULT_YET), str(Refusal.TOO_LATE_TO_CHANGE)),
    ),
    _complaint("file-complaint", feedback_commands.FileComplaint, Refusal.UNKNOWN_UNIT, Refusal.UNKNOWN_CASE),
    _complaint(
        "acknowledge-complaint",
        feedback_commands.AcknowledgeComplaint,
        Refusal.WRONG_STATE,
        Refusal.CONFLICT_OF_INTEREST,
    ),
    _complaint(
        "answer-complaint", feedback_commands.AnswerComplaint, Refusal.WRONG_STATE, Refusal.CONFLICT_OF_INTEREST
    ),
    _complaint(
        "close-complaint",
        feedback_commands.CloseComplaint,
        Refusal.WRONG_STATE,
        Refusal.CONFLICT_OF_INTEREST,
        Refusal.NOT_YOURS,
    ),
    _complaint("withdraw-complaint", feedback_commands.WithdrawComplaint, Refusal.WRONG_STATE, Refusal.NOT_YOURS),
    query("intake", "visits", visit_queries.Visits, visit_queries.VisitsView, _HELPERS | ADMIN, _UNIT),
    query(
        "intake",
        "assistance-summary",
        visit_queries.AssistanceSummary,
        visit_queries.AssistanceSummaryView,
        FIGURES,
        _UNIT,
    ),
    query("intake", "queue", queue_queries.Queue, queue_queries.QueueView, _HELPERS | ADMIN | {Role.CITIZEN}, _UNIT),
    query("intake", "queue-history", queue_queries.QueueHistory, queue_queries.QueueHistoryView, FIGURES, _UNIT),
    query(
        "intake", "complaints", feedback_queries.Complaints, feedback_queries.ComplaintsView, OFFICERS | ADMIN, _UNIT
    ),
    query(
        "intake",
        "satisfaction-summary",
        feedback_queries.SatisfactionSummary,
        feedback_queries.SatisfactionSummaryView,
        FIGURES,
        _UNIT,
    ),
)

"""A plain reading of the law on a case's life, to hold the product against. It shares no code with it, on purpose.

A case is a dict; a move is a few `if`s; time is walked day by day and minute by minute. Where several things speak
against a move, the product may name any of them: `wrongs` are all that this model sees.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
DAYS_OFF = {date(2025, 9, 1), date(2025, 9, 2)}
HOURS = ((time(7), time(11, 30)), (time(13, 30), time(17)))
LIMITS = {  # a few of the catalogue: (how many, of what)
    "1.001193": (0, "same day"),
    "1.004222": (7, "working days"),
    "1.004194": (3, "working days"),
    "1.012812": (30, "calendar days"),
}
COUNTER = {"receiving_officer", "centre_head"}
DESK = {"specialist", "leader"}
MAY: dict[str, set[str]] = {
    "submit-case": {"citizen", "operator"} | COUNTER | DESK,
    "serve-case": COUNTER,
    "accept-case": COUNTER,
    "decline-case": COUNTER,
    "start-case": COUNTER | DESK,
    "request-supplement": COUNTER | DESK,
    "complete-supplement": COUNTER | {"citizen"},
    "request-payment": COUNTER | {"specialist"},
    "record-payment": COUNTER | {"operator"},
    "extend-case": DESK | {"centre_head"},
    "withdraw-case": COUNTER | {"citizen"},
    "stop-case": {"centre_head"},
    "amend-case": COUNTER,
    "complete-case": {"leader", "centre_head"},
    "return-case": COUNTER,
    "report-error": COUNTER | DESK | {"citizen"},
    "correct-result": {"leader", "centre_head"},
}
WORKED_ON = {"accepted", "in_progress"}
FROM: dict[str, set[str]] = {
    "accept-case": {"submitted"},
    "decline-case": {"submitted"},
    "start-case": {"accepted"},
    "request-supplement": {"submitted"} | WORKED_ON,
    "complete-supplement": {"supplement_requested"},
    "request-payment": WORKED_ON,
    "record-payment": {"awaiting_payment"},
    "extend-case": WORKED_ON | {"awaiting_payment"},
    "withdraw-case": {"submitted", "supplement_requested", "awaiting_payment"} | WORKED_ON,
    "stop-case": {"supplement_requested", "awaiting_payment"} | WORKED_ON,
    "amend-case": {"submitted"} | WORKED_ON,
    "complete-case": WORKED_ON,
    "return-case": {"completed"},
    "report-error": {"completed", "returned"},
    "correct-result": {"completed", "returned"},
}
NEEDS_REASON = {
    "decline-case",
    "request-supplement",
    "request-payment",
    "extend-case",
    "stop-case",
    "amend-case",
    "report-error",
}

NOT_YET = (
    "accepted_at", "clock_started_at", "first_due_at", "due_at", "extended_at", "started_at", "completed_at",
    "returned_at", "ended_at", "outcome",
)  # fmt: skip

Case = dict[str, Any]
Wish = dict[str, Any]


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in DAYS_OFF


def close(day: date) -> datetime:
    while not works(day):
        day += timedelta(days=1)
    return datetime.combine(day, time(17), HERE)


def working_days_after(at: datetime, count: int) -> datetime:
    day = at.date()
    while count:
        day += timedelta(days=1)
        count -= works(day)
    return close(day)


def working_hours_after(at: datetime, hours: int) -> datetime:
    minutes = hours * 60
    while minutes:
        minutes -= works(at.date()) and any(start <= at.time() < end for start, end in HOURS)
        at += timedelta(minutes=1)
    return at


def in_hours(at: datetime) -> bool:
    return works(at.date()) and any(start <= at.time() <= end for start, end in HOURS)


def due(procedure: str, start: datetime) -> datetime:
    amount, of = LIMITS[procedure]
    if of == "same day":
        today = works(start.date()) and start.time() <= time(15)
        return close(start.date() if today else start.date() + timedelta(days=1))
    if of == "working days":
        return working_days_after(start, amount)
    return close(start.date() + timedelta(days=amount))


def new(procedure: str, channel: str, at: datetime, code: str | None) -> Case:
    return {
        "state": "submitted",
        "version": 1,
        "procedure": procedure,
        "channel": channel,
        "case_code": code,
        "submitted_at": at,
        "moved_at": at,
        "act_by": working_hours_after(at, 8) if channel == "online" else None,
        "waits": [],  # [kind, since, until, by, amount]
        "resumes": None,
    } | dict.fromkeys(NOT_YET)


def wrongs(case: Case, verb: str, wish: Wish, now: datetime) -> set[str]:  # noqa: PLR0912, PLR0915 - a list of rules
    """Codes of all that the law has against a move; `wish["at"]` is when it was made."""
    at, found = wish["at"], set()
    if case["state"] not in FROM[verb]:
        return {"wrong-state"}
    open_wait = case["waits"][-1] if case["waits"] and case["waits"][-1][2] is None else None
    # An apology is dated by itself, since the deadline that it is about began; an amendment is made now.
    earliest = {"extend-case": case["clock_started_at"], "amend-case": now}.get(verb, case["moved_at"])
    if not earliest <= at <= now:
        found.add("impossible-time")
    if verb in NEEDS_REASON and not wish["reason"].strip():
        found.add("reason-missing")
    match verb:
        case "accept-case":
            if case["case_code"] and wish["code"] not in (None, case["case_code"]):
                found.add("case-code-taken")
        case "request-supplement":
            if any(wait[0] == "supplement" for wait in case["waits"]):
                found.add("supplement-used")
            if case["accepted_at"] and at > working_days_after(case["accepted_at"], 3):
                found.add("notice-too-late")
        case "record-payment":
            if open_wait and open_wait[4] != wish["amount"]:
                found.add("wrong-amount")
        case "extend-case":
            if case["extended_at"]:
                found.add("extension-used")
            if at.date() > case["due_at"].date() - timedelta(days=1):
                found.add("extension-too-late")
            if wish["new_due_at"] <= case["due_at"] or not in_hours(wish["new_due_at"]):
                found.add("impossible-time")
        case "stop-case":
            supplement = case["state"] == "supplement_requested"
            if supplement and open_wait and at <= open_wait[3]:
                found.add("still-in-time")
            if (wish["cause"] == "supplement-not-completed") != supplement:
                found.add("wrong-state")
        case "amend-case":
            if wish["procedure"] in (None, case["procedure"]) and wish["channel"] in (None, case["channel"]):
                found.add("nothing-changed")
        case "complete-case":
            if wish["outcome"] == "refused" and not wish["reason"].strip():
                found.add("reason-missing")
        case "return-case" | "report-error":
            corrected = [wait for wait in case["waits"] if wait[0] == "correction"]
            if open_wait:
                found.add("correction-awaited")
            elif corrected and at < corrected[-1][2]:
                found.add("impossible-time")
        case "correct-result":
            if not open_wait:
                found = {"no-correction"}
            elif at < open_wait[1]:
                found.add("impossible-time")
    return found


def wait_for(case: Case, kind: str, at: datetime, by: datetime | None = None, amount: int | None = None) -> None:
    case["waits"].append([kind, at, None, by, amount])


def enter(case: Case, state: str, at: datetime) -> None:
    case["state"], case["moved_at"] = state, at


def end(case: Case, state: str, at: datetime) -> None:
    enter(case, state, at)
    case.update(ended_at=at, act_by=None, resumes=None)
    if case["waits"] and case["waits"][-1][2] is None:
        case["waits"][-1][2] = at


def start_clock(case: Case, at: datetime) -> None:
    case["clock_started_at"] = at
    case["due_at"] = case["act_by"] = due(case["procedure"], at)


def accept(case: Case, at: datetime, code: str) -> None:
    enter(case, "accepted", at)
    start_clock(case, at)
    case.update(accepted_at=at, first_due_at=case["due_at"], case_code=code)


def request_supplement(case: Case, wish: Wish) -> None:
    case["resumes"] = case["state"]
    enter(case, "supplement_requested", wish["at"])
    case["act_by"] = close(wish["at"].date() + timedelta(days=15))
    wait_for(case, "supplement", wish["at"], by=case["act_by"])


def go_back(case: Case, at: datetime) -> None:
    enter(case, case["resumes"], at)
    case["resumes"], case["waits"][-1][2] = None, at


def complete_supplement(case: Case, wish: Wish) -> None:
    go_back(case, wish["at"])
    if case["accepted_at"]:
        start_clock(case, wish["at"])
    else:
        case["act_by"] = working_hours_after(wish["at"], 8) if case["channel"] == "online" else None


def request_payment(case: Case, wish: Wish) -> None:
    case["resumes"] = case["state"]
    enter(case, "awaiting_payment", wish["at"])
    wait_for(case, "payment", wish["at"], amount=wish["amount"])


def record_payment(case: Case, wish: Wish) -> None:
    go_back(case, wish["at"])
    case["act_by"] = case["due_at"]


def extend(case: Case, wish: Wish) -> None:
    case.update(extended_at=wish["at"], due_at=wish["new_due_at"], act_by=wish["new_due_at"])


def amend(case: Case, wish: Wish) -> None:
    case["procedure"] = wish["procedure"] or case["procedure"]
    case["channel"] = wish["channel"] or case["channel"]
    if case["clock_started_at"]:
        fresh = due(case["procedure"], case["clock_started_at"])
        case["due_at"] = case["act_by"] = max(fresh, case["due_at"]) if case["extended_at"] else fresh
    else:
        case["act_by"] = working_hours_after(case["moved_at"], 8) if case["channel"] == "online" else None


def complete(case: Case, wish: Wish) -> None:
    enter(case, "completed", wish["at"])
    case.update(completed_at=wish["at"], outcome=wish["outcome"], act_by=None)


def hand_over(case: Case, wish: Wish) -> None:
    enter(case, "returned", wish["at"])
    case["returned_at"] = wish["at"]


def start(case: Case, wish: Wish) -> None:
    enter(case, "in_progress", wish["at"])
    case["started_at"] = wish["at"]


def report_error(case: Case, wish: Wish) -> None:
    case["act_by"] = working_days_after(wish["at"], 3)
    wait_for(case, "correction", wish["at"], by=case["act_by"])


def correct(case: Case, wish: Wish) -> None:
    case["act_by"], case["waits"][-1][2] = None, wish["at"]


EFFECTS: dict[str, Callable[[Case, Wish], None]] = {
    "decline-case": lambda case, wish: end(case, "declined", wish["at"]),
    "start-case": start,
    "request-supplement": request_supplement,
    "complete-supplement": complete_supplement,
    "request-payment": request_payment,
    "record-payment": record_payment,
    "extend-case": extend,
    "withdraw-case": lambda case, wish: end(case, "withdrawn", wish["at"]),
    "stop-case": lambda case, wish: end(case, "stopped", wish["at"]),
    "amend-case": amend,
    "complete-case": complete,
    "return-case": hand_over,
    "report-error": report_error,
    "correct-result": correct,
}
"""What each move does, `accept` apart: the code that intake gives is not the model's to know."""

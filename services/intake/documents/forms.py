"""The values of each form. Whatever is not known is empty, and printed as a dotted line to be filled in by hand."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Office:
    """Who issues a form: the authority above, its own name, and the place that stands before the date."""

    authority: str
    name: str
    place: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whose case it is."""

    name: str = ""
    address: str = ""
    phone: str = ""


NOBODY = Applicant()
"""Whose case it is, is left to the pen."""
_GONE = "(đã xóa / erased)"
ERASED = Applicant("(dữ liệu cá nhân đã xóa / personal data erased)", _GONE, _GONE)
"""Whose case it was, nobody can say any more; nobody should write it there again."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Which case a form is about. `case_code` is empty where none was given yet."""

    case_code: str
    procedure: str
    procedure_code: str
    applicant: Applicant = NOBODY


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper handed in, and how many of it."""

    name: str
    originals: int = 0
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in both languages, with its source (article of law) where it has one."""

    vi: str
    en: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in đồng."""

    vnd: int


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee on a receipt."""

    amount: Money
    reason: str
    paid: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """Receipt of a case, with the date of its result (Decree 118/2025 Art 17.3). `lookup` is what the QR code says."""

    office: Office
    subject: Subject
    papers: tuple[Paper, ...]
    accepted_at: datetime
    due_at: datetime
    computed: tuple[Note, ...]
    lookup: str
    charge: Charge | None = None
    result_at: str = ""
    received_by: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something to be added or put right, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class SupplementRequest:
    """What has to be added, once and in full (Art 11.2c, 16.3). `complete_by`: the case is closed after it (19.5)."""

    office: Office
    subject: Subject
    wanted: tuple[Wanted, ...]
    asked_at: datetime
    complete_by: date
    number: str = ""
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refusal to receive a case, or (`on_merits`) to grant what it asks for (Art 19.3). `instead`: what to do now."""

    office: Office
    subject: Subject
    reasons: tuple[str, ...]
    refused_at: datetime
    on_merits: bool = False
    instead: str = ""
    number: str = ""
    refused_by: str = ""


@dataclass(frozen=True, slots=True)
class Apology:
    """Apology for a late result, with the new date, which is given once (Art 19.6)."""

    office: Office
    subject: Subject
    accepted_at: datetime
    due_at: datetime
    new_due_at: datetime
    reason: str
    apologised_at: datetime
    number: str = ""
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class StopNotice:
    """Notice that a case is no longer dealt with; `basis` is the article that says so (e.g. 19.5, 21)."""

    office: Office
    subject: Subject
    accepted_at: datetime | None
    stopped_at: datetime
    reason: str
    basis: str
    returned_papers: tuple[str, ...] = ()
    number: str = ""
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """One step of a case from hand to hand. `outcome`: early, on time or late, and what else is to be said."""

    at: datetime | None
    giver: str
    taker: str
    step: Note
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class ControlSlip:
    """How a case went from hand to hand; it travels with the papers."""

    office: Office
    subject: Subject
    accepted_at: datetime
    due_at: datetime
    handovers: tuple[Handover, ...]
    printed_on: date


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the register."""

    case_code: str
    procedure: str
    applicant: Applicant
    channel: str
    accepted_at: datetime
    due_at: datetime
    completed_at: datetime | None = None
    returned_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """The register of cases accepted from a day to a day, both included."""

    office: Office
    first: date
    last: date
    entries: tuple[Entry, ...]
    printed_on: date


@dataclass(frozen=True, slots=True)
class PaymentSlip:
    """Our own slip for money taken; no form of the circular, and no invoice of the tax office."""

    office: Office
    subject: Subject
    receipt_number: str
    amount: Money
    reason: str
    method: Note
    paid_at: datetime
    reference: str = ""
    received_by: str = ""


NAMES_NOBODY = frozenset({ControlSlip})
"""Kinds of forms of a case that do not say whose it is: to make one, nobody's data are opened."""

Form = Receipt | SupplementRequest | Refusal | Apology | StopNotice | ControlSlip | Register | PaymentSlip

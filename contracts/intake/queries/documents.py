"""Forms as PDF."""

from datetime import date
from uuid import UUID

from pydantic import Field

from contracts.envelope import Message
from contracts.intake.vocabulary import CaseCode, CommuneCode
from contracts.personal import Personal


class CaseForm(Message):
    """A form of a case, by its number in the set in force when it was issued; of `case_id` and `case_code` one."""

    case_id: UUID | None = None
    case_code: CaseCode | None = None
    form: str = Field(pattern=r"^\d{2}$", description="number of the form, such as 01 for the receipt")


class CaseRegister(Message):
    """The register (form 07; before 15 September 2025, 06) of the cases a unit accepted, both days included."""

    unit: CommuneCode
    first: date
    last: date


class FeeSlip(Message):
    """The slip for a fee that was paid."""

    fee_id: UUID


class DocumentView(Message):
    """A PDF (base64), and the version of the template it was made from."""

    file_name: str
    form: str
    version: str
    content: Personal[str]

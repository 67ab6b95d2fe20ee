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
    """The register (form 07; before 15 September 2025, 06) of the cases a unit accepted, both days included.

    Its column of applicants is left empty.
    """

    unit: CommuneCode
    first: date
    last: date


class PrintRegister(CaseRegister):
    """The same with the applicants' names and addresses: that is written to the audit of each of its cases."""


class FeeSlip(Message):
    """The slip for a fee that was paid; who paid is left to the pen."""

    fee_id: UUID


class PrintFeeSlip(FeeSlip):
    """The same with the payer's name: that is written to the case's audit."""


class DocumentView(Message):
    """A PDF (base64), and the version of the template it was made from."""

    file_name: str
    form: str
    version: str
    content: Personal[str]

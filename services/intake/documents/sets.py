"""Which forms there are at a date, under which numbers: each circular's set is a folder of templates.

Only the list of forms is known of the circulars, not their official layout; each form says so at its foot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.intake.documents.forms import (
    Apology,
    ControlSlip,
    Form,
    PaymentSlip,
    Receipt,
    Refusal,
    Register,
    StopNotice,
    SupplementRequest,
)


class NotAvailable(LookupError):
    """At that date there is no such form."""


@dataclass(frozen=True, slots=True)
class FormSet:
    """A set of forms. `version` is printed on them and stored with what is issued; `folder` holds the templates."""

    version: str
    circular: str
    effective_from: date
    folder: str
    numbers: Mapping[type[Form], str]

    def number_of(self, kind: type[Form]) -> str:
        """The number of a kind of form, as its template is called. NotAvailable: this set has none."""
        if kind is PaymentSlip:
            return "00"
        if (number := self.numbers.get(kind)) is None:
            raise NotAvailable(f"{self.version} has no {kind.__name__}")
        return number

    def kind_of(self, number: str) -> type[Form]:
        """The kind of form that has this number. NotAvailable: none has."""
        for kind, each in self.numbers.items():
            if each == number:
                return kind
        raise NotAvailable(f"{self.version} has no form {number}")

    def template(self, kind: type[Form]) -> str:
        """The template's file below `templates`."""
        number = self.number_of(kind)
        return "own/payment.typ" if kind is PaymentSlip else f"{self.folder}/{number}.typ"


SETS = (
    FormSet(
        "TT-01/2018.1",
        "Thông tư 01/2018/TT-VPCP",
        date(2018, 11, 23),
        "tt-01-2018",
        {Receipt: "01", SupplementRequest: "02", Refusal: "03", Apology: "04", ControlSlip: "05", Register: "06"},
    ),
    FormSet(
        "TT-03/2025.1",
        "Thông tư 03/2025/TT-VPCP",
        date(2025, 9, 15),
        "tt-03-2025",
        {
            Receipt: "01",
            SupplementRequest: "02",
            Refusal: "03",
            Apology: "04",
            StopNotice: "05",
            ControlSlip: "06",
            Register: "07",
        },
    ),
)


def in_force(on: date) -> FormSet:
    """The set in force on a day. NotAvailable: the day is before all of them."""
    for each in reversed(SETS):
        if each.effective_from <= on:
            return each
    raise NotAvailable(f"no form set was in force on {on.isoformat()}")

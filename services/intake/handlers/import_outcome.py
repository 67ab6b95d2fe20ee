"""What becomes of a log's rows: counted, rejected, remarked on."""

from contracts.intake.commands.importing import LogRow, RejectedRow, RemarkedRow
from contracts.refusals import Refused
from services.intake.domain.cases import Case
from services.intake.domain.remarks import Remark


class Outcome:
    """What became of the rows so far."""

    def __init__(self) -> None:
        self.imported = self.advanced = self.present = 0
        self.rejected: list[RejectedRow] = []
        self.remarks: list[RemarkedRow] = []

    def add(self, more: "Outcome") -> None:
        self.imported += more.imported
        self.advanced += more.advanced
        self.present += more.present
        self.rejected += more.rejected
        self.remarks += more.remarks

    def reject(self, row: LogRow, refused: Refused) -> None:
        refusal = refused.refusal
        self.rejected.append(
            RejectedRow(
                line=row.line,
                column=_COLUMN.get(refusal.field or "", refusal.field or ""),
                code=refusal.code,
                message_vi=refusal.message_vi,
                message_en=refusal.message_en,
            )
        )

    def remark(self, row: LogRow, case: Case, remark: Remark) -> None:
        column = next((name for name in _APPLICANT if getattr(row, name)), "")
        self.remarks.append(
            RemarkedRow(
                line=row.line,
                column=column,
                code=remark.code,
                message_vi=remark.vi,
                message_en=remark.en,
                case_id=case.id,
                duplicates=list(remark.like),
            )
        )


_APPLICANT = ("applicant_id_number", "applicant_name", "applicant_phone")
_COLUMN = {
    "receiving_unit": "unit",
    "full_name": "applicant_name",
    "id_number": "applicant_id_number",
    "phone": "applicant_phone",
}

"""What becomes of a log's rows: counted, rejected, remarked on."""

from contracts.intake.commands.importing import ImportRemark, LogRow, RejectedRow, RemarkedRow
from contracts.refusals import Refused
from services.intake.domain.cases import Case
from services.intake.domain.remarks import Remark
from services.intake.log_rows import COLUMN_OF


class Outcome:
    """What became of the rows so far."""

    def __init__(self) -> None:
        self.imported = self.advanced = self.present = 0
        self.rejected: list[RejectedRow] = []
        self.remarks: list[RemarkedRow] = []

    def add(self, more: "Outcome") -> None:
        """Together with what became of other rows. A case that several tell of is pointed out with the first."""
        said = {row.case_id for row in self.remarks if row.code is ImportRemark.POSSIBLE_DUPLICATE}
        self.imported += more.imported
        self.advanced += more.advanced
        self.present += more.present
        self.rejected += more.rejected
        self.remarks += [
            row for row in more.remarks if row.code is not ImportRemark.POSSIBLE_DUPLICATE or row.case_id not in said
        ]

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
    **COLUMN_OF,
    "full_name": "applicant_name",
    "id_number": "applicant_id_number",
    "phone": "applicant_phone",
}

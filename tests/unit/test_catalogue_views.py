"""What `tiepsuc catalogue` shows: words for every value, and brackets that somebody wrote as they are."""

from typing import Any

import pytest
from rich.console import Console

from contracts.intake.catalogue import Confidence, DocumentStatus, LimitUnit, PaperForm
from contracts.intake.queries.catalogue import ProcedureView
from services.intake.cli.catalogue_views import CONFIDENCE, FORMS, STATUS, UNITS, show_procedure, sure

PROCEDURE: dict[str, Any] = {
    "code": "1.004222",
    "name": "Đăng ký [/thường trú]",
    "field": "cu-tru",
    "field_name": "Cư trú",
    "level": "commune",
    "limit_amount": 7,
    "limit_unit": "working_days",
    "effective_from": "2025-07-01",
    "confidence": "read",
    "fee": 20000,
    "fee_source": "[/b]",
    "payment_off_clock": False,
    "retention_years": 5,
    "retention_permanent": False,
    "retention_confidence": "inferred",
    "retention_source": "suy đoán / inferred; ask the archive",
    "source": "QĐ 1",
    "note": "",
    "papers": [
        {"name": "Tờ khai", "copies": 1, "form": "original", "needed": "if_any", "confidence": "read", "source": "QĐ 1"}
    ],
}


@pytest.mark.parametrize(
    ("words", "values"), [(STATUS, DocumentStatus), (UNITS, LimitUnit), (FORMS, PaperForm), (CONFIDENCE, Confidence)]
)
def test_every_value_has_words(words: dict[Any, str], values: Any) -> None:
    assert words.keys() == set(values)


def test_a_procedure_is_told_in_words() -> None:
    console = Console(width=200)
    with console.capture() as capture:
        show_procedure(ProcedureView.model_validate(PROCEDURE), console)
    shown = capture.get()
    for words in ("Đăng ký [/thường trú]", "7 ngày làm việc", "20.000 đ", "[/b]", "5 năm", "1 bản chính", "nếu có"):
        assert words in shown


def test_a_source_that_says_how_sure_it_is_says_it_once() -> None:
    assert sure(Confidence.INFERRED, "suy đoán, chờ lưu trữ") == "suy đoán, chờ lưu trữ"
    assert sure(Confidence.READ, "QĐ 1") == "đã đọc / read; QĐ 1"
    assert sure(None, "QĐ 1") == "QĐ 1"

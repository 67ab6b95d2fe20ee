"""What commands share: codes and days, judged before anything is asked."""

import re
from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

import click
from pydantic import TypeAdapter, ValidationError

from contracts.intake.vocabulary import CaseCode

_CASE_CODE: TypeAdapter[str] = TypeAdapter(CaseCode)


class Case(click.ParamType[str]):
    """A case's code, in small letters as well; with `or_id`, its id too."""

    name = "CODE"

    def __init__(self, *, or_id: bool = False) -> None:
        self._or_id = or_id

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if self._or_id:
            with suppress(ValueError):
                return str(UUID(value.strip()))
        try:
            return _CASE_CODE.validate_python(value.strip().upper())
        except ValidationError:
            raise click.BadParameter(
                f"“{value}” không phải mã hồ sơ, ví dụ H13.57-250701-0001 / is no case code such as H13.57-250701-0001",
                ctx,
                param,
            ) from None


class FormNumber(click.ParamType[str]):
    """The number of a form: 1 is 01."""

    name = "NUMBER"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"\d{1,2}", value, re.ASCII):
            raise click.BadParameter(f"“{value}”: số mẫu là 01, 02… / a form's number is 01, 02…", ctx, param)
        return value.zfill(2)


class Commune(click.ParamType[str]):
    """A commune's code, by its form; whether there is one is for intake to say."""

    name = "CODE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"\d{5}", value, re.ASCII):
            raise click.BadParameter(f"“{value}”: mã xã 5 số / a commune's code has 5 digits", ctx, param)
        return value


class UnitCode(click.ParamType[str]):
    """A commune's or a province's code."""

    name = "CODE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"\d{2}|\d{5}", value, re.ASCII):
            raise click.BadParameter(f"“{value}”: mã xã 5 số, tỉnh 2 số / communes 5 digits, provinces 2", ctx, param)
        return value


class Day(click.ParamType[date]):
    """A day as programs write it, or as people in Vietnam do."""

    name = "DAY"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> date:
        for form in ("%Y-%m-%d", "%d/%m/%Y"):
            with suppress(ValueError):
                return datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no zone
        raise click.BadParameter(f"“{value}” không phải ngày / is no day: 2025-07-31, 31/07/2025", ctx, param)

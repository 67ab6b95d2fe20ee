"""What intake's commands share: codes of cases and forms, judged before anything is asked."""

import re
from contextlib import suppress
from uuid import UUID

import click
from pydantic import TypeAdapter, ValidationError

from contracts.intake.catalogue import ReferenceKind
from contracts.intake.queries.cases import CaseByCode, CaseById
from contracts.intake.vocabulary import CaseCode
from services.intake.reference import chain_of

_CASE_CODE: TypeAdapter[str] = TypeAdapter(CaseCode)


class Case(click.ParamType[str]):
    """A case's code, in small letters as well; with `or_id`, its id too, or that of whatever else the audit knows: a
    kind of reference data goes by its name."""

    name = "CODE"

    def __init__(self, *, or_id: bool = False) -> None:
        self._or_id = or_id

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if self._or_id:
            with suppress(ValueError):
                return str(UUID(value.strip()))
            with suppress(ValueError):
                return str(chain_of(ReferenceKind(value.strip().lower())))
        try:
            return _CASE_CODE.validate_python(value.strip().upper())
        except ValidationError:
            raise click.BadParameter(
                f"“{value}” không phải mã hồ sơ, ví dụ H13.57-250701-0001 / is no case code such as H13.57-250701-0001",
                ctx,
                param,
            ) from None


class CaseNamed(click.ParamType[CaseByCode | CaseById]):
    """A case by its code, or by its id as lists show it where there is no code yet."""

    name = "CASE"

    def convert(
        self, value: str | CaseByCode | CaseById, param: click.Parameter | None, ctx: click.Context | None
    ) -> CaseByCode | CaseById:
        if not isinstance(value, str):
            return value
        with suppress(ValueError):
            return CaseById(case_id=UUID(value.strip()))
        return CaseByCode(case_code=Case().convert(value, param, ctx))


class FormNumber(click.ParamType[str]):
    """The number of a form: 1 is 01."""

    name = "NUMBER"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"\d{1,2}", value, re.ASCII):
            raise click.BadParameter(f"“{value}”: số mẫu là 01, 02… / a form's number is 01, 02…", ctx, param)
        return value.zfill(2)

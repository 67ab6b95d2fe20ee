"""What commands of several services ask for: units and days, judged by their form before anything is asked."""

import re
from contextlib import suppress
from datetime import date, datetime

import click

_BOTH = "mã xã 5 số, tỉnh 2 số / communes 5 digits, provinces 2"


class UnitCode(click.ParamType[str]):
    """A commune's or a province's code, or a commune's alone, by its form; services say whether there is one."""

    name = "CODE"

    def __init__(self, *, commune: bool = False) -> None:
        self._form = r"\d{5}" if commune else r"\d{2}|\d{5}"
        self._told = "mã xã 5 số / a commune's code has 5 digits" if commune else _BOTH

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(self._form, value, re.ASCII):
            raise click.BadParameter(f"“{value}”: {self._told}", ctx, param)
        return value


class Day(click.ParamType[date]):
    """A day as programs write it, or as people in Vietnam do."""

    name = "DAY"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> date:
        for form in ("%Y-%m-%d", "%d/%m/%Y"):
            with suppress(ValueError):
                return datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no zone
        raise click.BadParameter(f"“{value}” không phải ngày / is no day: 2025-07-31, 31/07/2025", ctx, param)

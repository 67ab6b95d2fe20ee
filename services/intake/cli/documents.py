"""`tiepsuc case form`, `tiepsuc case register`: paper for the counter."""

import asyncio
import base64
from datetime import datetime
from pathlib import Path

import click
from pydantic import BaseModel, ValidationError

from contracts.intake.queries.documents import CaseForm, CaseRegister, DocumentView
from services.chassis.connect import operator

_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])


@click.command("form")
@click.argument("code")
@click.option("--form", "number", default="01", show_default=True, help="Số mẫu / number of the form")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Tệp PDF / file")
def form(code: str, number: str, output: Path | None) -> None:
    """Một mẫu của hồ sơ thành PDF / a form of a case as PDF."""
    try:
        wish = CaseForm(case_code=code, form=number)
    except ValidationError as error:
        raise _wrong(error) from error
    _save(wish, output)


@click.command("register")
@click.option("--unit", required=True, help="Mã xã / code of the commune")
@click.option("--from", "first", type=_DAY, required=True, help="Từ ngày / from")
@click.option("--to", "last", type=_DAY, required=True, help="Đến hết ngày / to, included")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Tệp PDF / file")
def register(unit: str, first: datetime, last: datetime, output: Path | None) -> None:
    """Sổ theo dõi hồ sơ thành PDF / the register of cases as PDF."""
    try:
        wish = CaseRegister(unit=unit, first=first.date(), last=last.date())
    except ValidationError as error:
        raise _wrong(error) from error
    _save(wish, output)


def _wrong(error: ValidationError) -> click.UsageError:
    first = error.errors(include_url=False)[0]
    return click.UsageError(f"{'.'.join(map(str, first['loc']))} “{first['input']}”: {first['msg']}")


def _save(wish: BaseModel, output: Path | None) -> None:
    view = asyncio.run(_ask(wish))
    place = output or Path(view.file_name)
    place.write_bytes(base64.b64decode(view.content))
    click.echo(f"Mẫu / form {view.form} ({view.version}): {place}")


async def _ask(wish: BaseModel) -> DocumentView:
    async with operator() as (_, caller):
        return await caller.call("intake", wish, DocumentView, timeout=60)

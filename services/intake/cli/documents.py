"""`tiepsuc case form`, `tiepsuc case register`: paper for the counter."""

import asyncio
import base64
from datetime import date
from pathlib import Path

import click
from pydantic import BaseModel

from contracts.intake.queries.cases import CaseByCode, CaseById
from contracts.intake.queries.documents import CaseForm, DocumentView, PrintRegister
from services.chassis.command_options import Day, UnitCode
from services.chassis.connect import operator
from services.intake.cli.options import CaseNamed, FormNumber


@click.command("form")
@click.argument("case", type=CaseNamed())
@click.option(
    "--form", "number", type=FormNumber(), default="01", show_default=True, help="Số mẫu / number of the form"
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Tệp PDF / file")
def form(case: CaseByCode | CaseById, number: str, output: Path | None) -> None:
    """Một mẫu của hồ sơ thành PDF / a form of a case as PDF."""
    _save(CaseForm(**dict(case), form=number), output)


@click.command("register")
@click.option("--unit", type=UnitCode(commune=True), required=True, help="Mã xã / code of the commune")
@click.option("--from", "first", type=Day(), required=True, help="Từ ngày / from, 2025-07-01 or 01/07/2025")
@click.option("--to", "last", type=Day(), required=True, help="Đến hết ngày / to, included")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Tệp PDF / file")
def register(unit: str, first: date, last: date, output: Path | None) -> None:
    """Sổ theo dõi hồ sơ thành PDF, có tên người nộp / the register of cases as PDF, with the applicants' names."""
    _save(PrintRegister(unit=unit, first=first, last=last), output)


def _save(wish: BaseModel, output: Path | None) -> None:
    view = asyncio.run(_ask(wish))
    place = output or Path(view.file_name)
    place.write_bytes(base64.b64decode(view.content))
    click.echo(f"Mẫu / form {view.form} ({view.version}): {place}")


async def _ask(wish: BaseModel) -> DocumentView:
    async with operator() as (_, caller):
        return await caller.call("intake", wish, DocumentView, timeout=60)

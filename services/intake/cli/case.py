"""`tiepsuc case`: what can be asked and done about one case; its commands stand by topic."""

import click

from services.chassis.command_group import Group
from services.intake.cli.attachments import attach, fetch
from services.intake.cli.documents import form, register
from services.intake.cli.looking import find, list_, moves, show


@click.group("case", cls=Group)
def case() -> None:
    """Hồ sơ: xem, tìm, mẫu giấy, tệp đính kèm / cases: look, find, forms, attached files."""


for _command in (show, list_, find, moves, form, register, attach, fetch):
    case.add_command(_command)

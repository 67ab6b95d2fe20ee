"""`tiepsuc case`: what can be asked and done about one case; its commands stand by topic."""

import click

from services.intake.cli.attachments import attach, fetch
from services.intake.cli.documents import form, register


@click.group("case")
def case() -> None:
    """Hồ sơ: mẫu giấy, tệp đính kèm / cases: forms, attached files."""


for _command in (form, register, attach, fetch):
    case.add_command(_command)

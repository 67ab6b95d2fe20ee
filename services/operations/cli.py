"""The command `tiepsuc`: its parts are found by entry points and loaded when they are asked for."""

import sys
from importlib.metadata import entry_points

import click

from contracts.refusals import CommonRefusal, Refused
from services.chassis.errors import Misconfigured

_GROUP = "tiepsuc.commands"


class _Parts(click.Group):
    """A group whose commands are the entry points of `tiepsuc.commands`, each part imported only when needed."""

    def list_commands(self, _: click.Context) -> list[str]:
        return sorted(part.name for part in entry_points(group=_GROUP))

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        for part in entry_points(group=_GROUP, name=cmd_name):
            command: click.Command = part.load()
            return command
        return None


@click.group(cls=_Parts)
@click.version_option(package_name="tiepsuc")
def tiepsuc() -> None:
    """Tiếp Sức: phục vụ hành chính công cấp xã / lending commune service centres a hand."""


def main() -> None:
    """Runs the command; what the user can mend is told without a traceback."""
    try:
        tiepsuc()
    except Misconfigured as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except Refused as error:
        click.echo(f"{error.refusal.message_vi}\n{error.refusal.message_en}", err=True)
        sys.exit(2 if error.refusal.code == CommonRefusal.UNAVAILABLE else 1)

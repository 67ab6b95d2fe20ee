"""The command `tiepsuc`: its parts are found by entry points and loaded when they are asked for."""

import sys
from importlib.metadata import entry_points

import click

from contracts.refusals import CommonRefusal, Refused
from services.chassis.command_group import Group
from services.chassis.errors import Misconfigured
from services.operations import usage

_GROUP = "tiepsuc.commands"


class _Parts(Group):
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
    """Runs the command; what the user can mend is told in words, and never with a traceback.

    Exit codes: 1, something is the matter; 2, called wrongly, or the stack cannot be reached. A command may have more.
    """
    try:
        sys.exit(tiepsuc.main(standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "tiepsuc"
        click.echo(f"Gọi lệnh chưa đúng / wrong usage: {usage.told(error)}", err=True)
        click.echo(f"Xem / see: {where} --help", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"Lỗi / error: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is None:
            raise
        click.echo(f"Lỗi / error: {error.filename}: {error.strerror}", err=True)
        sys.exit(1)
    except click.Abort:
        click.echo("Đã hủy / aborted", err=True)
        sys.exit(1)
    except Misconfigured as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except Refused as error:
        click.echo(f"{error.refusal.message_vi}\n{error.refusal.message_en}", err=True)
        sys.exit(2 if error.refusal.code == CommonRefusal.UNAVAILABLE else 1)

"""`tiepsuc serve NAME`: one service in the foreground, as the embedded stack and the containers run it."""

from importlib.metadata import entry_points

import click

_GROUP = "tiepsuc.services"


@click.command("serve")
@click.argument("name", type=click.Choice(sorted(each.name for each in entry_points(group=_GROUP))))
def serve(name: str) -> None:
    """Chạy một dịch vụ / run one service."""
    from services.chassis.runtime import main  # noqa: PLC0415 - keeps `tiepsuc --help` quick

    (found,) = entry_points(group=_GROUP, name=name)
    main(found.load()())

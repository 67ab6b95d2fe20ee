"""`tiepsuc provision` and `tiepsuc secrets create`."""

import asyncio
from pathlib import Path

import click

from contracts.topology import TOPOLOGY
from services.chassis.command_group import Group
from services.operations.provisioning import nats_conf, secrets


@click.command("provision")
@click.option("--once", is_flag=True, help="Làm một lần rồi thoát / once, then exit")
def provision(once: bool) -> None:
    """Tạo và trông coi luồng, cơ sở dữ liệu, quyền / make and watch streams, databases, rights."""
    from services.chassis import logs
    from services.chassis.settings import from_environment
    from services.operations.provisioning import resident

    settings = from_environment(resident.ProvisionerSettings)
    logs.configure("provisioner", settings.log_level)
    asyncio.run(resident.once(settings) if once else resident.run(settings))


@click.group("secrets", cls=Group)
def secrets_group() -> None:
    """Khóa và mật khẩu / keys and passwords."""


@secrets_group.command("create")
@click.argument("root", type=click.Path(path_type=Path))
@click.option("--host", default="0.0.0.0", show_default=True, help="NATS host")  # noqa: S104 - inside a container
@click.option("--port", default=4222, show_default=True)
@click.option("--http-port", default=8222, show_default=True)
@click.option("--store", type=click.Path(path_type=Path), default=Path("/data"), show_default=True)
def create(root: Path, host: str, port: int, http_port: int, store: Path) -> None:
    """Tạo những gì còn thiếu dưới ROOT / make what is missing below ROOT."""
    secrets.create(root, TOPOLOGY)
    secrets.hand_to_postgres(root)
    text = nats_conf.render(
        TOPOLOGY,
        secrets.public_keys(root, TOPOLOGY),
        host=host,
        port=port,
        http_host="127.0.0.1",
        http_port=http_port,
        store=store,
    )
    conf = root / "nats" / "nats.conf"
    changed = conf.exists() and conf.read_text() != text
    secrets.write_private(conf, text)
    click.echo(f"Khóa và mật khẩu ở / keys and passwords in {root}")
    if changed:
        click.echo("nats.conf đã thay đổi, NATS phải nạp lại / nats.conf changed, NATS has to reload it (SIGHUP)")


@secrets_group.command("add-master-key")
@click.argument("root", type=click.Path(path_type=Path, exists=True, file_okay=False))
def add_master_key(root: Path) -> None:
    """Thêm khóa chủ mới, khóa cũ vẫn giữ / put a new master key before the ones that are there."""
    key_id = secrets.add_master_key(root)
    click.echo(
        f"Khóa chủ mới {key_id}. Khởi động lại intake, rồi chạy `tiepsuc people rotate-master-key`. / "
        f"New master key {key_id}. Restart intake, then run `tiepsuc people rotate-master-key`."
    )

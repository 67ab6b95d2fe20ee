"""`tiepsuc contracts export` and `tiepsuc contracts check`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import contracts as language
from services.chassis.command_group import Group
from services.chassis.errors import Misconfigured

if TYPE_CHECKING:
    from services.operations.contracts.baseline import Baseline
    from services.operations.contracts.check import Findings
    from services.operations.contracts.compatibility import Change

HOME = Path(language.__file__).parent


@click.group("contracts", cls=Group)
def contracts() -> None:
    """Hợp đồng thông điệp: lược đồ, mẫu, tương thích / message contracts: schemas, samples, compatibility."""


@contracts.command("export")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=HOME / "schemas",
    show_default="contracts/schemas",
    help="Thư mục nhận / folder to write; other *.json there are removed",
)
def export(folder: Path) -> None:
    """Ghi JSON Schema và AsyncAPI / write JSON Schemas and the AsyncAPI document."""
    from contracts.topology import TOPOLOGY
    from services.operations.contracts.export import write

    touched = write(TOPOLOGY, folder)
    for name in touched:
        click.echo(f"  {name}")
    click.echo(f"{folder}: {len(touched)} tệp thay đổi / files changed")


@contracts.command("check")
@click.option(
    "--base",
    "bases",
    multiple=True,
    metavar="DIR|REV",
    envvar="TIEPSUC_CONTRACTS_BASE",
    help="So với thư mục hay phiên bản git; lặp lại được / compare with a folder or git revision; repeatable"
    "  [mặc định / default: v*, HEAD, origin/main | HEAD~1]",
)
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def check(bases: tuple[str, ...], as_json: bool) -> None:
    """Báo lệch và thay đổi phá vỡ (mã thoát 1) / tell drift and breaking changes (exit code 1)."""
    from contracts.topology import TOPOLOGY
    from services.operations.contracts.check import check as check_all

    findings = check_all(TOPOLOGY, HOME, _baselines(bases))
    click.echo(json.dumps(_as_json(findings), ensure_ascii=False, indent=1) if as_json else _as_text(findings))
    sys.exit(0 if findings.ok else 1)


def _baselines(bases: tuple[str, ...]) -> "list[Baseline]":
    """The files of the working tree always, then what was asked for, else what is committed.

    Misconfigured: what was asked for holds no schemas.
    """
    from services.operations.contracts import baseline

    found = [baseline.of_folder(HOME, "contracts/schemas")]
    if not bases:
        return found + [baseline.of_revision(HOME, revision) for revision in baseline.default_revisions(HOME)]
    for base in bases:
        folder = Path(base)
        asked = baseline.of_folder(folder) if folder.is_dir() else baseline.of_revision(HOME, base)
        if not asked.schemas:
            raise Misconfigured(f"Không có lược đồ ở đây / no schemas there: {base}")
        found.append(asked)
    return found


def _as_json(findings: "Findings") -> dict[str, Any]:
    return {
        "ok": findings.ok,
        "against": findings.against,
        "drift": [asdict(each) for each in findings.drift],
        "breaks": [asdict(each) | {"against": bases} for each, bases in findings.breaks.items()],
        "samples": [asdict(each) for each in findings.samples],
        "unreadable_samples": [asdict(each) | {"against": bases} for each, bases in findings.unreadable.items()],
        "notes": [asdict(each) | {"against": bases} for each, bases in findings.notes.items()],
    }


_WHAT = {
    "field-removed": "bỏ trường / field removed",
    "made-required": "thành bắt buộc / made required",
    "made-optional": "thành không bắt buộc / made optional",
    "narrowed": "thu hẹp / narrowed",
    "retyped": "đổi kiểu / retyped",
    "enum-value-removed": "bỏ giá trị / enum value removed",
    "subject-changed": "đổi chủ đề / subject changed",
    "event-removed": "bỏ sự kiện / event removed",
    "call-removed": "bỏ lệnh hay truy vấn / call removed",
    "role-removed": "bớt vai trò / role removed",
    "refusal-removed": "bỏ mã từ chối / refusal code removed",
    "widened": "nới rộng / widened",
    "enum-value-added": "thêm giá trị / enum value added",
    "default-changed": "đổi mặc định / default changed",
    "missing": "thiếu / missing",
    "changed": "khác với mã nguồn / not what the code says",
    "left-over": "thừa / left over",
    "unknown": "không có thông điệp này / no such message",
    "invalid": "không đọc được / not readable",
    "not-as-sent": "khác với cái được gửi / not as it is sent",
}

_DRIFT = "→ chạy `make contracts` rồi commit / run `make contracts`, then commit"
_BREAK = """\
→ giữ phiên bản này, công bố phiên bản mới bên cạnh / keep this version, publish a new one beside it
  (không còn ai dùng / nobody uses it any more: `RETIRED`, contracts/topology.py)"""
_SAMPLE = "→ sửa contracts/samples / mend contracts/samples"


def _as_text(findings: "Findings") -> str:
    """One line for each finding, grouped, each group followed by what to do; notes first, verdict last."""
    lines = [f"· {_change(each, bases)}" for each, bases in findings.notes.items()]
    drift = [f"✗ contracts/schemas/{each.file}: {_WHAT[each.what]}" for each in findings.drift]
    breaks = [f"✗ {_change(each, bases)}" for each, bases in findings.breaks.items()]
    samples = [f"✗ contracts/samples/{each.file}: {_WHAT[each.what]} {each.detail}" for each in findings.samples]
    samples += [
        f"✗ {each.file} ({', '.join(bases)}): {_WHAT[each.what]} {each.detail}"
        for each, bases in findings.unreadable.items()
    ]
    for found, advice in ((breaks, _BREAK), (drift, _DRIFT), (samples, _SAMPLE)):
        if found:
            lines += [*found, advice]
    compared = ", ".join(findings.against)
    verdict = "tương thích / compatible" if findings.ok else "KHÔNG ĐẠT / FAILED"
    return "\n".join([*lines, f"contracts: {verdict} (so với / against: {compared})"])


def _change(change: "Change", bases: list[str]) -> str:
    place = f"{change.message}: {change.field}" if change.field else change.message
    return f"{place}: {_WHAT[change.what]}: {change.before} → {change.after}  [{', '.join(bases)}]"

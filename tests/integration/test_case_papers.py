"""A counter's paper by the command line: a receipt, the register, a scan there and back; all of it in the audit."""

from __future__ import annotations

import secrets
from pathlib import Path

from services.operations.embedded.stack import running
from tests.support.stack import SAMPLE, command, new_home


async def test_forms_and_files_by_the_command_line(tmp_path: Path) -> None:
    lines = SAMPLE.read_text(encoding="utf-8-sig").splitlines()
    code = lines[1].split(",")[0]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(lines[:40]) + "\n")
    scan = tmp_path / "Giấy khai sinh.pdf"
    scan.write_bytes(b"%PDF-1.7\n" + secrets.token_bytes(1_200_000) + b"\n%%EOF\n")
    with new_home() as home:
        async with running(home, services=("intake",)):
            await command(home, "import", str(log))
            receipt, register = tmp_path / "01.pdf", tmp_path / "07.pdf"
            assert "TT-01/2018.1" in await command(home, "case", "form", code, "-o", str(receipt))
            days = ("--from", "2025-07-01", "--to", "31/07/2025")
            await command(home, "case", "register", "--unit", "31570", *days, "-o", str(register))
            assert {file.read_bytes()[:5] for file in (receipt, register)} == {b"%PDF-"}
            first = await command(home, "case", "attach", code, str(scan))
            assert await command(home, "case", "attach", code, str(scan)) == first
            await command(home, "case", "fetch", code, "-d", str(tmp_path / "out"))
            await command(home, "case", "form", code, "--form", "05", code=1)
            shown = await command(home, "audit", "show", code)
            for done in ("case-form", "print-register", "begin-attachment", "finish-attachment", "list-attachments"):
                assert f" / {done}  " in shown, shown
            assert "Giấy khai sinh" not in shown
            assert "publish-reference  shipped" in await command(home, "audit", "show", "procedures")
            await command(home, "audit", "verify")
            stored = [file for file in (home / "attachments").glob("??/??/*") if file.is_file()]
        assert (tmp_path / "out" / scan.name).read_bytes() == scan.read_bytes()
        assert len(stored) == 1

"""Files of other systems into the real stack: XLSX through a mapping, and a large log killed amid its import."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.samples import generate
from services.intake.cli.importing.case_log import COLUMNS
from services.operations.embedded.stack import running
from tests.support.stack import SAMPLE, command, converged, database
from tests.support.workbooks import HEAD, MORNING, case, workbook

MAPPING = Path(generate.__file__).with_name("igate.mapping.toml")


async def test_an_export_in_xlsx_is_looked_at_and_imported_through_a_mapping(home: Path) -> None:
    later = MORNING + timedelta(days=1)
    rows: list[list[Any]] = [["DANH SÁCH HỒ SƠ"], [], HEAD]
    rows += [case(number, later, later + timedelta(hours=1), "Đã trả kết quả") for number in range(1, 6)]
    rows += [case(6), case(7, "31/02/2025"), ["H13.57-250701-0008", 9.999999, "Trực tuyến", MORNING]]
    rows += [case(6), case(6, later)]  # the case again, as it was, and then with more of it
    log = workbook(home / "export.xlsx", rows)
    look = json.loads(await command(home, "import", str(log), "--mapping", str(MAPPING), "--dry-run", "--json", code=3))
    assert (look["good"], look["bad"], look["problems"][0]["first"]) == (8, 1, 10)
    assert [(each["column"], each["lines"], each["first"]) for each in look["unknowns"]] == [("Mã TTHC", 1, 11)]
    suggested = await command(home, "import", str(log), "--suggest-mapping")
    assert 'completed_at = "Ngày kết thúc xử lý"' in suggested
    async with running(home) as stack:
        told = json.loads(await command(home, "import", str(log), "--mapping", str(MAPPING), "--json", code=3))
        counts = {name: told[name] for name in ("rows", "imported", "advanced", "already_present", "rejected")}
        assert counts == {"rows": 10, "imported": 6, "advanced": 1, "already_present": 1, "rejected": 2}
        rejects = Path(told["rejects_file"]).read_text(encoding="utf-8-sig").splitlines()
        assert [line.split(",")[:3] for line in rejects[1:]] == [
            ["10", "Ngày kết thúc xử lý", "invalid"],
            ["11", "Mã TTHC", "unknown-procedure"],
        ]
        await converged(stack)
        async with database(stack, "intake") as intake:
            states = await intake.fetch("select state, count(*) from cases group by state order by state")
            assert [tuple(row) for row in states] == [("completed", 1), ("returned", 5)]
        await _whose_they_are_is_told_later(home)
        await converged(stack)


async def _whose_they_are_is_told_later(home: Path) -> None:
    """Cases that are known are told their applicant; what may be the same, or differs, stands in a file of its own."""
    log, mapping = home / "whose.csv", home / "whose.toml"
    mapping.write_text(
        MAPPING.read_text(encoding="utf-8").replace(
            "[constants]", 'applicant_name = "A"\napplicant_id_number = "I"\n[constants]'
        ),
        encoding="utf-8",
    )
    told = [("1", "Nguyễn Văn Thử", "092087001234"), ("2", "Nguyễn Văn Thử", "092087001234")]
    head = ["Số hồ sơ", "Mã TTHC", "Hình thức tiếp nhận", "Ngày tiếp nhận", *HEAD[4:], "A", "I"]
    at = f"{MORNING:%d/%m/%Y %H:%M}"
    for people, wanted in (
        (told, (2, 1, 0, "possible-duplicate")),
        (told, (0, 1, 0, "possible-duplicate")),  # told again
        ([("3", "Ai Khác", "")], (1, 0, 0, "")),
        ([("3", "Ai Nữa", "")], (0, 0, 1, "other-applicant")),
    ):
        lines = [
            f"H13.57-250701-000{n},2.000815,Trực tiếp,{at},,,Đang xử lý,{name},{number}" for n, name, number in people
        ]
        log.write_text("\n".join([",".join(head), *lines]), encoding="utf-8")
        found = json.loads(await command(home, "import", str(log), "--mapping", str(mapping), "--json"))
        assert (found["advanced"], found["possible_duplicates"], found["other_applicants"]) == wanted[:3]
        if not wanted[3]:
            assert found["remarks_file"] is None
            continue
        remarks = Path(found["remarks_file"])
        assert remarks.stat().st_mode & 0o777 == 0o600
        (_, line) = remarks.read_text(encoding="utf-8-sig").splitlines()
        assert line.split(",")[2] == wanted[3]


async def test_an_import_that_is_killed_and_interrupted_goes_on_and_its_counts_are_exact(home: Path) -> None:
    rows = _many(9_000)
    log = home / "large.csv"
    log.write_text("\n".join(rows) + "\n", encoding="utf-8")
    note = home / "large.csv.import.json"
    async with running(home) as stack:
        for behind, how in ((1, signal.SIGKILL), (1_000, signal.SIGINT)):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.operations", "import", str(log), "--json",
                env=os.environ | {"TIEPSUC_HOME": str(home)},
            )  # fmt: skip
            async with asyncio.timeout(90):
                while _place(note) <= behind:
                    assert child.returncode is None, "it has to be killed while it works"
                    await asyncio.sleep(0.01)
            child.send_signal(how)
            assert await child.wait() == (-signal.SIGKILL if how is signal.SIGKILL else 130)
        told = json.loads(await command(home, "import", str(log), "--json", code=3))
        assert told["continued_behind"] > 1_000
        counts = {name: told[name] for name in ("rows", "imported", "advanced", "already_present", "rejected")}
        assert counts == {"rows": 9_000, "imported": 7_200, "advanced": 900, "already_present": 0, "rejected": 900}
        rejects = Path(told["rejects_file"]).read_text(encoding="utf-8-sig").splitlines()
        numbers = [int(line.split(",")[0]) for line in rejects[1:]]
        assert numbers == [number for number, line in enumerate(rows, 1) if ",99999," in line]
        assert not note.exists()
        async with database(stack, "intake") as intake:
            assert await intake.fetchval("select count(*) from cases") == 7_200
        await converged(stack)


def _place(note: Path) -> int:
    """The last line that is answered, as the journal tells; 0: none yet."""
    lines = note.read_bytes().splitlines(keepends=True)[1:] if note.exists() else []
    whole = [line for line in lines if line.endswith(b"\n")]
    return int(json.loads(whole[-1])["place"]["line"]) if whole else 0


def _many(count: int) -> list[str]:
    """Rows of which every tenth is refused, and every tenth moves the case above it on."""
    good = SAMPLE.read_text(encoding="utf-8").splitlines()[1].split(",")
    accepted = datetime.fromisoformat(good[6])
    lines = [",".join(COLUMNS)]
    for number in range(count):
        code = f"H13.57-250701-{number - (number % 10 == 5):05}"
        unit = "99999" if number % 10 == 8 else "31570"
        done = (accepted + timedelta(hours=1)).isoformat() if number % 10 == 5 else ""
        lines.append(",".join([code, unit, "31570", good[3], "direct", good[5], good[6], done, ""]))
    return lines

"""`tiepsuc import`: a commune's case log into the running stack."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.chassis.connect import deployment, operator
from services.intake.cli.importing.case_log import BadFile, open_log
from services.intake.cli.importing.journal import Counts, Journal, State, alone, identify, place_of
from services.intake.cli.importing.mapping import MappingFile
from services.intake.cli.importing.mapping import load as load_mapping
from services.intake.cli.importing.row_file import RowFile, beside
from services.intake.cli.importing.sending import send_all

__all__ = ["BadFile", "Summary", "import_log", "run", "show"]

_STREAM = Path("-")
_INTERRUPTED = 130
"""What a shell says of a command that Ctrl-C ended."""


@dataclass
class Summary(Counts):
    """What became of a file's rows."""

    rejects_file: str | None = None
    remarks_file: str | None = None
    continued_behind: int | None = None
    """The line up to which an earlier, interrupted import had come; its rows are counted in."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--rejects", type=click.Path(path_type=Path), default=None, help="Tệp dòng bị từ chối / rejects file; -: stdout"
)
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(path_type=Path),
    default=None,
    help="Tệp TOML: cột nào là trường nào / which column is which field",
)
@click.option("--dry-run", is_flag=True, help="Chỉ xem, không gửi gì / only look, send nothing")
@click.option("--suggest-mapping", is_flag=True, help="In tệp ánh xạ gợi ý / print a mapping to begin with")
@click.option("--restart", is_flag=True, help="Làm lại từ đầu / begin anew, do not continue")
@click.option(
    "--lang", type=click.Choice(["vi", "en"]), default="vi", envvar="TIEPSUC_LANG", help="Ngôn ngữ / language"
)
@click.option("--json", "as_json", is_flag=True, help="In JSON / print JSON")
def import_log(
    file: Path,
    rejects: Path | None,
    mapping_file: Path | None,
    dry_run: bool,
    suggest_mapping: bool,
    restart: bool,
    lang: str,
    as_json: bool,
) -> None:
    """Nhập sổ hồ sơ CSV, XLSX của một xã (-: đọc stdin) / import a commune's case log (-: from standard input).

    Dòng bị từ chối được ghi cạnh tệp gốc, hoặc ra màn hình nếu không ghi được ở đó. Bị ngắt giữa chừng thì chạy lại
    đúng lệnh đó để tiếp tục. / Rejected lines are written beside the file, or to the output where that cannot be
    written. Broken off, the same command goes on.
    """
    try:
        mapping = load_mapping(mapping_file) if mapping_file else None
        if dry_run or suggest_mapping:
            # Here, so that an import does not wait for the rules and the catalogue that only looking needs.
            from services.intake.cli.importing import preview, suggestion

            with _on_disk(file) as log:
                if suggest_mapping:
                    click.echo(suggestion.suggestion(log, mapping.mapping if mapping else None), nl=False)
                    return
                found = preview.look(log, mapping.mapping if mapping else None)
            preview.show(found, lang, as_json=as_json)
            raise SystemExit(3 if found.bad.lines or found.unknown.lines else 0)
        summary = _import(file, rejects, mapping, lang, as_json=as_json, restart=restart)
    except BadFile as error:
        raise click.ClickException(str(error)) from error
    if summary.rejected:
        raise SystemExit(3)


def _import(
    file: Path, rejects: Path | None, mapping: MappingFile | None, lang: str, *, as_json: bool, restart: bool
) -> Summary:
    place = _rejects_place(file, rejects)
    console = Console(stderr=as_json or place is None, quiet=as_json)
    output = sys.stderr if as_json else sys.stdout
    try:
        with _on_disk(file) as log:
            summary = asyncio.run(
                run(log, place or output, lang, console, mapping=mapping, restart=restart, resumable=file != _STREAM)
            )
    except KeyboardInterrupt:
        click.echo(
            "\nĐã dừng; chạy lại đúng lệnh này để tiếp tục. / Interrupted; the same command goes on from here.",
            err=True,
        )
        raise SystemExit(_INTERRUPTED) from None
    if as_json:
        click.echo(json.dumps(asdict(summary)))
    else:
        show(summary, console)
    return summary


def _rejects_place(file: Path, wanted: Path | None) -> Path | None:
    """Where rejected lines go; None: to the output. It is settled before anything is sent."""
    if wanted == _STREAM or (wanted is None and file == _STREAM):
        return None
    if file.is_dir():
        raise click.ClickException(f"Là thư mục, không phải tệp / a folder, not a file: {file}")
    place = wanted or file.with_suffix(".rejects.csv")
    if place.exists() and file.exists() and place.samefile(file):
        raise click.ClickException(f"--rejects không được trùng với sổ hồ sơ / may not be the log itself: {place}")
    remarks = beside(place)
    if isinstance(remarks, Path) and remarks.exists() and file.exists() and remarks.samefile(file):
        raise click.ClickException(f"Sổ hồ sơ sẽ bị ghi đè / the log would be overwritten by remarks: {remarks}")
    if place.is_dir():
        raise click.ClickException(f"--rejects là thư mục / is a folder: {place}")
    if os.access(place.parent, os.W_OK):
        return place
    if wanted is None:  # a read-only place, such as a container's samples
        return None
    raise click.ClickException(f"Không ghi được / cannot write in {place.parent} (--rejects)")


@contextmanager
def _on_disk(file: Path) -> Iterator[Path]:
    """The file itself; a copy of what comes from standard input, for it is read twice."""
    if file != _STREAM:
        yield file
        return
    with NamedTemporaryFile(suffix=".csv") as copy:
        try:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.flush()
        except OSError as error:
            raise BadFile(f"Không đọc được stdin / cannot read standard input: {error.strerror}") from error
        yield Path(copy.name)


async def run(
    file: Path,
    rejects: Path | TextIO,
    lang: str,
    console: Console,
    *,
    mapping: MappingFile | None = None,
    restart: bool = False,
    resumable: bool = True,
) -> Summary:
    """Sends the file in pieces, from where an interrupted import of it came to; `restart`: from the beginning.

    Bad lines land in `rejects` as they are found, what is to be said of lines that were taken in a file beside it;
    without any, there is no such file. BadFile: it is no case log, or somebody is importing it. Refused: intake does
    not answer; the same call goes on from there later.
    """
    places: dict[str, Path | TextIO] = {"rejects": rejects, "remarks": beside(rejects)}
    files = {name: place if isinstance(place, Path) else None for name, place in places.items()}
    with (
        alone(file) if resumable else nullcontext(),
        open_log(file, mapping.mapping if mapping else None) as log,  # the header is judged before anything is shown
        RowFile(places["rejects"], lang, log.columns.heads) as refused,
        RowFile(places["remarks"], lang, log.columns.heads) as remarked,
        _progress(console) as progress,
    ):
        writers = {"rejects": refused, "remarks": remarked}
        identity = identify(file, mapping.digest if mapping else "", deployment() if resumable else "")
        with Journal(place_of(file, files["rejects"]) if resumable else None, identity, files) as journal:
            state = (None if restart else journal.load()) or State()
            began = state.place.line
            if began:  # else it was broken off before its first answer: the header is read already
                log.skip_to(state.place)
                console.print(f"Tiếp tục sau dòng {began} / continuing behind line {began} (--restart: làm lại / anew)")
            counted = max(identity.lines - 1, 0)
            task = progress.add_task("Nhập hồ sơ / importing", total=log.total(state.counts.rows, counted))
            async with operator() as (_, caller):
                for name, writer in writers.items():
                    writer.begin(state.mark(name))
                journal.begin(state)
                async for told in send_all(caller, state.run, log.lines()):
                    for rows, writer in ((told.refused, refused), (told.remarks, remarked)):
                        for text, row in rows:
                            writer.add(text, row)
                    _add(state.counts, told.counts)
                    state.place = told.place
                    state.marks = {name: writer.settle() for name, writer in writers.items()}
                    journal.save(state)
                    progress.update(task, completed=state.counts.rows, total=log.total(state.counts.rows, counted))
            progress.update(task, total=state.counts.rows, completed=state.counts.rows)
            for writer in writers.values():
                writer.finish()
            journal.remove()
    refused_in, remarked_in = files.values()
    counts = state.counts
    return Summary(
        **asdict(counts),
        rejects_file=str(refused_in) if refused_in and counts.rejected else None,
        remarks_file=str(remarked_in) if remarked_in and counts.remarked else None,
        continued_behind=began or None,
    )


def _add(counts: Counts, more: Counts) -> None:
    for each in fields(Counts):
        setattr(counts, each.name, getattr(counts, each.name) + getattr(more, each.name))


def show(summary: Summary, console: Console) -> None:
    """The counts, in both languages."""
    console.print(
        f"Đã đọc {summary.rows} dòng: {summary.imported} mới, {summary.advanced} cập nhật, "
        f"{summary.already_present} đã có, {summary.rejected} bị từ chối."
    )
    console.print(
        f"[dim]{summary.rows} rows: {summary.imported} new, {summary.advanced} advanced, "
        f"{summary.already_present} already there, {summary.rejected} rejected.[/]"
    )
    if summary.rejects_file:
        console.print(
            f"Dòng bị từ chối và lý do / rejected lines and reasons: [bold]{summary.rejects_file}[/]\n"
            "Sửa trong tệp gốc rồi nhập lại; chỉ phần còn thiếu được nhập. / "
            "Mend them in the file and import it again; only what is missing is taken."
        )
    if summary.remarked:
        console.print(
            f"Cần xem lại: {summary.possible_duplicates} dòng có thể trùng hồ sơ khác, {summary.other_applicants} dòng "
            "ghi người nộp khác với hồ sơ (giữ người đã ghi)."
        )
        console.print(
            f"[dim]To be looked at: {summary.possible_duplicates} rows may be the same as another case, "
            f"{summary.other_applicants} name another applicant than the case has (who is kept).[/]"
        )
    if summary.remarks_file:
        console.print(f"Từng dòng / line by line: [bold]{summary.remarks_file}[/]")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )

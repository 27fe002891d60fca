"""``sla export``."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.export_files import Written, move_into, staged
from sla_service.cli.tables import table
from sla_service.db.exports import list_exports
from sla_service.db.runs import load_run
from sla_service.domain.instants import format_instant, to_datetime
from sla_service.usecases.export_run import EXPORTS, KINDS

RUN = click.option("--run", "run_id", required=True, type=click.IntRange(min=1), help="An issued run.")
WHAT = {
    "register": "A row per credit, and per commitment that was missed without one.",
    "lines": "A row per stretch of an incident behind a credit.",
    "journal": "Accrual, reversal and credit, in double entry.",
    "netsuite": "Credit memos, their items and applications: linked files for the Import Assistant.",
    "xero": "Credit notes in the columns of Xero's template, at most 500 in a file.",
    "quickbooks": "Credit memos, a row per line.",
}


@click.group()
def export() -> None:
    """Files for finance, from an issued run: the same bytes each time.

    The first export of a kind records its digest; a later one that differs is refused, with both digests.
    """


def _single(kind: str) -> click.Command:
    @click.command(kind, help=f"{WHAT[kind]}\n\nThe last row is a control row: rows, and the sum per currency.")
    @RUN
    @click.option("-o", "--output", metavar="FILE", help="File, or a folder (ends in /); standard output without.")
    @pass_context
    def command(context: Context, run_id: int, output: str | None) -> None:
        if output is None:
            with staged(context, run_id, kind, None) as written:
                _to_standard_output(written.files[0])
            return
        path = Path(output)
        is_folder = path.is_dir() or output.endswith(("/", os.sep))
        written = write_kind(context, run_id, kind, path) if is_folder else _write_file(context, run_id, kind, path)
        click.echo(f"Wrote {path / written.names[0] if is_folder else path}: {_said(written)}")

    return command


def _folder(kind: str) -> click.Command:
    @click.command(kind, help=f"{WHAT[kind]}\n\nThe control file has rows, sums and the digest of each file.")
    @RUN
    @click.option("-o", "--output", required=True, metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
    @pass_context
    def command(context: Context, run_id: int, output: Path) -> None:
        written = write_kind(context, run_id, kind, output)
        click.echo(f"Wrote {_files(written)} into {output}/, the last one {written.names[-1]}: {_said(written)}")

    return command


@export.command("all")
@RUN
@click.option("-o", "--output", required=True, metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@pass_context
def export_all(context: Context, run_id: int, output: Path) -> None:
    """Every kind, into one folder."""
    rows = []
    for kind in KINDS:
        written = write_kind(context, run_id, kind, output)
        rows.append(
            (kind, len(written.names), f"{written.made.rows:,}", f"{written.made.bytes:,}", written.made.sha256)
        )
    heads = ("kind", "files", "rows", "bytes", "sha256")
    context.console.print(table(f"Exports of run {run_id}, in {output}/", heads, rows, numbers=heads[1:4]))


@export.command("list")
@RUN
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_context
def export_list(context: Context, run_id: int, as_json: bool) -> None:
    """The digests that were recorded, when, and for whom."""
    with context.reading() as session:
        load_run(session, run_id)
        found = [record.model_dump() for record in list_exports(session, run_id)]
    if as_json:
        click.echo(json.dumps([{**row, "made_at": format_instant(row["made_at_ms"])} for row in found]))
        return
    if not found:
        click.echo(f"Run {run_id} was not exported yet; `sla export all --run {run_id} -o exports/` makes all files.")
        return
    cells = [
        (
            row["kind"],
            f"{row['rows']:,}",
            f"{row['bytes']:,}",
            f"{to_datetime(row['made_at_ms']):%Y-%m-%d %H:%M} UTC",
            row["made_by"],
            row["sha256"],
        )
        for row in found
    ]
    heads = ("kind", "rows", "bytes", "first made", "by", "sha256")
    context.console.print(table(f"Exports of run {run_id}", heads, cells, numbers=("rows", "bytes")))
    for row in found:
        if row["options"]:
            context.console.print(
                f"{row['kind']} {row['sha256'][:12]}: {row['options']}", highlight=False, markup=False
            )


for _kind in KINDS:
    export.add_command(_single(_kind) if _kind in EXPORTS else _folder(_kind))


def write_kind(context: Context, run_id: int, kind: str, folder: Path) -> Written:
    """Write an export into a folder under its own names, which appear only when all of it is complete."""
    with staged(context, run_id, kind, folder) as written:
        move_into(folder, written.files)
    return written


def _write_file(context: Context, run_id: int, kind: str, output: Path) -> Written:
    with staged(context, run_id, kind, output.parent) as written:
        written.files[0].replace(output)
    return written


def _to_standard_output(path: Path) -> None:
    with path.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)


def _files(written: Written) -> str:
    count = len(written.names)
    return f"{count:,} file{'s' if count != 1 else ''}"


def _said(written: Written) -> str:
    made = written.made
    recorded = "recorded" if written.is_first else "the same as recorded"
    return f"{made.rows:,} rows, {made.bytes:,} bytes, sha256 {made.sha256} ({recorded})."

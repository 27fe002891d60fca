"""``sla export``."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from sla_service.cli.context import Context, pass_context
from sla_service.usecases.export_run import EXPORTS, export_run


@click.command("export")
@click.argument("kind", type=click.Choice(EXPORTS))
@click.option("--run", "run_id", required=True, type=click.IntRange(min=1), help="An issued run.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; standard output without.")
@pass_context
def export(context: Context, kind: str, run_id: int, output: Path | None) -> None:
    """Write a CSV for finance: `register` (a row per credit), `lines` (a row per incident window), `journal`.

    The last row is a control row: number of rows, and the sum per currency. The same run gives the same bytes.
    """
    if output is None:
        with context.reading() as session:
            for chunk in export_run(session, run_id, kind, accounts=accounts(context)):
                sys.stdout.buffer.write(chunk)
        return
    digest = write_export(context, run_id, kind, output)
    click.echo(f"Wrote {output} (sha256 {digest}).")


def write_export(context: Context, run_id: int, kind: str, output: Path) -> str:
    """Write an export into a file, which appears only when it is complete, and return its digest."""
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(output.name + ".partial")
    with context.reading() as session:
        digest = _write(partial, export_run(session, run_id, kind, accounts=accounts(context)))
    partial.replace(output)
    return digest


def accounts(context: Context) -> tuple[str, str]:
    """Debit and credit account of the journal."""
    return context.settings.account_debit, context.settings.account_credit


def _write(path: Path, chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
    return digest.hexdigest()

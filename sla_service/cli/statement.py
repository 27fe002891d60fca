"""``sla statement``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.errors import EXIT_PARKED
from sla_service.cli.tables import table
from sla_service.db.statements import iter_documents, list_parked_documents, list_statements
from sla_service.usecases.progress import Progress
from sla_service.usecases.render_statements import Rendered, render_statements
from sla_service.usecases.render_statements import retry_parked as forget_reasons

RUN = click.option("--run", "run_id", required=True, type=click.IntRange(min=1), help="An issued run.")


@click.group()
def statement() -> None:
    """Statements of an issued run: list them, render them as PDF."""


@statement.command("list")
@RUN
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_context
def statement_list(context: Context, run_id: int, as_json: bool) -> None:
    """Numbers, recipients and digests."""
    with context.reading() as session:
        rows = list_statements(session, run_id)
    names = ("number", "kind", "party_id", "currency", "sha256")
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    cells = [
        (number, kind, party, currency or "several", digest[:12]) for number, kind, party, currency, digest in rows
    ]
    context.console.print(table(f"Statements of run {run_id}", ("number", "for", "party", "currency", "digest"), cells))


@statement.command("render")
@RUN
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write the PDFs into this folder.",
)
@click.option("--retry-parked", is_flag=True, help="Try those again that could not be rendered.")
@pass_context
def statement_render(context: Context, run_id: int, output: Path | None, retry_parked: bool) -> None:
    """Render the statements that have no PDF yet, and store them; what was rendered is never rendered again.

    A statement that cannot be rendered is parked with its reason (exit code 8); the rest goes on.
    """
    if retry_parked:
        with context.writing() as session:
            forget_reasons(session, run_id)
    with context.progress() as progress:
        rendered = render(context, run_id, progress)
    with context.reading() as session:
        parked = list_parked_documents(session, run_id)
    click.echo(f"Rendered {rendered.documents:,} statements.")
    if output:
        click.echo(f"Wrote {write_documents(context, run_id, output):,} files into {output}/.")
    for number, reason in parked:
        click.echo(f"Parked {number}: {reason}", err=True)
    sys.exit(EXIT_PARKED if parked else 0)


def render(context: Context, run_id: int, progress: Progress) -> Rendered:
    """Render page by page, a transaction each, so that an interrupted rendering goes on where it was."""
    whole = Rendered()
    while True:
        with context.writing() as session:
            page = render_statements(session, run_id, fonts_dir=context.settings.fonts, progress=progress)
        whole.documents += page.documents
        whole.parked += page.parked
        if page.finished:
            return whole


def write_documents(context: Context, run_id: int, folder: Path) -> int:
    """Write the stored PDFs as files named by their numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with context.reading() as session:
        for record, document in iter_documents(session, run_id):
            if document.pdf is not None:
                (folder / f"{record.number}.pdf").write_bytes(document.pdf)
                count += 1
    return count

"""``sla statement``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.errors import EXIT_PARKED
from sla_service.cli.ledger_print import kind_sides
from sla_service.cli.sealing import seal
from sla_service.cli.tables import table
from sla_service.db.statements import iter_documents, list_parked_documents, list_statements
from sla_service.domain.instants import format_instant
from sla_service.domain.ledger import EntryKind
from sla_service.usecases.decide_run import submit_run
from sla_service.usecases.issue_run import issuer_of
from sla_service.usecases.month_statements import LinkedStatement, linked_statement
from sla_service.usecases.owed_statement import balance_of, still_owed
from sla_service.usecases.policy_examples import format_time
from sla_service.usecases.progress import Progress
from sla_service.usecases.render_statements import Rendered, render_statements
from sla_service.usecases.render_statements import retry_parked as forget_reasons
from sla_service.usecases.void_statement import propose_void

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


@statement.command("show")
@click.argument("number", metavar="NUMBER")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_context
def statement_show(context: Context, number: str, as_json: bool) -> None:
    """One statement: its total, what it corrects, what corrects or voids it, and what became of its money."""
    with context.reading() as session:
        found, balance = linked_statement(session, number), balance_of(session, number)
    if as_json:
        click.echo(json.dumps({**statement_mapping(found), "ledger": kind_sides(balance) if balance else None}))
        return
    click.echo(f"{found.number}: statement of {found.period} for {found.kind} {found.party_id}, run {found.run_id}")
    click.echo(f"Issued {format_instant(found.issued_at_ms)}, revision {found.revision}{_worth(found)}")
    for line in links_in_words(found):
        click.echo(line)
    if balance is not None:
        kinds = ", ".join(f"{kind} {balance.of(EntryKind(kind))}" for kind in balance.by_kind)
        left = "" if found.voided_by else f"; still owed {balance.owed}"
        click.echo(f"In the ledger: {kinds}{left}")


def links_in_words(found: LinkedStatement) -> Iterator[str]:
    """What it corrects or voids, and what did the same to it."""
    if found.is_void:
        yield f"It voids {found.corrects}: {found.reason}"
    elif found.corrects:
        yield f"It corrects {found.corrects}, by the difference"
    for one in found.followed_by:
        yield f"It is {'void: see' if one.is_void else 'corrected by'} {one.number}"


def _worth(found: LinkedStatement) -> str:
    said = [str(found.total)] if found.total else []
    if found.service_ms:
        said.append(f"{format_time(Fraction(abs(found.service_ms)))} of service{' less' * (found.service_ms < 0)}")
    return f", {' and '.join(said)}" if said else ""


def statement_mapping(found: LinkedStatement) -> dict[str, Any]:
    """For programs; amounts as decimal text."""
    return {
        "number": found.number,
        "kind": found.kind,
        "party_id": found.party_id,
        "period": found.period,
        "run_id": found.run_id,
        "revision": found.revision,
        "issued_at": format_instant(found.issued_at_ms),
        "currency": found.total.currency if found.total else None,
        "total": found.total.amount if found.total else None,
        "service_time_ms": found.service_ms,
        "corrects": found.corrects,
        "is_void": found.is_void,
        "reason": found.reason,
        "corrected_by": found.corrected_by,
        "voided_by": found.voided_by,
    }


@statement.command("void")
@click.argument("number", metavar="NUMBER")
@click.option("--reason", required=True, help="Why; the merchant reads it.")
@pass_context
def statement_void(context: Context, number: str, reason: str) -> None:
    """Propose to take a statement back that should never have been issued; a second person approves it.

    Only what is still owed can be taken back: what was used or has expired stays credited.
    """
    now_ms, actor = context.clock(), context.actor
    with context.writing() as session:
        run_id = propose_void(session, number, reason=reason, now_ms=now_ms, actor=actor).run_id
    # In a transaction of its own: what is approved is what is stored.
    with context.writing() as session:
        submit_run(session, run_id, issuer=issuer_of(context.settings), now_ms=context.clock(), actor=actor)
        taken = still_owed(session, number)
    seal(context)
    click.echo(f"Run {run_id} voids {number} and takes back {taken}; it waits for a second person:")
    click.echo(f"  sla --as NAME run approve {run_id}")
    click.echo(f"  sla run issue {run_id}")


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

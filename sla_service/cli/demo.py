"""``sla demo``: one real outage, a generated book of merchants, the whole month."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from sla_service.cli.context import Context, pass_context
from sla_service.cli.export import write_kind
from sla_service.cli.run_print import SHOWN_PARKED, print_run
from sla_service.cli.run_review import reviewed, write_page
from sla_service.cli.sealing import keep_issued
from sla_service.cli.statement import render, write_documents
from sla_service.config import Settings
from sla_service.db.credits import list_parked
from sla_service.db.engine import upgrade
from sla_service.db.runs import load_run
from sla_service.domain.errors import NotFoundError
from sla_service.domain.instants import parse_instant
from sla_service.domain.periods import Month
from sla_service.formats.checkpoint import read_checkpoints
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.decide_run import Caution, approve_run, submit_run
from sla_service.usecases.demo_book import generate_book
from sla_service.usecases.export_run import KINDS, export_terms
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run, issuer_of
from sla_service.usecases.policies import publish_policy
from sla_service.usecases.progress import Progress as Report
from sla_service.usecases.reconcile_run import reconcile_run
from sla_service.usecases.verify_chains import verify_chains

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "2023-09-19"
PERIOD = Month(2023, 9)
CALCULATED_MS = parse_instant("2023-10-02T01:00:00Z")
APPROVED_MS = parse_instant("2023-10-02T06:30:00Z")
ISSUED_MS = parse_instant("2023-10-03T02:00:00Z")
"""The demo's clock: the days after that September, so that two runs of the demo give the same bytes."""
CREATOR, APPROVER, SECOND_APPROVER = "ann", "ben", "cleo"
REVIEW = "review.html"
"""What the approver saw, in the demo's folder."""
KEPT = ("fonts", "secret.key")
"""Left from one demo to the next: they depend on nothing that it makes."""
MARKER = ".sla-demo"
"""A folder with this file was made by the demo, so that the demo may make it anew."""


@click.command("demo")
@click.option("--into", "folder", default="demo", show_default=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--merchants", default=1_000, show_default=True, type=click.IntRange(20, 100_000))
@click.option("--partners", default=25, show_default=True, type=click.IntRange(1, 900))
@pass_context
def demo(context: Context, folder: Path, merchants: int, partners: int) -> None:
    """Close September 2023 after the outage of the 19th: import, calculate, approve, issue, render, export.

    Works on a database of its own inside the folder, which it makes anew each time.
    """
    _clear(folder)
    settings = replace(context.settings, home=folder, database_url="")
    inside = replace(context, settings=settings)
    console = context.console
    upgrade(inside.engine)
    with inside.progress() as progress:
        book = generate_book(merchants, partner_count=partners).files()
        _import(inside, book, progress)
        with inside.writing() as session:
            run = calculate_run(session, PERIOD, now_ms=CALCULATED_MS, actor=CREATOR, progress=progress)
            run_id, digest = run.run_id, run.digest
        with inside.writing() as session:
            submit_run(session, run_id, issuer=issuer_of(settings), now_ms=CALCULATED_MS, actor=CREATOR)
        write_page(inside, reviewed(inside, run_id, methods=True), folder / REVIEW)
        _approve(inside, run_id, digest)
        with inside.writing() as session:
            issue_run(
                session,
                run_id,
                issuer=issuer_of(settings),
                now_ms=ISSUED_MS,
                actor=APPROVER,
                progress=progress,
            )
        keep_issued(inside, run_id)
        rendered = render(inside, run_id, progress)
        written = write_documents(inside, run_id, folder / "statements")
        for i, kind in enumerate(KINDS):
            progress("Exporting", i, len(KINDS))
            write_kind(inside, run_id, kind, folder / "exports")
    with inside.reading() as session:
        print_run(console, session, load_run(session, run_id), list_parked(session, run_id), settings.bounds)
    for number, reason in rendered.parked[:SHOWN_PARKED]:
        console.print(f"Statement {number} is parked: {reason}", highlight=False, markup=False)
    _print_proof(inside, run_id)
    _where(console, folder, written, settings)


def _print_proof(context: Context, run_id: int) -> None:
    """That the books tie out, and that nothing in them was touched."""
    with context.reading() as session:
        found = reconcile_run(session, run_id, export_terms(context.settings))
        verified = verify_chains(session, read_checkpoints(context.settings.checkpoint))
    agrees = "are the same money" if found.agrees else "DIFFER: see `sla reconcile`"
    intact = "as they were sealed" if not verified.findings else "NOT as they were sealed: see `sla ledger verify`"
    context.console.print(f"Credits, statements, ledger, exports and messages {agrees}.", highlight=False)
    context.console.print(f"Ledger and audit log are {intact}.", highlight=False)


def _approve(context: Context, run_id: int, digest: str) -> None:
    """By one person; by two, if the book is so large that the month is beyond a safety bound."""
    for actor, reason in ((APPROVER, ""), (SECOND_APPROVER, "checked against the incident's timeline")):
        with context.writing() as session:
            run = approve_run(
                session,
                run_id,
                digest=digest,
                issuer=issuer_of(context.settings),
                now_ms=APPROVED_MS,
                actor=actor,
                caution=Caution(context.settings.bounds, reason),
            )
            if run.state == "approved":
                return


def _clear(folder: Path) -> None:
    """Make the folder anew; never one that the demo did not make."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise NotFoundError(f"{folder}/ is not empty and was not made by the demo; choose another with --into")
        for child in folder.iterdir():
            if child.name in KEPT:
                continue
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("Made by `sla demo`, which makes this folder anew each time.\n", encoding="utf-8")


def _import(context: Context, book: dict[str, bytes], progress: Report) -> None:
    policies = sorted((EXAMPLE / "policies").glob("*.yaml"))
    steps = len(policies) + 2 + len(book)
    files = dict(book)
    first = {noun: files.pop(noun) for noun in ("partners", "merchants", "contracts")}
    own = {noun: (EXAMPLE / f"{noun}.csv").read_bytes() for noun in ("incidents", "timeline")}
    with context.writing() as session:
        for i, path in enumerate(policies):
            progress("Publishing policies", i, len(policies))
            publish_policy(session, path.read_text(encoding="utf-8"), now_ms=CALCULATED_MS, actor=CREATOR)
        for i, (noun, data) in enumerate({**first, **own, **files}.items()):
            progress("Importing", i, steps - len(policies))
            import_file(session, noun, data, name=f"{noun}.csv", now_ms=CALCULATED_MS, actor=CREATOR)


def _where(console: Console, folder: Path, written: int, settings: Settings) -> None:
    console.print()
    console.print(
        f"{written:,} statements are in {folder}/statements/, the exports in {folder}/exports/:", highlight=False
    )
    for path in sorted((folder / "exports").iterdir()):
        console.print(f"  {path}  ({path.stat().st_size:,} bytes)", highlight=False)
    console.print(f"What the approver looked at is in {folder}/{REVIEW}.", highlight=False)
    home = f"SLA_HOME={settings.home} .venv/bin/sla"
    console.print("Next:", highlight=False)
    console.print("  make serve                                                the portal and the API over this month")
    console.print(f"  {home} explain --merchant M000001 --period 2023-09", highlight=False)
    console.print(f"  {home} reconcile 1", highlight=False)
    console.print(f"  {home} ledger show --merchant M000001", highlight=False)
    console.print(f"  {home} history --merchant M000001", highlight=False)

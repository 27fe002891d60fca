"""``sla check``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.errors import EXIT_DIFFERENT, SHOWN_PROBLEMS
from sla_service.domain.violations import RULES, Books
from sla_service.usecases.check_books import check_books


@click.command("check")
@click.option("--run", "run_id", type=click.IntRange(min=1), metavar="RUN", help="Only this run; all if left out.")
@click.option("--json", "as_json", is_flag=True, help="Every violation, and what was looked at, as JSON.")
@pass_context
def check(context: Context, run_id: int | None, as_json: bool) -> None:
    """Check that the books hold: no credit twice, none missing, every digest, number, total, message and entry.

    Nothing is changed. Exit code 9 says that something is not as it must be.
    """
    with context.reading() as session, context.progress() as progress:
        books = check_books(session, run_id, progress=progress)
    if as_json:
        found = {"violations": [asdict(one) for one in books.violations], "found": books.found}
        click.echo(json.dumps({**found, "looked_at": books.looked_at}))
    else:
        print_books(books)
    sys.exit(EXIT_DIFFERENT if books.found else 0)


def print_books(books: Books) -> None:
    """What was looked at and what is wrong, for people."""
    looked = ", ".join(f"{what} {count:,}" for what, count in books.looked_at.items())
    click.echo(f"Looked at: {looked}.")
    for violation in books.violations[:SHOWN_PROBLEMS]:
        click.echo(f"  {violation}")
    if books.found > SHOWN_PROBLEMS:
        click.echo(f"  … and {books.found - SHOWN_PROBLEMS:,} more; `--json` lists {len(books.violations):,}.")
    for rule in dict.fromkeys(violation.rule for violation in books.violations):
        click.echo(f"What must be ({rule}): {RULES[rule]}.")
    click.echo(f"Not as it must be: {books.found:,}." if books.found else "Everything is as it must be.")

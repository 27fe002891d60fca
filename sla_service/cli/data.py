"""``sla db`` and ``sla import``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sla_service.cli.context import Context, pass_context
from sla_service.db import guards
from sla_service.db.engine import is_queue_current, schema_revisions, upgrade
from sla_service.db.grants import grant
from sla_service.domain.errors import ConflictError
from sla_service.formats.nouns import NOUNS
from sla_service.usecases.import_rows import ImportOutcome, import_file


@click.group()
def db() -> None:
    """The database's tables."""


@db.command("upgrade")
@pass_context
def db_upgrade(context: Context) -> None:
    """Create or upgrade the tables, and put back guards that were taken away; safe to repeat."""
    before, head = schema_revisions(context.engine)
    with context.engine.connect() as connection:
        lost = guards.missing(connection) if before == head else []
    if before == head and is_queue_current(context.engine) and not lost:
        click.echo(f"The database is up to date ({head}).")
        return
    upgrade(context.engine)
    if lost:
        click.echo(f"{len(lost)} guards against changes that were missing are back.")
    click.echo(f"The database is now at {head}.")


@db.command("grant")
@click.argument("role")
@pass_context
def db_grant(context: Context, role: str) -> None:
    """Let the application connect as ROLE, which can do its work and change nothing that was issued (PostgreSQL).

    Make the role first, without any right: `CREATE ROLE sla_app LOGIN`. Run this as the tables' owner, again after each
    `sla db upgrade`; then let `SLA_DATABASE_URL` name the role.
    """
    if context.engine.dialect.name != "postgresql":
        raise ConflictError("no_roles", "SQLite has no roles; who may write the file may write all of it")
    context.require_schema()
    with context.engine.begin() as connection:
        grant(connection, role)
    click.echo(f"{role} can do the application's work, and change nothing that was issued, booked or logged.")


@click.command("import")
@click.argument("noun", type=click.Choice(list(NOUNS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--update", is_flag=True, help="Let rows replace earlier ones with the same key.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
@pass_context
def import_(context: Context, noun: str, file: Path, update: bool, as_json: bool) -> None:
    """Import a CSV or Parquet file, whole or not at all.

    The same file again changes nothing. A row that contradicts an earlier import is refused with both values, unless
    --update says that it is a correction. What was issued never changes.
    Order: partners, merchants, contracts, units, charges, incidents, timeline, impacts, exclusions, usage, claims.
    docs/files.md lists the columns.
    """
    data = file.read_bytes()
    with context.writing() as session:
        outcome = import_file(
            session,
            noun,
            data,
            name=file.name,
            now_ms=context.clock(),
            actor=context.actor,
            update=update,
        )
    click.echo(json.dumps(as_mapping(outcome)) if as_json else in_words(outcome, file.name))


def as_mapping(outcome: ImportOutcome) -> dict[str, object]:
    """An outcome for scripts."""
    return {
        "noun": outcome.noun,
        "rows": outcome.rows,
        "added": outcome.added,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "replay": outcome.replay,
    }


def in_words(outcome: ImportOutcome, name: str) -> str:
    """An outcome for people."""
    if outcome.replay:
        return f"{name} was imported before; nothing changed."
    changed = f", {outcome.changed:,} were changed" if outcome.changed else ""
    already = f", {outcome.unchanged:,} were there already" if outcome.unchanged else ""
    return f"Imported {outcome.added:,} {outcome.noun} from {name}{changed}{already}."

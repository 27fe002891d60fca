"""``sla mail``."""

from __future__ import annotations

import json
import sys

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.errors import EXIT_PARKED
from sla_service.cli.run_print import SHOWN_PARKED
from sla_service.db.engine import writing
from sla_service.db.outbox import count_by_state
from sla_service.mail import open_smtp
from sla_service.usecases.deliver import Delivered, Sender, deliver_run

RUN = click.option("--run", "run_id", required=True, type=click.IntRange(min=1), help="An issued run.")
STATES = {
    "pending": "waiting",
    "sending": "being sent",
    "accepted": "accepted by the mail server",
    "refused": "refused by the mail server",
    "uncertain": "perhaps sent: no answer came",
}


@click.group()
def mail() -> None:
    """Statements by e-mail, each with its PDF; never twice for one that was accepted."""


@mail.command("send")
@RUN
@click.option("--hold-uncertain", is_flag=True, help="Leave what was perhaps sent for a person to decide.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
@pass_context
def mail_send(context: Context, run_id: int, hold_uncertain: bool, as_json: bool) -> None:
    """Send what is waiting in the outbox of an issued run; safe to repeat.

    Needs SLA_SMTP_HOST and SLA_MAIL_FROM. Exit code 8 says that some messages were not accepted; the list says why.
    """
    context.require_schema()
    with context.progress() as progress, open_smtp(context.settings) as smtp:
        delivered = deliver_run(
            lambda: writing(context.engine),  # the schema was checked above; once is enough
            run_id,
            send=smtp.send,
            sender=Sender(context.settings.mail_from, context.secret_key(), context.settings.public_url),
            now=context.clock,
            resend_uncertain=not hold_uncertain,
            progress=progress,
        )
    if as_json:
        click.echo(
            json.dumps({"accepted": delivered.accepted, **_left(delivered), "stopped": delivered.stopped or None})
        )
    else:
        _print(delivered)
    sys.exit(EXIT_PARKED if any(_left(delivered).values()) else 0)


@mail.command("status")
@RUN
@click.option("--json", "as_json", is_flag=True, help="Counts as JSON.")
@pass_context
def mail_status(context: Context, run_id: int, as_json: bool) -> None:
    """How many messages of a run are waiting, accepted, refused or uncertain."""
    with context.reading() as session:
        counts = count_by_state(session, run_id)
    if as_json:
        click.echo(json.dumps(counts))
        return
    for state, count in counts.items():
        click.echo(f"{count:>9,}  {STATES[state]}")
    if not counts:
        click.echo("Nothing in the outbox; issue the run first.")


def _left(delivered: Delivered) -> dict[str, list[tuple[str, str]]]:
    names = ("refused", "deferred", "uncertain", "parked", "skipped")
    return {name: getattr(delivered, name) for name in names}


def _print(delivered: Delivered) -> None:
    click.echo(f"{delivered.accepted:,} statements were accepted by the mail server.")
    for name, rows in _left(delivered).items():
        if rows:
            click.echo(f"{len(rows):,} {name}:", err=True)
        for number, reason in rows[:SHOWN_PARKED]:
            click.echo(f"  {number}: {reason}", err=True)
    if delivered.stopped:
        click.echo(f"Stopped before the rest: {delivered.stopped}. Mend it and send again.", err=True)

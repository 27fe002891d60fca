"""``sla run approve``."""

from __future__ import annotations

import sys

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.errors import EXIT_PARKED
from sla_service.cli.sealing import seal
from sla_service.db.review import group_parked
from sla_service.usecases.check_bounds import bounds_exceeded
from sla_service.usecases.decide_run import Caution, approve_run
from sla_service.usecases.issue_run import issuer_of
from sla_service.usecases.work_run import withdrawing


@click.command("approve")
@click.argument("run_id", metavar="RUN", type=click.IntRange(min=1))
@click.option("--digest", help="What you reviewed (`run review` prints it); refuses if the figures changed since.")
@click.option("--reason", default="", help="Of the second approver: why it is right, though beyond a safety bound.")
@pass_context
def run_approve(context: Context, run_id: int, digest: str | None, reason: str) -> None:
    """Approve a submitted run; not as somebody who had a hand in it.

    A run beyond a safety bound stops here with the numbers (exit code 8): your approval is on record, and another
    person approves it too, with --reason.
    """
    now_ms, issuer, bounds = context.clock(), issuer_of(context.settings), context.settings.bounds
    caution = Caution(bounds, reason)
    with withdrawing(context.writing, run_id, now_ms=now_ms, actor=context.actor), context.writing() as session:
        run = approve_run(
            session, run_id, digest=digest, issuer=issuer, now_ms=now_ms, actor=context.actor, caution=caution
        )
        is_approved, digest = run.state == "approved", run.digest[:12]
        beyond = [] if is_approved else bounds_exceeded(session, run, bounds)
        _, parked = group_parked(session, run_id, at_most=1)
    seal(context)
    if parked:
        click.echo(
            f"{parked:,} cases are parked: they are not part of what will be issued (`sla run review {run_id}`)."
        )
    if is_approved:
        click.echo(f"Run {run_id} is approved by {context.actor}. Issue it with `sla run issue {run_id}`.")
        return
    click.echo(f"Run {run_id} is not approved yet:")
    for text in beyond:
        click.echo(f"  {text}")
    again = f'`sla --as NAME run approve {run_id} --digest {digest} --reason "why"`'
    click.echo(f"{context.actor} is on record as the first approver. Another person approves it too: {again}.")
    sys.exit(EXIT_PARKED)

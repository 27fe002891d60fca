"""``sla run``."""

from __future__ import annotations

import json
import sys

import click
from sqlmodel import Session

from sla_service.cli.context import Context, pass_context
from sla_service.cli.correction import review_mapping, run_correct
from sla_service.cli.errors import EXIT_PARKED
from sla_service.cli.run_approve import run_approve
from sla_service.cli.run_life import life_mapping
from sla_service.cli.run_print import print_run
from sla_service.cli.run_review import run_review
from sla_service.cli.sealing import keep_issued
from sla_service.cli.tables import table
from sla_service.cli.work import NO_WAIT, hand_over, print_standing, require_workers, standing_mapping, work
from sla_service.db.credits import list_parked, summarise
from sla_service.db.outbox import count_by_state
from sla_service.db.runs import list_runs, load_run
from sla_service.db.statements import list_statements
from sla_service.db.tables import RunRecord
from sla_service.domain.bounds import Bounds
from sla_service.domain.instants import format_instant
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.formats.policy_scalars import parse_money
from sla_service.usecases.decide_credit import decide_credit
from sla_service.usecases.decide_run import reject_run, submit_run
from sla_service.usecases.issue_run import issuer_of, start_issue
from sla_service.usecases.plan_run import plan_or_resume
from sla_service.usecases.queue_run import standing
from sla_service.usecases.review_correction import review_correction
from sla_service.usecases.work_run import withdrawing

RUN = click.argument("run_id", metavar="RUN", type=click.IntRange(min=1))


@click.group()
def run() -> None:
    """Credit runs: calculate, show, approve as a second person, issue."""


@run.command("calculate")
@click.option("--period", required=True, metavar="YYYY-MM", help="The month to close.")
@click.option("--json", "as_json", is_flag=True, help="The run as JSON.")
@NO_WAIT
@pass_context
def run_calculate(context: Context, period: str, as_json: bool, no_wait: bool) -> None:
    """Calculate a month for every merchant. Nothing is owed yet: a calculated run is a proposal.

    On PostgreSQL, workers (`sla worker`) take part; Ctrl-C leaves the rest to them.
    Exit code 8 says that some cases are parked for a person; everything else is calculated.
    """
    month = Month.parse(period)
    if no_wait:
        require_workers(context)
    run_id = begin_or_resume(context, month)
    if not work(context, run_id, no_wait=no_wait):
        return
    with context.reading() as session:
        found = load_run(session, run_id)
        parked = list_parked(session, run_id)
        if as_json:
            click.echo(json.dumps(_mapping(session, found, context.settings.bounds)))
        else:
            print_run(context.console, session, found, parked, context.settings.bounds)
    sys.exit(EXIT_PARKED if parked else 0)


@run.command("list")
@click.option("--json", "as_json", is_flag=True, help="All runs as JSON.")
@pass_context
def run_list(context: Context, as_json: bool) -> None:
    """All runs, the newest first."""
    with context.reading() as session:
        runs = list_runs(session)
        if as_json:
            click.echo(json.dumps([one.model_dump() for one in runs]))
            return
        rows = [(r.run_id, r.period, r.state, r.created_by, r.approved_by or "", r.digest[:12]) for r in runs]
    if not rows:
        click.echo("No run yet; start one with `sla run calculate --period 2023-09`.")
        return
    heads = ("run", "period", "state", "calculated by", "approved by", "digest")
    context.console.print(table("Runs", heads, rows, numbers=("run",)))


@run.command("show")
@RUN
@click.option("--json", "as_json", is_flag=True, help="The run as JSON.")
@pass_context
def run_show(context: Context, run_id: int, as_json: bool) -> None:
    """A run: totals per currency and policy, parked cases with reasons, what is possible next."""
    with context.reading() as session:
        found = load_run(session, run_id)
        if as_json:
            click.echo(json.dumps(_mapping(session, found, context.settings.bounds)))
        else:
            print_run(context.console, session, found, list_parked(session, run_id), context.settings.bounds)
            print_standing(run_id, standing(session, run_id))


run.add_command(run_review)
run.add_command(run_approve)
run.add_command(run_correct)


def begin_or_resume(context: Context, month: Month) -> int:
    """The draft of a month that was left unfinished from the same evidence, or a new one."""
    with context.writing() as session:
        given = {"now_ms": context.clock(), "batch_merchants": context.settings.batch_merchants}
        run_id = plan_or_resume(session, month, actor=context.actor, **given).run_id
        hand_over(context, session, run_id)
        return run_id


@run.command("submit")
@RUN
@pass_context
def run_submit(context: Context, run_id: int) -> None:
    """Hand a calculated run over for approval; from here on, every change of what it rests on is noticed."""
    with context.writing() as session:
        issuer = issuer_of(context.settings)
        found = submit_run(session, run_id, issuer=issuer, now_ms=context.clock(), actor=context.actor)
        digest = found.digest[:12]
    click.echo(f"Run {run_id} is submitted by {context.actor}; its digest is {digest}.")
    click.echo(f"A second person approves it: `sla --as NAME run approve {run_id} --digest {digest}`.")


@run.command("reject")
@RUN
@click.option("--reason", required=True, help="Why; it is kept with the run.")
@pass_context
def run_reject(context: Context, run_id: int, reason: str) -> None:
    """Set a run aside that is not issued; the month can then be calculated again."""
    with context.writing() as session:
        reject_run(session, run_id, reason=reason, now_ms=context.clock(), actor=context.actor)
    click.echo(f"Run {run_id} is rejected; nothing of it is owed.")


@run.command("decide")
@RUN
@click.argument("credit_no", metavar="CREDIT", type=click.IntRange(min=1))
@click.option("--amount", required=True, help='What is credited, such as "12.00 USD"; "0.00 USD" refuses it.')
@click.option("--reason", required=True, help="Why; it is kept with the decision and your name.")
@pass_context
def run_decide(context: Context, run_id: int, credit_no: int, amount: str, reason: str) -> None:
    """Decide a case for which the contract has no single answer (`run show` lists them by number).

    The decision is kept for the month: it holds from its next calculation on.
    """
    money = parse_money(amount)
    with context.writing() as session:
        decide_credit(session, run_id, credit_no, money, reason=reason, now_ms=context.clock(), actor=context.actor)
        found = load_run(session, run_id)
        again = f"sla run {'correct' if found.kind == 'correction' else 'calculate'} --period {found.period}"
    click.echo(f"{context.actor} decided on {money} for credit {credit_no} of run {run_id}.")
    click.echo(f"Calculate the month again, so that it counts: `{again}`.")


@run.command("issue")
@RUN
@NO_WAIT
@pass_context
def run_issue(context: Context, run_id: int, no_wait: bool) -> None:
    """Issue an approved run: statements get their numbers and freeze. This cannot be undone, only corrected.

    If it is interrupted, call it again: it goes on where it stopped, with the same result.
    On PostgreSQL, workers (`sla worker`) take part; Ctrl-C leaves the rest to them.
    """
    if no_wait:
        require_workers(context)
    now_ms, issuer = context.clock(), issuer_of(context.settings)
    with context.reading() as session:
        state = load_run(session, run_id).state
    if state == "issued":
        # An earlier call may have died after the last commit, before the head was kept.
        print_issued(context, run_id)
        return
    with withdrawing(context.writing, run_id, now_ms=now_ms, actor=context.actor), context.writing() as session:
        if state != "issuing":
            start_issue(session, run_id, issuer=issuer, now_ms=now_ms, actor=context.actor)
        hand_over(context, session, run_id)
    if work(context, run_id, no_wait=no_wait):
        print_issued(context, run_id)


def print_issued(context: Context, run_id: int) -> None:
    """Keep the ledger's head outside of the database, and say what was issued."""
    with context.reading() as session:
        counts = {kind: len(list_statements(session, run_id, kind)) for kind in ("merchant", "partner")}
    keep_issued(context, run_id)
    click.echo(
        f"Run {run_id} is issued: {counts['merchant']:,} statements for merchants, "
        f"{counts['partner']:,} for partners. Next: `sla statement render --run {run_id} -o statements/`.",
    )


def _mapping(session: Session, found: RunRecord, bounds: Bounds) -> dict[str, object]:
    return {
        **found.model_dump(),
        **life_mapping(session, found, bounds),
        **standing_mapping(standing(session, found.run_id)),
        "created_at": format_instant(found.created_at_ms),
        "summary": [
            {**row, "amount": Money(row["currency"], row["amount_minor"]).amount}
            for row in summarise(session, found.run_id)
        ],
        "parked": [
            {
                "credit_no": c.credit_no,
                "merchant_id": c.merchant_id,
                "service": c.service,
                "policy": c.policy,
                "outcome": c.outcome,
                "reason": c.reason,
            }
            for c in list_parked(session, found.run_id)
        ],
        "outbox": count_by_state(session, found.run_id),
        **(review_mapping(review_correction(session, found)) if found.kind == "correction" else {}),
    }

"""``sla run correct``, and what ``sla run show`` says of a correction."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import click
from rich.console import Console

from sla_service.cli.context import Context, pass_context
from sla_service.cli.errors import EXIT_PARKED
from sla_service.cli.tables import grouped, table
from sla_service.cli.work import NO_WAIT, hand_over, require_workers, work
from sla_service.db.credits import list_parked
from sla_service.db.runs import load_run
from sla_service.domain.instants import format_instant
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.usecases.plan_correction import plan_correction
from sla_service.usecases.policy_examples import format_time
from sla_service.usecases.review_correction import Review, review_correction

SHOWN = 20
"""Rows of each list in a terminal; ``--json`` has all."""
FIGURES = {"before": ("before_minor", "before_service_ms"), "now": ("amount_minor", "service_ms")}
DIFFERENCE = ("stated_minor", "stated_service_ms")


@click.command("correct")
@click.option("--period", required=True, metavar="YYYY-MM", help="An issued month.")
@click.option("--reason", default="", help="Why; it is kept with the run.")
@click.option("--json", "as_json", is_flag=True, help="The run and all differences as JSON.")
@NO_WAIT
@pass_context
def run_correct(context: Context, period: str, reason: str, as_json: bool, no_wait: bool) -> None:
    """Calculate an issued month again from what is known today, and propose the difference.

    Nothing that was issued changes. Who was credited too little is credited the difference; who was credited too much
    keeps it, unless the policy says that it may be taken back. The proposal is approved and issued as any run.
    """
    if no_wait:
        require_workers(context)
    with context.writing() as session:
        now_ms, month = context.clock(), Month.parse(period)
        run_id = plan_correction(session, month, now_ms=now_ms, actor=context.actor, reason=reason).run_id
        hand_over(context, session, run_id)
    if not work(context, run_id, no_wait=no_wait):
        return
    with context.reading() as session:
        found, parked = load_run(session, run_id), len(list_parked(session, run_id))
        review = review_correction(session, found)
        said = {"run_id": run_id, "state": found.state, "digest": found.digest, "parked": parked}
        if as_json:
            click.echo(json.dumps({**said, **review_mapping(review)}))
        else:
            print_review(context.console, review)
            click.echo(f"Run {run_id} corrects run {review.corrects_run}. Look at it with `sla run show {run_id}`,")
            click.echo(f"then hand it over for approval: `sla run submit {run_id}`.")
    sys.exit(EXIT_PARKED if parked else 0)


def print_review(console: Console, review: Review) -> None:
    """Differences, who keeps more, contracts that are gone, and what came in since."""
    if not review.differences:
        console.print("Nobody's credit is another one than before.")
    else:
        _print_differences(console, review.differences)
    if review.kept:
        console.print(
            f"{_merchants(len(review.kept))} credited more than it comes to now and keep it: their policies take "
            f"nothing back.",
            highlight=False,
        )
    if review.gone:
        gone = [(c.merchant_id, c.service, c.policy, _figure(c.currency, c.before_minor, 0)) for c in review.gone]
        heads = ("merchant", "service", "policy", "credited before")
        _print_cut(console, "Credited before, but no contract in the month any more", heads, gone, heads[3:])
    _print_news(console, review)


def _print_news(console: Console, review: Review) -> None:
    """What a correction knows that the run before it did not."""
    since = format_instant(review.since_ms)
    cells = [
        (format_instant(one.at_ms), one.actor, one.action, one.subject, _counts(one.after)) for one in review.changes
    ]
    heads = ("when", "by", "what", "of what", "rows")
    _print_cut(console, f"What came in since {since}", heads, cells, heads[4:])


def _counts(after: str | None) -> str:
    """How many rows a file had that were not there before, or not so."""
    said = json.loads(after) if after else {}
    return f"{said['added'] + said['changed']:,}" if {"added", "changed"} <= said.keys() else ""


def _merchants(number: int) -> str:
    return "1 merchant was" if number == 1 else f"{number:,} merchants were"


def _print_differences(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    cells = [
        (
            row["merchant_id"],
            row["name"],
            row["currency"],
            *(_figure(row["currency"], row[minor], row[ms]) for minor, ms in FIGURES.values()),
            _figure(row["currency"], *(row[name] for name in DIFFERENCE), sign=True),
        )
        for row in rows
    ]
    heads = ("merchant", "name", "currency", "before", "now", "difference")
    _print_cut(console, "What changes, the largest first", heads, cells, heads[3:])
    sums: dict[str, list[int]] = {}
    for row in rows:
        total = sums.setdefault(row["currency"], [0, 0])
        for i, name in enumerate(DIFFERENCE):
            total[i] += row[name]
    cells = [(currency, _figure(currency, *total, sign=True)) for currency, total in sorted(sums.items())]
    console.print(table("Differences per currency", ("currency", "difference"), cells, numbers=("difference",)))


def _print_cut(
    console: Console, title: str, heads: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[str] = ()
) -> None:
    if not cells:
        return
    console.print(table(title, heads, cells[:SHOWN], numbers=numbers))
    if len(cells) > SHOWN:
        console.print(f"… and {len(cells) - SHOWN:,} more; `--json` lists all.", highlight=False)


def _figure(currency: str, minor: int, service_ms: int, *, sign: bool = False) -> str:
    """Money, service time or both; with a sign where it is a difference."""
    said = []
    if minor or not service_ms:
        amount = grouped(Money(currency, abs(minor)).amount)
        said.append(f"{_sign(minor) if sign or minor < 0 else ''}{amount}")
    if service_ms:
        said.append(f"{_sign(service_ms) if sign else ''}{format_time(Fraction(abs(service_ms)))}")
    return " and ".join(said)


def _sign(number: int) -> str:
    return "-" if number < 0 else "+" if number else ""


def review_mapping(review: Review) -> dict[str, Any]:
    """All of it for programs: amounts as decimal text."""
    return {
        "corrects_run": review.corrects_run,
        "differences": [_difference_mapping(row) for row in review.differences],
        "gone": [
            {"merchant_id": c.merchant_id, "service": c.service, "policy": c.policy, "currency": c.currency}
            for c in review.gone
        ],
        "evidence_since": format_instant(review.since_ms),
        "changes": [
            {
                "at": format_instant(one.at_ms),
                "by": one.actor,
                "action": one.action,
                "subject": one.subject,
                "before": json.loads(one.before or "null"),
                "after": json.loads(one.after or "null"),
            }
            for one in review.changes
        ],
    }


def _difference_mapping(row: Mapping[str, Any]) -> dict[str, Any]:
    currency = row["currency"]
    money = {"before": "before_minor", "now": "amount_minor", "difference": "stated_minor"}
    times = {"before_service_ms": "before_service_ms", "now_service_ms": "service_ms"}
    return {
        "merchant_id": row["merchant_id"],
        "name": row["name"],
        "currency": currency,
        **{said: Money(currency, row[name]).amount for said, name in money.items()},
        **{said: row[name] for said, name in times.items()},
        "difference_service_ms": row["stated_service_ms"],
    }

"""``sla policy diff``: what a change of terms would have meant for a month's merchants."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console

from sla_service.cli.context import Context, pass_context
from sla_service.cli.figures import MINUS, length
from sla_service.cli.policy_text import policy_of
from sla_service.cli.tables import grouped, table
from sla_service.domain.errors import ConflictError
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.usecases.compare_policies import (
    Case,
    Comparison,
    Side,
    Verdict,
    changed_terms,
    compare_policies,
)

SHOWN_CASES = 10
"""Merchants per verdict in a terminal; `--all` and `--json` list every one."""
VERDICTS = {
    Verdict.MORE: "would get more",
    Verdict.LESS: "would get less",
    Verdict.OTHER_KIND: "would get another kind of credit",
    Verdict.SAME: "would get the same",
    Verdict.NO_ANSWER: "have no single answer",
}
OUTCOMES = {
    "met": "commitment met",
    "below_minimum": "below the minimum",
    "nothing_owed": "nothing owed",
    "unclaimed": "not claimed",
    "undefined": "undefined",
    "parked": "parked",
    "not_due": "no period due",
}


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--period", required=True, metavar="YYYY-MM", help="The month to measure under both.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
@click.option("--all", "show_all", is_flag=True, help="List every merchant.")
@pass_context
def policy_diff(context: Context, old: str, new: str, period: str, as_json: bool, show_all: bool) -> None:
    """Compare two policies: their terms, and what each would credit to every contract that names NEW.

    OLD and NEW are files, or published versions such as storefront-plus@3. Changes nothing.
    """
    month = Month.parse(period)
    one, two = policy_of(context, old), policy_of(context, new)
    terms = changed_terms(one, two)
    if not as_json:
        _print_terms(context.console, one, two, terms)
    try:
        context.require_schema()
    except ConflictError as error:
        message = f"the terms can be compared without a database, the credits cannot: contracts are in it; {error}"
        raise ConflictError("schema", message) from error
    with context.progress() as progress, context.reading() as session:
        found = compare_policies(session, one, two, month, now_ms=context.clock(), progress=progress)
    if as_json:
        click.echo(json.dumps({"terms": terms, **_mapping(one, two, found)}))
    else:
        _print(context.console, two, found, None if show_all else SHOWN_CASES)


def _print_terms(console: Console, old: Policy, new: Policy, terms: list[str]) -> None:
    console.out(f"{old.name_and_version} ({old.digest[:12]}) and {new.name_and_version} ({new.digest[:12]})")
    console.out("")
    if not terms:
        console.out("The terms are the same.")
    for line in terms:
        console.out(f"  {MINUS if line.startswith('-') else '+'} {line[1:]}", highlight=False)
    console.out("")


def _print(console: Console, new: Policy, found: Comparison, at_most: int | None) -> None:
    if not found.cases:
        console.out(f"No contract that names {new.policy} has a period that ends in {found.month}.")
        return
    if found.is_estimate:
        console.out(f"ESTIMATE: {found.month} is not over for every merchant; time to come is taken as up")
    counts = [(words, f"{len(found.of(verdict)):,}") for verdict, words in VERDICTS.items() if found.of(verdict)]
    console.print(table(f"Contracts in {found.month}", ("they", "contracts"), counts, numbers=("contracts",)))
    console.print(_totals(found))
    if found.of(Verdict.NO_ANSWER):
        console.out("What has no single answer is in the totals as nothing, before as well as after.")
    for verdict, words in VERDICTS.items():
        cases = found.of(verdict)
        if cases and (verdict is not Verdict.SAME or at_most is None):
            _print_cases(console, words, cases, at_most)
    if new.group is not None:
        console.out(f"Policies of other names in the group {new.group.name} are not looked at.")


def _totals(found: Comparison) -> Any:  # noqa: ANN401 - a table of rich
    cells = [
        (currency, _amount(currency, before), _amount(currency, after), _signed(currency, after - before))
        for currency, (before, after) in found.totals().items()
    ]
    heads = ("currency", "before", "after", "difference")
    return table("Totals per currency", heads, cells, numbers=heads[1:])


def _print_cases(console: Console, words: str, cases: list[Case], at_most: int | None) -> None:
    cells = [
        (
            case.merchant_id,
            case.service,
            case.currency,
            _side(case.currency, case.before),
            _side(case.currency, case.after),
            _signed(case.currency, case.difference_minor),
            "; ".join(_reasons(case)),
        )
        for case in cases[:at_most]
    ]
    heads = ("merchant", "service", "currency", "before", "after", "difference", "why")
    console.print(table(f"{len(cases):,} {words}", heads, cells, numbers=heads[3:6]))
    if at_most is not None and len(cases) > at_most:
        console.out(f"… and {len(cases) - at_most:,} more; `--all` lists every one.")


def _reasons(case: Case) -> Iterable[str]:
    """Why there is no answer, before and after."""
    for when, side in (("before", case.before), ("after", case.after)):
        if side.outcome in {"undefined", "parked"}:
            yield f"{when}: {side.reason}"


def _side(currency: str, side: Side) -> str:
    if side.service_ms:
        return f"{length(side.service_ms)} of service"
    return _amount(currency, side.amount_minor) if side.outcome == "credited" else OUTCOMES[side.outcome]


def _amount(currency: str, minor: int) -> str:
    return grouped(Money(currency, minor).amount)


def _signed(currency: str, minor: int) -> str:
    return f"{MINUS if minor < 0 else '+' if minor else ''}{_amount(currency, abs(minor))}"


def _mapping(old: Policy, new: Policy, found: Comparison) -> dict[str, Any]:
    return {
        "old": {"policy": old.policy, "version": old.version, "digest": old.digest},
        "new": {"policy": new.policy, "version": new.version, "digest": new.digest},
        "period": str(found.month),
        "is_estimate": found.is_estimate,
        "contracts": {verdict.value: len(found.of(verdict)) for verdict in Verdict},
        "totals": [
            {
                "currency": currency,
                "before": Money(currency, before).amount,
                "after": Money(currency, after).amount,
                "difference": Money(currency, after - before).amount,
            }
            for currency, (before, after) in found.totals().items()
        ],
        "cases": [
            {
                "merchant_id": case.merchant_id,
                "service": case.service,
                "currency": case.currency,
                "verdict": case.verdict.value,
                "difference": Money(case.currency, case.difference_minor).amount,
                "before": _side_mapping(case.currency, case.before),
                "after": _side_mapping(case.currency, case.after),
            }
            for case in found.cases
        ],
    }


def _side_mapping(currency: str, side: Side) -> dict[str, Any]:
    return {
        "outcome": side.outcome,
        "amount": Money(currency, side.amount_minor).amount,
        "service_time_ms": side.service_ms,
        "reason": side.reason or None,
    }

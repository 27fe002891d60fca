"""``sla run review``: what an approver should see, in the terminal, as JSON, or as a page with pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sla_service.cli.context import Context, pass_context
from sla_service.cli.tables import table
from sla_service.domain.money import Money
from sla_service.domain.review import Comparison, Line, Method, Review, Sum
from sla_service.formats import review_words as words
from sla_service.formats.review_page import review_page
from sla_service.usecases.compare_methods import compare_methods
from sla_service.usecases.review_run import review_run

LINE_HEADS = ("credit", "merchant", "name", "policy", "availability", "fee", "credited", "of the fee", "currency")
LINE_NUMBERS = ("credit", "availability", "fee", "credited", "of the fee")


@click.command("review")
@click.argument("run_id", metavar="RUN", type=click.IntRange(min=1))
@click.option("--methods", is_flag=True, help="What other accounting methods would have paid; slow the first time.")
@click.option("--json", "as_json", is_flag=True, help="The review as JSON.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="An HTML file with pictures.")
@pass_context
def run_review(context: Context, run_id: int, methods: bool, as_json: bool, output: Path | None) -> None:
    """Look at a run before you approve it.

    Sums, the largest and the oddest credits, credits that should be impossible, what changed since last month and since
    the last draft, and what waits for a person. Changes nothing. The file of -o is one page that works without network.
    """
    review = reviewed(context, run_id, methods=methods)
    if output is not None:
        write_page(context, review, output)
        click.echo(f"Wrote {output}.", err=as_json)
    if as_json:
        click.echo(json.dumps(review_mapping(review), ensure_ascii=False))
    elif output is None:
        print_review(context.console, review)


def reviewed(context: Context, run_id: int, *, methods: bool) -> Review:
    """The review; with the other methods if they are asked for, or were before and still hold."""
    with context.reading() as session:
        review = review_run(session, run_id, bounds=context.settings.bounds)
    return replace(review, methods=_methods(context, review, ask=methods))


def write_page(context: Context, review: Review, output: Path) -> None:
    """The review as a page, whole or not at all."""
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(output.name + ".partial")
    partial.write_text(review_page(review, context.settings.accent), encoding="utf-8")
    partial.replace(output)


def _methods(context: Context, review: Review, *, ask: bool) -> tuple[Method, ...]:
    """What other methods would have paid; kept, for a run's figures and what they rest on do not change."""
    kept = context.settings.home / "reviews" / f"run-{review.run_id}-{review.digest[:16]}-methods.json"
    if kept.exists():
        return tuple(Method(**one) for one in json.loads(kept.read_text(encoding="utf-8")))
    if not ask:
        return ()
    with context.progress() as progress, context.reading() as session:
        found = compare_methods(session, review.run_id, progress=progress)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")
    return found


def review_mapping(review: Review) -> dict[str, Any]:
    """For scripts: amounts as decimals in their own currency."""
    found: dict[str, Any] = _decimal(asdict(review))
    for oddity in found["oddities"]:
        oddity["means"] = words.RULES[oddity["rule"]]
    return found


def _decimal(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Every ``…_minor`` beside a currency as the amount that it is."""
    if isinstance(value, list | tuple):
        return [_decimal(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, one in value.items():
        if key == "totals_minor":
            found["totals"] = {currency: Money(currency, minor).amount for currency, minor in one.items()}
        elif key.endswith("_minor") and "currency" in value:
            found[key.removesuffix("_minor")] = Money(value["currency"], one).amount
        else:
            found[key] = _decimal(one)
    return found


def print_review(console: Console, review: Review) -> None:
    """For an approver: first what asks for a decision, then the sums, then the single credits."""

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False)

    say(f"Review of run {review.run_id} for {review.period}, calculated by {review.created_by}: {review.state}")
    say(f"{words.headline(review)}; digest {review.digest[:12]}")
    say("")
    for concern in words.concerns(review) or ["Nothing is odd, nothing waits, and no safety bound is exceeded."]:
        say(f"• {concern}")
    say("")
    _print_sums(console, "Totals per currency", "", review.totals)
    _print_sums(console, "By policy", "policy", review.policies)
    _print_sums(console, "By service", "service", review.services)
    _print_sums(console, words.partners(review), "partner", review.partners)
    counts = [
        (words.OUTCOMES[name], f"{review.outcomes[name]:,}") for name in words.OUTCOMES if name in review.outcomes
    ]
    console.print(table("All contracts", ("outcome", "contracts"), counts, numbers=("contracts",)))
    for oddity in review.oddities:
        kind = "Impossible" if oddity.is_impossible else "Odd"
        _print_lines(console, f"{kind}: {words.oddity(oddity)}", oddity.lines)
    _print_lines(console, "The largest credits", review.largest)
    _print_parked(console, review)
    _print_comparison(
        console, review.last_month, "No run was issued for the month before, so there is no change to show."
    )
    _print_comparison(console, review.last_draft, "This is the first draft of the month.")
    _print_methods(console, review)
    if review.state == "submitted":
        say(f"Approve exactly this with `sla --as NAME run approve {review.run_id} --digest {review.digest[:12]}`.")


def _print_sums(console: Console, title: str, head: str, sums: Iterable[Sum]) -> None:
    names = (head,) if head else ()
    rows = [
        (
            *((one.name or f"no {head}",) if head else ()),
            one.currency,
            f"{one.merchants:,}",
            f"{one.credits:,}",
            words.stated(one),
        )
        for one in sums
    ]
    heads = (*names, "currency", "merchants", "credits", "credited")
    console.print(table(title, heads, rows, numbers=("merchants", "credits", "credited")))


def _print_lines(console: Console, title: str, lines: Iterable[Line]) -> None:
    rows = [
        (
            line.credit_no,
            line.merchant_id,
            line.name,
            words.policy(line),
            words.availability(line),
            words.amount(line.currency, line.fee_minor),
            words.stated(line),
            words.share(line),
            line.currency,
        )
        for line in lines
    ]
    if rows:
        console.print(table(title, LINE_HEADS, rows, numbers=LINE_NUMBERS))


def _print_parked(console: Console, review: Review) -> None:
    rows = [
        (f"{one.count:,}", words.OUTCOMES[one.outcome], one.reason, f"{one.first_merchant_id} ({one.first_credit_no})")
        for one in review.parked
    ]
    if rows:
        heads = ("cases", "state", "reason", "such as")
        console.print(table(f"Waiting for a person: {review.parked_count:,}", heads, rows, numbers=("cases",)))


def _print_comparison(console: Console, found: Comparison | None, otherwise: str) -> None:
    if found is None:
        console.print(otherwise, highlight=False)
        console.print()
        return
    rows = [
        (
            one.currency,
            words.amount(one.currency, one.before_minor),
            words.amount(one.currency, one.now_minor),
            words.signed(one.currency, one.now_minor - one.before_minor),
            words.change(one.before_minor, one.now_minor),
            words.currency_change(one),
        )
        for one in found.currencies
    ]
    heads = ("currency", "before", "now", "difference", "change", "merchants")
    numbers = ("before", "now", "difference", "change")
    console.print(table(f"Against {words.against(found)}", heads, rows, numbers=numbers))
    changes = [
        (
            one.merchant_id,
            one.name,
            words.what_became(one),
            words.amount(one.currency, one.before_minor),
            words.amount(one.currency, one.now_minor),
            words.signed(one.currency, one.now_minor - one.before_minor),
            one.currency,
        )
        for one in found.merchants
    ]
    if changes:
        named = ("merchant", "name", "", "before", "now", "difference", "currency")
        console.print(table("Merchants that changed most", named, changes, numbers=("before", "now", "difference")))


def _print_methods(console: Console, review: Review) -> None:
    if not review.methods:
        hint = f"What other accounting methods would have paid: `sla run review {review.run_id} --methods`."
        console.print(hint, highlight=False)
        return
    currencies = sorted({currency for method in review.methods for currency in method.totals_minor})
    rows = [
        (words.METHODS[one.name], *(words.amount(c, one.totals_minor.get(c, 0)) for c in currencies))
        for one in review.methods
    ]
    heads = ("accounting method", *currencies)
    console.print(table("What other accounting methods would have paid", heads, rows, numbers=currencies))

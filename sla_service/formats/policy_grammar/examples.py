"""Worked cases inside a policy file: its tests."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise

from sla_service.domain.exclusions import Exclusion
from sla_service.domain.incidents import TimelinePoint
from sla_service.domain.instants import format_instant, parse_date, parse_instant
from sla_service.domain.money import Money
from sla_service.domain.policies.examples import ExampleImpact, ExampleUnit, ExampleUsage, Expectation, PolicyExample
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.dialect import Dialect
from sla_service.formats.policy_grammar.evidence import EXCLUDED, IMPACT, TIMELINE, USAGE
from sla_service.formats.policy_grammar.example_contracts import UNITS, Charges, check_shares
from sla_service.formats.policy_grammar.members import Field, Member, Values
from sla_service.formats.policy_grammar.records import Check, Record, Spread
from sla_service.formats.policy_grammar.shapes import Converted, Distinct, ListOf, Scalar, Shape
from sla_service.formats.yaml_reader import Fields

_MAX_TIER = 1_000
_NO_BUDGET = "none"


def _parse_credit(text: str) -> Money | int:
    return times.parse_time_ms(text) if times.is_duration(text) else scalars.parse_money(text)


def _write_credit(credit: Money | int) -> str:
    return scalars.write_money(credit) if isinstance(credit, Money) else times.write_duration_ms(credit)


def _parse_budget(text: str) -> Fraction | str:
    return text if text == _NO_BUDGET else scalars.parse_number(text)


def _write_budget(budget: Fraction | str) -> str:
    return budget if isinstance(budget, str) else scalars.write_number(budget)


_CREDIT: Scalar[Money | int] = Scalar(
    "expected_credit",
    _parse_credit,
    _write_credit,
    words.text_form(f"{scalars.MONEY}|{times.DURATION}|{times.NO_TIME}", examples=["29.90 USD", "3 d"]),
)
_BEFORE: Scalar[Money | int] = Scalar(
    "credited_before",
    _parse_credit,
    _write_credit,
    words.text_form(f"{scalars.MONEY}|{times.DURATION}|{times.NO_TIME}", examples=["180.00 USD", "26 d"]),
)
_BUDGET: Scalar[Fraction | str] = Scalar(
    "expected_budget",
    _parse_budget,
    _write_budget,
    words.loose_form(f"{scalars.DECIMAL}|{scalars.FRACTION}|{_NO_BUDGET}"),
)


def _parse_day_or_instant(text: str) -> date | int:
    return parse_instant(text) if "T" in text else parse_date(text)


def _write_day_or_instant(when: date | int) -> str:
    return times.write_instant(when) if isinstance(when, int) else str(when)


def _claimed(parts: tuple[date | None, int | None]) -> date | int:
    day, at_ms = parts
    if day is None and at_ms is None:
        message = "nothing was claimed, which is said by leaving the field out"
        raise ValueError(message)
    return day or at_ms or 0


_DAY_OR_INSTANT: Scalar[date | int] = Scalar(
    "day_or_instant",
    _parse_day_or_instant,
    _write_day_or_instant,
    words.text_form(f"{scalars.DAY}|{scalars.INSTANT}", examples=["2023-10-30"]),
)
_CLAIMED: Shape[tuple[date | None, int | None]] = Converted(
    _DAY_OR_INSTANT,
    lambda when: (None, when) if isinstance(when, int) else (when, None),
    _claimed,
)
_RIGHTS: Shape[tuple[str, ...]] = ListOf(
    words.TEXT,
    none=("rights_missing", "name the rights that arise, or write `none`"),
    distinct=Distinct(str, "the right `{}` is there twice".format),
    is_bare=True,
)


def _check_expected(
    fields: Fields,
    credit: Money | int | None,
    undefined: bool,  # noqa: FBT001 - a value
    parked: bool,  # noqa: FBT001 - a value
) -> None:
    """An example that cannot fail, or cannot hold, tests nothing."""
    others = fields.nodes.keys() - {"undefined", "parked"}
    if not others and not undefined and not parked:
        fields.refuse("expectation_missing", "expect an `availability`, a `credit` or another result")
    if parked and (others or undefined):
        fields.refuse(
            "exclusive_fields", "expect nothing beside `parked: yes`: where nothing is measured, nothing follows"
        )
    if credit is not None and undefined:
        fields.refuse("exclusive_fields", "expect a `credit` or `undefined: yes`, not both")


def _expect(dialect: Dialect) -> Shape[Expectation]:
    return Record(
        Expectation,
        (
            Field("availability", dialect.shown, "As shown, 99.2939%, or exact, 8579/8640; a metric's value"),
            Field("credit", _CREDIT, "What is credited; 0.00 USD if nothing is"),
            Field("unrounded", words.NUMBER, "The exact amount in major units, or days of service time"),
            Field("undefined", words.YES_NO, "Whether the contract gives no single answer"),
            Field("parked", words.YES_NO, "Whether there is nothing to measure"),
            Field("tier", words.whole(0, _MAX_TIER), "Number of the row that applies; 0 for none"),
            Field("budget", _BUDGET, "Consumed share of the error budget, or `none`"),
            Field("right", _RIGHTS, "The rights that arise, all of them, or `none`", "rights"),
            Field("claim_until", _DAY_OR_INSTANT, "The last day, or instant, on which it can be claimed"),
        ),
        (Check(("credit", "undefined", "parked"), _check_expected),),
    )


def _check_currency(
    fields: Fields,
    fee: Money | None,
    credited_before: Money | int | None,
    charges: tuple[tuple[str, Fraction, str], ...],
    expect: Expectation,
) -> None:
    if fee is None:
        return
    named: list[tuple[tuple[str, ...], str]] = [(("charges", kind), currency) for kind, _, currency in charges]
    if isinstance(credited_before, Money):
        named.append((("credited_before",), credited_before.currency))
    if isinstance(expect.credit, Money):
        named.append((("expect", "credit"), expect.credit.currency))
    for steps, currency in named:
        if currency != fee.currency:
            what = "amount" if steps[0] != "expect" else "credit"
            fields.refuse("currency_mismatch", f"the fee is in {fee.currency}, so the {what} is too", *steps)


def _check_active(fields: Fields, active_from: date | None, active_to: date | None) -> None:
    if active_from and active_to and active_to <= active_from:
        fields.refuse("interval_reversed", f"`to` {active_to} is not after `from` {active_from}", "to")


def _check_timeline(fields: Fields, timeline: tuple[TimelinePoint, ...]) -> None:
    for number, (one, two) in enumerate(pairwise(timeline), start=1):
        if two.at_ms <= one.at_ms:
            at = format_instant(two.at_ms)
            fields.refuse("timeline_order", f"the timeline goes back or stands still at {at}", "timeline", number)


def _check_units(
    fields: Fields,
    units: tuple[ExampleUnit, ...],
    impact: tuple[ExampleImpact, ...],
    usage: tuple[ExampleUsage, ...],
    excluded: tuple[Exclusion, ...],
) -> None:
    check_shares(fields, units)
    known = {unit.name for unit in units}
    for name, rows in (("impact", impact), ("usage", usage), ("excluded", excluded)):
        unknown = sorted({row.unit for row in rows if row.unit} - known) if units else []
        if unknown:
            fields.refuse("unit_unknown", f"`units` does not have {', '.join(unknown)}", name)


_ACTIVE: Record[Values] = Record(
    PolicyExample,
    (
        Field("from", words.DAY, "The first day on which the contract is in force", "active_from"),
        Field("to", words.DAY, "The first day on which it is not any more", "active_to"),
    ),
    (Check(("active_from", "active_to"), _check_active),),
    make=dict,
)

_EVIDENCE: tuple[Member, ...] = (
    Spread("active", _ACTIVE, "When the contract is in force"),
    Field("units", UNITS, "How many units the contract has, or their names, each with its share and its days"),
    Field("impact", IMPACT, "Windows of impact"),
    Field("timeline", TIMELINE, "Reports of an incident that hits everyone"),
    Field("excluded", EXCLUDED, "Windows that may be left out"),
    Field("usage", USAGE, "What was counted or measured"),
    Field("charges", Charges(), "What was charged each month, by kind; in a list one of each month of the period"),
    Field("credited_before", _BEFORE, "Money or service time credited in earlier months, as far as the caps look back"),
)


def examples(dialect: Dialect) -> Shape[tuple[PolicyExample, ...]]:
    """Small months with an expected result."""
    return ListOf(
        Record(
            PolicyExample,
            (
                Field("name", words.TEXT, "What it shows"),
                Field("fee", words.MONEY, "The monthly fee"),
                Field(
                    "period", dialect.first_day, "The month, or the first day of a week or billing month", "first_day"
                ),
                *_EVIDENCE,
                Field("history", ListOf(dialect.edge), "Availability of the periods before, the latest last"),
                Field("aware", words.INSTANT, "When the customer became aware", "aware_at_ms"),
                Field(
                    "claimed", _CLAIMED, "When it was claimed: a day, or an instant", ("claimed_on", "claimed_at_ms")
                ),
                Field("expect", _expect(dialect), "What it must come to", must=True),
            ),
            (
                Check(("fee", "credited_before", "charges", "expect"), _check_currency),
                Check(("timeline",), _check_timeline),
                Check(("units", "impact", "usage", "excluded"), _check_units),
            ),
        )
    )

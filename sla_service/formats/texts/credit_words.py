"""What a credit says in sentences: shared by the document and the mail that brings it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sla_service.domain.money import Money, Rounding
from sla_service.domain.shares import format_floored, format_floored_between, format_percent
from sla_service.domain.statements import ImpactLine, LineStatus, StatedCredit
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.formats.texts import Texts
from sla_service.formats.texts.conventions import Conventions

REQUESTS = frozenset({"events", "scored_events"})
"""Indicators whose denominator is a number of requests."""


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language in one reader's way of writing."""

    texts: Texts
    conventions: Conventions


def listed(items: Sequence[str], texts: Texts) -> str:
    """Several things in a sentence: ``EUR 5.00, JPY 300 and USD 29.90``."""
    head = texts.say("statement.comma").join(items[:-1])
    return texts.say("statement.and").join([head, items[-1]]) if head else items[-1]


def availability(credit: StatedCredit, words: Words) -> str:
    """The measured availability, floored, with enough digits never to read as an edge that it missed or passed."""
    return words.conventions.percent(floored(credit.measurement.availability, credit))


def floored(measured: Fraction, credit: StatedCredit) -> str:
    """A percentage cut to as many digits as keep it apart from every edge that the credit knows."""
    rows = [edge for one in credit.paid.terms if one.kind == "table" for edge in (one.upper, one.lower)]
    edges = [Fraction(edge) for edge in (credit.target, credit.tier_upper, credit.tier_lower, *rows) if edge]
    return max((format_floored_between(measured, edge) for edge in edges), key=len, default=format_floored(measured))


def term(ratio: str, words: Words) -> str:
    """A contract's percentage as written: ``99.95%``; as a fraction, ``1/3``, if it has no finite decimal."""
    exact = Fraction(ratio)
    try:
        return words.conventions.percent(format_percent(exact))
    except ValueError:
        return str(exact)


def edge(figure: str, credit: StatedCredit, words: Words) -> str:
    """An edge or target as the contract writes it: a percentage, or a number in the metric's unit."""
    metric = credit.measured.metric
    if metric is None:
        return term(figure, words)
    shown = words.conventions.exact(Fraction(figure))
    return words.texts.say("statement.metric.value", value=shown, unit=metric.unit) if metric.unit else shown


def figure(credit: StatedCredit, words: Words) -> str:
    """What the promise is about, with its value: ``Availability 99.2939%``, ``latency 412 ms``."""
    metric = credit.measured.metric
    if metric is None:
        return words.texts.say("statement.ladder.figure", availability=decisive(credit, words))
    if not metric.value:
        return words.texts.say("statement.metric.named", name=metric.name)
    return words.texts.say("statement.metric.figure", name=metric.name, value=edge(metric.value, credit, words))


def decisive(credit: StatedCredit, words: Words) -> str:
    """The availability that promise and table look at: as rounded by the contract, otherwise floored."""
    if any(step.kind == "availability" for step in credit.measured.quantise):
        return term(str(credit.decisive), words)
    return words.conventions.percent(floored(credit.decisive, credit))


def target(credit: StatedCredit, words: Words) -> str:
    """What was promised: ``99.95%``, ``at most 200 ms``; empty where nothing was."""
    if not credit.target:
        return ""
    promised, metric = edge(credit.target, credit, words), credit.measured.metric
    if metric is None:
        return words.texts.say("statement.promised.above", edge=promised) if _is_above(credit) else promised
    side = {"higher": ("at_most", "below"), "lower": ("at_least", "above")}[metric.worse][_is_above(credit)]
    return words.texts.say(f"statement.promised.{side}", edge=promised)


def _is_above(credit: StatedCredit) -> bool:
    return credit.measured.gate == "above"


def when(credit: StatedCredit, words: Words) -> str:
    """How the credit reaches the merchant; empty for a form that has no sentence."""
    key = f"statement.when.{credit.settlement_form}"
    return words.texts.say(key) if words.texts.has(key) else ""


def is_kept(credit: StatedCredit) -> bool:
    """Whether the promise was kept; where the credit alone decides, whether there is none."""
    target_ratio, metric = credit.target_ratio, credit.measured.metric
    if target_ratio is None or credit.measured.gate == "none":
        return not credit.is_paid
    if metric is not None and not metric.value:
        return not (credit.is_paid or credit.decision)
    measured = Fraction(metric.value) if metric else credit.decisive
    if metric is not None and metric.worse == "higher":
        measured, target_ratio = -measured, -target_ratio
    return measured > target_ratio if _is_above(credit) else measured >= target_ratio


def tier(credit: StatedCredit, words: Words) -> str:
    """The row of the credit table in words: ``Availability … is below 99.95% and at least 99%: 10% of the fee``."""
    say = words.texts.say
    if not credit.rate:
        return say("statement.ladder.met", figure=figure(credit, words), target=target(credit, words))
    key = "statement.pay.of_base" if credit.paid.base else "statement.pay.of_fee"
    edges = Edges(credit.tier_upper, credit.tier_upper_inclusive, credit.tier_lower, credit.tier_lower_inclusive)
    clause = say("statement.ladder.clause", clause=credit.clause) if credit.clause else ""
    return row(edges, credit, words, say(key, share=term(credit.rate, words))) + clause


@dataclass(frozen=True, slots=True)
class Edges:
    """The range of a row of the credit table; an edge that is empty is none."""

    upper: str
    upper_inclusive: bool
    lower: str
    lower_inclusive: bool


def row(edges: Edges, credit: StatedCredit, words: Words, paid: str) -> str:
    """The row in words: ``Availability 99.2939% is below 99.95% and at least 99%: USD 5.00``."""
    say, is_metric, said = words.texts.say, credit.measured.metric is not None, []
    if edges.upper:
        side = "upper_closed" if edges.upper_inclusive else "upper_open"
        said.append(say(f"statement.ladder.{side}", edge=edge(edges.upper, credit, words)))
    # A last row "from 0 %" means "or less".
    if edges.lower and (is_metric or Fraction(edges.lower)):
        side = "lower_closed" if edges.lower_inclusive else "lower_open"
        said.append(say(f"statement.ladder.{side}", edge=edge(edges.lower, credit, words)))
    shown = figure(credit, words)
    if not said:
        return say("statement.ladder.any", figure=shown, pay=paid)
    # The promised side first: of a metric it is the smaller figure.
    ordered = said[::-1] if is_metric else said
    return say("statement.ladder.row", figure=shown, edges=listed(ordered, words.texts), pay=paid)


def rounding(credit: StatedCredit, words: Words) -> str:
    """The rounding in words, with the exact amount before it."""
    currency = credit.amount.currency
    unit = words.conventions.money(Money(currency, 1))
    rule = words.texts.say(f"statement.rounding.{Rounding(credit.rounding)}", unit=unit)
    exact = Fraction(credit.unrounded_minor)
    if exact.denominator == 1:
        return words.texts.say("statement.ladder.exact", rule=rule)
    return words.texts.say(
        "statement.ladder.rounding", rule=rule, exact=words.conventions.exact_amount(exact, currency)
    )


def method(credit: StatedCredit, words: Words) -> str:
    """The accounting method by name, with what it means."""
    key = f"statement.method.{credit.measured.indicator or credit.curve}"
    known = words.texts.say(key) if words.texts.has(key) else credit.curve
    return words.texts.say("statement.method.name", method=known)


def reason(line: ImpactLine, credit: StatedCredit, words: Words) -> str:
    """Why a stretch does not count, in plain words."""
    if line.status is LineStatus.TOO_SHORT:
        minutes = words.conventions.minutes(Fraction(credit.minimum_run_ms))
        key = "statement.reason.not_longer" if credit.measured.minimum_run_strict else "statement.reason.too_short"
        return words.texts.say(key, minutes=minutes)
    if line.status is LineStatus.GRACE:
        minutes = words.conventions.minutes(Fraction(credit.measured.grace_ms))
        return words.texts.say("statement.reason.grace", minutes=minutes)
    if line.status in {LineStatus.NOT_AFFECTED, LineStatus.PARTIAL_SLOT}:
        return words.texts.say(f"statement.reason.{line.status.value}")
    key = f"statement.reason.{line.reason}"
    if words.texts.has(key):
        return words.texts.say(key)
    return words.texts.say("statement.reason.unknown", reason=line.reason)


def mean_share(line: ImpactLine, words: Words) -> str:
    """The mean share of impact over a stretch, floored: ``53.5%``."""
    return words.conventions.share(Fraction(line.impact_ppm_ms, line.duration_ms * SHARE_FULL_PPM))


def minutes(ppm_ms: int, words: Words) -> str:
    """Share × milliseconds as minutes of full outage."""
    return words.conventions.minutes(Fraction(ppm_ms, SHARE_FULL_PPM))


def period(credit: StatedCredit) -> Window:
    """The month that was measured."""
    return Window(credit.period_start_ms, credit.period_end_ms)

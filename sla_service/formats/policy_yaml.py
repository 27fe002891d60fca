"""Policy files: YAML to ``Policy``, with every problem at its path and line. ``docs/policies.md`` is the manual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TypeVar

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.exclusions import Exclusion, ExclusionKind
from sla_service.domain.incidents import Curve
from sla_service.domain.instants import parse_date, parse_instant
from sla_service.domain.money import Money, Rounding
from sla_service.domain.periods import Month
from sla_service.domain.policies import (
    Cap,
    ExclusionEffect,
    ExclusionRule,
    Minimum,
    Policy,
    PolicyExample,
    Qualify,
    SettleForm,
    Settlement,
    Tier,
)
from sla_service.domain.policies.digest import policy_digest
from sla_service.domain.shares import parse_percent
from sla_service.domain.windows import SHARE_FULL_PPM, Segment, Window
from sla_service.formats.policy_scalars import (
    choice,
    one_of,
    parse_duration_ms,
    parse_money,
    parse_months,
    parse_name,
    parse_ratio,
    parse_share_ppm,
    parse_shown_ratio,
    parse_target,
    parse_text,
    parse_version,
    parse_zone,
)
from sla_service.formats.yaml_reader import Fields, Reader, read_document

T = TypeVar("T")


def parse_policy(text: str) -> Policy:
    """Read a policy file.

    Raises:
        InvalidValueError: Every problem in the file, each with its path, line, value and what to do.
    """
    reader = Reader()
    fields = reader.fields(read_document(text), "")
    policy = _policy(reader, fields)
    fields.done()
    reader.finish()
    return replace(policy, digest=policy_digest(policy))


def _policy(reader: Reader, fields: Fields) -> Policy:
    effective_from, effective_to = _effective(reader, fields)
    service = fields.take("service", parse_name, "")
    fields.maybe("claim", one_of("automatic"), "automatic")
    name = fields.take("policy", parse_name, "")
    return Policy(
        policy=name,
        version=fields.take("version", parse_version, 0),
        title=fields.maybe("title", parse_text, name),
        service=service,
        effective_from=effective_from,
        effective_to=effective_to,
        time_zone=_period(fields),
        curve=_indicator(fields),
        target=fields.take("target", parse_target, Fraction(1)),
        tiers=_tiers(reader, fields),
        qualify=_qualify(reader, fields),
        exclude=_exclusion_rules(reader, fields),
        cap=_cap(fields),
        minimums=_minimums(reader, fields),
        rounding=fields.maybe("rounding", choice(Rounding), Rounding.HALF_UP),
        settlement=_settlement(fields),
        contract=fields.maybe("contract", parse_text, ""),
        examples=_examples(reader, fields, service),
    )


def _effective(reader: Reader, fields: Fields) -> tuple[date, date | None]:
    part = fields.part("effective", required=True)
    if part is None:
        return date.min, None
    start = part.take("from", parse_date, date.min)
    end = part.maybe("to", _maybe(parse_date), None)
    part.done()
    if end is not None and end <= start:
        reader.refuse(part.node, part.at("to"), "interval_reversed", f"`to` {end} is not after `from` {start}")
    return start, end


def _period(fields: Fields) -> str:
    part = fields.part("period", required=True)
    if part is None:
        return ""
    part.take("kind", one_of("month"), "month")
    zone = part.take("time_zone", parse_zone, "")
    part.done()
    return zone


def _indicator(fields: Fields) -> Curve:
    part = fields.part("indicator", required=True)
    if part is None:
        return Curve.STEP
    part.take("kind", one_of("windows"), "windows")
    curve = part.take("curve", choice(Curve), Curve.STEP)
    part.maybe("overlap", one_of("largest"), "largest")
    part.done()
    return curve


def _qualify(reader: Reader, fields: Fields) -> Qualify:
    part = fields.part("qualify")
    if part is None:
        return Qualify()
    at_least = part.maybe("minimum_run", parse_duration_ms, 0)
    longer_than = part.maybe("longer_than", parse_duration_ms, 0)
    part.done()
    if at_least and longer_than:
        reader.refuse(part.node, part.path, "exclusive_fields", "give `minimum_run` or `longer_than`, not both")
    return Qualify(longer_than, strict=True) if longer_than else Qualify(at_least)


def _exclusion_rules(reader: Reader, fields: Fields) -> tuple[ExclusionRule, ...]:
    rules: list[ExclusionRule] = []
    for part in fields.parts("exclude"):
        kind = part.take("kind", choice(ExclusionKind), ExclusionKind.CUSTOMER)
        notice_ms = part.maybe("notice", parse_duration_ms, 0) or None
        effect = part.maybe("effect", choice(ExclusionEffect), ExclusionEffect.NOT_DOWN)
        part.done()
        if any(rule.kind is kind for rule in rules):
            reader.refuse(part.node, part.path, "duplicate_rule", f"there are two rules for {kind}")
        rules.append(ExclusionRule(kind, notice_ms, effect))
    return tuple(rules)


def _tiers(reader: Reader, fields: Fields) -> tuple[Tier, ...]:
    tiers = [_tier(reader, part) for part in fields.parts("credit", required=True)]
    if not tiers:
        reader.refuse(fields.node, "credit", "tiers_missing", "the credit table needs at least one row")
    return tuple(tiers)


def _tier(reader: Reader, part: Fields) -> Tier:
    below, up_to = (part.maybe(name, _maybe(parse_ratio), None) for name in ("below", "up_to"))
    start, above = (part.maybe(name, _maybe(parse_ratio), None) for name in ("from", "above"))
    part.maybe("of", one_of("monthly_fee"), "monthly_fee")
    pays = part.take("pay", parse_percent, Fraction(0))
    clause = part.maybe("clause", parse_text, "")
    part.done()
    given = [name for name in ("below", "up_to") if name in part.nodes]
    if len(given) != 1:
        reader.refuse(part.node, part.path, "tier_edge", "give the upper edge once: `below` (excluded) or `up_to`")
    if start is not None and above is not None:
        reader.refuse(part.node, part.path, "tier_edge", "give the lower edge once: `from` (included) or `above`")
    upper = below or up_to or Fraction(0)
    lower = start if start is not None else above
    if lower is not None and upper and lower > upper:
        reader.refuse(part.node, part.path, "tier_reversed", "the lower edge is above the upper edge")
    if lower is not None and upper and lower == upper and (up_to is None or above is not None):
        reader.refuse(part.node, part.path, "tier_empty", "no availability lies between these edges")
    return Tier(
        pays=pays,
        upper=upper,
        upper_inclusive=up_to is not None,
        lower=lower or Fraction(0),
        lower_inclusive=above is None,
        clause=clause,
    )


def _cap(fields: Fields) -> Cap | None:
    part = fields.part("cap")
    if part is None:
        return None
    part.maybe("of", one_of("monthly_fee"), "monthly_fee")
    cap = Cap(part.take("at", parse_percent, Fraction(1)))
    part.done()
    return cap


def _minimums(reader: Reader, fields: Fields) -> tuple[Minimum, ...]:
    minimums: dict[str, Minimum] = {}
    for part in fields.parts("minimum"):
        above, at_least = (part.maybe(name, _maybe(parse_money), None) for name in ("above", "at_least"))
        part.done()
        amount = above or at_least
        if len(part.nodes.keys() & {"above", "at_least"}) != 1:
            reader.refuse(part.node, part.path, "exclusive_fields", "give `above` or `at_least`, with an amount")
        elif amount is None:
            continue  # refused already, with the reason
        elif amount.currency in minimums:
            reader.refuse(part.node, part.path, "duplicate_rule", f"there are two minimums in {amount.currency}")
        else:
            minimums[amount.currency] = Minimum(amount, strict=above is not None)
    return tuple(minimums.values())


def _settlement(fields: Fields) -> Settlement:
    part = fields.part("settle")
    if part is None:
        return Settlement()
    form = part.take("form", choice(SettleForm), SettleForm.NEXT_INVOICE)
    settlement = Settlement(form, part.maybe("expires", _maybe(parse_months), None))
    part.done()
    return settlement


def _examples(reader: Reader, fields: Fields, service: str) -> tuple[PolicyExample, ...]:
    return tuple(_example(reader, part, service) for part in fields.parts("examples"))


def _example(reader: Reader, part: Fields, service: str) -> PolicyExample:
    name = part.take("name", parse_text, "")
    fee = part.take("fee", parse_money, Money("USD", 0))
    month = part.take("period", Month.parse, Month(2000, 1))
    impact = [_segment(reader, item) for item in part.parts("impact")]
    excluded = [_excluded(reader, item, service, i) for i, item in enumerate(part.parts("excluded"))]
    expect = part.part("expect", required=True)
    part.done()
    example = PolicyExample(name, fee, month, tuple(filter(None, impact)), tuple(filter(None, excluded)))
    if expect is None:
        return example
    example = replace(
        example,
        expect_availability=expect.maybe("availability", _maybe(parse_shown_ratio), None),
        expect_credit=expect.maybe("credit", _maybe(parse_money), None),
        expect_undefined=expect.maybe("undefined", one_of("yes", "no"), "no") == "yes",
    )
    expect.done()
    _refuse_idle(reader, expect, example)
    return example


def _refuse_idle(reader: Reader, expect: Fields, example: PolicyExample) -> None:
    """An example that cannot fail, or cannot hold, tests nothing."""
    credit = example.expect_credit
    if example.expect_availability is None and credit is None and not example.expect_undefined:
        reader.refuse(expect.node, expect.path, "expectation_missing", "expect an `availability`, a `credit` or both")
    if credit is not None and example.expect_undefined:
        reader.refuse(expect.node, expect.path, "exclusive_fields", "expect a `credit` or `undefined: yes`, not both")
    if credit is not None and credit.currency != example.fee.currency:
        message = f"the fee is in {example.fee.currency}, so the credit is too"
        reader.refuse(expect.node, expect.at("credit"), "currency_mismatch", message)


def _segment(reader: Reader, part: Fields) -> Segment | None:
    window = _window(reader, part)
    ppm = part.maybe("share", parse_share_ppm, SHARE_FULL_PPM)
    part.done()
    return Segment(window, ppm) if window else None


def _excluded(reader: Reader, part: Fields, service: str, index: int) -> Exclusion | None:
    kind = part.take("kind", choice(ExclusionKind), ExclusionKind.CUSTOMER)
    window = _window(reader, part)
    announced = part.maybe("announced", _maybe(parse_instant), None)
    part.done()
    if window is None:
        return None
    return Exclusion(f"E{index + 1}", kind, service, window, "", announced_at_ms=announced)


def _window(reader: Reader, part: Fields) -> Window | None:
    start, end = part.take("from", parse_instant, -1), part.take("to", parse_instant, -1)
    if start < 0 or end < 0:
        return None
    try:
        return Window(start, end)
    except InvalidValueError as error:
        reader.refuse(part.node, part.path, error.problems[0].rule, error.problems[0].message)
        return None


def _maybe(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """The same parser, typed for a field that may be absent."""
    return parse

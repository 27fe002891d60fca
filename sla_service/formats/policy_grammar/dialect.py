"""What is written differently from policy to policy, by what else the policy says.

A metric's target and edges are plain numbers, where others are percentages; an example's period is a month, or the
first day of a period that is none; and a row may repeat what the base is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import yaml

from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import BillingMonth, Week
from sla_service.domain.policies.payment import MONTHLY_FEE
from sla_service.domain.shares import format_percent
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import words
from sla_service.formats.policy_grammar.shapes import Scalar

_DAY_PERIODS = frozenset({"week", "billing_month"})


@dataclass(frozen=True)
class Dialect:
    """The scalars of one policy."""

    target: Scalar[Fraction]
    edge: Scalar[Fraction]
    step: Scalar[Fraction]
    shown: Scalar[str]
    """A result, as an example expects it."""
    first_day: Scalar[date]
    bases: Scalar[str] | None
    """What a row may repeat as its base; None where the base is a sum."""


_ANY = {"anyOf": [words.PERCENTAGE.form, words.SIGNED_NUMBER.form]}
_ANY_SHOWN = {"anyOf": [words.text_form(scalars.SHOWN_RATIO), words.SIGNED_NUMBER.form]}
_ANY_DAY = words.text_form(f"{scalars.MONTH}|{scalars.DAY}")

_TARGET = Scalar("target", scalars.parse_target, format_percent, _ANY)
_EDGE = Scalar("figure", scalars.parse_ratio, format_percent, _ANY)
_STEP = Scalar("figure", scalars.parse_step, format_percent, _ANY)
_SHOWN = Scalar("shown_figure", scalars.parse_shown_ratio, str, _ANY_SHOWN)
_NUMBER = Scalar("figure", scalars.parse_signed_number, scalars.write_number, _ANY)
_NUMBER_STEP = Scalar("figure", scalars.above_zero(scalars.parse_signed_number), scalars.write_number, _ANY)
_SHOWN_NUMBER = Scalar("shown_figure", scalars.parse_shown_number, str, _ANY_SHOWN)
_MONTH = Scalar("example_period", scalars.parse_first_day, lambda day: f"{day:%Y-%m}", _ANY_DAY)
_DAY = Scalar("example_period", scalars.parse_period_day, str, _ANY_DAY)

ANY = Dialect(_TARGET, _EDGE, _STEP, _SHOWN, _MONTH, words.CHARGE_KIND)
"""For the schema, which takes every way of writing anywhere."""


def dialect_of_text(root: yaml.Node) -> Dialect:
    """The dialect of a file, from a glance at it; whatever is wrong with it is noted when it is read."""
    base = _found(root, "base", "of")
    if isinstance(base, yaml.SequenceNode) and len(base.value) == 1:
        base = base.value[0]
    name = MONTHLY_FEE if base is None else base.value if isinstance(base, yaml.ScalarNode) else None
    return _dialect(
        is_metric=_word(root, "indicator", "kind") == "metric",
        has_months=_word(root, "period", "kind") not in _DAY_PERIODS,
        base=name,
    )


def dialect_of(policy: Policy) -> Dialect:
    """The dialect in which a policy is written."""
    has_months = not isinstance(policy.period, BillingMonth | Week)
    return _dialect(is_metric=policy.is_metric, has_months=has_months, base=None)


def _dialect(*, is_metric: bool, has_months: bool, base: str | None) -> Dialect:
    figures = (_NUMBER, _NUMBER, _NUMBER_STEP, _SHOWN_NUMBER) if is_metric else (_TARGET, _EDGE, _STEP, _SHOWN)
    # A base that is no kind of charge is refused at its own place, and no row can repeat it.
    is_kind = base is not None and re.fullmatch(scalars.CHARGE_KIND, base, re.ASCII)
    bases = words.choice({base: base}) if base is not None and is_kind else None
    return Dialect(*figures, _MONTH if has_months else _DAY, bases)


def _found(node: yaml.Node | None, *names: str) -> yaml.Node | None:
    for name in names:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for key, value in pairs if key.value == name), None)
    return node


def _word(root: yaml.Node, *names: str) -> str | None:
    node = _found(root, *names)
    return node.value if isinstance(node, yaml.ScalarNode) else None

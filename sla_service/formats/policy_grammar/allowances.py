"""How much of what is left out may be left out at most, how often, and whether several rules share it."""

from __future__ import annotations

import re
from collections import defaultdict

from sla_service.domain.policies.downtime import Allowance, AllowancePer, Exclude
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import times, words
from sla_service.formats.policy_grammar.members import Field
from sla_service.formats.policy_grammar.shapes import Converted, Distinct, ListOf, Scalar
from sla_service.formats.yaml_reader import Fields

_SHARED = f" shared as (?P<shared>{scalars.NAME})"
_ALLOWANCE = rf"(?P<time>{times.DURATION}) per (?P<per>{'|'.join(AllowancePer)})({_SHARED})?"


def _parse_allowance(text: str) -> Allowance:
    message = f"write a duration and how often, such as 4 h per month; per {', '.join(AllowancePer)}"
    match = scalars.matched(_ALLOWANCE, text, "allowance_format", message)
    return Allowance(times.parse_duration_ms(match["time"]), AllowancePer(match["per"]), match["shared"] or "")


def _write_allowance(allowance: Allowance) -> str:
    shared = f" shared as {allowance.shared}" if allowance.shared else ""
    return f"{times.write_duration_ms(allowance.time_ms)} per {allowance.per}{shared}"


_ONE: Scalar[Allowance] = Scalar(
    "allowance", _parse_allowance, _write_allowance, words.text_form(re.sub(r"\?P<[a-z]+>", "", _ALLOWANCE))
)
_Limits = tuple[Allowance | None, tuple[Allowance, ...]]
"""The first allowance, and the further ones."""

ALLOWANCE = Field(
    "allowance",
    Converted[_Limits, tuple[Allowance, ...]](
        ListOf(
            _ONE,
            none=("allowance_missing", "write an allowance such as 4 h per month, or leave `allowance` out"),
            distinct=Distinct(
                lambda one: (one.per, one.shared),
                lambda one: f"there are two allowances per {one.per}; the smaller one says it all",
            ),
            is_bare=True,
        ),
        lambda allowances: (allowances[0], allowances[1:]),
        lambda limits: (limits[0], *limits[1]) if limits[0] else (),
    ),
    "How much of it is left out at most; the rest counts",
    ("allowance", "further"),
)


def check_shared(fields: Fields, exclude: tuple[Exclude, ...]) -> None:
    """Rules that share an allowance say the same one, and there are several of them."""
    sharing: dict[str, list[Allowance]] = defaultdict(list)
    for rule in exclude:
        for one in rule.allowances:
            if one.shared:
                sharing[one.shared].append(one)
    for name, found in sharing.items():
        if len(found) == 1:
            message = f"no other rule has an allowance `shared as {name}`; write it there too, or leave it out here"
            fields.refuse("allowance_shared", message, "exclude")
        elif len(set(found)) > 1:
            message = f"rules that share `{name}` share one allowance; write the same one in each"
            fields.refuse("allowance_shared", message, "exclude")

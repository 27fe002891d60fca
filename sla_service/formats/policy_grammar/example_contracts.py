"""The contract of a worked case: its units, and what was charged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

import yaml

from sla_service.domain.policies.examples import ExampleUnit
from sla_service.formats import policy_scalars as scalars
from sla_service.formats.policy_grammar import words
from sla_service.formats.policy_grammar.members import Field
from sla_service.formats.policy_grammar.records import Check, Record
from sla_service.formats.policy_grammar.shapes import (
    Converted,
    Definitions,
    Distinct,
    Either,
    JsonSchema,
    ListOf,
    Plain,
    Scalar,
    Shape,
)
from sla_service.formats.yaml_reader import REFUSED, Fields, Reader, Refused

_MAX_UNITS = 10_000
Charge = tuple[str, Fraction, str]
"""Kind, amount in major units, currency."""


def _numbered(count: int) -> tuple[ExampleUnit, ...]:
    return tuple(ExampleUnit(str(number)) for number in range(1, count + 1))


def _check_lifetime(fields: Fields, starts_on: date | None, ends_on: date | None) -> None:
    if starts_on and ends_on and ends_on <= starts_on:
        fields.refuse("interval_reversed", f"`to` {ends_on} is not after `from` {starts_on}", "to")


_UNIT: Shape[ExampleUnit] = Either(
    Converted(words.TEXT, ExampleUnit, lambda unit: unit.name),
    Record(
        ExampleUnit,
        (
            Field("name", words.TEXT, "The unit"),
            Field("share", words.PROPORTION, "Its share of the fee; equal ones where it is left out", "fee_share"),
            Field("from", words.DAY, "The first day on which it is there", "starts_on"),
            Field("to", words.DAY, "The first day on which it is not any more", "ends_on"),
        ),
        (Check(("starts_on", "ends_on"), _check_lifetime),),
    ),
    lambda unit: unit == ExampleUnit(unit.name),
)

UNITS: Shape[tuple[ExampleUnit, ...]] = Either(
    Converted(words.whole(1, _MAX_UNITS), _numbered, len),
    ListOf(_UNIT, distinct=Distinct(lambda unit: unit.name, lambda unit: f"`{unit.name}` is there twice")),
    lambda units: units == _numbered(len(units)),
)


def check_shares(fields: Fields, units: tuple[ExampleUnit, ...]) -> None:
    """Shares of one fee: all units have one or none has, and together they are not more than the fee."""
    shares = [unit.fee_share for unit in units if unit.fee_share is not None]
    if shares and len(shares) < len(units):
        fields.refuse("field_missing", "give every unit its `share` of the fee, or none", "units")
    elif sum(shares, Fraction(0)) > 1:
        fields.refuse("range", "the units' shares are more than the whole fee", "units")


_CHARGE: Scalar[tuple[Fraction, str]] = Scalar(
    "charge", scalars.parse_charge, scalars.write_charge, words.text_form(scalars.MONEY, examples=["0.036 USD"])
)
_CHARGED: Shape[tuple[tuple[Fraction, str], ...]] = ListOf(
    _CHARGE, none=("amounts_missing", "write at least one amount"), is_bare=True
)


class Charges(Shape[tuple[Charge, ...]]):
    """Amounts by kind of charge: one of each month, or a list with one for every month of the period."""

    def read(self, reader: Reader, node: yaml.Node, path: str) -> tuple[Charge, ...] | Refused:
        """Kind, amount in major units, and currency, as they stand."""
        fields = reader.fields(node, path)
        noted = len(reader.problems)
        charges: list[Charge] = []
        for kind, charge in fields.nodes.items():
            reader.scalar(fields.keys[kind], fields.at(kind), scalars.parse_charge_kind)
            value = _CHARGED.read(reader, charge, fields.at(kind))
            if isinstance(value, Refused):
                continue
            if len({currency for _, currency in value}) > 1:
                reader.refuse(charge, fields.at(kind), "currency_mismatch", "these amounts are of several currencies")
            charges += [(kind, *amount) for amount in value]
        return tuple(charges) if fields.is_mapping and len(reader.problems) == noted else REFUSED

    def write(self, value: tuple[Charge, ...]) -> Plain:
        """The amounts."""
        return {kind: _CHARGED.write(amounts) for kind, amounts in by_kind(value).items()}

    def schema(self, definitions: Definitions) -> JsonSchema:
        """Any kinds of charges."""
        return {
            "type": "object",
            "patternProperties": {f"^({scalars.CHARGE_KIND})$": _CHARGED.schema(definitions)},
            "additionalProperties": False,
        }


def by_kind(charges: Iterable[Charge]) -> dict[str, tuple[tuple[Fraction, str], ...]]:
    """The amounts of each kind, in their order."""
    found: dict[str, tuple[tuple[Fraction, str], ...]] = {}
    for kind, amount, currency in charges:
        found[kind] = (*found.get(kind, ()), (amount, currency))
    return found

"""Stages 7 and 8: gate, tables, and the functions that turn a breach into a credit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sla_service.domain.policies.credits import (
    Band,
    Bands,
    BlockCount,
    Blocks,
    Credit,
    DowntimeOf,
    Flat,
    Gate,
    HitBy,
    Hits,
    Manual,
    Multiple,
    Overlap,
    Per,
    Points,
    Span,
    Stack,
    Stacking,
    Table,
    Tier,
)
from sla_service.formats.policy_grammar import words
from sla_service.formats.policy_grammar.dialect import Dialect
from sla_service.formats.policy_grammar.members import Field, Member, Named, Said
from sla_service.formats.policy_grammar.pay import PAY
from sla_service.formats.policy_grammar.records import Check, OneOf, Record, Untagged, Variant
from sla_service.formats.policy_grammar.shapes import Converted, Defined, ListOf, Scalar, Shape
from sla_service.formats.yaml_reader import Fields

GATE = words.enumeration(Gate)

_EDGE_NAMES = ("below", "up_to", "from", "above")
_NO_ROWS = ("tiers_missing", "the credit table needs at least one row")
_PAY = Field("pay", PAY, "What it pays")
_PAYS = Field("pay", PAY, "What it pays", "pays")
_CLAUSE = Field("clause", words.TEXT, "Where it stands in the contract")
_OVERLAP = Field("overlap", words.enumeration(Overlap), "What several rows that cover one figure mean")


def _edges(upper: str, lower: str, scalar: Scalar[Fraction] | Scalar[int]) -> tuple[Member, Member]:
    return (
        Named(
            {"below": False, "up_to": True},
            scalar,
            ("Upper edge, not part of the row", "Upper edge, part of the row"),
            (upper, "upper_inclusive"),
            ("tier_edge", "give the upper edge once: `below` (excluded) or `up_to`"),
        ),
        Named(
            {"from": True, "above": False},
            scalar,
            ("Lower edge, part of the row", "Lower edge, not part of the row"),
            (lower, "lower_inclusive"),
            ("tier_edge", "give the lower edge once: `from` (included) or `above`"),
        ),
    )


def _check_edge(fields: Fields) -> None:
    if not fields.nodes.keys() & set(_EDGE_NAMES):
        fields.refuse("tier_edge", "give an edge: `below` or `up_to`, `from` or `above`, or two of them")


def _check_order(
    fields: Fields,
    upper: Fraction | int | None,
    upper_inclusive: bool,  # noqa: FBT001 - values of the row
    lower: Fraction | int | None,
    lower_inclusive: bool,  # noqa: FBT001 - values of the row
) -> None:
    if upper is None or lower is None:
        return
    if lower > upper:
        fields.refuse("tier_reversed", "the lower edge is above the upper edge")
    elif lower == upper and not (upper_inclusive and lower_inclusive):
        fields.refuse("tier_empty", "nothing lies between these edges")


def _row(of: type, upper: str, lower: str, scalar: Scalar[Fraction] | Scalar[int], *more: Member) -> Record[Any]:
    has_edge = {"anyOf": [{"required": [name]} for name in _EDGE_NAMES]}
    return Record(
        of,
        (*_edges(upper, lower, scalar), *more, _PAYS, _CLAUSE),
        (
            Check((), _check_edge, has_edge),
            Check((upper, "upper_inclusive", lower, "lower_inclusive"), _check_order),
        ),
    )


def _table(dialect: Dialect) -> tuple[Untagged[Credit], Variant[Table]]:
    """A list of rows, or a record that says how overlaps are meant."""
    base = (Said("of", dialect.bases, "The base of the share, once more"),) if dialect.bases else ()
    rows = ListOf(_row(Tier, "upper", "lower", dialect.edge, *base), none=_NO_ROWS)
    as_table: Shape[Table] = Converted(rows, Table, lambda table: table.rows)
    record: Record[Table] = Record(Table, (_OVERLAP, Field("rows", rows, "Ranges of the figure and what they pay")))
    return (
        Untagged(
            as_table,
            frozenset(_EDGE_NAMES),
            lambda value: isinstance(value, Table) and value.overlap is Overlap.UNDEFINED,
        ),
        Variant({"table": {}}, record, "By the row that covers the availability"),
    )


_PER = Field("per", words.enumeration(Per), "What is paid for")
_COUNT = Field("count", words.enumeration(BlockCount), "How one that is not full counts")


def _check_excess(fields: Fields, of: DowntimeOf, per: Per, after_ms: int) -> None:
    if of is DowntimeOf.ALL:
        return
    if per is Per.OUTAGE:
        fields.refuse("field_needs", "`of: excess` is of the period: no outage has an allowance of its own", "per")
    if after_ms:
        fields.refuse(
            "exclusive_fields", "give `of: excess` or `after`: the excess is counted from the target", "after"
        )


_FLAT: Record[Flat] = Record(Flat, (_PAY, _PER))
_MULTIPLE: Record[Multiple] = Record(
    Multiple,
    (
        Field("times", words.POSITIVE, "How many times the fee for the time"),
        Field("of", words.enumeration(DowntimeOf), "Which downtime is multiplied"),
        Field("whole", words.DURATION, "The time is made whole upwards to this", "whole_ms"),
    ),
)
_BLOCKS: Record[Blocks] = Record(
    Blocks,
    (
        Field("block", words.DURATION, "Length of a block", "block_ms"),
        _PAY,
        _COUNT,
        _PER,
        Field("after", words.DURATION, "Downtime up to this is free", "after_ms"),
        Field("of", words.enumeration(DowntimeOf), "Which downtime is counted in blocks"),
    ),
    (Check(("of", "per", "after_ms"), _check_excess),),
)
_BANDS: Record[Bands] = Record(
    Bands,
    (
        _PER,
        _OVERLAP,
        Field(
            "rows",
            ListOf(_row(Band, "upper_ms", "lower_ms", words.TIME), none=("tiers_missing", "add at least one row")),
            "Ranges of downtime and what they pay",
        ),
    ),
)
_HITS: Record[Hits] = Record(
    Hits,
    (
        Field("span", words.enumeration(Span), "The stretches of the clock that are paid for"),
        _PAY,
        Named(
            {"longer_than": True, "at_least": False},
            words.DURATION,
            ("Downtime that hits it is longer than this", "Downtime that hits it is at least this"),
            ("minimum_ms", "strict"),
            ("exclusive_fields", "give `longer_than` or `at_least`, not both"),
        ),
        Field("by", words.enumeration(HitBy), "What must be long enough", "hit_by"),
    ),
)
_MANUAL: Record[Manual] = Record(Manual, (Field("why", words.TEXT, "What no formula decides"),))


def credit(dialect: Dialect) -> Shape[Credit]:
    """A function from a breach to what it pays, or several."""
    any_credit: Shape[Credit] = Defined("credit", lambda: credits_)
    untagged, table = _table(dialect)
    points: Record[Points] = Record(
        Points, (Field("step", dialect.step, "A step by which the target is missed"), _PAY, _COUNT)
    )
    several = ListOf(any_credit, none=("credits_missing", "add at least one credit"))
    stack: Record[Stack] = Record(Stack, (Field("of", several, "The credits that become one"),))
    credits_: OneOf[Credit] = OneOf(
        (
            table,
            Variant({"flat": {}}, _FLAT, "The same for every breach or outage"),
            Variant({"multiple": {}}, _MULTIPLE, "So many times the fee for the time down"),
            Variant({"blocks": {}}, _BLOCKS, "So much for every block of downtime"),
            Variant({"bands": {}}, _BANDS, "By how long each outage, or all of the period, lasted"),
            Variant({"hits": {}}, _HITS, "So much for every hour or day that is hit"),
            Variant({"points": {}}, points, "So much for every step by which the target is missed"),
            Variant({"manual": {}}, _MANUAL, "A person decides"),
            Variant({str(rule): {"rule": rule} for rule in Stacking}, stack, "Several credits at once"),
        ),
        description="How a breach becomes a credit",
        untagged=untagged,
    )
    return any_credit

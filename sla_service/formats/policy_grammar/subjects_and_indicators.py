"""Stages 1 and 2: of what availability is computed, and what is counted as bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import yaml

from sla_service.domain.incidents import Curve
from sla_service.domain.policies.indicators import (
    AffectedUsers,
    BadWhen,
    Comparison,
    Events,
    Idle,
    Indicator,
    Metric,
    MinimumRequests,
    Needed,
    RequestsPer,
    ScoredEvents,
    SlotEvidence,
    SlotMean,
    Slots,
    Statistic,
    SubjectKind,
    SubjectOf,
    Together,
    UsageFigure,
    Windows,
    Worse,
)
from sla_service.formats.policy_grammar import words
from sla_service.formats.policy_grammar.members import Field, Named, Said, Values
from sla_service.formats.policy_grammar.records import Check, OneOf, Record, Variant
from sla_service.formats.policy_grammar.shapes import (
    Defined,
    Definitions,
    Either,
    JsonSchema,
    ListOf,
    Plain,
    Scalar,
    Shape,
)
from sla_service.formats.yaml_reader import Fields, Reader, Refused

_MAX_REQUESTS = 10**12

TOGETHER: Record[Together] = Record(
    Together, (Field("down", words.HOW_MANY, "How many units must be hit at once; all that exist"),)
)
SUBJECT: Shape[SubjectOf] = Either(
    words.choice({**{str(one): one for one in SubjectKind}, "together": Together()}),
    OneOf((Variant({"together": {}}, TOGETHER, "Down only while several units are at once"),)),
    is_one=lambda subject: isinstance(subject, SubjectKind) or subject == Together(),
)


def _edges(scalar: Scalar[Fraction]) -> Named:
    return Named(
        {str(one): one for one in (Comparison.ABOVE, Comparison.AT_LEAST, Comparison.BELOW, Comparison.AT_MOST)},
        scalar,
        ("Bad above this", "Bad from this on upwards", "Bad below this", "Bad from this on downwards"),
        ("edge", "comparison"),
        ("exclusive_fields", "give one of `above`, `at_least`, `below` or `at_most`"),
        must=True,
    )


BAD_WHEN: Shape[BadWhen] = OneOf(
    (
        Variant(
            {"error_rate": {"figure": UsageFigure.ERROR_RATE}},
            Record(BadWhen, (_edges(words.PERCENTAGE),)),
            "Failed requests, as a percentage of all",
        ),
        Variant(
            {"failures": {"figure": UsageFigure.FAILURES}, "value": {"figure": UsageFigure.VALUE}},
            Record(BadWhen, (_edges(words.SIGNED_NUMBER),)),
            "A number: failed requests, or a measured value",
        ),
    ),
    tag="figure",
    description="Which figure of the slot is looked at",
)
_CONDITIONS: ListOf[BadWhen] = ListOf(
    Defined("condition", lambda: BAD_WHEN),
    none=("conditions_missing", "say when a slot is bad, at least once"),
    is_bare=True,
)
_JOINED = Named(
    {str(Needed.ALL): Needed.ALL, str(Needed.ANY): Needed.ANY},
    _CONDITIONS,
    ("A slot is bad if all of these hold", "A slot is bad if any one of these holds"),
    ("bad_when", "needed"),
    ("exclusive_fields", "give `all` or `any`, and the conditions below it"),
    must=True,
)


@dataclass(frozen=True)
class BadWhenShape(Shape[tuple[tuple[BadWhen, ...], Needed]]):
    """Conditions of which all must hold, as a list or alone; or under a word that says how many must."""

    joined: Record[Values] = field(default_factory=lambda: Record(Slots, (_JOINED,), make=dict))

    def read(self, reader: Reader, node: yaml.Node, path: str) -> tuple[tuple[BadWhen, ...], Needed] | Refused:
        """The conditions, and how many of them are needed."""
        words = {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
        if words & set(Needed):
            said = self.joined.read(reader, node, path)
            return said if isinstance(said, Refused) else (said["bad_when"], said["needed"])
        found = _CONDITIONS.read(reader, node, path)
        return found if isinstance(found, Refused) else (found, Needed.ALL)

    def write(self, value: tuple[tuple[BadWhen, ...], Needed]) -> Plain:
        """Without a word where all are needed."""
        conditions, needed = value
        written = _CONDITIONS.write(conditions)
        return written if needed is Needed.ALL else {str(needed): written}

    def schema(self, definitions: Definitions) -> JsonSchema:
        """All three ways."""
        return {"anyOf": [_CONDITIONS.schema(definitions), self.joined.schema(definitions)]}


MINIMUM_REQUESTS: Shape[MinimumRequests] = Record(
    MinimumRequests,
    (
        Field("count", words.whole(1, _MAX_REQUESTS), "With fewer requests nothing is bad"),
        Field("per", words.enumeration(RequestsPer), "Over what the requests are counted"),
    ),
)
_FEWEST = Field("minimum_requests", MINIMUM_REQUESTS, "So few requests that their errors mean nothing")

WINDOWS: Record[Windows] = Record(
    Windows,
    (
        Field("curve", words.enumeration(Curve), "The accounting method", must=True),
        Said("overlap", words.choice({"largest": ""}), "At each instant the largest share counts"),
    ),
)


def _check_evidence(
    fields: Fields, bad_when: tuple[BadWhen, ...], minimum: MinimumRequests | None, evidence: SlotEvidence
) -> None:
    """Outages have a share of impact, which is held against error rates, and nothing else."""
    if evidence is not SlotEvidence.OUTAGES:
        return
    if any(one.figure is not UsageFigure.ERROR_RATE for one in bad_when):
        fields.refuse("outages_only", "write an `error_rate`: outages tell nothing else", "bad_when")
    if minimum is not None:
        fields.refuse("outages_only", "leave this out: outages tell no requests", "minimum_requests")


SLOTS: Record[Slots] = Record(
    Slots,
    (
        Field("slot", words.DURATION, "Length of a slot", "slot_ms"),
        Field("bad_when", BadWhenShape(), "When a slot is bad", ("bad_when", "needed"), must=True),
        _FEWEST,
        Field("evidence", words.enumeration(SlotEvidence), "What tells whether slots are bad"),
    ),
    (Check(("bad_when", "minimum_requests", "evidence"), _check_evidence),),
)
SLOT_MEAN: Record[SlotMean] = Record(
    SlotMean,
    (
        Field("slot", words.DURATION, "Length of a slot", "slot_ms"),
        Field("idle", words.enumeration(Idle), "What a slot without requests is"),
        _FEWEST,
    ),
)
METRIC: Record[Metric] = Record(
    Metric,
    (
        Field("name", words.NAME, "What is measured"),
        Field("unit", words.TEXT, "Unit of the values, of the target and of the table"),
        Field("worse", words.enumeration(Worse), "In which direction it gets worse"),
        Field("statistic", words.enumeration(Statistic), "How the values of a period become one"),
    ),
)
_TOLERATED = Field("tolerated", words.WEIGHT, "What a tolerated request is worth")
SCORED_EVENTS: Record[ScoredEvents] = Record(
    ScoredEvents, (Field("tolerated", words.WEIGHT, "What a tolerated request is worth"),)
)

INDICATOR: Shape[Indicator] = OneOf(
    (
        Variant({"windows": {}}, WINDOWS, "Windows of time with a share of impact"),
        Variant({"slots": {}}, SLOTS, "Slots of a fixed length that are bad or not"),
        Variant({"slot_mean": {}}, SLOT_MEAN, "The mean of the slots' error rates"),
        Variant({"events": {}}, Record(Events, (_FEWEST,)), "Good requests among all requests"),
        Variant({"scored_events": {}}, SCORED_EVENTS, "Requests with a score, some of them tolerated"),
        Variant({"affected_users": {}}, Record(AffectedUsers, ()), "Users affected among all users, over time"),
        Variant({"metric": {}}, METRIC, "A measured value against a threshold"),
    ),
    description="What is measured",
)

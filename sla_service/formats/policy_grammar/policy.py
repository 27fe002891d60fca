"""The grammar of a whole policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import (
    Gate,
)
from sla_service.domain.policies.examples import PolicyExample
from sla_service.formats.policy_grammar import words
from sla_service.formats.policy_grammar.claims import CLAIM
from sla_service.formats.policy_grammar.credits import GATE, credit
from sla_service.formats.policy_grammar.cycles import PERIOD
from sla_service.formats.policy_grammar.dialect import Dialect
from sla_service.formats.policy_grammar.downtime import EXCLUDE, QUALIFY, quantise
from sla_service.formats.policy_grammar.examples import examples
from sla_service.formats.policy_grammar.failures import chronic, due_after
from sla_service.formats.policy_grammar.members import Field, Member, Values
from sla_service.formats.policy_grammar.payment import BASE, CAPS, GROUP, MINIMUMS, ROUNDING, SETTLEMENT
from sla_service.formats.policy_grammar.policy_checks import CHECKS
from sla_service.formats.policy_grammar.records import Check, Record, Spread
from sla_service.formats.policy_grammar.subjects_and_indicators import INDICATOR, SUBJECT
from sla_service.formats.yaml_reader import Fields


def _check_effective(fields: Fields, effective_from: date, effective_to: date | None) -> None:
    if effective_to is not None and effective_to <= effective_from:
        message = f"`to` {effective_to} is not after `from` {effective_from}"
        fields.refuse("interval_reversed", message, "to")


_EFFECTIVE: Record[Values] = Record(
    Policy,
    (
        Field("from", words.DAY, "The first day on which a period may begin under it", "effective_from"),
        Field("to", words.DAY, "The first day on which none may any more", "effective_to"),
        Field(
            "frozen", words.YES_NO, "Whether a contract keeps the version under which it began", "is_frozen_for_term"
        ),
    ),
    (Check(("effective_from", "effective_to"), _check_effective),),
    make=dict,
)


def _gate(get: Callable[[str], Any]) -> Gate:
    """Where nothing is promised apart from the credit function, that alone decides."""
    return Gate.NONE if get("target") is None else Gate.AT_LEAST


def policy(dialect: Dialect) -> Record[Policy]:
    """All stages, in the order in which they are written."""
    return Record(Policy, (*_HEAD, *_stages(dialect)), CHECKS, make=_policy)


_HEAD: tuple[Member, ...] = (
    Field("policy", words.NAME, "Contracts name it"),
    Field("version", words.VERSION, "1, 2, 3 …"),
    Field("title", words.TEXT, "What people call it; its name where it is left out", implied=lambda get: get("policy")),
    Spread("effective", _EFFECTIVE, "When it is in force"),
    Field("service", words.NAME, "The contracts' word for the service"),
    Field("contract", words.TEXT, "The document and clause that this file says"),
    Field("source", words.SOURCE, "Where the contract's text was read"),
    Field("subject", SUBJECT, "Of what availability is computed"),
    Spread("period", PERIOD, "Over what availability is promised"),
    Field("indicator", INDICATOR, "What is measured"),
    Field("qualify", QUALIFY, "Which runs of impact count"),
    Field("exclude", EXCLUDE, "What is left out; the first rule that matches gives the reason"),
)


def _stages(dialect: Dialect) -> tuple[Member, ...]:
    return (
        Field("quantise", quantise(dialect), "How time is rounded, in this order"),
        Field("target", dialect.target, "What is promised; a plain number for a metric"),
        Field("gate", GATE, "When the commitment is met, apart from the table", implied=_gate),
        Field("due_after", due_after(dialect), "How often the promise must be missed before a breach pays"),
        Field("credit", credit(dialect), "What a breach pays"),
        Field("base", BASE, "What a share is of"),
        Field("cap", CAPS, "The most that a credit may be", "caps"),
        Field("minimum", MINIMUMS, "A credit below this is not paid; one for each currency", "minimums"),
        Field("rounding", ROUNDING, "How the exact amount becomes whole minor units"),
        Field("settle", SETTLEMENT, "How the credit reaches the merchant", "settlement"),
        Field("claim", CLAIM, "Whether and until when somebody has to ask"),
        Field("chronic", chronic(dialect), "What failing often leads to"),
        Field("group", GROUP, "Policies whose credits for one merchant and month become one"),
        Field("examples", examples(dialect), "Small months with an expected result"),
    )


def _policy(**values: Any) -> Policy:  # noqa: ANN401 - as the fields say
    made = Policy(**values)
    return replace(made, examples=tuple(_numbered(one, made.service) for one in made.examples))


def _numbered(example: PolicyExample, service: str) -> PolicyExample:
    excluded = enumerate(example.excluded, start=1)
    return replace(
        example,
        excluded=tuple(replace(one, exclusion_id=f"E{number}", service=service) for number, one in excluded),
    )

"""Statements: frozen snapshots of everything that a document shows.

A statement is made once, when a run is issued, and never again read from other tables: what it says can be recomputed
from itself alone. Its canonical JSON is what is stored, digested and shown as the verification code.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sla_service.domain.canonical import canonical_json
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money, totals
from sla_service.domain.stated_terms import LEAN, Before, Decision, HowMeasured, HowPaid, measured_of, paid_of
from sla_service.domain.windows import SHARE_FULL_PPM


class StatementKind(StrEnum):
    """For whom a statement is."""

    MERCHANT = "merchant"
    PARTNER = "partner"


class LineStatus(StrEnum):
    """What became of a stretch of impact."""

    COUNTED = "counted"
    EXCLUDED = "excluded"
    TOO_SHORT = "too_short"
    NOT_AFFECTED = "not_affected"
    GRACE = "grace"
    PARTIAL_SLOT = "partial_slot"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who owes and signs; where questions go."""

    name: str
    address: tuple[str, ...]
    contact_email: str
    accent: str
    """Accent colour, ``#rrggbb``."""
    public_url: str
    """Where the portal lives; empty if it is not published."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A merchant or a partner as the document addresses it."""

    party_id: str
    name: str
    email: str
    locale: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class TimelineNote:
    """A turning point of an incident, for the chart and the account of what happened."""

    at_ms: int
    available_ppm: int
    text: str


@dataclass(frozen=True, slots=True)
class ImpactLine:
    """One stretch of impact of one incident on this merchant, clipped to the period."""

    incident_id: str
    title: str
    start_ms: int
    end_ms: int
    impact_ppm_ms: int
    """Share × milliseconds before exclusion and qualification."""
    counted_ppm_ms: int
    """What of it counts as downtime: 0 unless ``status`` is counted."""
    status: LineStatus
    reason: str = ""
    """Why it does not count: the exclusion's kind."""

    @property
    def duration_ms(self) -> int:
        """Length on the clock."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class ImpactStep:
    """A stretch of constant impact, for the chart: disjoint, in order, share above 0."""

    start_ms: int
    end_ms: int
    share_ppm: int


@dataclass(frozen=True, slots=True)
class StatedIncident:
    """What happened, in words and points."""

    incident_id: str
    title: str
    cause: str
    notes: tuple[TimelineNote, ...]


@dataclass(frozen=True, slots=True)
class StatedCredit:
    """One service's credit with all it rests on; enough to redo it with a pocket calculator."""

    credit_id: str
    service: str
    policy: str
    policy_version: int
    policy_title: str
    policy_digest: str
    contract: str
    curve: str
    """The accounting method: a value of ``Curve``."""
    time_zone: str
    """The zone whose month was measured."""
    period_start_ms: int
    period_end_ms: int
    minimum_run_ms: int
    target: str
    """Exact ratio, ``1999/2000``; a plain number for a metric; empty where nothing is promised."""
    bad_ppm_ms: int
    """Floored; ``measured.availability`` is exact where this is not."""
    total_ms: int
    """The denominator: milliseconds, or requests."""
    fee: Money
    tier_upper: str
    tier_upper_inclusive: bool
    tier_lower: str
    tier_lower_inclusive: bool
    clause: str
    rate: str
    before_cap_minor: str
    """Exact minor units, ``2990`` or ``29985/2``."""
    cap_of_fee: str
    """The cap as a ratio of the fee; empty if the policy has none, or other ones, which are in ``paid``."""
    cap_minor: str
    minimum: Money | None
    minimum_strict: bool
    unrounded_minor: str
    rounding: str
    amount: Money
    settlement_form: str
    expires_on: str
    """ISO date; empty if the credit does not expire."""
    lines: tuple[ImpactLine, ...]
    steps: tuple[ImpactStep, ...]
    incidents: tuple[StatedIncident, ...]
    unmeasured_ms: int = 0
    """Excluded time that left the denominator; ``total_ms`` is already without it."""
    measured: HowMeasured = field(default=HowMeasured(), metadata=LEAN)
    paid: HowPaid = field(default=HowPaid(), metadata=LEAN)
    service_ms: int = field(default=0, metadata=LEAN)
    """Service time at the end of the term; then the amount may be zero."""
    rights: tuple[str, ...] = field(default=(), metadata=LEAN)
    decision: Decision | None = field(default=None, metadata=LEAN)
    claim_until: str = field(default="", metadata=LEAN)
    """ISO date or instant until which it had to be claimed; empty if it came by itself."""
    before: Before | None = field(default=None, metadata=LEAN)
    """What was credited earlier, where this corrects it."""
    take_back: bool = field(default=False, metadata=LEAN)
    """Whether a correction may take back what was credited too much."""

    @property
    def measurement(self) -> Measurement:
        """The measurement, from which the availability follows."""
        exact = self.measured.availability
        bad = (1 - Fraction(exact)) * self.total_ms * SHARE_FULL_PPM if exact else self.bad_ppm_ms
        return Measurement(bad, self.total_ms)

    @property
    def target_ratio(self) -> Fraction | None:
        """The promised availability, exact; None where nothing is promised."""
        return Fraction(self.target) if self.target else None

    @property
    def decisive(self) -> Fraction:
        """What promise and table look at: the availability, unless the contract rounds it."""
        figure = self.measured.figure
        return Fraction(figure) if figure else self.measurement.availability

    @property
    def stated(self) -> Money:
        """What this statement adds to the ledger: the amount, or the difference to what was credited before."""
        return self.amount if self.before is None else Money(self.amount.currency, self.before.stated_minor)

    @property
    def stated_service_ms(self) -> int:
        """The same for service time."""
        return self.service_ms if self.before is None else self.before.stated_service_ms

    @property
    def is_paid(self) -> bool:
        """Whether it is worth anything: money, or service time."""
        return bool(self.amount.minor or self.service_ms)


@dataclass(frozen=True, slots=True)
class MerchantLine:
    """A partner statement's line: one merchant's statement, as issued to that merchant."""

    merchant_id: str
    name: str
    statement_number: str
    service: str
    availability: str
    """Exact ratio; empty for a metric."""
    target: str
    """Empty where nothing is promised, and for a metric."""
    amount: Money
    service_ms: int = field(default=0, metadata=LEAN)


@dataclass(frozen=True, slots=True)
class Statement:
    """A merchant's statement (``credits`` filled, one currency) or a partner's (``merchants`` filled)."""

    kind: StatementKind
    number: str
    run_id: int
    period: str
    """``2023-09``."""
    issued_on: str
    """ISO date, in the recipient's zone."""
    issued_at_ms: int
    questions_until: str
    """ISO date."""
    issuer: Issuer
    recipient: Recipient
    credits: tuple[StatedCredit, ...] = ()
    merchants: tuple[MerchantLine, ...] = ()
    corrects: str = field(default="", metadata=LEAN)
    """The number of the statement that this one corrects or voids."""
    void_reason: str = field(default="", metadata=LEAN)
    """Why that one is void; empty for a correction."""

    @property
    def totals(self) -> list[Money]:
        """Sums of the rounded lines, per currency."""
        if self.kind is StatementKind.MERCHANT:
            return totals(credit.stated for credit in self.credits)
        return totals(line.amount for line in self.merchants)


def statement_to_json(statement: Statement) -> str:
    """Canonical JSON: keys sorted, no white space, so that the same statement has the same digest."""
    return canonical_json(statement)


def statement_from_json(text: str) -> Statement:
    """The statement that ``statement_to_json`` wrote."""
    values: dict[str, Any] = json.loads(text)
    issuer = values.pop("issuer")
    return Statement(
        kind=StatementKind(values.pop("kind")),
        issuer=Issuer(**{**issuer, "address": tuple(issuer["address"])}),
        recipient=Recipient(**values.pop("recipient")),
        credits=tuple(_credit(credit) for credit in values.pop("credits")),
        merchants=tuple(MerchantLine(**{**m, "amount": Money(**m["amount"])}) for m in values.pop("merchants")),
        **values,
    )


def _credit(values: dict[str, Any]) -> StatedCredit:
    return StatedCredit(
        **{
            **values,
            "fee": Money(**values["fee"]),
            "amount": Money(**values["amount"]),
            "minimum": Money(**values["minimum"]) if values["minimum"] else None,
            "lines": tuple(ImpactLine(**{**line, "status": LineStatus(line["status"])}) for line in values["lines"]),
            "steps": tuple(ImpactStep(**step) for step in values["steps"]),
            "incidents": tuple(
                StatedIncident(**{**told, "notes": tuple(TimelineNote(**note) for note in told["notes"])})
                for told in values["incidents"]
            ),
            "measured": measured_of(values.get("measured", {})),
            "paid": paid_of(values.get("paid", {})),
            "rights": tuple(values.get("rights", ())),
            "decision": Decision(**values["decision"]) if "decision" in values else None,
            "before": Before(**values["before"]) if "before" in values else None,
        },
    )


def snapshot_sha256(snapshot: str) -> str:
    """Digest of a statement's canonical JSON, in hexadecimal."""
    return hashlib.sha256(snapshot.encode()).hexdigest()

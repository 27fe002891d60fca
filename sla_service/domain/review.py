"""What an approver looks at before saying yes: sums, extremes, oddities, what changed. Figures, no sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sum:
    """What a run states for one currency, or for a part of it: a policy, a service, a partner."""

    name: str
    """Of the part; empty for the whole currency, and for merchants without a partner."""
    currency: str
    credits: int
    merchants: int
    stated_minor: int
    stated_service_ms: int


@dataclass(frozen=True, slots=True)
class Line:
    """One credit, as it is listed."""

    credit_no: int
    merchant_id: str
    name: str
    service: str
    policy: str
    policy_version: int | None
    currency: str
    fee_minor: int
    stated_minor: int
    stated_service_ms: int
    availability: str | None


@dataclass(frozen=True, slots=True)
class Oddity:
    """A rule, the credits that it found, and whether such a credit should be impossible."""

    rule: str
    is_impossible: bool
    count: int
    lines: tuple[Line, ...]
    """The largest of them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one merchant got before, and gets now."""

    merchant_id: str
    name: str
    currency: str
    before_minor: int
    now_minor: int


@dataclass(frozen=True, slots=True)
class CurrencyChange:
    """A currency's total before and now, and how many merchants are new in it, gone from it, or get another amount."""

    currency: str
    before_minor: int
    now_minor: int
    added: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against another one, or against what was issued for a month."""

    against: str
    """``2023-08`` as issued, or ``run 3``."""
    currencies: tuple[CurrencyChange, ...]
    merchants: tuple[Change, ...]
    """The largest changes."""


@dataclass(frozen=True, slots=True)
class ParkedReason:
    """Cases that wait for a person for the same reason."""

    outcome: str
    reason: str
    count: int
    first_merchant_id: str
    first_credit_no: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many measured contracts had an availability in a range."""

    label: str
    contracts: int
    credited: int


@dataclass(frozen=True, slots=True)
class Method:
    """What an accounting method would have paid, by currency, with everything else as agreed."""

    name: str
    totals_minor: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Review:
    """Everything together."""

    run_id: int
    period: str
    kind: str
    state: str
    digest: str
    created_by: str
    created_at_ms: int
    outcomes: Mapping[str, int]
    totals: tuple[Sum, ...]
    policies: tuple[Sum, ...]
    services: tuple[Sum, ...]
    partners: tuple[Sum, ...]
    """The largest of each currency; ``partner_count`` says how many there are."""
    partner_count: int
    largest: tuple[Line, ...]
    oddities: tuple[Oddity, ...]
    availability: tuple[Bucket, ...]
    beyond: tuple[str, ...]
    """What is beyond a safety bound."""
    last_month: Comparison | None
    last_draft: Comparison | None
    parked: tuple[ParkedReason, ...]
    """The most frequent reasons; ``parked_count`` says how many cases there are."""
    parked_count: int
    silent_incidents: tuple[str, ...]
    methods: tuple[Method, ...] = field(default=())
    """Only if they were asked for."""

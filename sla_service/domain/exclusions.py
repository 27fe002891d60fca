"""Time that a contract does not count: what happened, and the kinds a policy can name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sla_service.domain.windows import Window


class ExclusionKind(StrEnum):
    """Why time may not count; whether it does not is for the policy to say."""

    MAINTENANCE = "maintenance"
    CUSTOMER = "customer"
    UPSTREAM = "upstream"
    FORCE_MAJEURE = "force_majeure"
    TOPOLOGY = "topology"
    """What the promise presupposes (two zones, say) was not there."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A window that may be excluded, for a service, and where given only in a region, for one merchant or its unit."""

    exclusion_id: str
    kind: ExclusionKind
    service: str
    window: Window
    reason: str
    region: str | None = None
    merchant_id: str | None = None
    announced_at_ms: int | None = None
    upstream: str | None = None
    """The upstream provider at fault, by name."""
    confirmed_at_ms: int | None = None
    """When the upstream provider confirmed it; None if it did not."""
    unit: str | None = None

    @property
    def notice_ms(self) -> int | None:
        """How long before its start it was announced; negative after the fact; None if never."""
        return None if self.announced_at_ms is None else self.window.start_ms - self.announced_at_ms

"""What somebody looks at before a correction is approved: who gets what, and which evidence changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from sla_service.db.differences import changes_since, list_differences, list_gone
from sla_service.db.runs import list_issued_runs
from sla_service.db.tables import AuditRecord, CreditRecord, RunRecord

ACTIONS = ("import.", "row.", "policy.", "run.decide")
"""What is logged of evidence, by files and by the API, of policies, and of decisions."""


@dataclass(frozen=True, slots=True)
class Review:
    """A correction beside what was issued before it."""

    corrects_run: int
    """The run that it starts from."""
    differences: Sequence[dict[str, Any]]
    """Per merchant and currency, the largest difference first."""
    gone: Sequence[CreditRecord]
    """Credits whose contracts are no longer among the month's."""
    since_ms: int
    """When the evidence of the month was last read for an issue."""
    changes: Sequence[AuditRecord]

    @property
    def kept(self) -> list[dict[str, Any]]:
        """Merchants who were credited more than it comes to now, and keep it."""
        return [
            row
            for row in self.differences
            if row["before_minor"] + row["stated_minor"] > row["amount_minor"]
            or row["before_service_ms"] + row["stated_service_ms"] > row["service_ms"]
        ]


def review_correction(session: Session, run: RunRecord) -> Review:
    """Compare a correction, calculated or issued, with what was issued before it."""
    earlier = [one for one in list_issued_runs(session, run.period) if one.revision < run.revision]
    since_ms = max((one.created_at_ms for one in earlier if one.voids is None), default=0)
    return Review(
        corrects_run=earlier[-1].run_id,
        differences=list_differences(session, run.run_id),
        gone=list_gone(session, run.run_id),
        since_ms=since_ms,
        changes=changes_since(session, since_ms, run.created_at_ms, ACTIONS),
    )

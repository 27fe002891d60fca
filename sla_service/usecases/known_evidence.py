"""What is known of one measured subject, and whether that is enough to measure it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sla_service.domain.accounting.detail import slot_length_ms
from sla_service.domain.accounting.pieces import Piece
from sla_service.domain.accounting.usage import UsageSum, few, pieces_without_few, users_as_pieces
from sla_service.domain.instants import format_instant
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import AffectedUsers, SlotEvidence, SlotMean, Slots, Windows
from sla_service.domain.windows import Window
from sla_service.formats.policy_grammar.times import can_write_ms, write_duration_ms

NO_USAGE = "no usage of {service} is known for the period; import usage"
NOTHING = (
    "nothing is known of {service} in the period, neither usage nor outages, and no data is not 100 %; import usage "
    "(a row of 0 requests says that nothing was asked)"
)
TOO_LONG = (
    "usage rows of {row} are longer than the slots of {slot} of policy {policy}, such as the one from {start}; "
    "import rows of at most {slot}"
)
ACROSS = (
    "the usage row from {start} to {end} lies in more than one slot of {slot} of policy {policy}; "
    "import rows that begin and end in the same slot of the clock"
)

Span = tuple[int, int, int, int, bool]
"""Start, end, users, users affected, and whether it is a merchant's own activity."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of one subject or unit."""

    pieces: Sequence[Piece]
    sums: Sequence[UsageSum]
    rows: Sequence[Span]


def why_not_measured(policy: Policy, known: Known, period: Window, *, in_pool: bool) -> str:
    """Why nothing can be said of a subject; empty where it can be measured.

    Args:
        policy: The terms.
        known: Of the subject.
        period: The whole period: an outage beside it says nothing of it.
        in_pool: Whether something is known of another unit that is measured together with this one.
    """
    match policy.indicator:
        case Windows() | AffectedUsers():
            # Rows are of those who were hit: none means that nobody was.
            return ""
        case Slots(evidence=SlotEvidence.OUTAGES):
            return ""
        case Slots():
            is_hit = any(one.share_ppm and one.within(period) for one in known.pieces)
            return "" if in_pool or known.sums or is_hit else NOTHING.format(service=policy.service)
        case SlotMean() if in_pool:
            return ""
        case _:
            return "" if known.sums else NO_USAGE.format(service=policy.service)


def why_stray(policy: Policy, row: Window) -> str:
    """Why a row of usage cannot be attributed to a slot, and what to import instead."""
    slot_ms = slot_length_ms(policy)
    said = TOO_LONG if row.duration_ms > slot_ms else ACROSS
    return said.format(
        row=_length(row.duration_ms),
        slot=_length(slot_ms),
        policy=policy.policy,
        start=format_instant(row.start_ms),
        end=format_instant(row.end_ms),
    )


def _length(time_ms: int) -> str:
    return write_duration_ms(time_ms) if can_write_ms(time_ms) else f"{time_ms} ms"


def counted_pieces(policy: Policy, known: Known, usage_incident: int) -> Sequence[Piece]:
    """The pieces from which downtime is counted, where usage has a word in it."""
    if isinstance(policy.indicator, AffectedUsers):
        users = [row[:4] for row in known.rows if not row[4]]
        return users_as_pieces(users, [replace(one, share_ppm=0) for one in known.pieces], usage_incident)
    if isinstance(policy.indicator, Slots):
        # So few requests that nothing is bad, however it was observed.
        return pieces_without_few(known.pieces, few(policy, policy.indicator.minimum_requests, known.sums))
    return known.pieces

"""What the small incidents of the month did to single merchants.

The outage of the 19th has a timeline and hits everybody; it needs no rows here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from sla_service.domain.impacts import Impact
from sla_service.domain.instants import MINUTE_MS, parse_instant
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.usecases.demo_book.cast import UNTOUCHED_MAX
from sla_service.usecases.demo_book.contracts import PAYMENTS, STOREFRONT, has_payments
from sla_service.usecases.demo_book.draws import Draws
from sla_service.usecases.demo_book.merchants import Sketch

HIT_PERCENT = 15
MAX_WINDOWS = 100
"""Per merchant: at 130 a slot of the month would no longer hold ``ROOM_MINUTES``."""
IN_OUTAGE_ONE_OF = 5
OVERLAPS_ONE_OF = 4

DURATIONS_MINUTES = (3, 5, 12, 20, 35, 45, 60, 90, 150)
"""Three minutes are below every policy's minimum run, five exactly on that of some."""
SHARES_PPM = (250_000, 500_000, 500_000, SHARE_FULL_PPM)
SHAPES = tuple(product(DURATIONS_MINUTES, SHARES_PPM, (True, False, False)))
"""Length, share, and whether orders were counted: drawn at once, for a large book draws half a million."""
HALF_PPM = 500_000
ROOM_MINUTES = 2 * max(DURATIONS_MINUTES)


@dataclass(frozen=True, slots=True)
class SmallIncident:
    """An incident of ``incidents.csv`` without a timeline: it hits whom the impacts name, within its window."""

    incident_id: str
    service: str
    window: Window


def _incident(incident_id: str, service: str, start: str, end: str) -> SmallIncident:
    return SmallIncident(incident_id, service, Window(parse_instant(start), parse_instant(end)))


SLOW_PAGES = _incident("INC-2023-09-01", STOREFRONT, "2023-09-01T00:00Z", "2023-09-29T20:00Z")
SLOW_CHECKOUT = _incident("INC-2023-09-07", STOREFRONT, "2023-09-07T07:10Z", "2023-09-07T13:40Z")
DECLINED_CARDS = _incident("INC-2023-09-23", PAYMENTS, "2023-09-23T01:00Z", "2023-09-23T09:00Z")
CHECKOUT_REGION = "europe"

OUTAGE = Window(parse_instant("2023-09-18T18:00Z"), parse_instant("2023-09-19T03:30Z"))
"""Of the big incident, until its recovery."""


def impacts_of(seed: str, sketch: Sketch, windows: int | None) -> list[Impact]:
    """What a merchant suffered besides the outage; no two with the same incident and start.

    Args:
        seed: Of the book.
        sketch: Of the merchant.
        windows: Exactly so many spread over the month, for measuring speed; None for the demo's few.
    """
    if windows is not None:
        return _spread_over_month(Draws(seed, "spread", sketch.number, size_bytes=16 + 8 * windows), sketch, windows)
    draws = Draws(seed, "impact", sketch.number)
    if sketch.number <= UNTOUCHED_MAX or draws.below(100) >= HIT_PERCENT:
        return []
    first = SLOW_CHECKOUT if sketch.market.region == CHECKOUT_REGION else SLOW_PAGES
    found = [_impact(draws, sketch, first, _anywhere(draws, first.window.start_ms, first.window.duration_ms))]
    count = 1 + draws.below(3)
    if count > 1:
        # Another incident, or the same one reported twice, in the middle of the first.
        start_ms = _middle_ms(found[0].window)
        found.append(_impact(draws, sketch, SLOW_PAGES, start_ms, share_ppm=HALF_PPM))
    if count > 2:  # noqa: PLR2004 - the third window
        third = DECLINED_CARDS if has_payments(seed, sketch.number) else SLOW_PAGES
        found.append(_impact(draws, sketch, third, _anywhere(draws, third.window.start_ms, third.window.duration_ms)))
    return list({(impact.incident_id, impact.window.start_ms): impact for impact in found}.values())


def _spread_over_month(draws: Draws, sketch: Sketch, windows: int) -> list[Impact]:
    """One window in each of as many equal slots.

    A quarter of them begin within the one before instead; a fifth of the merchants have one in the outage.
    """
    slot_ms = SLOW_PAGES.window.duration_ms // windows // MINUTE_MS * MINUTE_MS
    in_outage = draws.below(IN_OUTAGE_ONE_OF) == 0
    outage_slot = (OUTAGE.start_ms - SLOW_PAGES.window.start_ms) // slot_ms
    found: dict[int, Impact] = {}
    last = None
    for i in range(windows):
        slot_start_ms = SLOW_PAGES.window.start_ms + i * slot_ms
        overlaps = draws.below(OVERLAPS_ONE_OF) == 0
        if in_outage and i == outage_slot:
            start_ms = _anywhere(draws, OUTAGE.start_ms, OUTAGE.duration_ms)
        elif overlaps and last:
            start_ms = _middle_ms(last.window)
        else:
            start_ms = _anywhere(draws, slot_start_ms, slot_ms)
        while start_ms in found:
            start_ms += MINUTE_MS
        last = found[start_ms] = _impact(draws, sketch, SLOW_PAGES, start_ms)
    return list(found.values())


def _anywhere(draws: Draws, start_ms: int, length_ms: int) -> int:
    """A whole minute in a stretch, early enough that what begins there, and in the middle of that, ends inside it."""
    return start_ms + draws.below(length_ms // MINUTE_MS - ROOM_MINUTES) * MINUTE_MS


def _middle_ms(window: Window) -> int:
    return window.start_ms + window.duration_ms // 2 // MINUTE_MS * MINUTE_MS


def _impact(draws: Draws, sketch: Sketch, incident: SmallIncident, start_ms: int, share_ppm: int = 0) -> Impact:
    """A window of drawn length and, unless given, drawn share; where orders were counted, they say the same share."""
    minutes, drawn_ppm, counted = draws.one_of(SHAPES)
    share_ppm = share_ppm or drawn_ppm
    # A multiple of four, so that each of the shares loses a whole number of orders.
    expected = 4 * (5 + draws.below(200)) if counted else None
    return Impact(
        incident.incident_id,
        sketch.merchant_id,
        incident.service,
        Window(start_ms, start_ms + minutes * MINUTE_MS),
        share_ppm,
        expected,
        None if expected is None else expected - expected * share_ppm // SHARE_FULL_PPM,
    )

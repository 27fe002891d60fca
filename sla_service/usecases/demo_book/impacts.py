"""What the small incidents of the month did to single merchants.

The outage of the 19th has a timeline and hits everybody; it needs no rows here.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import cache
from itertools import product

from sla_service.domain.impacts import Impact
from sla_service.domain.instants import MINUTE_MS, parse_instant
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.usecases.demo_book.cast import UNTOUCHED_MAX
from sla_service.usecases.demo_book.contracts import PAYMENTS, STOREFRONT
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
WORD = 1 << 32
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
        return _spread_over_month(seed, sketch, windows)
    draws = Draws(seed, "impact", sketch.number)
    if sketch.number <= UNTOUCHED_MAX or draws.below(100) >= HIT_PERCENT:
        return []
    count = draws.one_of((1, 2, 3))
    first = SLOW_CHECKOUT if sketch.market.region == CHECKOUT_REGION else SLOW_PAGES
    third = DECLINED_CARDS if sketch.takes_cards else SLOW_PAGES
    found = [_impact(draws.below(WORD), sketch, first, _anywhere(draws.below(WORD), first.window))]
    # Another incident, or the same one reported twice, begins in the middle of the first.
    start_ms = _middle_ms(found[0].window)
    found.append(_impact(draws.below(WORD), sketch, SLOW_PAGES, start_ms, share_ppm=HALF_PPM))
    found.append(_impact(draws.below(WORD), sketch, third, _anywhere(draws.below(WORD), third.window)))
    return list({(impact.incident_id, impact.window.start_ms): impact for impact in found[:count]}.values())


def _spread_over_month(seed: str, sketch: Sketch, windows: int) -> list[Impact]:
    """One window in each of as many equal slots.

    A quarter of them begin within the one before instead; a fifth of the merchants have one in the outage.
    """
    slots = _slots(windows)
    in_outage, *words = _words(seed, sketch.number, windows + 1)
    found: dict[int, Impact] = {}
    last: Impact | None = None
    for slot, drawn in zip(slots, words, strict=True):
        word, overlaps = divmod(drawn, OVERLAPS_ONE_OF)
        if in_outage % IN_OUTAGE_ONE_OF == 0 and slot.start_ms <= OUTAGE.start_ms < slot.end_ms:
            start_ms = _anywhere(in_outage // IN_OUTAGE_ONE_OF, OUTAGE)
        elif overlaps == 0 and last:
            start_ms = _middle_ms(last.window)
        else:
            word, place = divmod(word, 1 << 24)
            start_ms = _anywhere(place, slot)
        while start_ms in found:
            start_ms += MINUTE_MS
        last = found[start_ms] = _impact(word, sketch, SLOW_PAGES, start_ms)
    return list(found.values())


@cache
def _slots(count: int) -> list[Window]:
    """The month of the slow pages in equal parts of whole minutes."""
    length_ms = SLOW_PAGES.window.duration_ms // count // MINUTE_MS * MINUTE_MS
    starts = (SLOW_PAGES.window.start_ms + i * length_ms for i in range(count))
    return [Window(start_ms, start_ms + length_ms) for start_ms in starts]


def _words(seed: str, number: int, count: int) -> tuple[int, ...]:
    """64-bit words: one per window is faster than all from one long number, and half a million are needed."""
    return struct.unpack(f">{count}Q", hashlib.shake_256(f"{seed}/spread/{number}".encode()).digest(8 * count))


def _anywhere(word: int, window: Window) -> int:
    """A whole minute in a window, early enough that what begins there, and in the middle of that, ends inside it."""
    room = (window.end_ms - window.start_ms) // MINUTE_MS - ROOM_MINUTES
    return window.start_ms + word % room * MINUTE_MS


def _middle_ms(window: Window) -> int:
    return window.start_ms + (window.end_ms - window.start_ms) // 2 // MINUTE_MS * MINUTE_MS


def _impact(word: int, sketch: Sketch, incident: SmallIncident, start_ms: int, share_ppm: int = 0) -> Impact:
    """A window of a length and, unless given, a share that ``word`` draws; counted orders say the same share."""
    word, shape = divmod(word, len(SHAPES))
    minutes, drawn_ppm, counted = SHAPES[shape]
    share_ppm = share_ppm or drawn_ppm
    # A multiple of four, so that each of the shares loses a whole number of orders.
    expected = 4 * (5 + word % 200) if counted else None
    return Impact(
        incident.incident_id,
        sketch.merchant_id,
        incident.service,
        Window(start_ms, start_ms + minutes * MINUTE_MS),
        share_ppm,
        expected,
        None if expected is None else expected - expected * share_ppm // SHARE_FULL_PPM,
    )

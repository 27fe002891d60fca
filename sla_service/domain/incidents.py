"""Incidents, their timeline, and the recovery curves that accounting methods read out of it.

How long an outage was depends on the method, and the method decides the money. So a method is a named term of the
policy (``Curve``), and ``recovery_segments`` is the only place that knows what each of them counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import MINUTE_MS, format_instant
from sla_service.domain.windows import SHARE_FULL_PPM, Segment, Window


class Curve(StrEnum):
    """Accounting methods: what counts as down, and how much."""

    FULL_OUTAGE = "full_outage"
    """Only time at which nothing at all was available counts."""
    LINEAR = "linear"
    """Between two reports the share available moves in a straight line, minute by minute."""
    STEP = "step"
    """Each reported share holds until the next report."""
    ANY_IMPACT = "any_impact"
    """Time with any impact counts whole, until full recovery was reported."""
    REPORTED_WINDOW = "reported_window"
    """The incident's own start and end count whole, as its source (a status page, say) published them."""


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """From this instant on, until the next point, this share of the service was available."""

    at_ms: int
    available_ppm: int
    text: str = ""
    source: str = ""

    @property
    def impact_ppm(self) -> int:
        """The share of impact: what was not available."""
        return SHARE_FULL_PPM - self.available_ppm


@dataclass(frozen=True, slots=True)
class Incident:
    """One outage of one service, in all regions or in one.

    ``started_at_ms`` and ``ended_at_ms`` are what ``source`` published; the timeline may say otherwise, and the
    policy's curve says which of the two counts. An incident without a timeline hits only the merchants listed in its
    impacts.
    """

    incident_id: str
    title: str
    service: str
    cause: str
    started_at_ms: int
    source: str
    source_ref: str
    region: str | None = None
    upstream: str | None = None
    ended_at_ms: int | None = None
    confirmed_at_ms: int | None = None
    """When we confirmed it; None if it is not known."""
    timeline: tuple[TimelinePoint, ...] = ()
    """In order of time, one point per instant."""

    def __post_init__(self) -> None:
        for one, two in pairwise(self.timeline):
            if two.at_ms <= one.at_ms:
                at = format_instant(two.at_ms)
                raise InvalidValueError.of("timeline_order", f"the timeline goes back or stands still at {at}")


USAGE_PREFIX = "usage:"
"""Of the id under which bad time is told that was measured from requests, not reported as an incident."""


def usage_incident(service: str) -> Incident:
    """What stands for an incident where downtime was measured from a service's usage."""
    return Incident(f"{USAGE_PREFIX}{service}", "Measured from requests", service, "usage", 0, "usage", "")


def recovery_segments(incident: Incident, curve: Curve, *, until_ms: int) -> list[Segment]:
    """What an incident with a timeline counts against every merchant it hits.

    Args:
        incident: Its timeline in order of time, one point per instant.
        curve: The accounting method.
        until_ms: Where an incident that is still open is cut; a closed one ends where its evidence says.

    Returns:
        Disjoint segments in order of time, with a share above 0; neighbours may have the same share. Empty without a
        timeline.
    """
    points = incident.timeline
    if not points:
        return []
    last = points[-1]
    end_ms = until_ms if incident.ended_at_ms is None or contradicts_its_end(incident) else incident.ended_at_ms
    if curve is Curve.REPORTED_WINDOW:
        # Whoever published no end, but reported that all is back, published the end with that report.
        if incident.ended_at_ms is None and not last.impact_ppm:
            end_ms = last.at_ms
        return _segment(incident.started_at_ms, end_ms, SHARE_FULL_PPM)
    stretches = list(pairwise(points))
    if last.impact_ppm and end_ms > last.at_ms:
        stretches.append((last, TimelinePoint(end_ms, last.available_ppm)))
    segments = [segment for one, two in stretches for segment in _stretch(one, two, curve)]
    return segments if incident.ended_at_ms is not None or not last.impact_ppm else _cut(segments, until_ms)


def contradicts_its_end(incident: Incident) -> bool:
    """Whether the last report, after the incident's end, still says that not all is back: then nobody knows the end."""
    if not incident.timeline or incident.ended_at_ms is None:
        return False
    last = incident.timeline[-1]
    return last.impact_ppm > 0 and last.at_ms >= incident.ended_at_ms


def _cut(segments: Sequence[Segment], until_ms: int) -> list[Segment]:
    """What lies before an instant."""
    return [
        Segment(Window(s.window.start_ms, min(s.window.end_ms, until_ms)), s.share_ppm)
        for s in segments
        if s.window.start_ms < until_ms
    ]


def _stretch(one: TimelinePoint, two: TimelinePoint, curve: Curve) -> Iterator[Segment]:
    """Segments between two reports."""
    share_ppm = one.impact_ppm
    match curve:
        case Curve.FULL_OUTAGE:
            share_ppm = SHARE_FULL_PPM if share_ppm == SHARE_FULL_PPM else 0
        case Curve.ANY_IMPACT:
            share_ppm = SHARE_FULL_PPM if share_ppm else 0
        case Curve.LINEAR if share_ppm < SHARE_FULL_PPM and share_ppm != two.impact_ppm:
            # From nothing at all no recovery is presumed: the service is down until a report says otherwise.
            yield from _minutes(one.at_ms, two.at_ms, share_ppm, two.impact_ppm)
            return
        case _:
            pass
    yield from _segment(one.at_ms, two.at_ms, share_ppm)


def _segment(start_ms: int, end_ms: int, share_ppm: int) -> list[Segment]:
    return [Segment(Window(start_ms, end_ms), share_ppm)] if share_ppm and start_ms < end_ms else []


def _minutes(start_ms: int, end_ms: int, from_ppm: int, to_ppm: int) -> Iterator[Segment]:
    """A straight line as one constant share per minute, without drift.

    Each minute gets the difference of the running area, rounded to whole ppm × milliseconds of that minute, so that the
    sum over any number of minutes differs from the area under the line by less than one ppm over one minute. A last
    part that is shorter than a minute takes what is left, but no share beyond the two reports.
    """
    low, high = sorted((from_ppm, to_ppm))
    length_ms = end_ms - start_ms
    slope = Fraction(to_ppm - from_ppm, 2 * length_ms)
    given = 0
    for begin in range(0, length_ms, MINUTE_MS):
        finish = min(begin + MINUTE_MS, length_ms)
        area = from_ppm * finish + slope * finish * finish
        share_ppm = max(low, min(high, round((area - given) / (finish - begin))))
        given += share_ppm * (finish - begin)
        yield from _segment(start_ms + begin, start_ms + finish, share_ppm)


def turning_points(points: Sequence[TimelinePoint]) -> list[TimelinePoint]:
    """The points at which the share available changes, the first one included."""
    return [point for i, point in enumerate(points) if i == 0 or point.available_ppm != points[i - 1].available_ppm]

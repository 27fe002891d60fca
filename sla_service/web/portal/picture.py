"""The month as a strip of days, and the affected day opened below it: the same drawings as on the statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sla_service.domain.incidents import turning_points
from sla_service.domain.statements import LineStatus, TimelineNote
from sla_service.domain.windows import Window
from sla_service.formats.charts import (
    RecoveryCurve,
    finding,
    month_strip,
    month_strip_svg,
    recovery_curve,
    recovery_curve_svg,
)
from sla_service.formats.texts import Texts
from sla_service.formats.texts.conventions import Conventions
from sla_service.usecases.read_availability import ServiceMonth

MAX_NOTES = 12
FIGURES = "font-variant-numeric:tabular-nums"
"""The drawings set it themselves; here the page does, whose policy allows no style inside of it."""


@dataclass(frozen=True, slots=True)
class NoteView:
    """A turning point, told."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Both drawings, and what they show in words."""

    finding: str
    strip: Markup
    curve: Markup
    """Empty without any impact."""
    caption: str
    notes: tuple[NoteView, ...]


def picture(texts: Texts, ways: Conventions, one: ServiceMonth) -> Picture:
    """Draw a service's month; its window must be known."""
    assert one.window is not None  # noqa: S101 - the caller's condition
    notes, uncounted = _notes(one), _uncounted(one)
    said = finding(one.window, one.steps, texts, ways, uncounted)
    strip = month_strip(one.window, one.steps, ways, uncounted)
    curve = recovery_curve(one.window, one.steps, notes, ways, uncounted)
    return Picture(
        finding=said,
        strip=_drawing(month_strip_svg(strip, said)),
        curve=_drawing(recovery_curve_svg(curve, said)) if curve else Markup(),
        caption=_caption(texts, ways, one, curve) if curve else "",
        notes=tuple(NoteView(ways.short_moment(note.at_ms), note.text) for note in notes if note.text)[:MAX_NOTES],
    )


def _drawing(svg: str) -> Markup:
    """A drawing as part of a page; whatever text it was given is escaped in it."""
    return Markup(svg.replace(f' style="{FIGURES}"', ""))  # noqa: S704


def _notes(one: ServiceMonth) -> list[TimelineNote]:
    found = [
        TimelineNote(point.at_ms, point.available_ppm, point.text)
        for incident in one.incidents
        for point in ([p for p in incident.timeline if p.text] or turning_points(incident.timeline))
    ]
    return sorted(found, key=lambda note: note.at_ms)


def _uncounted(one: ServiceMonth) -> list[Window]:
    """Stretches that do not count, less what another line counts all the same."""
    refused = [_window(row) for row in one.lines if row["status"] != LineStatus.COUNTED]
    for row in one.lines:
        if row["status"] == LineStatus.COUNTED:
            refused = [part for window in refused for part in _without(window, _window(row))]
    return refused


def _window(row: Mapping[str, Any]) -> Window:
    return Window(row["started_at_ms"], row["ended_at_ms"])


def _without(window: Window, other: Window) -> list[Window]:
    before = (window.start_ms, min(window.end_ms, other.start_ms))
    after = (max(window.start_ms, other.end_ms), window.end_ms)
    return [Window(start, end) for start, end in (before, after) if start < end]


def _caption(texts: Texts, ways: Conventions, one: ServiceMonth, curve: RecoveryCurve) -> str:
    zone = ways.zone_in(curve.window)
    if curve.first_day == curve.last_day:
        said = texts.say("chart.day", day=ways.weekday(curve.first_day), service=one.service, zone=zone)
    else:
        first, last = ways.short_day(curve.first_day), ways.day(curve.last_day)
        said = texts.say("chart.day_range", first=first, last=last, service=one.service, zone=zone)
    if all(span.is_counted for span in curve.spans):
        return said
    return f"{said}; {texts.say('chart.not_counted')}"

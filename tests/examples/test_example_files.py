"""The example's files say what the README says they do: five accounting methods, five lengths, five availabilities."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from sla_service.domain.assessment import Measurement
from sla_service.domain.incidents import Curve, Incident, TimelinePoint, recovery_segments
from sla_service.domain.instants import MINUTE_MS, parse_instant
from sla_service.domain.periods import Month
from sla_service.domain.shares import format_floored, parse_available_percent
from sla_service.domain.windows import Window
from sla_service.usecases.demo_book.impacts import DECLINED_CARDS, OUTAGE, SLOW_CHECKOUT, SLOW_PAGES

EXAMPLE = Path(__file__).parents[2] / "examples" / "2023-09-19"
OUTAGE_ID = "INC-2023-09-19"
LONGEST_TEXT = 90
INCIDENT_COLUMNS = "incident_id title service region cause upstream started_at ended_at source source_ref"
SEPTEMBER = Month(2023, 9).window("Asia/Shanghai")
METHODS = [
    (Curve.FULL_OUTAGE, "220", "99.4907%"),
    (Curve.LINEAR, "279.5", "99.3530%"),
    (Curve.STEP, "305", "99.2939%"),
    (Curve.ANY_IMPACT, "570", "98.6805%"),
    (Curve.REPORTED_WINDOW, "630", "98.5416%"),
]


def read(name):
    with (EXAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def incidents():
    timeline = read("timeline.csv")
    return {
        row["incident_id"]: Incident(
            incident_id=row["incident_id"],
            title=row["title"],
            service=row["service"],
            region=row["region"] or None,
            cause=row["cause"],
            upstream=row["upstream"] or None,
            started_at_ms=parse_instant(row["started_at"]),
            ended_at_ms=parse_instant(row["ended_at"]),
            source=row["source"],
            source_ref=row["source_ref"],
            timeline=tuple(
                TimelinePoint(
                    parse_instant(point["at"]),
                    parse_available_percent(point["share_available"]),
                    point["text"],
                    point["source"],
                )
                for point in timeline
                if point["incident_id"] == row["incident_id"]
            ),
        )
        for row in read("incidents.csv")
    }


def test_columns_are_those_of_the_formats_page():
    assert list(read("incidents.csv")[0]) == INCIDENT_COLUMNS.split()
    assert list(read("timeline.csv")[0]) == ["incident_id", "at", "share_available", "text", "source"]


@pytest.mark.parametrize(("curve", "minutes", "availability"), METHODS, ids=[method[0].value for method in METHODS])
def test_each_method_counts_its_own_minutes(curve, minutes, availability):
    segments = recovery_segments(incidents()[OUTAGE_ID], curve, until_ms=SEPTEMBER.end_ms)
    measured = Measurement(sum(s.share_ppm * s.window.duration_ms for s in segments), SEPTEMBER.duration_ms)
    assert measured.bad_ms == Fraction(minutes) * MINUTE_MS
    assert format_floored(measured.availability) == availability


def test_the_step_method_gives_the_exact_ratio_of_the_statement():
    segments = recovery_segments(incidents()[OUTAGE_ID], Curve.STEP, until_ms=SEPTEMBER.end_ms)
    bad = sum(s.share_ppm * s.window.duration_ms for s in segments)
    assert Measurement(bad, SEPTEMBER.duration_ms).availability == Fraction(8579, 8640)


def test_the_readme_shows_the_same_table():
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    for curve, minutes, availability in METHODS:
        assert f"| `{curve}` | {minutes} | {availability.replace('%', ' %')} |" in readme


def test_the_timeline_is_in_order_and_its_texts_are_short_sentences():
    points = incidents()[OUTAGE_ID].timeline
    assert [point.at_ms for point in points] == sorted({point.at_ms for point in points})
    assert all(0 < len(point.text) <= LONGEST_TEXT and point.text.endswith(".") for point in points)
    assert {point.source for point in points} == {"post_mortem", "provider"}


@pytest.mark.parametrize("small", [SLOW_PAGES, SLOW_CHECKOUT, DECLINED_CARDS], ids=lambda small: small.incident_id)
def test_the_small_incidents_are_those_of_the_generated_impacts(small):
    incident = incidents()[small.incident_id]
    assert incident.service == small.service
    assert Window(incident.started_at_ms, incident.ended_at_ms) == small.window
    assert not incident.timeline


def test_the_generator_knows_when_the_outage_was():
    points = incidents()[OUTAGE_ID].timeline
    recovered = next(point.at_ms for point in points if not point.impact_ppm)
    assert Window(points[0].at_ms, recovered) == OUTAGE

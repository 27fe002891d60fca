"""The drawings show what was lost, when, and say it in one sentence."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import pytest

from sla_service.domain.incidents import Curve
from sla_service.domain.periods import Month
from sla_service.domain.statements import ImpactStep
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.formats.charts import (
    character_share,
    finding,
    month_strip,
    month_strip_svg,
    recovery_curve,
    recovery_curve_svg,
)
from sla_service.formats.texts import load_texts
from sla_service.formats.texts.conventions import conventions_for
from tests.formats.statement_samples import NOTES, SEPTEMBER, SHANGHAI, local, steps_of

CHINA = conventions_for("zh_CN", SHANGHAI, "en")
TEXTS = load_texts()
FULL, HALF = SHARE_FULL_PPM, SHARE_FULL_PPM // 2


def step(start, end, share=FULL):
    return ImpactStep(local(start), local(end), share)


def said(*steps, ways=CHINA, uncounted=()):
    return finding(SEPTEMBER, steps, TEXTS, ways, uncounted)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (steps_of(Curve.STEP), "Down from 02:00, half back at 05:40, whole at 11:30"),
        (steps_of(Curve.LINEAR), "Down from 02:00, half back at 05:40, whole at 11:30"),
        (steps_of(Curve.FULL_OUTAGE), "Down from 02:00 to 05:40"),
        (steps_of(Curve.ANY_IMPACT), "Down from 02:00 to 11:30"),
        ([step("09-06T10:00", "09-06T11:30", HALF)], "Half of the service was unavailable from 10:00 to 11:30"),
        ([step("09-06T10:00", "09-06T11:30", 333_333)], "33.33% of the service was unavailable from 10:00 to 11:30"),
        (
            [step("09-06T10:00", "09-06T11:00"), step("09-06T11:00", "09-06T12:00", 200_000)],
            "Down from 10:00, 80% back at 11:00, whole at 12:00",
        ),
        (
            [step("09-06T10:00", "09-06T11:00", 200_000), step("09-06T11:00", "09-06T12:00", 700_000)],
            "Reduced from 10:00, at worst to 30%, whole at 12:00",
        ),
        (
            [
                step("09-06T10:00", "09-06T11:00"),
                step("09-08T10:00", "09-08T10:30"),
                step("09-09T10:00", "09-09T10:30"),
            ],
            "3 interruptions on 3 days, the largest from 6 Sept 10:00 to 11:00",
        ),
        (
            [step("09-06T10:00", "09-06T11:00"), step("09-06T13:00", "09-06T13:30")],
            "2 interruptions between 10:00 and 13:30",
        ),
        ([step("09-06T22:00", "09-07T01:00")], "Down from 6 Sept 22:00 to 7 Sept 01:00"),
        ([], "No interruption was recorded"),
    ],
)
def test_finding(steps, sentence):
    assert said(*steps) == sentence


def test_an_outage_that_outlasts_the_month_is_not_called_over():
    steps = [step("09-30T20:00", "09-30T22:00"), ImpactStep(local("09-30T22:00"), SEPTEMBER.end_ms, HALF)]
    assert said(*steps).endswith("not yet whole when the period ended")


def test_maintenance_that_does_not_count_is_not_the_finding():
    maintenance, outage = step("09-12T03:00", "09-12T06:00"), step("09-06T10:00", "09-06T11:30", HALF)
    refused = [Window(maintenance.start_ms, maintenance.end_ms)]
    assert said(outage, maintenance, uncounted=refused).startswith("Half of the service")


def test_an_hour_in_the_middle_that_does_not_count_makes_no_second_interruption():
    outage = [step("09-06T10:00", "09-06T12:00"), step("09-06T12:00", "09-06T13:00", HALF)]
    refused = [Window(local("09-06T10:30"), local("09-06T11:00"))]
    assert said(*outage, uncounted=refused) == "Down from 10:00, half back at 12:00, whole at 13:00"


def test_what_does_not_count_before_and_after_an_outage_is_not_in_the_finding():
    refused = [
        Window(local("09-06T09:00"), local("09-06T10:00")),
        Window(local("09-06T11:00"), local("09-06T12:00")),
    ]
    assert said(step("09-06T09:00", "09-06T12:00"), uncounted=refused) == "Down from 10:00 to 11:00"


@pytest.mark.parametrize(
    ("zone", "locale", "days", "labels"),
    [
        ("America/New_York", "en_US", (18, 18), ("2:00 pm", "11:30 pm")),
        ("Australia/Sydney", "en_AU", (19, 19), ("4:00 am", "1:30 pm")),
        ("Europe/Berlin", "de_DE", (18, 19), ("20:00", "05:30")),
        ("Asia/Kolkata", "en_IN", (18, 19), ("11:30 pm", "9:00 am")),
    ],
)
def test_the_outage_is_opened_wholly_wherever_it_is_read(zone, locale, days, labels):
    curve = recovery_curve(SEPTEMBER, steps_of(Curve.STEP), NOTES, conventions_for(locale, zone, "en"))
    assert (curve.first_day.day, curve.last_day.day) == days
    assert (curve.marks[0].label, curve.marks[-1].label) == labels
    assert all(0 < mark.x < 1 for mark in curve.marks)


def test_a_method_that_counts_evenly_has_no_turning_points_inside():
    curve = recovery_curve(SEPTEMBER, steps_of(Curve.ANY_IMPACT), NOTES, CHINA)
    assert [mark.label for mark in curve.marks] == ["02:00", "11:30"]


def test_an_impact_of_a_few_parts_per_million_is_still_told_and_seen():
    steps = [step("09-06T10:00", "09-06T10:30", 7)]
    assert said(*steps) == "0.0007% of the service was unavailable from 10:00 to 10:30"
    assert month_strip(SEPTEMBER, steps, CHINA).cells[5].lost > 0


def test_the_worked_day_is_opened_from_midnight_to_midnight():
    curve = recovery_curve(SEPTEMBER, steps_of(Curve.STEP), NOTES, CHINA)
    assert curve.window == Window(local("09-19T00:00"), local("09-20T00:00"))
    assert [mark.label for mark in curve.marks] == ["02:00", "05:40", "07:00", "10:00", "11:30"]
    assert [tread.label for tread in curve.treads] == ["0%", "50%", "80%", "90%"]


def test_the_line_begins_and_ends_whole_and_steps_at_the_turning_points():
    curve = recovery_curve(SEPTEMBER, steps_of(Curve.STEP), NOTES, CHINA)
    assert curve.points[0] == (0.0, 1.0)
    assert curve.points[-1] == (1.0, 1.0)
    assert (2 / 24, 0.0) in curve.points
    assert [x for x, _ in curve.points] == sorted(x for x, _ in curve.points)


def test_three_hundred_minutes_of_recovery_are_drawn_as_a_few_slopes():
    steps = steps_of(Curve.LINEAR)
    curve = recovery_curve(SEPTEMBER, steps, NOTES, CHINA)
    assert len(steps) > 300
    assert len(curve.points) < 15
    at_seven = min(curve.points, key=lambda point: abs(point[0] - 7 / 24))
    assert at_seven == pytest.approx((7 / 24, 0.8), abs=0.01)


def test_the_area_drawn_is_the_time_lost():
    for method in (Curve.STEP, Curve.LINEAR):
        steps = steps_of(method)
        curve = recovery_curve(SEPTEMBER, steps, NOTES, CHINA)
        drawn = sum((b[0] - a[0]) * (2 - a[1] - b[1]) / 2 for a, b in zip(curve.points, curve.points[1:], strict=False))
        lost = sum((s.end_ms - s.start_ms) * s.share_ppm for s in steps) / SHARE_FULL_PPM / curve.window.duration_ms
        assert drawn == pytest.approx(lost, rel=0.01)


def test_the_day_that_counts_is_opened_rather_than_longer_maintenance():
    maintenance, outage = step("09-12T03:00", "09-12T06:00"), step("09-06T10:00", "09-06T11:30", HALF)
    refused = [Window(maintenance.start_ms, maintenance.end_ms)]
    curve = recovery_curve(SEPTEMBER, [outage, maintenance], (), CHINA, refused)
    strip = month_strip(SEPTEMBER, [outage, maintenance], CHINA, refused)
    assert curve.first_day.day == 6
    assert [(c.day.day, c.is_counted) for c in strip.cells if c.is_affected] == [(6, True), (12, False)]


def test_a_stretch_that_does_not_count_is_a_span_of_its_own():
    outage = step("09-06T10:00", "09-06T12:00")
    refused = [Window(local("09-06T11:00"), local("09-06T11:30"))]
    curve = recovery_curve(SEPTEMBER, [outage], (), CHINA, refused)
    assert [span.is_counted for span in curve.spans] == [True, False, True]


def test_an_outage_over_midnight_opens_both_days():
    curve = recovery_curve(SEPTEMBER, [step("09-06T22:00", "09-07T01:00")], (), CHINA)
    assert (curve.first_day.day, curve.last_day.day) == (6, 7)


def test_ten_days_of_outage_have_days_on_the_axis():
    curve = recovery_curve(SEPTEMBER, [step("09-06T22:00", "09-16T01:00")], (), CHINA)
    assert {tick.label for tick in curve.ticks} >= {"6 Sept", "8 Sept"}


def test_a_month_without_impact_has_a_strip_and_no_curve():
    assert recovery_curve(SEPTEMBER, (), (), CHINA) is None
    assert not any(cell.is_affected for cell in month_strip(SEPTEMBER, (), CHINA).cells)


def test_three_minutes_of_a_day_can_still_be_seen():
    cells = month_strip(SEPTEMBER, [step("09-06T10:00", "09-06T10:03")], CHINA).cells
    assert cells[5].lost == 0.08


def test_an_interruption_too_short_for_two_labels_has_them_on_either_side():
    curve = recovery_curve(SEPTEMBER, [step("09-06T10:00", "09-06T10:04")], (), CHINA)
    assert [(mark.label, mark.side) for mark in curve.marks] == [("10:00", "before"), ("10:04", "after")]


def test_the_day_on_which_clocks_change_has_every_local_hour_that_there_was():
    berlin = conventions_for("de_DE", "Europe/Berlin", "en")
    march = Month(2023, 3).window("Europe/Berlin")
    day = Month(2023, 3).window("Europe/Berlin").end_ms - 5 * 86_400_000 - 10 * 3_600_000
    curve = recovery_curve(march, [ImpactStep(day, day + 3_600_000, FULL)], (), berlin)
    assert curve.window.duration_ms == 23 * 3_600_000
    assert "02:00" not in [tick.label for tick in curve.ticks]
    assert [tick.x for tick in curve.ticks] == sorted(tick.x for tick in curve.ticks)


def test_the_drawing_on_a_page_is_readable_without_seeing_it_and_runs_nothing():
    steps, title = steps_of(Curve.STEP), "Down <from> 02:00 & more"
    curve = recovery_curve_svg(recovery_curve(SEPTEMBER, steps, NOTES, CHINA), title)
    strip = month_strip_svg(month_strip(SEPTEMBER, steps, CHINA), title)
    for drawing in (curve, strip):
        root = ET.fromstring(drawing)  # noqa: S314 - our own drawing
        assert root.get("role") == "img"
        assert root.get("viewBox")
        assert root[0].tag.endswith("title")
        assert root[0].text == title
        assert "<script" not in drawing
        assert "style=" not in drawing
        assert "var(--accent" in drawing


def test_the_page_shows_the_same_labels_as_the_paper():
    curve = recovery_curve(SEPTEMBER, steps_of(Curve.STEP), NOTES, CHINA)
    drawing = recovery_curve_svg(curve, "x")
    assert all(f">{mark.label}<" in drawing for mark in curve.marks)


def drawn_texts(drawing):
    """Each text with its height, start and end, its characters being as wide as those of the widest face."""
    root = ET.fromstring(drawing)  # noqa: S314 - our own drawing
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        x, width = float(text.get("x")), len(text.text) * 11 * 0.68
        low = x - {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")] * width
        yield float(text.get("y")), low, low + width, text.text


@pytest.mark.parametrize("width", [280, 340, 480, 680, 864])
@pytest.mark.parametrize(("zone", "locale"), [(SHANGHAI, "zh_CN"), (SHANGHAI, "en"), ("Asia/Kolkata", "en_IN")])
@pytest.mark.parametrize(
    "steps",
    [
        steps_of(Curve.STEP),
        [step("09-06T00:00", "09-06T00:20"), step("09-06T23:30", "09-07T00:00")],
        [step("09-06T22:00", "09-07T01:00")],
        [step("09-06T22:00", "09-08T01:00")],
        [step("09-06T22:00", "09-16T01:00")],
        [step("09-01T00:00", "09-30T01:00", HALF)],
        [step("09-30T23:50", "09-30T23:55"), step("09-01T00:00", "09-01T00:02")],
    ],
)
def test_labels_never_touch_nor_leave_the_drawing_however_narrow(width, zone, locale, steps):
    ways = conventions_for(locale, zone, "en")
    curve = recovery_curve(SEPTEMBER, steps, NOTES, ways, character=character_share(width))
    strip = month_strip(SEPTEMBER, steps, ways)
    for drawing in (recovery_curve_svg(curve, "x", width), month_strip_svg(strip, "x", width)):
        texts = sorted(drawn_texts(drawing))
        assert texts
        assert all(low >= -1 and high <= width + 1 for _, low, high, _ in texts)
        for (y, _, high, _), (other_y, low, _, _) in itertools.pairwise(texts):
            assert y != other_y or high <= low + 0.1, texts


def test_a_narrow_drawing_is_drawn_one_to_one_with_the_same_text():
    strip = month_strip(SEPTEMBER, (), CHINA)
    root = ET.fromstring(month_strip_svg(strip, "x", 340))  # noqa: S314 - our own drawing
    assert (root.get("width"), root.get("viewBox"), root.get("font-size")) == ("340", "0 0 340 44", "11")


def test_a_narrow_month_numbers_the_affected_day_and_every_fifth_with_room():
    strip = month_strip(SEPTEMBER, steps_of(Curve.STEP), CHINA)
    said = [text for *_, text in sorted(drawn_texts(month_strip_svg(strip, "x", 340)))]
    assert said == ["1", "5", "10", "15", "19", "25", "30"]
    assert len(list(drawn_texts(month_strip_svg(strip, "x")))) == 30


def test_a_narrow_axis_thins_out_evenly_and_the_paper_keeps_its_hours():
    steps = steps_of(Curve.STEP)
    narrow = recovery_curve(SEPTEMBER, steps, NOTES, CHINA, character=character_share(340))
    hours = [tick.label for tick in narrow.ticks]
    assert hours == ["00:00", "06:00", "12:00", "18:00", "00:00"]
    assert [mark.label for mark in narrow.marks] == ["02:00", "05:40", "11:30"]
    assert len(recovery_curve(SEPTEMBER, steps, NOTES, CHINA).ticks) == 13


def test_days_to_come_are_outlines_and_not_days_that_were_up():
    strip = month_strip(SEPTEMBER, (), CHINA, until_ms=local("09-19T11:00"))
    assert [cell.day.day for cell in strip.cells if cell.is_to_come] == list(range(20, 31))
    assert month_strip_svg(strip, "x").count('fill="none"') == 11
    assert not any(cell.is_to_come for cell in month_strip(SEPTEMBER, (), CHINA).cells)

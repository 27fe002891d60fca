"""Instants: read with an offset or refused, exact to the millisecond, written in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import (
    DAY_MS,
    EARLIEST_MS,
    LATEST_MS,
    MINUTE_MS,
    format_instant,
    load_zone,
    offset_ms,
    parse_date,
    parse_instant,
    to_datetime,
    to_ms,
)
from tests.strategies import instants_ms


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2023-09-18T18:00Z", "2023-09-18T18:00:00Z", id="minutes are enough"),
        pytest.param("2023-09-18T18:00:00Z", "2023-09-18T18:00:00Z", id="seconds"),
        pytest.param("2023-09-19T02:00+08:00", "2023-09-18T18:00:00Z", id="an offset ahead is the day before in UTC"),
        pytest.param("2023-09-18T14:30-03:30", "2023-09-18T18:00:00Z", id="an offset behind, with half an hour"),
        pytest.param("2023-09-18T18:00:00.5Z", "2023-09-18T18:00:00.500Z", id="half a second"),
        pytest.param("2023-09-18T18:00:00.007Z", "2023-09-18T18:00:00.007Z", id="milliseconds"),
        pytest.param("2023-09-18T18:00:00.123000Z", "2023-09-18T18:00:00.123Z", id="microseconds of nothing"),
        pytest.param("2024-02-29T00:00Z", "2024-02-29T00:00:00Z", id="a leap day"),
        pytest.param("2000-01-01T00:00Z", "2000-01-01T00:00:00Z", id="the first instant"),
        pytest.param("2099-12-31T23:59:59.999Z", "2099-12-31T23:59:59.999Z", id="the last instant"),
        pytest.param("2023-09-18T18:00+14:00", "2023-09-18T04:00:00Z", id="the largest offset"),
        pytest.param("2023-09-18T18:00-00:00", "2023-09-18T18:00:00Z", id="an offset of minus nothing"),
    ],
)
def test_an_instant_is_read(text, utc):
    assert format_instant(parse_instant(text)) == utc


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("2023-09-19T02:00", "offset_required", id="no offset is never guessed"),
        pytest.param("2023-09-19", "time_required", id="a date alone"),
        pytest.param("2023-09-19 02:00Z", "instant_format", id="a space for the T"),
        pytest.param("2023-09-19T02Z", "instant_format", id="hours alone"),
        pytest.param("19.09.2023T02:00Z", "instant_format", id="a date in another order"),
        pytest.param("2023-09-19T02:00+0800", "instant_format", id="an offset without colon"),
        pytest.param("2023-09-19T02:00\u221208:00", "instant_format", id="a typographic minus"),
        pytest.param("2023-09-19T02:00Z ", "instant_format", id="a space at the end"),
        pytest.param("2023-09-19T02:00Z\n", "instant_format", id="a line end"),
        pytest.param("２０２３-09-19T02:00Z", "instant_format", id="digits of another script"),
        pytest.param("", "instant_format", id="an empty field"),
        pytest.param("1695088800", "instant_format", id="seconds since 1970"),
        pytest.param("2023-09-19T24:00Z", "hour", id="24 o'clock"),
        pytest.param("2023-06-30T23:59:60Z", "leap_second", id="a leap second"),
        pytest.param("2023-09-19T02:00:00.0001Z", "precision", id="less than a millisecond"),
        pytest.param("2023-02-29T00:00Z", "date_invalid", id="a leap day in another year"),
        pytest.param("2023-13-01T00:00Z", "date_invalid", id="a thirteenth month"),
        pytest.param("2023-09-19T25:00Z", "date_invalid", id="an hour that does not exist"),
        pytest.param("2023-09-19T02:60Z", "date_invalid", id="a minute that does not exist"),
        pytest.param("2023-09-19T02:00+14:01", "offset_range", id="an offset too large"),
        pytest.param("2023-09-19T02:00+07:60", "offset_range", id="an offset of sixty minutes"),
        pytest.param("1999-12-31T23:59:59.999Z", "instant_range", id="before the first instant"),
        pytest.param("2000-01-01T00:00+00:01", "instant_range", id="before the first instant, in another zone"),
        pytest.param("2100-01-01T00:00Z", "instant_range", id="after the last instant"),
    ],
)
def test_an_instant_is_refused(text, rule):
    with pytest.raises(InvalidValueError) as refused:
        parse_instant(text)
    assert [problem.rule for problem in refused.value.problems] == [rule]


def test_a_typographic_minus_is_named():
    with pytest.raises(InvalidValueError, match="ASCII '-'"):
        parse_instant("2023-09-19T02:00\u221208:00")


@given(instants_ms)
def test_what_is_written_is_read_back(ms):
    assert parse_instant(format_instant(ms)) == ms


@given(instants_ms, st.integers(-14 * 60, 14 * 60))
def test_the_offset_in_which_an_instant_is_written_changes_nothing(ms, offset_minutes):
    zone = timezone(timedelta(minutes=offset_minutes))
    text = to_datetime(ms).astimezone(zone).isoformat(timespec="milliseconds")
    assert parse_instant(text) == ms


@given(instants_ms)
def test_an_instant_survives_the_way_through_a_datetime(ms):
    assert to_ms(to_datetime(ms, "Asia/Shanghai")) == ms


def test_a_datetime_s_microseconds_are_cut():
    assert to_ms(datetime(2000, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)) == EARLIEST_MS + 1


def test_the_bounds_are_the_years_2000_to_2099():
    assert to_datetime(EARLIEST_MS).isoformat() == "2000-01-01T00:00:00+00:00"
    assert to_datetime(LATEST_MS).isoformat() == "2100-01-01T00:00:00+00:00"


def test_an_instant_is_shown_in_a_zone():
    shown = to_datetime(parse_instant("2023-09-18T18:00Z"), "Asia/Shanghai")
    assert shown.isoformat() == "2023-09-19T02:00:00+08:00"


@pytest.mark.parametrize("name", ["UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires"])
def test_a_zone_is_found(name):
    assert load_zone(name).key == name


@pytest.mark.parametrize(
    "name",
    ["", "EST", "EST5EDT", "GMT", "China", "Asia/Nowhere", "Asia/shanghai", "UTC ", "../etc/passwd", "/etc/x"],
)
def test_a_zone_is_refused(name):
    with pytest.raises(InvalidValueError, match="use a zone name such as Asia/Shanghai"):
        load_zone(name)


def test_a_date_is_read():
    assert parse_date("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2023-02-29", "date_invalid"),
        ("2023-9-1", "date_format"),
        ("20230901", "date_format"),
        ("2023-W36-1", "date_format"),
        ("01.09.2023", "date_format"),
        ("2023-09-01T00:00Z", "date_format"),
        ("2023-09-01\n", "date_format"),
        ("", "date_format"),
    ],
)
def test_a_date_is_refused(text, rule):
    with pytest.raises(InvalidValueError) as refused:
        parse_date(text)
    assert [problem.rule for problem in refused.value.problems] == [rule]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_the_offset_is_that_of_the_instant_also_on_days_on_which_clocks_change(zone):
    first = parse_instant("2023-01-01T00:00Z")
    for at_ms in range(first, first + 366 * DAY_MS, 30 * MINUTE_MS):
        for beside_ms in (at_ms - 1, at_ms):
            offset = to_datetime(beside_ms, zone).utcoffset()
            assert offset is not None
            assert offset_ms(beside_ms, zone) == offset / timedelta(milliseconds=1)

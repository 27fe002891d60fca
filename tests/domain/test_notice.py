"""Notice in business days: which day counts, and which does not."""

from __future__ import annotations

import pytest

from sla_service.domain.instants import parse_instant
from sla_service.domain.notice import is_announced_in_time
from sla_service.usecases.business_days import business_days


@pytest.mark.parametrize(
    ("announced", "starts", "country", "days", "expected"),
    [
        pytest.param(
            "2023-09-11T23:59", "2023-09-18T00:00", "", 5, True, id="Monday to Monday are five, to the minute"
        ),
        pytest.param("2023-09-11T00:00", "2023-09-17T23:59", "", 5, False, id="Monday to Sunday are four"),
        pytest.param("2023-09-12T00:00", "2023-09-18T23:59", "", 5, False, id="Tuesday to Monday are four"),
        pytest.param(
            "2023-09-08T12:00", "2023-09-16T01:00", "", 5, True, id="Friday to the Saturday after next are five"
        ),
        pytest.param("2023-09-09T12:00", "2023-09-15T01:00", "", 5, True, id="Saturday to Friday are five"),
        pytest.param("2023-10-02T12:00", "2023-10-03T12:00", "", 1, True, id="the next day is one"),
        pytest.param("2023-10-02T12:00", "2023-10-03T12:00", "DE", 1, False, id="unless it is a holiday"),
        pytest.param("2023-10-02T12:00", "2023-10-02T18:00", "", 1, False, id="the same day is none"),
        pytest.param("2023-10-09T12:00", "2023-10-02T12:00", "", 1, False, id="announced after the fact"),
        pytest.param("2013-10-01T12:00", "2023-10-02T12:00", "", 999, True, id="announced ten years ahead"),
    ],
)
def test_business_days_are_counted_from_the_day_after_to_the_day_of_the_start(
    announced, starts, country, days, expected
):
    ats = (parse_instant(f"{text}+02:00") for text in (announced, starts))
    assert is_announced_in_time(*ats, "Europe/Berlin", days, business_days(country)) is expected


def test_the_day_is_that_of_the_zone():
    announced, starts = parse_instant("2023-09-11T22:30Z"), parse_instant("2023-09-18T12:00Z")
    found = [is_announced_in_time(announced, starts, zone, 5, business_days("")) for zone in ("UTC", "Europe/Berlin")]
    assert found == [True, False], "in Berlin it was Tuesday already"

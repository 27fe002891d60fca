"""Incidents and impacts over the API: the same rows as from a file, and refusals that say where and why."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from sla_service.db.engine import reading, writing
from sla_service.usecases.import_rows import import_file
from tests.web import seed

INCIDENT = {
    "incident_id": "INC-1",
    "title": "Network failure",
    "service": "storefront",
    "cause": "a network failed",
    "upstream": "cloud provider",
    "started_at": "2023-09-19T02:00:00+08:00",
    "ended_at": "2023-09-19T12:30+08:00",
    "source": "status_page",
    "source_ref": "status/1",
    "confirmed_at": "2023-09-19T02:25+08:00",
    "timeline": [
        {"at": "2023-09-19T02:00+08:00", "share_available": "0", "text": "First alerts, “nothing” opens"},
        {"at": "2023-09-19T05:40+08:00", "share_available": "50", "source": "post_mortem"},
        {"at": "2023-09-19T11:30+08:00", "share_available": "100%"},
    ],
}
POINT = {"at": "2023-09-19T02:00Z", "share_available": "5"}
IMPACT = {
    "incident_id": "INC-1",
    "merchant_id": seed.LUMEN,
    "service": "storefront",
    "started_at": "2023-09-19T02:00+08:00",
    "ended_at": "2023-09-19T03:00+08:00",
    "share": "0.5",
    "orders_expected": 10,
    "unit": "site-1",
    "confirmed_at": "2023-09-19T02:26+08:00",
    "ticket_at": "2023-09-19T02:27+08:00",
    "reported_at": "2023-09-19T02:28+08:00",
}
INCIDENT_FILE = """incident_id,title,service,region,cause,upstream,started_at,ended_at,source,source_ref,confirmed_at
INC-1,Network failure,storefront,,a network failed,cloud provider,2023-09-19T02:00+08:00,2023-09-19T12:30+08:00,\
status_page,status/1,2023-09-19T02:25+08:00
"""
TIMELINE_FILE = """incident_id,at,share_available,text,source
INC-1,2023-09-19T02:00+08:00,0,"First alerts, “nothing” opens",
INC-1,2023-09-19T05:40+08:00,50,,post_mortem
INC-1,2023-09-19T11:30+08:00,100%,,
"""
IMPACT_FILE = f"""incident_id,merchant_id,service,unit,started_at,ended_at,share,orders_expected,confirmed_at,\
ticket_at,reported_at
INC-1,{seed.LUMEN},storefront,site-1,2023-09-19T02:00+08:00,2023-09-19T03:00+08:00,0.5,10,2023-09-19T02:26+08:00,\
2023-09-19T02:27+08:00,2023-09-19T02:28+08:00
"""


def rows(engine, table):
    with reading(engine) as session:
        return [tuple(row) for row in session.connection().execute(text(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4"))]  # noqa: S608


def import_text(engine, noun, content):
    with writing(engine) as session:
        import_file(session, noun, content.encode(), name=noun, now_ms=seed.NOW_MS, actor="ana")


@pytest.fixture
def stores(site):
    """A site that knows the merchants."""
    import_text(site.engine, "partners", seed.FILES["partners"])
    import_text(site.engine, "merchants", seed.FILES["merchants"])
    return site


def test_the_same_evidence_by_file_and_by_api_gives_the_same_rows(stores, tmp_path_factory, request):
    assert stores.post("/incidents", INCIDENT).status_code == 201
    assert stores.post("/impacts", {"impacts": [IMPACT]}).status_code == 201
    tables = ("incidents", "timeline_points", "impacts")
    by_api = {table: rows(stores.engine, table) for table in tables}
    with writing(stores.engine) as session:
        for table in reversed(tables):
            session.connection().execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own tables
    import_text(stores.engine, "incidents", INCIDENT_FILE)
    import_text(stores.engine, "timeline", TIMELINE_FILE)
    import_text(stores.engine, "impacts", IMPACT_FILE)
    assert {table: rows(stores.engine, table) for table in tables} == by_api
    assert [len(found) for found in by_api.values()] == [1, 3, 1]


def test_an_incident_is_answered_as_it_can_be_sent_again(site):
    response = site.post("/incidents", INCIDENT)
    assert response.status_code == 201
    assert response.json["started_at"] == "2023-09-18T18:00:00Z"
    assert [point["share_available"] for point in response.json["timeline"]] == ["0%", "50%", "100%"]
    assert site.get("/incidents/INC-1").json == response.json
    again = site.post("/incidents", response.json)
    assert (again.status_code, again.json) == (200, response.json)


def test_the_same_incident_again_changes_nothing(site):
    site.post("/incidents", INCIDENT)
    before = [rows(site.engine, table) for table in ("incidents", "timeline_points", "imports")]
    assert site.post("/incidents", INCIDENT).status_code == 200
    assert [rows(site.engine, table) for table in ("incidents", "timeline_points", "imports")] == before


def test_other_content_under_the_same_id_is_refused_naming_the_fields(site):
    site.post("/incidents", INCIDENT)
    other = {**INCIDENT, "title": "Another", "ended_at": None}
    response = site.post("/incidents", other)
    assert (response.status_code, response.json["code"]) == (409, "exists_with_different")
    assert {error["pointer"] for error in response.json["errors"]} == {"/title", "/ended_at"}
    assert site.get("/incidents/INC-1").json["title"] == "Network failure"


def test_a_point_told_otherwise_is_refused_at_its_place(site):
    site.post("/incidents", INCIDENT)
    first, second, _ = INCIDENT["timeline"]
    changed = {**INCIDENT, "timeline": [first, {**second, "share_available": "51"}]}
    response = site.post("/incidents", changed)
    assert response.status_code == 409
    assert [error["pointer"] for error in response.json["errors"]] == ["/timeline/1/share_available"]


def test_new_points_for_a_known_incident_go_to_its_timeline(site):
    site.post("/incidents", {**INCIDENT, "timeline": INCIDENT["timeline"][:2]})
    whole = site.post("/incidents", INCIDENT)
    assert (whole.status_code, whole.json["errors"][0]["pointer"]) == (409, "/timeline")
    added = site.post("/incidents/INC-1/timeline", {"timeline": INCIDENT["timeline"]})
    assert (added.status_code, added.json) == (201, {"rows": 3, "added": 1})
    again = site.post("/incidents/INC-1/timeline", {"timeline": INCIDENT["timeline"]})
    assert (again.status_code, again.json) == (200, {"rows": 3, "added": 0})
    assert site.post("/incidents", INCIDENT).status_code == 200


def test_points_of_an_unknown_incident_are_not_found(site):
    response = site.post("/incidents/INC-9/timeline", {"timeline": INCIDENT["timeline"]})
    assert (response.status_code, response.json["code"]) == (404, "not_found")


def test_who_sent_evidence_is_kept_beside_the_imported_files(site):
    site.post("/incidents", INCIDENT)
    found = rows(site.engine, "imports")
    assert {(row[0], row[2], row[6]) for row in found} == {
        ("incidents", "sent by a program", "tests"),
        ("timeline", "sent by a program", "tests"),
    }


def test_sixteen_at_once_record_one_incident(site):
    codes = []
    threads = [
        threading.Thread(target=lambda: codes.append(site.post("/incidents", INCIDENT).status_code)) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 15 + [201]
    assert len(rows(site.engine, "incidents")) == 1


def test_incidents_are_listed_in_pages(site):
    for n in range(5):
        body = {**INCIDENT, "incident_id": f"INC-{n}", "started_at": f"2023-09-0{n + 1}T00:00Z", "timeline": []}
        assert site.post("/incidents", body).status_code == 201
    first = site.get("/incidents?limit=2").json
    second = site.get(first["next"].removeprefix("/api/v1")).json
    third = site.get(second["next"].removeprefix("/api/v1")).json
    ids = [one["incident_id"] for page in (first, second, third) for one in page["incidents"]]
    assert ids == [f"INC-{n}" for n in range(5)]
    assert third["next"] is None


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "page_limit"),
        ("limit=-1", 422, "page_limit"),
        ("limit=1000000000", 422, "page_limit"),
        ("limit=abc", 422, "page_limit"),
        ("limit=1_0", 422, "page_limit"),
        ("limit=%EF%BC%91", 422, "page_limit"),
        ("limit=1&limit=2", 400, "parameter_repeated"),
        ("after=nothing", 400, "cursor_invalid"),
        ("limti=5", 422, "unknown_field"),
    ],
)
def test_a_wrong_page_is_refused(lite, query, status, code):
    response = lite.get(f"/incidents?{query}")
    assert (response.status_code, response.json["code"]) == (status, code)
    assert response.json["errors"][0]["parameter"] in {"limit", "after", "limti"}


@pytest.mark.parametrize("incident_id", ["INC-9", "..%2f..%2fetc", "%00", "a b", "x" * 100, "'; DROP TABLE incidents"])
def test_an_incident_that_cannot_be_is_not_found(lite, incident_id):
    response = lite.get(f"/incidents/{incident_id}")
    assert (response.status_code, response.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"ended_at": "2023-09-18T02:00+08:00"}, "/ended_at", "interval_reversed"),
        ({"ended_at": INCIDENT["started_at"]}, "/ended_at", "interval_empty"),
        ({"started_at": "2026-03-01T00:00:00"}, "/started_at", "offset_required"),
        ({"started_at": "2026-03-01"}, "/started_at", "time_required"),
        ({"started_at": "2026-W10-1T00:00:00Z"}, "/started_at", "instant_format"),
        ({"started_at": "20260301T000000Z"}, "/started_at", "instant_format"),
        ({"started_at": "2026-02-30T00:00:00Z"}, "/started_at", "date_invalid"),
        ({"started_at": "2026-03-01T24:00:00Z"}, "/started_at", "hour"),
        ({"started_at": "2026-03-01T23:59:60Z"}, "/started_at", "leap_second"),
        ({"started_at": "2026-03-01T00:00:00+25:00"}, "/started_at", "offset_range"),
        ({"started_at": "2026-03-01T00:00:00\u221208:00"}, "/started_at", "instant_format"),
        ({"started_at": 1772323200}, "/started_at", "instant_type"),
        ({"started_at": "0001-01-01T00:00:00Z"}, "/started_at", "instant_range"),
        ({"title": "x" * 301}, "/title", "too_long"),
        ({"title": "a\u202eb"}, "/title", "format_character"),
        ({"title": "a\u0000b"}, "/title", "control_character"),
        ({"title": ""}, "/title", "blank"),
        ({"title": None}, "/title", "null"),
        ({"title": 5}, "/title", "type_string"),
        ({"region": ""}, "/region", "name_format"),
        ({"service": "Storefront"}, "/service", "name_format"),
        ({"incident_id": "a b"}, "/incident_id", "id_format"),
        ({"titel": "x"}, "/titel", "unknown_field"),
        ({"timeline": {}}, "/timeline", "type_array"),
        ({"timeline": ["x"]}, "/timeline/0", "type_object"),
        ({"timeline": [{**POINT, "share_available": "101"}]}, "/timeline/0/share_available", "percent_range"),
        ({"timeline": [{**POINT, "share_available": 50}]}, "/timeline/0/share_available", "type_string"),
        ({"timeline": [{"at": POINT["at"]}]}, "/timeline/0/share_available", "required"),
        ({"timeline": [{**POINT, "x/y": 1}]}, "/timeline/0/x~1y", "unknown_field"),
        ({"timeline": [POINT, POINT]}, "/timeline/1", "duplicate_row"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(lite, change, pointer, code):
    response = lite.post("/incidents", {**INCIDENT, **change})
    assert (response.status_code, response.json["code"]) == (422, code)
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]
    assert rows(lite.engine, "incidents") == []


def test_an_unknown_field_is_answered_with_the_nearest_one(lite):
    response = lite.post("/incidents", {**INCIDENT, "strated_at": "x"})
    assert "did you mean started_at?" in response.json["detail"]


def test_every_problem_is_named_at_once(lite):
    response = lite.post("/incidents", {"incident_id": "a b", "timeline": [{"at": 1, "share_available": "2"}]})
    assert response.json["code"] == "several_problems"
    pointers = {error["pointer"] for error in response.json["errors"]}
    assert {"/incident_id", "/title", "/started_at", "/timeline/0/at"} <= pointers


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"share": 0.5}, "/impacts/1/share", "type_string"),
        ({"share": "1.5"}, "/impacts/1/share", "range"),
        ({"share": "-0.1"}, "/impacts/1/share", "range"),
        ({"share": "high"}, "/impacts/1/share", "number_format"),
        ({"share": "1E5"}, "/impacts/1/share", "number_format"),
        ({"orders_expected": "10"}, "/impacts/1/orders_expected", "type_integer"),
        ({"orders_expected": 1.9}, "/impacts/1/orders_expected", "type_integer"),
        ({"orders_expected": True}, "/impacts/1/orders_expected", "type_integer"),
        ({"orders_expected": -1}, "/impacts/1/orders_expected", "range"),
        ({"unit": "site 1"}, "/impacts/1/unit", "id_format"),
        ({"ticket_at": "2023-09-19T02:00"}, "/impacts/1/ticket_at", "offset_required"),
        ({"merchant_id": "M-NOBODY"}, "/impacts/1/merchant_id", "merchant_unknown"),
        ({"incident_id": "INC-9"}, "/impacts/1/incident_id", "incident_unknown"),
        ({"ended_at": "2023-09-19T01:00+08:00"}, "/impacts/1/ended_at", "interval_reversed"),
        ({"merchant_id": seed.LUMEN}, "/impacts/1", "duplicate_row"),
    ],
)
def test_one_wrong_impact_refuses_them_all_at_its_place(stores, change, pointer, code):
    stores.post("/incidents", INCIDENT)
    other = {**IMPACT, "merchant_id": seed.KIEL, **change}
    response = stores.post("/impacts", {"impacts": [IMPACT, other]})
    assert (response.status_code, response.json["code"]) == (422, code)
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]
    assert rows(stores.engine, "impacts") == []


def test_impacts_are_recorded_once(stores):
    stores.post("/incidents", INCIDENT)
    body = {"impacts": [IMPACT, {**IMPACT, "merchant_id": seed.KIEL}]}
    assert stores.post("/impacts", body).json == {"rows": 2, "added": 2}
    again = stores.post("/impacts", body)
    assert (again.status_code, again.json) == (200, {"rows": 2, "added": 0})
    changed = stores.post("/impacts", {"impacts": [{**IMPACT, "share": "0.6"}]})
    assert (changed.status_code, changed.json["code"]) == (409, "exists_with_different")
    assert changed.json["errors"][0]["pointer"] == "/impacts/0/share"


def test_at_most_ten_thousand_impacts_at_a_time(lite):
    response = lite.post("/impacts", {"impacts": [IMPACT] * 10_001})
    assert (response.status_code, response.json["code"]) == (422, "row_limit")
    assert lite.post("/impacts", {"impacts": []}).json["code"] == "no_rows"


def test_of_many_problems_a_thousand_are_shown_and_all_are_counted(lite):
    response = lite.post("/impacts", {"impacts": [{**IMPACT, "share": "x"}] * 1_500})
    assert (len(response.json["errors"]), response.json["total"]) == (1_000, 1_500)

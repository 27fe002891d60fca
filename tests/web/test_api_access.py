"""Who gets in, what every refusal looks like, and what every answer carries."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from sla_service.db.engine import writing
from sla_service.usecases.api_keys import create_api_key, revoke_api_key
from tests.web import seed

OPERATIONS = [
    ("POST", "/api/v1/incidents"),
    ("GET", "/api/v1/incidents"),
    ("GET", "/api/v1/incidents/INC-1"),
    ("POST", "/api/v1/incidents/INC-1/timeline"),
    ("POST", "/api/v1/impacts"),
    ("POST", "/api/v1/runs"),
    *(("POST", f"/api/v1/runs/1/{step}") for step in ("submit", "approve", "reject", "issue")),
    ("POST", "/api/v1/corrections"),
    ("POST", "/api/v1/statements/SCM-1/void"),
    ("GET", "/api/v1/runs"),
    ("GET", "/api/v1/runs/1"),
    ("GET", "/api/v1/runs/1/credits"),
    ("GET", "/api/v1/merchants/M-1/months/2023-09/availability"),
    ("GET", "/api/v1/merchants/M-1/months/2023-09/error-budget"),
]
OPEN = {"/api/v1/openapi.json", "/api/v1/docs"}
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "errors"}


def test_the_table_of_operations_is_complete(lite):
    found = {
        (method, rule.rule)
        for rule in lite.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/") and rule.rule not in OPEN
    }
    assert len(found) == len(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "auth_required"),
        ("", "auth_required"),
        ("Bearer", "auth_required"),
        ("Basic c2xhOnNsYQ==", "auth_required"),
        ("Bearer sla_short", "key_malformed"),
        ("Bearer sla_" + "0" * 12 + "_" + "0" * 64, "key_unknown"),
    ],
)
def test_no_operation_works_without_a_key(lite, method, path, header, code):
    headers = {} if header is None else {"Authorization": header}
    response = lite.client.open(path, method=method, headers=headers)
    assert (response.status_code, response.json["code"]) == (401, code)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert set(response.json) == MEMBERS


def test_a_revoked_key_is_refused_with_the_instant(site):
    with writing(site.engine) as session:
        made = create_api_key(session, "old", now_ms=seed.NOW_MS, actor="ana")
    site.key = made.key
    assert site.get("/runs").status_code == 200
    with writing(site.engine) as session:
        revoke_api_key(session, made.key_id, now_ms=seed.NOW_MS, actor="ana")
    response = site.get("/runs")
    assert (response.status_code, response.json["code"]) == (401, "key_revoked")
    assert "2023-10-05T08:00:00Z" in response.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v2/runs", 404, "not_found"),
        ("DELETE", "/api/v1/incidents", 405, "method_not_allowed"),
        ("TRACE", "/api/v1/incidents", 405, "method_not_allowed"),
        ("GET", "/api/v1/runs/0x1", 404, "not_found"),
        ("GET", "/api/v1/runs/99999999999999999999", 404, "not_found"),
        ("GET", "/api/v1/runs/7/credits", 404, "not_found"),
        ("GET", "/api/v1/merchants/M-9/months/2023-09/availability", 404, "not_found"),
        ("GET", "/api/v1/merchants/%00/months/2023-09/error-budget", 404, "not_found"),
        ("GET", "/api/v1/merchants/M-9/months/2023-13/availability", 422, "period_format"),
    ],
)
def test_every_refusal_is_a_problem_document_with_a_code(lite, method, path, status, code):
    response = lite.client.open(path, method=method, headers={"Authorization": f"Bearer {lite.key}"})
    assert (response.status_code, response.json["code"]) == (status, code)
    assert response.mimetype == "application/problem+json"
    assert set(response.json) == MEMBERS
    assert response.json["status"] == status
    if status == 405:
        assert response.headers["Allow"]


def test_a_mistake_of_ours_is_answered_with_an_id_and_logged_whole(lite, monkeypatch, caplog):
    def fail(*_args, **_more):
        message = "the shelf fell down"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("sla_service.web.api.runs.list_runs", fail)
    response = lite.get("/runs")
    assert (response.status_code, response.json["code"]) == (500, "internal")
    number = response.json["detail"].split("id ")[1].split()[0]
    assert number in caplog.text
    assert "the shelf fell down" in caplog.text
    assert "shelf" not in response.get_data(as_text=True)


def test_a_database_that_is_gone_is_said_so_and_when_to_come_back(lite, monkeypatch):
    def gone(*_args, **_more):
        message = "SELECT 1"
        raise OperationalError(message, {}, Exception("connection refused"))

    monkeypatch.setattr("sla_service.web.api.runs.list_runs", gone)
    response = lite.get("/runs")
    assert (response.status_code, response.json["code"]) == (503, "unavailable")
    assert response.headers["Retry-After"]
    monkeypatch.setattr("sla_service.web.api.evidence.write", gone)
    body = {"impacts": [{}]}
    assert lite.post("/impacts", body).status_code == 422
    lost = lite.post("/incidents/INC-1/timeline", {"timeline": [{"at": "2023-09-19T02:00Z", "share_available": "0"}]})
    assert (lost.status_code, lost.json["code"]) == (503, "outcome_unknown")


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/runs", "/api/v1/openapi.json", "/portal/x/", "/verify/x", "/x"])
def test_every_answer_forbids_scripts_frames_sniffing_referrers_and_caches(lite, path):
    response = lite.client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


def test_the_process_is_up_and_the_database_ready(site):
    assert site.client.get("/healthz").json == {"status": "up"}
    ready = site.client.get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (200, "ready")

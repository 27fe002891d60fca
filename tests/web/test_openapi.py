"""The API describes itself."""

from __future__ import annotations

import pytest

METHODS = {"get", "post"}


@pytest.fixture
def spec(lite):
    return lite.client.get("/api/v1/openapi.json").json


def test_every_operation_is_listed_with_its_key_and_its_refusals(lite, spec):
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in lite.app.url_map.iter_rules()
        for method in rule.methods & {"GET", "POST"}
        if rule.rule.startswith("/api/v1/") and not rule.endpoint.startswith(("api-docs", "docs"))
    }
    listed = {(path, method) for path, told in spec["paths"].items() for method in METHODS & set(told)}
    assert listed == routes
    for path, method in listed:
        operation = spec["paths"][path][method]
        assert operation["summary"]
        assert operation["security"] == [{"key": []}]
        assert "application/problem+json" in operation["responses"]["401"]["content"]


def test_the_key_is_described(spec):
    assert spec["openapi"] == "3.0.3"
    assert spec["components"]["securitySchemes"]["key"] == {"type": "http", "scheme": "bearer", "bearerFormat": "sla_…"}


def test_every_reference_leads_somewhere(spec):
    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            node = list(node.values())
        if isinstance(node, list):
            for item in node:
                yield from references(item)

    for reference in set(references(spec)):
        found = spec
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_limits_and_forms_are_described(spec):
    impacts = spec["components"]["schemas"]["Impacts"]["properties"]["impacts"]
    assert (impacts["maxItems"], impacts["minItems"]) == (10_000, 1)
    incident = spec["components"]["schemas"]["Incident"]
    assert incident["additionalProperties"] is False
    assert incident["properties"]["started_at"]["format"] == "date-time"
    required = {"incident_id", "title", "service", "cause", "started_at", "source", "source_ref"}
    assert set(incident["required"]) == required


def test_the_description_can_be_read_without_a_script(lite):
    page = lite.client.get("/api/v1/docs").get_data(as_text=True)
    assert "POST /api/v1/incidents" in page
    assert "timeline[].share_available" in page
    assert "<script" not in page

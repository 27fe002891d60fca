"""The audit log's table: what changed, short enough to be read."""

from __future__ import annotations

import json

import pytest

from sla_service.cli.audit import changes
from sla_service.db.tables import AuditRecord

AT_MS = 1_696_208_400_000


def an_entry(before=None, after=None):
    said = [None if one is None else json.dumps(one) for one in (before, after)]
    return AuditRecord(at_ms=AT_MS, actor="ben", action="a", subject="s", before=said[0], after=said[1], sha256="")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"state": "draft"}, {"state": "calculated"}, "state: draft → calculated"),
        (None, {"rows": 9, "file": "a.csv", "options": ""}, "rows: 9; file: a.csv"),
        ({"key": "k"}, None, "key: k → none"),
        ({"state": "draft", "reason": "x"}, {"state": "draft"}, ""),
        ({"digest": ""}, {"digest": "ab" * 32}, "digest: none → abababababab"),
        ({"approved_by": None}, {"approved_by": "ben"}, ""),
        ({"approved_by": None}, {"approved_by": "eve"}, "approved by: none → eve"),
        ({"approved_at_ms": AT_MS}, {"approved_at_ms": None}, "approved at: 2023-10-02 01:00 → none"),
        ({"version": 1}, {"version": 2}, ""),
        ({"binding": None}, {"binding": '{"figures":"' + "ab" * 32 + '"}'}, "binding: none → figures abababababab"),
        (None, {"sums": ["EUR 1.00", "USD 2.00"]}, "sums: EUR 1.00, USD 2.00"),
        ({"a": 1, "b": 1}, {"a": 2, "b": 2}, "a: 1 → 2\nb: 1 → 2"),
    ],
    ids=[
        "a state",
        "a file, for the first time",
        "something that is gone",
        "what is not said again stayed",
        "a digest by its first digits",
        "who is told in another column",
        "unless it is somebody else",
        "an instant",
        "how often it changed is for programs",
        "what an approval is bound to",
        "a list",
        "several things",
    ],
)
def test_what_changed_is_said_once(before, after, told):
    assert changes(an_entry(before, after)) == told


def test_a_long_value_is_cut():
    assert changes(an_entry(None, {"reason": "x" * 500})) == f"reason: {'x' * 99}…"

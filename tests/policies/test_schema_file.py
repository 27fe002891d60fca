"""The JSON Schema that editors read is the one that the grammar gives."""

from __future__ import annotations

import json
from pathlib import Path

from sla_service.formats.policy_schema import policy_schema

FILE = Path(__file__).parents[2] / "policies" / "policy.schema.json"


def test_the_published_schema_is_the_grammar_s_own():
    # `sla policy schema > policies/policy.schema.json` writes it anew.
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(policy_schema()))

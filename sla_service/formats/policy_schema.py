"""The JSON Schema of policy files, for editors and other programs: the same grammar that reads and writes them."""

from __future__ import annotations

from sla_service.formats.policy_grammar.dialect import ANY
from sla_service.formats.policy_grammar.policy import policy
from sla_service.formats.policy_grammar.shapes import Definitions, JsonSchema

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> JsonSchema:
    """JSON Schema, draft 2020-12, of a policy file as YAML is loaded: numbers and yes or no also as such.

    It takes every file that can be read. Of what needs more than one field, or the zone database, it takes more.
    """
    definitions: Definitions = {}
    schema = policy(ANY).schema(definitions)
    return {
        "$schema": _DIALECT,
        "title": "Policy",
        "description": "One version of an SLA, stage by stage",
        **schema,
        "$defs": dict(sorted(definitions.items())),
    }

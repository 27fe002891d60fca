"""Canonical JSON written from templates is the JSON of the value that has what was filled in."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.canonical import Template, canonical_json
from sla_service.domain.stated_terms import StatedMetric
from sla_service.domain.statements import Recipient

WORDS = st.text(max_size=20) | st.sampled_from(['100 % "wool"', "%s", "%%d", '"name":', "\\", "\n", "小熊茶舍", "\x7f"])


@given(st.builds(Recipient, *[WORDS] * 5), st.sets(st.sampled_from([field.name for field in fields(Recipient)])), WORDS)
def test_a_filled_template_is_the_json_of_the_value(recipient, names, word):
    filled = Template(recipient, *names).fill(*[canonical_json(word)] * len(names))
    assert filled == canonical_json(replace(recipient, **dict.fromkeys(names, word)))


def test_fields_are_filled_in_order_of_their_names():
    template = Template(Recipient("m-1", "Store", "", "en", "UTC"), "party_id", "email")
    assert template.fill('"a@b.example"', '"m-2"') == (
        '{"email":"a@b.example","locale":"en","name":"Store","party_id":"m-2","time_zone":"UTC"}'
    )


@pytest.mark.parametrize("name", ["colour", pytest.param("unit", id="a default that is left out")])
def test_a_field_that_the_json_does_not_say_cannot_be_left_open(name):
    with pytest.raises(ValueError, match=f"StatedMetric does not say {name}"):
        Template(StatedMetric("latency"), "name", name)

"""Contracts that are assessed as one of many are owed what each would be owed alone, on an edge and beside it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money
from sla_service.domain.plain import edges, is_plain
from sla_service.domain.policies.digest import policy_digest
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.usecases.assessed_columns import measured_columns
from sla_service.usecases.plain_credits import PARKED, _assessed_alone, _case
from tests.strategies import monotone_tables, policies, tables_as_written

MONTHS_MS = [days * 86_400_000 + 1_000 * odd for days in (28, 30, 31) for odd in (0, 1, 7)]


@st.composite
def cases(draw):
    """A plain policy, some merchants' fees, and bad times on, just under and just over its edges, and anywhere."""
    policy = draw(policies(st.one_of(monotone_tables(), tables_as_written())).filter(is_plain))
    # As published policies are: equal digests say equal terms.
    policy = replace(policy, digest=policy_digest(policy))
    total_ms = draw(st.sampled_from(MONTHS_MS))
    whole = total_ms * SHARE_FULL_PPM
    on_edges = [int((1 - edge) * whole) + near for edge in edges(policy) for near in (-1, 0, 1)]
    bad = draw(st.lists(st.sampled_from(on_edges) | st.integers(0, whole), min_size=1, max_size=12))
    fees = draw(st.lists(st.integers(0, 10**9), min_size=len(bad), max_size=len(bad)))
    return policy, total_ms, [(min(max(one, 0), whole), fee) for one, fee in zip(bad, fees, strict=True)]


@given(cases())
def test_what_is_taken_from_another_like_it_is_what_it_comes_to_by_itself(case):
    policy, total_ms, merchants = case
    for bad_ppm_ms, fee_minor in merchants:
        measurement = Measurement(bad_ppm_ms, total_ms)
        alone = _assessed_alone(policy, measurement, Money("USD", fee_minor))
        expected = {**PARKED, **alone, **measured_columns(measurement)}
        assert _case(policy, fee_minor, "USD", bad_ppm_ms, total_ms) == expected

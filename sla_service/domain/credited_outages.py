"""Which outages a credit is for: from these a deadline to claim it is counted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sla_service.domain.accounting.detail import pays_by_outage
from sla_service.domain.assessment import is_met
from sla_service.domain.covered import Covered
from sla_service.domain.credit_functions import owed
from sla_service.domain.measurement import Measurement, Outage, Part
from sla_service.domain.owed import Terms
from sla_service.domain.policies import Policy


def credited_outages(policy: Policy, measurement: Measurement, currency: str, zone: str) -> tuple[Outage, ...]:
    """The outages that are credited; all that count where the credit is for the period as a whole, or there is none.

    Args:
        policy: Its functions say whether each outage is paid by itself; then those that pay nothing are left out.
        measurement: Of the period, with its parts.
        currency: Of the fee.
        zone: Whose clock hours and days count.
    """
    # Whether something is paid does not depend on how much a share is of, or what a time is worth.
    terms = Terms(policy, currency, Fraction(1), Covered(Fraction(1)), zone)
    found: list[Outage] = []
    for part in measurement.parts or (Part(measurement),):
        own = part.measurement
        if is_met(policy, own.decisive):
            continue
        if pays_by_outage(policy.credit):
            found += [one for one in own.outages if _pays(policy, replace(own, outages=(one,)), terms)]
        elif _pays(policy, own, terms):
            found += own.outages
    return tuple(found) or measurement.outages


def _pays(policy: Policy, measurement: Measurement, terms: Terms) -> bool:
    """Whether anything is owed, or a person has to say so."""
    found = owed(policy.credit, measurement, terms)
    return any(found.size) or bool(found.undefined)

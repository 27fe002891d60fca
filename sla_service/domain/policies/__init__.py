"""An SLA as a value: what is measured, what does not count, what is promised, and what a breach pays.

Each stage of the calculation is a module; a stage that can be said in several ways is a union of tagged variants, so
that a new way is a new class and not a new flag.
"""

from sla_service.domain.policies.terms import MERCHANT_ZONE, Policy

__all__ = ["MERCHANT_ZONE", "Policy"]

"""Stated credits as JSON by the thousand: what is the same for all of a case is stated and encoded once.

``state_credit`` says what a credit's statement has. Here the first credit of each case goes through it; the others
differ from that one in a few fields and in their lines, and only these are written for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from sla_service.domain.canonical import Template, canonical_json
from sla_service.domain.incidents import Curve, Incident
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.statements import ImpactStep
from sla_service.usecases.impact_shapes import Shape, shape_of
from sla_service.usecases.state_credits import (
    own_figures,
    state_credit,
    state_incident,
    state_line,
    told_incident,
)
from sla_service.usecases.state_paid import is_plain

Row = Mapping[str, Any]
K = TypeVar("K")
V = TypeVar("V")
Line = tuple[Any, ...]
"""Values of a line in the order of ``LINE``."""

LINE = ("incident_id", "started_at_ms", "ended_at_ms", "impact_ppm_ms", "counted_ppm_ms", "status", "reason")
WHOSE = frozenset({"run_id", "credit_no", "merchant_id", "partner_id", "contract_starts_on"})
"""Columns that say whose a credit is, and nothing of what it is."""
FIGURES = frozenset(
    {
        *("amount_minor", "bad_ppm_ms", "before_cap_minor", "cap_minor", "fee_minor", "total_ms", "unmeasured_ms"),
        *("unrounded_minor", "availability", "excluded_ppm_ms", "stated_minor", "stated_service_ms"),
    },
)
"""Columns that a plain credit has as figures of its own, or does not state."""
CASES = 4_096
"""Cases remembered at one time; each is some kilobytes."""

STEP = Template(ImpactStep(0, 0, 0), "end_ms", "share_ppm", "start_ms")
MONEY = Template(Money("USD", 0), "currency", "minor")
LISTS = ("incidents", "lines", "steps")


class CreditTexts:
    """Writes the credits of one run."""

    def __init__(
        self,
        columns: Sequence[str],
        *,
        policies: Mapping[str, Policy],
        incidents: Mapping[str, Incident],
        issuer: str,
    ) -> None:
        """Take the columns of the credits, in order; policies by digest, incidents by id, and the issuer's name."""
        self.columns, self.policies, self.incidents, self.issuer = tuple(columns), policies, incidents, issuer
        self.impacts = _ImpactTexts(incidents)
        self.alike = [i for i, name in enumerate(columns) if name not in WHOSE | FIGURES]
        self.same = [i for i, name in enumerate(columns) if name not in WHOSE]
        self.plain: dict[tuple[str, bool], bool] = {}
        self.cases: dict[tuple[Any, ...], Template] = {}

    def text(self, values: Sequence[Any], lines: Sequence[Line], issued_on: date) -> str:
        """The JSON of one credit: what ``state_credit`` states of it."""
        row = dict(zip(self.columns, values, strict=True))
        policy = self.policies[row["policy_digest"]]
        figures = own_figures(policy, row)
        has_own = self._has_own_figures(policy, row)
        names = sorted({*LISTS, *(figures if has_own else ("credit_id",))})
        key = self._case(values, lines, issued_on, has_own=has_own)
        template = self.cases.get(key)
        if template is None:
            template = _remember(self.cases, key, self._template(row, lines, issued_on, policy, names))
        texts = {name: _text(figures[name]) for name in names if name not in LISTS}
        texts |= self.impacts.lists(lines, row["curve"])
        return template.fill(*map(texts.__getitem__, names))

    def _has_own_figures(self, policy: Policy, row: Row) -> bool:
        """Whether nothing that the statement says is derived from the figures, other than themselves."""
        key = (policy.digest, bool(row["rate"]))
        if key not in self.plain:
            self.plain[key] = is_plain(policy, row)
        return self.plain[key] and not row.get("before_minor") and not row.get("before_service_ms")

    def _case(self, values: Sequence[Any], lines: Sequence[Line], issued_on: date, *, has_own: bool) -> tuple[Any, ...]:
        if has_own:
            return (issued_on, *[values[i] for i in self.alike])
        return (issued_on, *[values[i] for i in self.same], *lines)

    def _template(
        self, row: Row, lines: Sequence[Line], issued_on: date, policy: Policy, names: Sequence[str]
    ) -> Template:
        stated = state_credit(
            row,
            [dict(zip(LINE, line, strict=True)) for line in lines],
            policy=policy,
            incidents=self.incidents,
            issued_on=issued_on,
            issuer=self.issuer,
        )
        return Template(replace(stated, incidents=(), lines=(), steps=()), *names)


class _ImpactTexts:
    """Writes the lines of credits, the steps of their charts, and the incidents that they name."""

    def __init__(self, incidents: Mapping[str, Incident]) -> None:
        self.incidents = incidents
        self.lines: dict[tuple[str, str, str | None], Template] = {}
        self.told: dict[tuple[str, ...], str] = {}
        self.shapes: dict[tuple[str, str], Shape] = {}
        self.steps: dict[tuple[str, str, int, int, int], str] = {}

    def lists(self, lines: Sequence[Line], curve: str) -> dict[str, str]:
        """The JSON of each of a credit's lists."""
        steps = [step for line in lines if (step := self._steps(line, curve))]
        return {
            "incidents": self._incidents(lines),
            "lines": f"[{','.join([self._line(line) for line in lines])}]",
            "steps": f"[{','.join(steps)}]",
        }

    def _line(self, line: Line) -> str:
        incident_id, start_ms, end_ms, impact, counted, status, reason = line
        template = self.lines.get((incident_id, status, reason))
        if template is None:
            stated = state_line(dict(zip(LINE, line, strict=True)), self._incident(incident_id).title)
            template = Template(stated, "counted_ppm_ms", "end_ms", "impact_ppm_ms", "start_ms")
            self.lines[incident_id, status, reason] = template
        return template.fill(counted, end_ms, impact, start_ms)

    def _steps(self, line: Line, curve: str) -> str:
        """Those of a line; remembered where they are of a curve: it may have hundreds, and hits many merchants."""
        incident_id, start_ms, end_ms, impact, *_ = line
        shape = self.shapes.get((incident_id, curve))
        if shape is None:
            shape = self.shapes[incident_id, curve] = shape_of(self._incident(incident_id), Curve(curve))
        if not shape.stretches:
            return _steps(shape, start_ms, end_ms, impact)
        key = (incident_id, curve, start_ms, end_ms, impact)
        text = self.steps.get(key)
        if text is None:
            text = _remember(self.steps, key, _steps(shape, start_ms, end_ms, impact))
        return text

    def _incidents(self, lines: Sequence[Line]) -> str:
        ids = tuple(dict.fromkeys([line[0] for line in lines]))
        told = self.told.get(ids)
        if told is None:
            told = _remember(self.told, ids, canonical_json([state_incident(self._incident(one)) for one in ids]))
        return told

    def _incident(self, incident_id: str) -> Incident:
        return told_incident(incident_id, self.incidents)


def _steps(shape: Shape, start_ms: int, end_ms: int, impact: int) -> str:
    drawn = shape.drawn(start_ms, end_ms, impact)
    return ",".join([STEP.fill(until_ms, share_ppm, from_ms) for from_ms, until_ms, share_ppm in drawn])


def _remember(known: dict[K, V], key: K, value: V) -> V:
    """Keep a value; if there are too many, these only, for merchants that are alike are near each other."""
    if len(known) >= CASES:
        known.clear()
    known[key] = value
    return value


def _text(value: int | str | Money) -> str | int:
    if isinstance(value, Money):
        return MONEY.fill(canonical_json(value.currency), value.minor)
    return canonical_json(value) if isinstance(value, str) else value

"""Stated credits as JSON by the thousand: what is the same for all of a case is stated and encoded once.

``state_credit`` says what a credit's statement has. Here the first credit of each case goes through it; the others
differ from that one in a few fields and in their lines, and only these are written for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from sla_service.domain.canonical import Template, canonical_json
from sla_service.domain.incidents import Curve, Incident
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.stated_terms import Before
from sla_service.domain.statements import ImpactStep
from sla_service.usecases.impact_shapes import Shape, shape_of
from sla_service.usecases.state_credits import (
    own_values,
    state_credit,
    state_how,
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
OWN = frozenset(
    {
        # Of these ``own_values`` are made,
        *("amount_minor", "bad_ppm_ms", "before_cap_minor", "cap_minor", "fee_minor", "total_ms", "unmeasured_ms"),
        *("unrounded_minor", "before_minor", "before_service_ms", "stated_minor", "stated_service_ms"),
        # of these what ``state_how`` says,
        *("availability", "steps", "reason", "decided_by"),
        # and this one no statement shows.
        "excluded_ppm_ms",
    },
)
"""Columns from which only those fields come that are written for each credit."""
CASES = 4_096
"""Cases remembered at one time; each is some kilobytes."""

STEP = Template(ImpactStep(0, 0, 0), "end_ms", "share_ppm", "start_ms")
MONEY = Template(Money("USD", 0), "currency", "minor")


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
        self.alike = [i for i, name in enumerate(columns) if name not in WHOSE | OWN]
        self.same = [i for i, name in enumerate(columns) if name not in WHOSE]
        self.plain: dict[tuple[str, bool], bool] = {}
        self.how: dict[tuple[Any, ...], dict[str, str]] = {}
        self.cases: dict[tuple[Any, ...], tuple[Template, list[str]]] = {}

    def text(self, values: Sequence[Any], lines: Sequence[Line], issued_on: date) -> str:
        """The JSON of one credit: what ``state_credit`` states of it."""
        row = dict(zip(self.columns, values, strict=True))
        policy = self.policies[row["policy_digest"]]
        texts = {name: _text(value) for name, value in own_values(policy, row).items()}
        if not self._is_plain(policy, row):
            texts |= self._how(values, row, lines, policy)
        # Fields without anything to say are left out: which ones these are is a part of the case.
        key = (issued_on, *[values[i] for i in self.alike], *texts)
        texts |= self.impacts.lists(lines, row["curve"])
        case = self.cases.get(key)
        if case is None:
            names = sorted(texts)
            case = _remember(self.cases, key, (self._template(row, lines, issued_on, policy, names), names))
        template, names = case
        return template.fill(*[texts[name] for name in names])

    def _is_plain(self, policy: Policy, row: Row) -> bool:
        key = (policy.digest, bool(row["rate"]))
        if key not in self.plain:
            self.plain[key] = is_plain(policy, row)
        return self.plain[key]

    def _how(self, values: Sequence[Any], row: Row, lines: Sequence[Line], policy: Policy) -> dict[str, str]:
        """The JSON of what ``state_how`` says; the same for merchants with the same figures and lines."""
        key = (*[values[i] for i in self.same], *lines)
        found = self.how.get(key)
        if found is None:
            how = state_how(row, _rows(lines), policy, self.issuer)
            found = _remember(self.how, key, {name: canonical_json(value) for name, value in how.items()})
        return found

    def _template(
        self, row: Row, lines: Sequence[Line], issued_on: date, policy: Policy, names: Sequence[str]
    ) -> Template:
        stated = state_credit(
            row, _rows(lines), policy=policy, incidents=self.incidents, issued_on=issued_on, issuer=self.issuer
        )
        return Template(stated, *names)


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
            (row,) = _rows([line])
            stated = state_line(row, self._incident(incident_id).title)
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


def _rows(lines: Sequence[Line]) -> list[Row]:
    return [dict(zip(LINE, line, strict=True)) for line in lines]


def _text(value: int | str | Money | Before) -> str | int:
    if isinstance(value, Money):
        return MONEY.fill(canonical_json(value.currency), value.minor)
    return value if isinstance(value, int) else canonical_json(value)

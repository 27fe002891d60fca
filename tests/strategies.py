"""What property tests draw from. Grids are small, so that windows touch, meet and cover each other all the time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise, permutations, product

from hypothesis import strategies as st

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.incidents import Curve, TimelinePoint
from sla_service.domain.instants import EARLIEST_MS, LATEST_MS
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import MAX_MINOR, MINOR_DIGITS, Money, Rounding
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Share, Tier
from sla_service.domain.policies.payment import Cap, Minimum
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from tests.builders import SEPTEMBER, a_policy
from tests.oracle import Case, Excluded, Hit, Rule

STEP_MS = 1_000
GRID_STEPS = 12
PERIOD_STEPS = (3, 9)
"""The measured period, in steps of the grid: a quarter of it lies before and a quarter after."""

SHARES_PPM = (0, 1, 333_333, 500_000, 999_999, SHARE_FULL_PPM)
REGIONS = ("cn-east", "eu-west")
CURRENCIES = ("JPY", "USD", "KWD")
"""0, 2 and 3 decimals."""

instants_ms = st.integers(EARLIEST_MS, LATEST_MS - 1)
currencies = st.sampled_from(sorted(MINOR_DIGITS))
amounts = st.builds(Money, currencies, st.integers(1 - MAX_MINOR, MAX_MINOR - 1))
fees = st.builds(Money, st.sampled_from(CURRENCIES), st.integers(0, 10_000_000))
roundings = st.sampled_from(list(Rounding))
exact_minor = st.fractions(-1_000_000, 1_000_000, max_denominator=1000) | st.integers(-2000, 2000).map(
    lambda n: Fraction(n, 2)
)


# One draw for a whole hit instead of one for each of its fields: books of a hundred cases are drawn in a blink.
GRID_WINDOWS = [
    Window(SEPTEMBER.start_ms + start * STEP_MS, SEPTEMBER.start_ms + end * STEP_MS)
    for start, end in combinations(range(GRID_STEPS + 1), 2)
]
PERIOD = Window(*(SEPTEMBER.start_ms + step * STEP_MS for step in PERIOD_STEPS))
NOTICES_MS = (None, -STEP_MS, 0, STEP_MS, 2 * STEP_MS)
KINDS = tuple(str(kind) for kind in ExclusionKind)[:3]

windows = st.sampled_from(GRID_WINDOWS)
hits = st.sampled_from(
    [Hit(*fields) for fields in product(range(4), GRID_WINDOWS, SHARES_PPM, (None, None, *REGIONS))],
)
exclusions = st.sampled_from(
    [
        Excluded(*fields)
        for fields in product(KINDS, GRID_WINDOWS, NOTICES_MS, (None, None, *REGIONS), (None, None, True, False))
    ],
)
_ranked_kinds = st.sampled_from([kinds for count in range(4) for kinds in permutations(KINDS, count)])
_conditions = st.sampled_from(list(product(product((None, STEP_MS), (False, True)), repeat=3)))
rules = st.builds(
    lambda kinds, conditions: tuple(Rule(kind, *condition) for kind, condition in zip(kinds, conditions, strict=False)),
    _ranked_kinds,
    _conditions,
)
_terms = st.sampled_from(
    list(product(Curve, (0, 1, 2 * STEP_MS, 4 * STEP_MS, 4 * STEP_MS + 1, 7 * STEP_MS), REGIONS)),
)


@st.composite
def cases(draw: st.DrawFn, *, own_hits: int = 5) -> Case:
    curve, minimum_run_ms, region = draw(_terms)
    # Hits of another curve are in the same table and must not be seen.
    platform = [
        replace(hit, curve=str(draw(st.sampled_from((curve, curve, *Curve)))))
        for hit in draw(st.lists(hits, max_size=4))
    ]
    return Case(
        PERIOD,
        own=tuple(draw(st.lists(hits, max_size=own_hits))) if own_hits else (),
        platform=tuple(platform),
        exclusions=tuple(draw(st.lists(exclusions, max_size=3))),
        rules=draw(rules),
        minimum_run_ms=minimum_run_ms,
        curve=str(curve),
        region=region,
    )


@st.composite
def recoveries(draw: st.DrawFn) -> Case:
    """A platform hit by one incident in a row of windows with a share each, often over the edges of the period."""
    case = draw(cases())
    first = draw(st.integers(0, GRID_STEPS - 4))
    shares = draw(st.lists(st.sampled_from(SHARES_PPM), min_size=2, max_size=GRID_STEPS - first))
    at_ms = [SEPTEMBER.start_ms + (first + n) * STEP_MS for n in range(len(shares) + 1)]
    row = [Hit(1, Window(*edges), ppm, None, case.curve) for edges, ppm in zip(pairwise(at_ms), shares, strict=True)]
    return replace(case, platform=(*row, *case.platform[:1]))


@st.composite
def lines_of_recovery(draw: st.DrawFn, *, step_ms: int) -> tuple[TimelinePoint, TimelinePoint]:
    """Two reports with something, but not everything, working at the first one; on a grid of ``step_ms``."""
    start_ms = SEPTEMBER.start_ms + draw(st.integers(0, 1000)) * step_ms
    length_ms = draw(st.integers(1, 400)) * step_ms
    one, two = draw(st.integers(1, SHARE_FULL_PPM)), draw(st.integers(0, SHARE_FULL_PPM))
    return TimelinePoint(start_ms, one), TimelinePoint(start_ms + length_ms, two)


EDGES = tuple(Fraction(n, 10_000) for n in (5000, 9000, 9500, 9900, 9950, 9990, 9995, 10_000))
"""Availabilities that tables are made of, and that measurements hit exactly."""

_PAYS = st.sampled_from([Fraction(n, 100) for n in (0, 5, 10, 25, 33, 50, 100, 1000)])


def measurements() -> st.SearchStrategy[Measurement]:
    """Availabilities on an edge, beside an edge, anywhere, and below zero."""
    total = 10_000
    on = st.sampled_from(EDGES).map(lambda edge: (1 - edge) * total * SHARE_FULL_PPM)
    beside = st.tuples(on, st.sampled_from([-1, 1])).map(sum).filter(lambda bad: bad >= 0)
    anywhere = st.integers(0, total * SHARE_FULL_PPM * 11 // 10)
    return st.one_of(on, beside, anywhere).map(lambda bad: Measurement(int(bad), total))


def minimums() -> st.SearchStrategy[tuple[Minimum, ...]]:
    one = st.builds(Minimum, st.builds(Money, st.sampled_from(CURRENCIES), st.integers(0, 5000)), st.booleans())
    return st.lists(one, max_size=3, unique_by=lambda minimum: minimum.amount.currency).map(tuple)


caps = st.none() | st.builds(Cap, st.sampled_from([Fraction(1, 4), Fraction(1, 3), Fraction(1), Fraction(5)]))


@st.composite
def tables_as_written(draw: st.DrawFn) -> tuple[Tier, ...]:
    """Any rows: with holes, overlaps, empty ranges and every kind of edge."""
    rows = draw(st.lists(st.tuples(*[st.sampled_from((Fraction(0), *EDGES))] * 2), min_size=1, max_size=4))
    return tuple(Tier(Share(draw(_PAYS)), max(row), draw(st.booleans()), min(row), draw(st.booleans())) for row in rows)


@st.composite
def monotone_tables(draw: st.DrawFn) -> tuple[Tier, ...]:
    """Rows from the highest edge down to 0 without hole or overlap, each paying at least as much as the one above."""
    edges = sorted(draw(st.sets(st.sampled_from(EDGES), min_size=1, max_size=4)), reverse=True)
    pays = sorted(draw(st.lists(_PAYS, min_size=len(edges), max_size=len(edges))))
    belongs_below = [draw(st.booleans()) for _ in edges]
    return tuple(
        Tier(
            Share(pay),
            upper=edge,
            upper_inclusive=belongs_below[i],
            lower=edges[i + 1] if i + 1 < len(edges) else Fraction(0),
            lower_inclusive=i + 1 == len(edges) or not belongs_below[i + 1],
        )
        for i, (edge, pay) in enumerate(zip(edges, pays, strict=True))
    )


def policies(tables: st.SearchStrategy[tuple[Tier, ...]]) -> st.SearchStrategy[Policy]:
    """Policies over a table; the target is the table's highest edge."""
    return st.builds(
        lambda tiers, cap, least, rounding: a_policy(
            *tiers,
            target=max(tier.upper or 0 for tier in tiers) or EDGES[0],
            cap=cap,
            minimums=least,
            rounding=rounding,
        ),
        tables,
        caps,
        minimums(),
        roundings,
    )

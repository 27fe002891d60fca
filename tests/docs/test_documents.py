"""What the pages in docs/ say is what the product does: their tables are worked, their examples are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from sqlmodel import Session

from sla_service.config import PREFIX, Settings
from sla_service.db.engine import writing
from sla_service.domain.assessment import Measurement, Outcome, assess
from sla_service.domain.balances import Balance
from sla_service.domain.error_budget import BURN_ALERTS, budgets
from sla_service.domain.incidents import Curve, recovery_segments
from sla_service.domain.instants import MINUTE_MS, format_instant, parse_instant
from sla_service.domain.ledger import MOVES
from sla_service.domain.money import Money, Rounding, format_exact, round_to_money
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies.downtime import ExclusionEffect
from sla_service.domain.shares import format_floored, format_percent, parse_percent
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.formats.applied_rows import APPLIED, read_applied
from sla_service.formats.csv_rows import read_csv
from sla_service.formats.exports import shapes
from sla_service.formats.exports.ledgers import CONTROL
from sla_service.formats.exports.netsuite import NETSUITE
from sla_service.formats.exports.quickbooks import QUICKBOOKS
from sla_service.formats.nouns import NOUNS
from sla_service.formats.policy_schema import policy_schema
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.policies import check_policy

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLE = ROOT / "examples" / "2023-09-19"
OUTAGE_ID = "INC-2023-09-19"
SEPTEMBER = Month(2023, 9)
ALGORITHM, POLICY_GUIDE, POLICY_FIELDS, FILES, EXPORTS, OPERATIONS, LEDGER = (
    (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for name in ("algorithm", "policies", "policies/fields", "files", "exports", "operations", "ledger")
)
POLICIES = POLICY_GUIDE + "".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "policies").glob("*.md")))
"""The guide and its pages."""


def cells(line):
    return [cell.strip().replace("`", "") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def tables(text):
    """Every table as a list of rows, the head first."""
    found = re.findall(r"^\|.*\n\|[-|]+\|\n(?:\|.*\n)*", text, re.MULTILINE)
    return [[cells(line) for line in table.splitlines() if not re.fullmatch(r"[|-]+", line)] for table in found]


def rows(*head):
    """The rows of the one table on the algorithm page whose head begins like this."""
    found = [table[1:] for table in tables(ALGORITHM) if tuple(table[0][: len(head)]) == head]
    assert len(found) == 1, f"{len(found)} tables begin with {head}"
    return found[0]


def blocks(text, language):
    """Fenced blocks: what follows the language, and the content."""
    return re.findall(rf"^```{language}(?: (\S+))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def policy(name):
    return parse_policy((EXAMPLE / "policies" / f"storefront-{name}.yaml").read_text(encoding="utf-8"))


SCHEMA = policy_schema()
SHORTEST = dict(re.match(r"([a-z]+): (.*)", line).groups() for line in blocks(POLICIES, "yaml")[0][1].splitlines())


def phrases():
    """What contracts say and what the pages write for it, as fields of a policy."""
    for table in re.findall(r"^\| in the contract \| in the file .*\n\|[-|]+\|\n((?:\|.*\n)*)", POLICIES, re.MULTILINE):
        for line in table.splitlines():
            contract, written = re.split(r"(?<!\\)\|", line.strip().strip("|"))[:2]
            yield contract.strip(), re.findall(r"`([^`]+)`", written)


def reference(*head):
    """The rows of all tables on the page of fields that have this head, words still marked."""
    start = re.escape(f"| {' | '.join(head)} |")
    for table in re.findall(rf"^{start}.*\n\|[-|]+\|\n((?:\|.*\n)*)", POLICY_FIELDS, re.MULTILINE):
        for line in table.splitlines():
            row = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))]
            yield (row[0].strip("`") if head[0] == "field" else row[0], *row[1:])


@dataclass
class Known:
    """A field of the grammar, over everything that it may stand in."""

    words: set[str] = field(default_factory=set)
    is_required: bool = True
    is_choice: bool = False
    """Whether nothing but the words can be written."""


def cases(schema):
    """The ways to write something, without references, lists and unions."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    inner = [one for one in schema.get("anyOf", ()) if one.keys() - {"required"}]
    if inner:
        return [case for one in inner for case in cases(one)]
    return cases(schema["items"]) if "items" in schema else [schema]


def words_of(schema):
    known = ["yes" if one is True else "no" if one is False else one for one in schema.get("enum", ())]
    return [*known, schema["const"]] if "const" in schema else known


def grammar_fields():
    """Every field by its path, walked from the schema."""
    found: dict[str, Known] = {}
    _walk(SCHEMA, "", found)
    return found


def _walk(schema, path, found):
    for case in cases(schema):
        for name, one in case.get("properties", {}).items():
            at = f"{path}.{name}" if path else name
            known = found.setdefault(at, Known())
            ways = cases(one)
            known.words |= {word for way in ways for word in words_of(way)}
            known.is_choice = all(words_of(way) for way in ways)
            known.is_required &= name in case.get("required", ())
            # Credits that become one are credits again, and conditions under a word are conditions.
            if at not in {"credit.of", "indicator.bad_when.all", "indicator.bad_when.any"}:
                _walk(one, at, found)


@pytest.fixture(scope="module")
def outage():
    """The example's incident as its files have it."""
    from sla_service.domain.incidents import Incident, TimelinePoint

    heads, points = (read_csv(n, (EXAMPLE / f"{n}.csv").read_bytes()).to_pylist() for n in ("incidents", "timeline"))
    head = next(row for row in heads if row["incident_id"] == OUTAGE_ID)
    head.pop("line")
    timeline = [TimelinePoint(row["at_ms"], row["available_ppm"]) for row in points if row["incident_id"] == OUTAGE_ID]
    return Incident(**head, timeline=tuple(timeline))


def minutes(ppm_ms):
    return Fraction(ppm_ms, SHARE_FULL_PPM * MINUTE_MS)


def counted(segments):
    return sum(minutes(s.share_ppm * s.window.duration_ms) for s in segments)


def share_ppm(text):
    return parse_percent(text) * SHARE_FULL_PPM


def local(clock):
    return parse_instant(f"2023-09-19T{clock}+08:00")


def found_by(*impact, excluded="[]", qualify="{}", effect="not_down", zone="UTC"):
    """Availability of September 2023 under a policy made for one row of a table."""
    document = f"""
policy: made-up
version: 1
effective: {{from: 2023-01-01}}
service: storefront
period: {{kind: month, time_zone: {zone}}}
indicator: {{kind: windows, curve: step}}
qualify: {qualify}
exclude: {{kind: maintenance, effect: {effect}}}
target: 100%
credit: {{below: 100%, pay: 10%}}
examples:
  - name: a row
    fee: 1.00 USD
    period: 2023-09
    impact: [{", ".join(impact)}]
    excluded: {excluded}
    expect: {{availability: 0/1}}
"""
    (result,) = check_policy(document).examples
    (difference, *_) = result.differences
    return Fraction(re.search(r"exactly ([0-9/]+)", difference)[1]), result.found_availability


def down_minutes(availability, period_minutes=43_200):
    return (1 - availability) * period_minutes


def window(start, end, share="100%"):
    return f"{{from: 2023-09-19T{start}Z, to: 2023-09-19T{end}Z, share: {share.replace(' ', '')}}}"


class TestAlgorithm:
    def test_the_timeline_is_that_of_the_example(self, outage):
        said = rows("local time", "in UTC", "available")
        assert [local(row[0]) for row in said] == [point.at_ms for point in outage.timeline]
        assert [f"{row[1].replace(' ', 'T')}:00Z" for row in said] == [format_instant(p.at_ms) for p in outage.timeline]
        assert [share_ppm(row[2]) for row in said] == [point.available_ppm for point in outage.timeline]

    def test_five_methods_give_five_outages(self, outage):
        said = rows("method", "curve", "counted minutes")
        assert [row[1] for row in said] == list(Curve)
        period = SEPTEMBER.window("Asia/Shanghai")
        for _method, curve, length, exact, shown, credit in said:
            segments = recovery_segments(outage, Curve(curve), until_ms=period.end_ms)
            bad = sum(s.share_ppm * s.window.duration_ms for s in segments)
            measured = Measurement(bad, period.duration_ms)
            assert minutes(bad) == Fraction(length)
            assert measured.availability == Fraction(exact)
            assert format_floored(measured.availability) == shown
            assert assess(policy("plus"), measured, Money("USD", 29_900)).amount.amount == credit

    def test_the_step_method_piece_by_piece(self, outage):
        said = rows("from", "until", "minutes", "share of impact")
        segments = recovery_segments(outage, Curve.STEP, until_ms=0)
        for start, end, length, share, sum_ in said:
            inside = [s for s in segments if local(start) <= s.window.start_ms < local(end)]
            assert sum(s.window.duration_ms for s in inside) == int(length) * MINUTE_MS
            assert {s.share_ppm for s in inside} == {share_ppm(share)}
            assert counted(inside) == Fraction(sum_)

    def test_the_straight_line_piece_by_piece(self, outage):
        said = rows("from", "until", "minutes", "impact at the start")
        segments = recovery_segments(outage, Curve.LINEAR, until_ms=0)
        for start, end, length, first, last, sum_ in said:
            inside = [s for s in segments if local(start) <= s.window.start_ms < local(end)]
            assert local(end) - local(start) == int(length) * MINUTE_MS
            assert counted(inside) == Fraction(sum_)
            high, low = share_ppm(first), share_ppm(last)
            assert all(low <= s.share_ppm <= high for s in inside)
            assert all(one.share_ppm >= two.share_ppm for one, two in pairwise(inside))

    def test_overlap_counts_the_largest_share(self):
        for one, two, sum_ in rows("first window", "second window"):
            impact = [window(*re.findall(r"[\d:]+(?= to| at)", text), text.split("at ")[1]) for text in (one, two)]
            availability, _ = found_by(*impact)
            assert down_minutes(availability) == Fraction(sum_), (one, two)

    def test_a_minimum_run_counts_whole_or_not_at_all(self):
        head = next(table[0] for table in tables(ALGORITHM) if table[0][0] == "length of the run")
        for row in rows("length of the run"):
            lengths = [int(n) for n in re.findall(r"(\d+) min", row[0])]
            starts = [sum(lengths[:i]) + i for i in range(len(lengths))]
            impact = [
                window(f"02:{start:02d}", f"02:{start + n:02d}") for start, n in zip(starts, lengths, strict=True)
            ]
            for rule, expected in zip(head[1:], row[1:], strict=True):
                availability, _ = found_by(*impact, qualify=f"{{{rule}}}")
                assert down_minutes(availability) == int(expected), (row[0], rule)

    def test_two_effects_of_leaving_out(self):
        assert [row[0] for row in rows("effect", "meaning")] == list(ExclusionEffect)
        for effect, down, period, exact, shown in rows("effect", "downtime"):
            impact = [window("02:00", "03:00"), window("05:00", "06:00")]
            excluded = "[{kind: maintenance, from: 2023-09-19T05:00Z, to: 2023-09-19T06:00Z}]"
            availability, found = found_by(*impact, excluded=excluded, effect=effect)
            assert (availability, found) == (Fraction(exact), shown)
            assert down_minutes(availability, int(period)) == int(down)

    def test_months_are_as_long_as_they_were_lived(self):
        for month, zone, length in rows("month", "zone"):
            assert Month.parse(month).window(zone).duration_ms == int(length) * MINUTE_MS

    def test_a_change_of_plans_makes_two_periods(self, outage):
        whole, change = (
            SEPTEMBER.window("Asia/Shanghai"),
            midnight_ms(SEPTEMBER.first_day.replace(day=20), "Asia/Shanghai"),
        )
        lengths = [change - whole.start_ms, whole.end_ms - change]
        for length_ms, (_contract, name, length, down, exact) in zip(
            lengths, rows("contract", "policy", "period in minutes"), strict=True
        ):
            segments = recovery_segments(outage, policy(name.removeprefix("storefront-")).curve, until_ms=0)
            inside = [s for s in segments if (s.window.start_ms < change) == (length_ms == lengths[0])]
            assert length_ms == int(length) * MINUTE_MS
            assert counted(inside) == int(down)
            assert 1 - counted(inside) / int(length) == Fraction(exact)

    def test_the_table_with_a_hole(self):
        legacy, fee = policy("legacy"), Money("USD", 7_900)
        for shown, *covered, outcome in rows("availability"):
            ratio = parse_percent(shown)
            found = assess(legacy, measurement_of(ratio), fee)
            assert ["yes" if tier.covers(ratio) else "no" for tier in legacy.tiers] == covered
            assert outcome == (found.amount.amount if found.outcome is Outcome.CREDITED else found.outcome.value)

    @pytest.mark.parametrize("column", [1, 2, 3], ids=["USD", "JPY", "KWD"])
    def test_the_ladder(self, column):
        plus = policy("plus")
        currency = next(t[0] for t in tables(ALGORITHM) if t[0][0] == "step")[column]
        fee, availability, rate, product, cap, capped, minimum, amount = (row[column] for row in rows("step"))
        found = assess(plus, measurement_of(Fraction(availability)), Money.parse(fee, currency))
        assert found.tier == 0
        assert format_percent(found.rate) == rate
        assert format_exact(found.before_cap_minor, currency) == product
        assert format_exact(found.cap_minor, currency) == cap
        assert format_exact(found.unrounded_minor, currency) == capped
        assert found.minimum.amount == minimum
        assert found.amount.amount == amount
        assert plus.rounding is Rounding.HALF_UP

    def test_the_minimum_is_tested_before_rounding(self):
        plus, availability = policy("plus"), measurement_of(Fraction(8579, 8640))
        at_least = replace(plus, minimums=tuple(replace(m, strict=False) for m in plus.minimums))
        for fee, exact, lenient, strict in rows("fee"):
            found = [assess(one, availability, Money.parse(fee, "USD")) for one in (at_least, plus)]
            assert found[0].unrounded_minor == 100 * Fraction(exact)
            assert [one.amount.amount for one in found] == [lenient, strict]

    def test_roundings(self):
        for exact, currency, *rounded in rows("exact", "currency"):
            minor = Fraction(exact) * 10 ** {"KWD": 3, "JPY": 0}.get(currency, 2)
            assert [round_to_money(minor, currency, rule).amount for rule in Rounding] == rounded

    def test_every_outcome_is_explained(self):
        assert {row[0] for row in rows("outcome")} == {*Outcome, "parked"}

    def test_error_budgets_of_the_example(self):
        found = budgets(policy("plus"), Measurement(305 * MINUTE_MS * SHARE_FULL_PPM, 43_200 * MINUTE_MS))
        for budget, (edge, size, consumed, left) in zip(found, rows("edge"), strict=True):
            assert format_percent(budget.edge) == edge
            assert budget.budget_ms == Fraction(size) * MINUTE_MS
            assert format_floored(budget.consumed_ratio, 2) == consumed.replace(" ", "")
            assert budget.left_ms == Fraction(left.replace("−", "-")) * MINUTE_MS

    def test_burn_alerts(self):
        unit = {"h": 60 * MINUTE_MS, "min": MINUTE_MS}
        for alert, (rate, *windows) in zip(BURN_ALERTS, rows("rate"), strict=True):
            assert alert.rate == Fraction(rate)
            lengths = [int(text.split()[0]) * unit[text.split()[1]] for text in windows]
            assert lengths == [alert.long_ms, alert.short_ms]


def measurement_of(availability):
    down = 1 - availability
    return Measurement(down.numerator * SHARE_FULL_PPM, down.denominator)


class TestPolicies:
    @pytest.mark.parametrize("document", [text for _, text in blocks(POLICIES, "yaml")], ids=lambda text: text[:40])
    def test_each_policy_on_the_pages_holds_its_examples(self, document):
        assert not [(one.example.name, one.differences) for one in check_policy(document).failed]

    @pytest.mark.parametrize(("contract", "written"), list(phrases()), ids=lambda text: text[:60])
    def test_what_to_write_for_a_phrase_is_read(self, contract, written):
        said = dict(re.match(r"([a-z_]+): (.*)", one).groups() for one in written)
        if "kind: metric" in said.get("indicator", ""):
            said |= {"target": "200", "credit": "{above: 200, pay: 10%}"}
        assert parse_policy("".join(f"{name}: {text}\n" for name, text in (SHORTEST | said).items())), contract

    def test_every_field_and_every_word_is_in_the_reference_and_nothing_else(self):
        said = {row[0]: row[1] for row in reference("field", "written as", "default")}
        known = grammar_fields()
        assert list(said) == list(dict.fromkeys(said))
        assert said.keys() == known.keys()
        for path, one in known.items():
            words = set(re.findall(r"`([^`]+)`", said[path]))
            assert one.words <= words, path
            # Where words stand beside other forms, more may be said about those.
            assert not one.is_choice or words == one.words, path

    def test_the_reference_says_what_is_required(self):
        said = {row[0]: row[2] for row in reference("field", "written as", "default")}
        known = grammar_fields()
        assert {path for path, default in said.items() if default == "required"} == {
            path for path in said if known[path].is_required
        }

    @pytest.mark.parametrize("stage", ["period", "indicator", "exclude", "quantise", "credit"])
    def test_the_reference_says_which_fields_a_kind_has(self, stage):
        known = {
            word: {name for name in case["properties"] if name != "kind"}
            for case in cases(SCHEMA["properties"][stage])
            for word in words_of(case.get("properties", {}).get("kind", {}))
        }
        common = set.intersection(*known.values())
        said = {}
        for kinds, fields_ in reference(f"kind of `{stage}`", "its own fields"):
            for kind in re.findall(r"`([^`]+)`", kinds):
                said[kind] = set(re.findall(r"`([^`]+)`", fields_))
        assert said == {word: names - common for word, names in known.items()}

    def test_every_published_policy_is_counted(self):
        assert f"{len(list((ROOT / 'policies' / 'published').glob('*.yaml')))} policies" in POLICIES


class TestFiles:
    def test_every_noun_has_an_example(self):
        assert [noun for noun, _ in blocks(FILES, "csv")] == list(NOUNS)

    @pytest.mark.parametrize(("noun", "text"), blocks(FILES, "csv"))
    def test_each_example_has_every_column_and_is_read(self, noun, text):
        assert read_csv(noun, text.encode()).num_rows
        assert text.splitlines()[0].split(",") == [column.name for column in NOUNS[noun].columns]

    def test_the_examples_import_in_the_order_of_the_page(self, sqlite_engine):
        with writing(sqlite_engine) as session:
            import_all(session)

    @pytest.mark.parametrize("noun", NOUNS)
    def test_each_column_is_explained(self, noun):
        section = FILES.split(f"\n## {noun}\n")[1].split("\n## ")[0]
        said = {row[0]: row[2] for table in tables(section) for row in table[1:]}
        assert said == {column.name: "yes" if column.required else "no" for column in NOUNS[noun].columns}


def import_all(session: Session):
    for noun, text in blocks(FILES, "csv"):
        outcome = import_file(session, noun, text.encode(), name=noun, now_ms=0, actor="ann")
        assert outcome.added == len(text.splitlines()) - 1


class TestExports:
    @pytest.mark.parametrize("name", ["register", "lines", "journal"])
    def test_each_column_is_explained_in_order(self, name):
        section = EXPORTS.split(f"\n## {name}\n")[1].split("\n## ")[0]
        said = next(table for table in tables(section) if table[0] == ["column", "content"])
        assert tuple(row[0] for row in said[1:]) == getattr(shapes, name.upper())

    def test_each_column_of_the_control_file_is_explained_in_order(self):
        section = EXPORTS.split("\n## What ledgers import\n")[1].split("\n### ")[0]
        (said,) = tables(section)
        assert tuple(row[0] for row in said[1:]) == CONTROL

    def test_what_ledgers_get_is_named_as_it_is(self):
        section = EXPORTS.split("\n### netsuite\n")[1].split("\n### ")[0]
        said = {row[0]: tuple(row[1].split(", ")) for row in tables(section)[0][1:4]}
        assert said == dict(NETSUITE.credits)
        columns = EXPORTS.split("\n### quickbooks\n")[1].split(". ")[0]
        assert tuple(re.findall("`([^`]+)`", columns))[1:] == QUICKBOOKS.credits["CreditMemos"]


class TestLedger:
    def test_each_kind_moves_between_the_accounts_that_the_page_names(self):
        (kinds,) = [table for table in tables(LEDGER) if table[0][:3] == ["kind", "debit", "credit"]]
        assert {row[0]: (row[1], row[2]) for row in kinds[1:]} == MOVES

    def test_each_column_of_a_file_of_uses_is_explained(self):
        ((_, text),) = blocks(LEDGER, "csv")
        assert text.splitlines()[0].split(",") == [column.name for column in APPLIED.columns]
        assert read_applied(text.encode()).num_rows == len(text.splitlines()) - 1
        (columns,) = [table for table in tables(LEDGER) if table[0] == ["column", "filled", "content"]]
        said = {row[0]: row[1] for row in columns[1:]}
        assert said == {column.name: "yes" if column.required else "no" for column in APPLIED.columns}

    def test_the_merchant_s_account_adds_up_as_the_page_has_it(self):
        (steps,) = [table for table in tables(LEDGER) if table[0][-1] == "owed"]
        balance = Balance("USD")
        for _day, kind, debit, credit, amount, owed in steps[1:]:
            assert MOVES[kind] == (debit, credit)
            balance.add(kind, Money.parse(amount, "USD").minor)
            assert balance.owed.amount == owed


class TestOperations:
    def test_each_setting_is_explained_with_its_default(self):
        said = {row[0]: row[1] for table in tables(OPERATIONS) if table[0][0] == "variable" for row in table[1:]}
        assert said == {
            PREFIX + field.name.upper(): shown(getattr(Settings(), field.name)) for field in fields(Settings)
        }

    def test_each_exit_code_is_explained(self):
        from sla_service.cli.errors import EXIT_CODES, EXIT_DIFFERENT, EXIT_LEFT, EXIT_PARKED

        said = {int(row[0]) for table in tables(OPERATIONS) if table[0][0] == "code" for row in table[1:]}
        assert said == {0, 1, 2, EXIT_PARKED, EXIT_DIFFERENT, EXIT_LEFT, *EXIT_CODES.values()}


def shown(default):
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple) and default:
        return r"\|".join(map(str, default))
    return str(default) if default not in {"", ()} else "empty"


PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


def anchors(path):
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
class TestPages:
    def test_links_lead_somewhere(self, page):
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            to = (page.parent / name).resolve() if name else page
            assert to.exists(), f"{page.name} links to {target}"
            assert not anchor or to.suffix != ".md" or anchor in anchors(to), f"{page.name} links to {target}"

    def test_fences_are_closed(self, page):
        assert page.read_text(encoding="utf-8").count("\n```") % 2 == 0

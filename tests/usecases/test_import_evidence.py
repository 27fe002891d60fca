"""Usage, units, charges and claims: what is taken, what is refused, and what measuring reads of it."""

from __future__ import annotations

import pytest

from sla_service.db.engine import reading, writing
from sla_service.db.evidence import (
    load_charges,
    load_claims,
    load_decisions,
    load_exclusions,
    load_impacts,
    load_units,
    load_usage,
)
from sla_service.db.incidents import load_incident
from sla_service.db.tables import DecisionRecord
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import parse_instant
from sla_service.domain.windows import Window
from sla_service.usecases.import_rows import import_file

NOW_MS = parse_instant("2023-10-02T01:00:00Z")
PARTIES = """\
merchant_id,name,email,locale,time_zone,country,currency,region,partner_id,billing_ref,active_from,active_to
M1,Store one,m1@store.example,en,UTC,CN,USD,asia,,,2020-01-01,
M2,Store two,m2@store.example,en,UTC,CN,USD,asia,,,2020-01-01,
"""
START, END, LATER = "2023-09-02T10:00Z", "2023-09-02T11:00Z", "2023-09-02T12:00Z"
HEADERS = {
    "usage": "merchant_id,service,unit,started_at,ended_at,requests,failed,tolerated,users,users_affected,value\n",
    "units": "merchant_id,service,unit,starts_on,ends_on,monthly_fee,currency\n",
    "charges": "merchant_id,service,month,kind,amount,currency\n",
    "claims": "merchant_id,service,month,claimed_at,aware_at\n",
}
GOOD = {
    "usage": [
        f"M1,shop,,{START},{END},100,40,60,,,",
        f"M1,shop,site-1,{START},{END},0,0,,,,",
        f"M1,shop,site-2,{START},{END},,,,9999999999999999,0,",
        f"M1,shop,,{END},{LATER},,,,,,999999999.999999999",
        f"M2,shop,,{START},{END},,,,,,-0.000000001",
        f"M2,mail,,{START},{END},7,,,5,5,0",
    ],
    "units": ["M1,shop,site-1,2023-01-01,,,", "M1,shop,site-1,2023-05-01,2023-06-01,12.50,USD"],
    "charges": [
        "M1,shop,2023-09,hourly_rate,0.004025000,USD",
        "M1,shop,2023-09,hourly_rate,3,CNY",
        "M1,shop,2023-09,next_invoice,0,USD",
    ],
    "claims": [f"M1,shop,2023-09,{END},{START}", f"M2,shop,2023-09,{START},"],
}
BAD = {
    "a window that ends before it starts": ("usage", f"M1,shop,,{END},{START},1,,,,,", "interval_reversed", "ended_at"),
    "an empty window": ("usage", f"M1,shop,,{START},{START},1,,,,,", "interval_empty", "ended_at"),
    "a time without an offset": (
        "usage",
        f"M1,shop,,2023-09-02T10:00,{END},1,,,,,",
        "offset_required",
        "started_at",
    ),
    "no figure at all": ("usage", f"M1,shop,,{START},{END},,,,,,", "figure_required", "requests"),
    "failures of unknown requests": ("usage", f"M1,shop,,{START},{END},,1,,,,", "required", "requests"),
    "zero failures of unknown requests": ("usage", f"M1,shop,,{START},{END},,0,,,,5", "required", "requests"),
    "tolerated of unknown requests": ("usage", f"M1,shop,,{START},{END},,,1,,,", "required", "requests"),
    "more failures than requests": ("usage", f"M1,shop,,{START},{END},5,6,,,,", "parts_exceed", "failed"),
    "failed and tolerated together more than requests": (
        "usage",
        f"M1,shop,,{START},{END},5,3,3,,,",
        "parts_exceed",
        "failed",
    ),
    "more tolerated than requests": ("usage", f"M1,shop,,{START},{END},5,,6,,,", "parts_exceed", "tolerated"),
    "users affected of unknown users": ("usage", f"M1,shop,,{START},{END},,,,,1,", "required", "users"),
    "more users affected than users": ("usage", f"M1,shop,,{START},{END},,,,1,2,", "parts_exceed", "users_affected"),
    "a negative count": ("usage", f"M1,shop,,{START},{END},-1,,,,,", "number_format", "requests"),
    "half a request": ("usage", f"M1,shop,,{START},{END},1.5,,,,,", "number_format", "requests"),
    "a value of ten decimals": ("usage", f"M1,shop,,{START},{END},,,,,,0.0000000001", "number_format", "value"),
    "a value of ten digits": ("usage", f"M1,shop,,{START},{END},,,,,,1000000000", "number_format", "value"),
    "a value in scientific notation": ("usage", f"M1,shop,,{START},{END},,,,,,1E3", "number_format", "value"),
    "a value that is none": ("usage", f"M1,shop,,{START},{END},,,,,,NaN", "number_format", "value"),
    "a unit with blanks": ("usage", f"M1,shop,a b,{START},{END},1,,,,,", "id_format", "unit"),
    "usage of nobody": ("usage", f"M9,shop,,{START},{END},1,,,,,", "merchant_unknown", "merchant_id"),
    "a unit without a name": ("units", "M1,shop,,2023-01-01,,,", "required", "unit"),
    "a unit that ends when it starts": ("units", "M1,shop,u,2023-01-01,2023-01-01,,", "interval_reversed", "ends_on"),
    "a fee without its currency": ("units", "M1,shop,u,2023-01-01,,1.00,", "required", "currency"),
    "a currency without a fee": ("units", "M1,shop,u,2023-01-01,,,USD", "required", "monthly_fee"),
    "a unit's fee finer than a cent": ("units", "M1,shop,u,2023-01-01,,1.001,USD", "minor_units", "monthly_fee"),
    "a unit of nobody": ("units", "M9,shop,u,2023-01-01,,,", "merchant_unknown", "merchant_id"),
    "a month that does not exist": ("charges", "M1,shop,2023-13,cash,1,USD", "period_format", "month"),
    "a day for a month": ("charges", "M1,shop,2023-09-01,cash,1,USD", "period_format", "month"),
    "a kind in capitals": ("charges", "M1,shop,2023-09,Cash,1,USD", "name_format", "kind"),
    "the contract's own fee as a charge": ("charges", "M1,shop,2023-09,monthly_fee,1,USD", "kind_reserved", "kind"),
    "a negative amount": ("charges", "M1,shop,2023-09,cash,-1,USD", "number_format", "amount"),
    "an amount of ten decimals": ("charges", "M1,shop,2023-09,cash,0.1234567891,USD", "number_format", "amount"),
    "an amount with separators": ("charges", 'M1,shop,2023-09,cash,"1,000",USD', "number_format", "amount"),
    "a currency that nobody is paid in": ("charges", "M1,shop,2023-09,cash,1,XAU", "currency_unknown", "currency"),
    "a charge to nobody": ("charges", "M9,shop,2023-09,cash,1,USD", "merchant_unknown", "merchant_id"),
    "a claim at an unknown time": ("claims", "M1,shop,2023-09,,", "required", "claimed_at"),
    "a claim on a day": ("claims", "M1,shop,2023-09,2023-10-01,", "time_required", "claimed_at"),
    "a claim of nobody": ("claims", f"M9,shop,2023-09,{END},", "merchant_unknown", "merchant_id"),
}
ANOTHER_VALUE = {
    "usage": (GOOD["usage"][0].replace("100,40", "100,39"), "failed"),
    "units": (GOOD["units"][1].replace("12.50", "12.60"), "monthly_fee_minor"),
    "charges": (GOOD["charges"][1].replace("3,CNY", "4,CNY"), "amount"),
    "claims": (GOOD["claims"][0].replace(END, LATER), "claimed_at_ms"),
}
SEPTEMBER = Window(parse_instant("2023-09-01T00:00Z"), parse_instant("2023-10-01T00:00Z"))


def put(engine, noun, text, *, update=False):
    with writing(engine) as session:
        data = text.encode()
        return import_file(session, noun, data, name=f"{noun}.csv", now_ms=NOW_MS, actor="ann", update=update)


def put_good(engine, noun):
    put(engine, "merchants", PARTIES)
    return put(engine, noun, HEADERS[noun] + "\n".join(GOOD[noun]) + "\n")


def read(engine, load, *args, **kwargs):
    with reading(engine) as session:
        return load(session, *args, **kwargs)


@pytest.mark.parametrize("noun", GOOD)
def test_good_rows_go_in_and_the_same_rows_again_change_nothing(engine, noun):
    assert put_good(engine, noun).added == len(GOOD[noun])
    again = put(engine, noun, HEADERS[noun] + "\n".join(reversed(GOOD[noun])) + "\n")
    assert (again.added, again.changed, again.unchanged) == (0, 0, len(GOOD[noun]))


@pytest.mark.parametrize(("noun", "row", "rule", "column"), BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_refused_with_its_line_and_column(sqlite_engine, noun, row, rule, column):
    put(sqlite_engine, "merchants", PARTIES)
    with pytest.raises(InvalidValueError) as caught:
        put(sqlite_engine, noun, f"{HEADERS[noun]}{GOOD[noun][0]}\n{row}\n")
    (problem,) = caught.value.problems
    assert (problem.line, problem.rule, problem.column) == (3, rule, column)
    assert problem.message


@pytest.mark.parametrize(("noun", "row", "column"), [(n, *told) for n, told in ANOTHER_VALUE.items()])
def test_a_key_keeps_its_content_unless_it_is_updated(engine, noun, row, column):
    put_good(engine, noun)
    text = f"{HEADERS[noun]}{row}\n"
    with pytest.raises(InvalidValueError) as caught:
        put(engine, noun, text)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.column) == ("exists_with_different", column)
    assert put(engine, noun, text, update=True).changed == 1


def test_usage_is_read_as_columns_near_a_window(engine):
    put_good(engine, "usage")
    start, end, later = map(parse_instant, (START, END, LATER))
    rows = read(engine, load_usage, SEPTEMBER)
    assert ",".join(rows.column_names) == (
        "merchant_id,service,unit,start_ms,end_ms,requests,failed,tolerated,users,users_affected,value_nano"
    )
    assert {tuple(row.values()) for row in rows.to_pylist()} == {
        ("M1", "shop", "", start, end, 100, 40, 60, None, None, None),
        ("M1", "shop", "site-1", start, end, 0, 0, None, None, None, None),
        ("M1", "shop", "site-2", start, end, None, None, None, 9_999_999_999_999_999, 0, None),
        ("M1", "shop", "", end, later, None, None, None, None, None, 999_999_999_999_999_999),
        ("M2", "shop", "", start, end, None, None, None, None, None, -1),
        ("M2", "mail", "", start, end, 7, None, None, 5, 5, 0),
    }
    assert read(engine, load_usage, Window(end, later)).num_rows == 1
    assert read(engine, load_usage, SEPTEMBER, ("M2", "M2"))["merchant_id"].to_pylist() == ["M2", "M2"]


def test_units_are_read_where_they_exist_on_some_day(engine):
    put_good(engine, "units")
    (always, may) = read(engine, load_units, first_day="2023-05-31", end_day="2023-06-01").to_pylist()
    assert (always["unit"], always["monthly_fee_minor"], always["currency"]) == ("site-1", None, None)
    assert (may["starts_on"], may["ends_on"], may["monthly_fee_minor"]) == ("2023-05-01", "2023-06-01", 1250)
    assert read(engine, load_units, first_day="2023-06-01", end_day="2023-07-01").num_rows == 1
    assert read(engine, load_units, first_day="2023-05-01", end_day="2023-06-01", among=("M2", "M2")).num_rows == 0


def test_charges_keep_every_decimal_and_no_zeros_behind_them(engine):
    put_good(engine, "charges")
    rows = read(engine, load_charges, ["2023-08", "2023-09"]).to_pylist()
    assert [(row["kind"], row["currency"], row["amount"]) for row in rows] == [
        ("hourly_rate", "CNY", "3"),
        ("hourly_rate", "USD", "0.004025"),
        ("next_invoice", "USD", "0"),
    ]
    assert read(engine, load_charges, ["2023-08"]).num_rows == 0
    assert read(engine, load_charges, []).num_rows == 0


def test_claims_are_read_by_month(engine):
    put_good(engine, "claims")
    assert read(engine, load_claims, "2023-09").to_pylist() == [
        {"merchant_id": "M1", "service": "shop", "claimed_ms": parse_instant(END), "aware_ms": parse_instant(START)},
        {"merchant_id": "M2", "service": "shop", "claimed_ms": parse_instant(START), "aware_ms": None},
    ]
    assert read(engine, load_claims, "2023-10").num_rows == 0


def test_decisions_are_read_by_period(engine):
    put(engine, "merchants", PARTIES)
    case = {"period": "2023-09", "merchant_id": "M1", "service": "shop", "contract_starts_on": "2020-01-01"}
    told = {"amount_minor": 500, "currency": "USD", "reason": "a gap", "decided_at_ms": NOW_MS, "decided_by": "ben"}
    with writing(engine) as session:
        session.add(DecisionRecord(**case, **told))
    assert read(engine, load_decisions, "2023-09").to_pylist() == [{**case, "period_start_ms": 0, **told}]
    assert read(engine, load_decisions, "2023-09", ("M2", "M2")).num_rows == 0


INCIDENT = f"""incident_id,title,service,cause,started_at,ended_at,source,source_ref,confirmed_at
I1,Outage,shop,network,{START},{END},page,1,2023-09-02T10:05Z
"""
IMPACTS = f"""incident_id,merchant_id,service,unit,started_at,ended_at,share,confirmed_at,ticket_at,reported_at
I1,M1,shop,,{START},{END},1,2023-09-02T10:06Z,2023-09-02T10:07Z,2023-09-02T10:08Z
I1,M1,shop,site-1,{START},{END},0.5,,,
"""
EXCLUSIONS = f"""exclusion_id,kind,service,merchant_id,unit,started_at,ended_at,reason,upstream,confirmed_at
X1,topology,shop,M1,site-1,{START},{END},one zone only,,
X2,upstream,shop,,,{START},{END},cloud,cloud-one,{LATER}
"""


def test_incidents_impacts_and_exclusions_bring_their_instants_units_and_upstreams(engine):
    put(engine, "merchants", PARTIES)
    for noun, text in {"incidents": INCIDENT, "impacts": IMPACTS, "exclusions": EXCLUSIONS}.items():
        put(engine, noun, text)
    minute = parse_instant(START) + 60_000 * 6
    assert read(engine, load_incident, "I1").confirmed_at_ms == minute - 60_000
    impacts = read(engine, load_impacts, near=SEPTEMBER, among=None)
    names = ("unit", "share_ppm", "confirmed_ms", "ticket_ms", "reported_ms")
    assert {tuple(row[name] for name in names) for row in impacts.to_pylist()} == {
        ("", 1_000_000, minute, minute + 60_000, minute + 120_000),
        ("site-1", 500_000, None, None, None),
    }
    exclusions = read(engine, load_exclusions, near=SEPTEMBER, among=None).to_pylist()
    assert {(row["kind"], row["unit"], row["upstream"], row["confirmed_ms"]) for row in exclusions} == {
        ("topology", "site-1", None, None),
        ("upstream", None, "cloud-one", parse_instant(LATER)),
    }


def test_an_exclusion_of_a_unit_says_whose(engine):
    put(engine, "merchants", PARTIES)
    with pytest.raises(InvalidValueError) as caught:
        put(engine, "exclusions", EXCLUSIONS.replace(",M1,site-1,", ",,site-1,"))
    (problem,) = caught.value.problems
    assert (problem.line, problem.rule, problem.column) == (2, "required", "merchant_id")
    assert "whose unit" in problem.message


def test_one_window_of_two_units_is_two_impacts_and_twice_the_same_unit_is_refused(engine):
    put(engine, "merchants", PARTIES)
    put(engine, "incidents", INCIDENT)
    row = f"I1,M1,shop,site-1,{START},{END},0.7,,,\n"
    with pytest.raises(InvalidValueError) as caught:
        put(engine, "impacts", IMPACTS + row)
    assert [(problem.rule, problem.line) for problem in caught.value.problems] == [("duplicate_row", 4)]
    assert put(engine, "impacts", IMPACTS).added == 2

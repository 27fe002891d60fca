"""Files are imported whole or not at all; every bad line is named; the same file twice changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sla_service.db.engine import reading, writing
from sla_service.db.tables import metadata
from sla_service.domain.errors import InvalidValueError
from sla_service.usecases.import_rows import import_file
from tests.usecases.the_month import FILES, NOW_MS, policies


def put(engine, noun, text, name="file.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    with writing(engine) as session:
        return import_file(session, noun, data, name=name, now_ms=NOW_MS, actor="ann")


def stored(engine, table):
    with reading(engine) as session:
        return {tuple(row) for row in session.connection().execute(select(metadata.tables[table]))}


def put_all(engine, *nouns):
    for noun in nouns:
        put(engine, noun, FILES[noun])


def problems_of(engine, noun, text):
    with pytest.raises(InvalidValueError) as caught:
        put(engine, noun, text)
    return caught.value


IMPACT_HEADER = "incident_id,merchant_id,service,started_at,ended_at,share\n"
GOOD_IMPACT = "INC-2023-09-01,step,storefront,2023-09-02T10:00:00Z,2023-09-02T11:00:00Z,0.5\n"
START, END = "2023-09-02T10:00:00Z", "2023-09-02T11:00:00Z"

BAD_ROWS = {
    "a reversed window": (f"INC-2023-09-01,step,storefront,{END},{START},0.5", "interval_reversed", "ended_at"),
    "an empty window": (f"INC-2023-09-01,step,storefront,{START},{START},0.5", "interval_empty", "ended_at"),
    "a naive time": (f"INC-2023-09-01,step,storefront,2023-09-02T10:00:00,{END},1", "offset_required", "started_at"),
    "a date for a time": (f"INC-2023-09-01,step,storefront,2023-09-02,{END},1", "time_required", "started_at"),
    "a day that does not exist": (
        f"INC-2023-09-01,step,storefront,2023-02-30T10:00Z,{END},1",
        "date_invalid",
        "started_at",
    ),
    "an epoch number": (f"INC-2023-09-01,step,storefront,1695060000,{END},1", "instant_format", "started_at"),
    "an impossible offset": (
        f"INC-2023-09-01,step,storefront,2023-09-02T10:00+25:00,{END},1",
        "offset_range",
        "started_at",
    ),
    "a time finer than a millisecond": (
        f"INC-2023-09-01,step,storefront,2023-09-02T10:00:00.000001Z,{END},1",
        "precision",
        "started_at",
    ),
    "a share above one": (f"INC-2023-09-01,step,storefront,{START},{END},1.5", "range", "share"),
    "a negative share": (f"INC-2023-09-01,step,storefront,{START},{END},-0.1", "range", "share"),
    "a share in words": (f"INC-2023-09-01,step,storefront,{START},{END},high", "number_format", "share"),
    "a share in scientific notation": (f"INC-2023-09-01,step,storefront,{START},{END},1E-1", "number_format", "share"),
    "full-width digits": (f"INC-2023-09-01,step,storefront,{START},{END},１", "number_format", "share"),
    "an empty id": (f"INC-2023-09-01,,storefront,{START},{END},1", "required", "merchant_id"),
    "an id with blanks": (f"INC-2023-09-01, step,storefront,{START},{END},1", "id_format", "merchant_id"),
    "a merchant who does not exist": (
        f"INC-2023-09-01,nobody,storefront,{START},{END},1",
        "merchant_unknown",
        "merchant_id",
    ),
    "an incident that does not exist": (f"INC-0,step,storefront,{START},{END},1", "incident_unknown", "incident_id"),
}


@pytest.mark.parametrize(("row", "rule", "column"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_is_named_with_line_column_value_and_rule_and_nothing_is_imported(sqlite_engine, row, rule, column):
    put_all(sqlite_engine, "partners", "merchants", "incidents")
    refused = problems_of(sqlite_engine, "impacts", f"{IMPACT_HEADER}{GOOD_IMPACT}{row}\n")
    (problem,) = refused.problems
    assert (problem.line, problem.rule, problem.column) == (3, rule, column)
    assert problem.message
    assert stored(sqlite_engine, "impacts") == set()


def test_every_bad_line_of_a_file_is_named_at_once(engine):
    put_all(engine, "partners", "merchants", "incidents")
    text = (
        IMPACT_HEADER + GOOD_IMPACT + "".join(f"{row}\n" for row, rule, _ in BAD_ROWS.values() if "unknown" not in rule)
    )
    refused = problems_of(engine, "impacts", text)
    assert [problem.line for problem in refused.problems] == list(range(3, 3 + refused.total))
    assert refused.total == len(BAD_ROWS) - 2
    assert stored(engine, "impacts") == set()


FILES_BAD = {
    "empty": (b"", "file_empty"),
    "only a header": (IMPACT_HEADER.encode(), "no_rows"),
    "UTF-16": ((IMPACT_HEADER + GOOD_IMPACT).encode("utf-16"), "encoding"),
    "Latin-1": ("incident_id\nGrün\n".encode("latin-1"), "encoding"),
    "an XLSX": (b"PK\x03\x04rest", "file_type"),
    "a PDF": (b"%PDF-1.7", "file_type"),
    "semicolons": ((IMPACT_HEADER + GOOD_IMPACT).replace(",", ";").encode(), "delimiter"),
    "a header twice": (
        IMPACT_HEADER.replace("share", "share,share").encode() + GOOD_IMPACT.encode(),
        "header_duplicate",
    ),
    "a missing header": (IMPACT_HEADER.replace(",share", "").encode() + b"a,b,c,d,e\n", "header_missing"),
    "a header with a typing error": (IMPACT_HEADER.replace("share", "Share ").encode(), "header_unknown"),
    "an unclosed quote": ((IMPACT_HEADER + 'INC,"step,a,b,c,d\n').encode(), "quote_unclosed"),
    "a stray quote": ((IMPACT_HEADER + 'IN"C,step,a,b,c,d\n').encode(), "quote_stray"),
    "a NUL": ((IMPACT_HEADER + "IN\0C,step,a,b,c,d\n").encode(), "nul"),
    "a huge cell": ((IMPACT_HEADER + "x" * 2000 + ",step,a,b,c,d\n").encode(), "field_too_long"),
    "a short row": ((IMPACT_HEADER + "INC,step\n").encode(), "row_too_short"),
    "a long row": ((IMPACT_HEADER + GOOD_IMPACT.replace("\n", ",1\n")).encode(), "row_too_long"),
}


@pytest.mark.parametrize(("data", "rule"), FILES_BAD.values(), ids=FILES_BAD.keys())
def test_a_damaged_file_is_refused_with_what_is_wrong(sqlite_engine, data, rule):
    assert rule in {problem.rule for problem in problems_of(sqlite_engine, "impacts", data).problems}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_byte_order_mark_empty_rows_and_any_line_end_are_tolerated(sqlite_engine, ending):
    put_all(sqlite_engine, "partners", "merchants", "incidents")
    text = "\ufeff" + IMPACT_HEADER + ",,,,,\n" + GOOD_IMPACT + "\n"
    assert put(sqlite_engine, "impacts", text.replace("\n", ending)).added == 1


def test_the_same_file_twice_changes_nothing_and_says_so(engine):
    put_all(engine, "partners", "merchants")
    before = stored(engine, "merchants")
    outcome = put(engine, "merchants", FILES["merchants"])
    assert (outcome.replay, outcome.added) == (True, 0)
    assert stored(engine, "merchants") == before


def test_the_same_rows_in_another_file_are_counted_as_there_already(engine):
    put_all(engine, "partners")
    outcome = put(engine, "partners", FILES["partners"] + "P3,New,p3@agency.example,en,UTC,EUR\n")
    assert (outcome.replay, outcome.added, outcome.unchanged) == (False, 1, 2)


def test_a_row_that_contradicts_an_earlier_import_is_shown_with_both_values(engine):
    put_all(engine, "partners")
    refused = problems_of(engine, "partners", FILES["partners"].replace("Compass", "Kompass"))
    (problem,) = refused.problems
    assert (problem.rule, problem.line, problem.column) == ("exists_with_different", 2, "name")
    assert "Compass Partners" in problem.message
    assert problem.value == "Kompass Partners"


def test_an_update_replaces_what_differs_and_counts_it(engine):
    put_all(engine, "partners")
    corrected = FILES["partners"].replace("Compass", "Kompass") + "P3,New,p3@agency.example,en,UTC,EUR\n"
    with writing(engine) as session:
        outcome = import_file(
            session,
            "partners",
            corrected.encode(),
            name="f",
            now_ms=NOW_MS,
            actor="ann",
            update=True,
        )
    assert (outcome.added, outcome.changed, outcome.unchanged) == (1, 1, 1)
    assert ("P1", "Kompass Partners") in {row[:2] for row in stored(engine, "partners")}


def test_an_impact_is_about_its_incident_s_service(engine):
    put_all(engine, "partners", "merchants", "incidents")
    refused = problems_of(engine, "impacts", IMPACT_HEADER + GOOD_IMPACT.replace("storefront", "paymnts"))
    (problem,) = refused.problems
    assert (problem.rule, problem.line, problem.column) == ("service_mismatch", 2, "service")


def test_two_rows_with_one_key_are_refused_with_both_lines(engine):
    put_all(engine, "partners", "merchants", "incidents")
    refused = problems_of(engine, "impacts", IMPACT_HEADER + GOOD_IMPACT + GOOD_IMPACT.replace("0.5", "0.6"))
    (problem,) = refused.problems
    assert (problem.rule, problem.line) == ("duplicate_row", 3)
    assert "line 2" in problem.message


def test_problems_are_counted_to_the_end_but_only_a_thousand_are_kept(sqlite_engine):
    refused = problems_of(sqlite_engine, "impacts", IMPACT_HEADER + "a,b,c,d,e,f\n" * 2000)
    assert len(refused.problems) == 1000
    assert refused.total == 2000 * 3


def test_a_fee_is_in_its_currency_s_own_precision(engine):
    put_all(engine, "partners", "merchants")
    header = "merchant_id,service,policy,monthly_fee,currency,starts_on\n"
    rows = "step,storefront,p,12.345,EUR,2023-01-01\nyen,storefront,p,100.5,JPY,2023-01-01\n"
    rows += "dinar,storefront,p,1.2345,KWD,2023-01-01\nstep,payments,p,-1,EUR,2023-01-01\n"
    rows += 'step,search,p,"1,299.00",EUR,2023-01-01\nstep,mail,p,1.00,eur,2023-01-01\n'
    refused = problems_of(engine, "contracts", header + rows)
    rules = [(p.line, p.rule) for p in refused.problems]
    assert rules == [
        (2, "minor_units"),
        (3, "minor_units"),
        (4, "minor_units"),
        (5, "amount_range"),
        (6, "number_format"),
        (7, "currency_case"),
    ]


def test_the_example_files_and_policies_import(engine):
    assert policies()
    put_all(engine, *FILES)
    assert len(stored(engine, "timeline_points")) == FILES["timeline"].count("\n") - 1

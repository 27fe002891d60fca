"""A Parquet file is its CSV file: the same table, the same refusals, and nothing converted."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.errors import InvalidValueError
from sla_service.formats import parquet_rows, rows
from sla_service.formats.csv_rows import read_csv
from sla_service.formats.files import read_file
from sla_service.formats.nouns import NOUNS
from sla_service.formats.parquet_rows import read_parquet

EXAMPLES = dict(
    re.findall(
        r"^```csv (\S+)\n(.*?)^```$",
        (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
)
TEN, ELEVEN = datetime(2023, 9, 2, 10, tzinfo=UTC), datetime(2023, 9, 2, 11, tzinfo=UTC)
HEADER = "merchant_id,service,started_at,ended_at,requests,failed,value\n"
AS_CSV = (
    HEADER + "M1,shop,2023-09-02T10:00Z,2023-09-02T11:00Z,7,2,0.5\nM2,shop,2023-09-02T10:00Z,2023-09-02T11:00Z,,,-3\n"
)
TYPED = {
    "merchant_id": pa.array(["M1", "M2"]),
    "service": pa.array(["shop", "shop"]),
    "started_at": pa.array([TEN, TEN], pa.timestamp("us", "UTC")),
    "ended_at": pa.array([ELEVEN, ELEVEN], pa.timestamp("us", "UTC")),
    "requests": pa.array([7, None], pa.int64()),
    "failed": pa.array([2, None], pa.int32()),
    "value": pa.array([Decimal("0.500000000"), Decimal("-3.000000000")], pa.decimal128(18, 9)),
}


def parquet(columns, **how):
    sink = io.BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), sink, **how)
    return sink.getvalue()


def as_text(document):
    """The cells of a CSV file as columns of text; empty ones are nulls."""
    head, *body = csv.reader(io.StringIO(document))
    return {name: pa.array([row[i] or None for row in body], pa.string()) for i, name in enumerate(head)}


def content(table):
    return table.drop_columns(["line"]).combine_chunks()


def refused(data, noun="usage"):
    with pytest.raises(InvalidValueError) as caught:
        read_parquet(noun, data)
    return caught.value


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_in_text_is_the_table_of_its_csv_file(noun):
    table = read_parquet(noun, parquet(as_text(EXAMPLES[noun])))
    assert content(table).equals(content(read_csv(noun, EXAMPLES[noun].encode())))
    assert table["line"].to_pylist() == list(range(1, table.num_rows + 1))


VARIANTS = {
    "types": {},
    "seconds": {"started_at": pa.array([TEN, TEN], pa.timestamp("s", "UTC"))},
    "milliseconds": {"started_at": pa.array([TEN, TEN], pa.timestamp("ms", "UTC"))},
    "nanoseconds": {"started_at": pa.array([TEN, TEN], pa.timestamp("ns", "UTC"))},
    "another zone": {"started_at": TYPED["started_at"].cast(pa.timestamp("us", "Asia/Shanghai"))},
    "a fixed offset": {"started_at": TYPED["started_at"].cast(pa.timestamp("us", "+08:00"))},
    "small integers": {"requests": pa.array([7, None], pa.uint8())},
    "a dictionary": {"service": TYPED["service"].dictionary_encode()},
    "a dictionary of instants": {"started_at": TYPED["started_at"].dictionary_encode()},
    "long text": {"service": TYPED["service"].cast(pa.large_string())},
    "text for numbers": {"requests": pa.array(["7", ""]), "value": pa.array(["0.5", "-3"])},
    "text for instants": {"started_at": pa.array(["2023-09-02T10:00Z", "2023-09-02T18:00+08:00"])},
    "wide decimals": {"value": pa.array([Decimal("0.5"), Decimal(-3)], pa.decimal256(60, 20))},
    "decimals without decimals": {"value": pa.array(["0.5", "-3"])},
    "a column of nulls": {"unit": pa.nulls(2)},
}


@pytest.mark.parametrize("changed", VARIANTS.values(), ids=VARIANTS.keys())
def test_typed_columns_are_the_table_of_the_csv_file(changed):
    expected = content(read_csv("usage", AS_CSV.encode()))
    assert content(read_parquet("usage", parquet({**TYPED, **changed}))).equals(expected)


def test_days_shares_and_fees_have_types_too():
    contracts = as_text(EXAMPLES["contracts"])
    contracts["starts_on"] = pa.array([date.fromisoformat(day) for day in contracts["starts_on"].to_pylist()])
    contracts["monthly_fee"] = pa.array([Decimal(fee) for fee in contracts["monthly_fee"].to_pylist()])
    expected = content(read_csv("contracts", EXAMPLES["contracts"].encode()))
    assert content(read_parquet("contracts", parquet(contracts))).equals(expected)
    impacts = as_text(EXAMPLES["impacts"])
    impacts["share"] = pa.array([Decimal(share) for share in impacts["share"].to_pylist()], pa.decimal128(7, 6))
    expected = content(read_csv("impacts", EXAMPLES["impacts"].encode()))
    assert content(read_parquet("impacts", parquet(impacts))).equals(expected)


WRONG_COLUMNS = {
    "times without a zone": ({"started_at": pa.array([TEN, TEN], pa.timestamp("us"))}, "offset_required", "started_at"),
    "days for times": ({"started_at": pa.array([TEN.date(), TEN.date()])}, "column_type", "started_at"),
    "numbers for times": ({"started_at": pa.array([1, 2])}, "column_type", "started_at"),
    "floats for counts": ({"requests": pa.array([7.0, None])}, "column_type", "requests"),
    "decimals for counts": ({"requests": pa.array([Decimal("7.5"), None])}, "column_type", "requests"),
    "floats for values": ({"value": pa.array([0.5, -3.0])}, "column_type", "value"),
    "numbers for ids": ({"merchant_id": pa.array([1, 2])}, "column_type", "merchant_id"),
    "bytes for text": ({"service": pa.array([b"shop", b"shop"])}, "column_type", "service"),
    "lists": ({"requests": pa.array([[7], [8]])}, "column_type", "requests"),
    "truth values": ({"requests": pa.array([True, False])}, "column_type", "requests"),
    "an unknown column": ({"reqests": pa.array([1, 2])}, "header_unknown", "reqests"),
}


@pytest.mark.parametrize(("changed", "rule", "column"), WRONG_COLUMNS.values(), ids=WRONG_COLUMNS.keys())
def test_a_column_that_would_have_to_be_converted_is_refused(changed, rule, column):
    (problem,) = refused(parquet({**TYPED, **changed})).problems
    assert (problem.rule, problem.column, problem.line) == (rule, column, None)
    assert problem.message


def test_missing_and_repeated_columns_are_named_all_at_once():
    names = ["merchant_id", "merchant_id", "started_at", "requests"]
    table = pa.Table.from_arrays([TYPED[name] for name in names], names=names)
    found = {(problem.rule, problem.column) for problem in refused(parquet(table)).problems}
    assert found == {
        ("header_duplicate", "merchant_id"),
        ("header_missing", "service"),
        ("header_missing", "ended_at"),
    }


WRONG_CELLS = {
    "a time finer than a millisecond": (
        {"started_at": pa.array([TEN, TEN + timedelta(microseconds=1)], pa.timestamp("us", "UTC"))},
        "precision",
        "started_at",
    ),
    "a time finer than a microsecond": (
        {"started_at": pa.array([0, 999_999_999_999_999_999], pa.int64()).cast(pa.timestamp("ns", "UTC"))},
        "precision",
        "started_at",
    ),
    "a time before there were outages": (
        {"started_at": pa.array([TEN, TEN.replace(year=1971)], pa.timestamp("us", "UTC"))},
        "instant_range",
        "started_at",
    ),
    "text without an offset": (
        {"started_at": pa.array(["2023-09-02T10:00Z", "2023-09-02T10:00"])},
        "offset_required",
        "started_at",
    ),
    "a negative count": ({"requests": pa.array([7, -1])}, "number_format", "requests"),
    "a value with too many decimals": (
        {"value": pa.array([Decimal(1), Decimal("0.0000000001")], pa.decimal128(20, 10))},
        "number_format",
        "value",
    ),
    "a null where there must be something": ({"service": pa.array(["shop", None])}, "required", "service"),
    "an end at the start": ({"ended_at": pa.array([ELEVEN, TEN])}, "interval_empty", "ended_at"),
    "more failures than requests": (
        {"requests": pa.array([7, 1]), "failed": pa.array([2, 2])},
        "parts_exceed",
        "failed",
    ),
}


@pytest.mark.parametrize(("changed", "rule", "column"), WRONG_CELLS.values(), ids=WRONG_CELLS.keys())
def test_a_bad_cell_is_refused_with_its_row(changed, rule, column):
    problems = refused(parquet({**TYPED, **changed})).problems
    assert (problems[-1].line, problems[-1].rule, problems[-1].column) == (2, rule, column)


def test_all_problems_are_those_of_the_csv_file_with_rows_for_lines():
    columns = {**TYPED, "requests": pa.array([-1, None]), "service": pa.array([None, "Shop"])}
    document = AS_CSV.replace(",7,", ",-1,").replace("M2,shop", "M2,Shop").replace("M1,shop", "M1,")
    with pytest.raises(InvalidValueError) as caught:
        read_csv("usage", document.encode())
    as_csv = [(p.line - 1, p.rule, p.column, p.message) for p in caught.value.problems]
    as_parquet = [(p.line, p.rule, p.column, p.message) for p in refused(parquet(columns)).problems]
    assert as_parquet == as_csv
    assert len(as_csv) == 3


def test_rows_are_counted_on_from_batch_to_batch(monkeypatch):
    monkeypatch.setattr(parquet_rows, "BATCH_ROWS", 3)
    count = 10
    columns = {
        "merchant_id": pa.array([f"M{i}" for i in range(count)]),
        "service": pa.array(["shop"] * count),
        "started_at": pa.array([TEN] * count),
        "ended_at": pa.array([ELEVEN] * 4 + [TEN] + [ELEVEN] * 3 + [TEN] + [ELEVEN]),
        "requests": pa.array(range(count)),
    }
    assert [problem.line for problem in refused(parquet(columns)).problems] == [5, 9]
    columns["ended_at"] = pa.array([ELEVEN] * count)
    table = read_parquet("usage", parquet(columns))
    assert table["line"].to_pylist() == list(range(1, count + 1))
    assert table["requests"].to_pylist() == list(range(count))


GOOD = parquet(TYPED)
DAMAGED = {
    "cut in the middle": GOOD[: len(GOOD) // 2],
    "only the first bytes": b"PAR1",
    "a footer of noise": GOOD[:-8] + b"\xff\xff\xff\x7fPAR1",
    "text that is not UTF-8": parquet(
        {**TYPED, "service": pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff\xfe", b"shop"]).buffers())},
    ),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_refused(data):
    (problem,) = refused(data).problems
    assert problem.rule == "file_damaged"


def test_a_file_of_no_rows_and_one_of_too_many_are_refused(monkeypatch):
    empty = {name: column.slice(0, 0) for name, column in TYPED.items()}
    assert refused(parquet(empty)).problems[0].rule == "no_rows"
    monkeypatch.setattr(parquet_rows, "MAX_ROWS", 1)
    assert refused(parquet(TYPED)).problems[0].rule == "row_limit"


def test_the_first_bytes_say_what_a_file_is_and_its_name_must_not_say_otherwise():
    table = read_file("usage", GOOD, name="usage.csv")
    assert table.equals(read_file("usage", GOOD, name="usage.PARQUET"))
    assert content(read_file("usage", AS_CSV.encode(), name="usage")).equals(content(table))
    for data in (AS_CSV.encode(), b"", b"PK\x03\x04"):
        with pytest.raises(InvalidValueError) as caught:
            read_file("usage", data, name="usage.parquet")
        assert caught.value.problems[0].rule == "file_type"


INSTANTS = st.datetimes(datetime(1999, 12, 31), datetime(2100, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001 - zoned beside
NANO = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=9)


@given(
    st.lists(
        st.tuples(
            INSTANTS,
            st.timedeltas(timedelta(-1), timedelta(1)),
            st.integers(-1, 10),
            st.none() | st.integers(0, 10),
            st.none() | NANO,
            st.integers(-14, 14),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_typed_and_written_cells_are_taken_or_refused_alike(cases):
    types = {
        "merchant_id": pa.string(),
        "service": pa.string(),
        "started_at": pa.timestamp("us", "UTC"),
        "ended_at": pa.timestamp("us", "UTC"),
        "requests": pa.int64(),
        "failed": pa.int16(),
        "value": pa.decimal128(19, 9),
    }
    typed, written = [], []
    for i, (start, length, requests, failed, value, offset) in enumerate(cases):
        cells = (f"M{i}", "shop", start, start + length, requests, failed, value)
        typed.append(cells)
        local = [at.astimezone(timezone(timedelta(hours=offset))).isoformat() for at in cells[2:4]]
        figures = ["" if cell is None else format(cell, "f") if cell is value else str(cell) for cell in cells[4:]]
        written.append([*cells[:2], *local, *figures])
    columns = dict(zip(types, map(list, zip(*typed, strict=True)), strict=True))
    data = parquet({name: pa.array(columns[name], type_) for name, type_ in types.items()})
    document = HEADER + "".join(",".join(cells) + "\n" for cells in written)
    assert outcome(read_parquet, data, 0) == outcome(read_csv, document.encode(), 1)


def outcome(read, data, header_lines):
    try:
        return content(read("usage", data)).to_pylist()
    except InvalidValueError as error:
        return [(problem.line - header_lines, problem.rule, problem.column) for problem in error.problems]


def test_columns_and_rows_are_parsed_alike():
    noun = NOUNS["impacts"]
    head, *body = csv.reader(io.StringIO(EXAMPLES["impacts"]))
    one, other = rows.RowParser(noun, head), rows.RowParser(noun, head)
    for line, cells in enumerate(body, start=1):
        one.add(line, cells)
    other.add_columns(1, [list(cells) for cells in zip(*body, strict=True)])
    assert one.table().equals(other.table())

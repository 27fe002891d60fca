"""``sla import`` with a Parquet file."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.usecases.test_import_evidence import PARTIES

TEN, ELEVEN = datetime(2023, 9, 2, 10, tzinfo=UTC), datetime(2023, 9, 2, 11, tzinfo=UTC)
USAGE = {
    "merchant_id": ["M1", "M2"],
    "service": ["shop", "shop"],
    "started_at": [TEN, TEN],
    "ended_at": [ELEVEN, ELEVEN],
    "requests": [7, 8],
}


@pytest.fixture
def known(sla, tmp_path):
    """A command over a database that knows two merchants, and a folder for files."""
    merchants = tmp_path / "merchants.csv"
    merchants.write_text(PARTIES, encoding="utf-8")
    assert sla("db", "upgrade").exit_code == 0
    assert sla("import", "merchants", merchants).exit_code == 0
    return sla, tmp_path


def test_a_parquet_file_is_imported_and_again_changes_nothing(known):
    sla, folder = known
    pq.write_table(pa.table(USAGE), folder / "usage.parquet")
    result = sla("import", "usage", folder / "usage.parquet")
    assert (result.exit_code, result.output) == (0, "Imported 2 usage from usage.parquet.\n")
    assert "nothing changed" in sla("import", "usage", folder / "usage.parquet").output


def test_a_refused_parquet_file_names_its_rows(known):
    sla, folder = known
    pq.write_table(pa.table({**USAGE, "ended_at": [ELEVEN, TEN]}), folder / "usage.parquet")
    result = sla("import", "usage", folder / "usage.parquet")
    assert result.exit_code == 3
    assert "line 2, column ended_at" in result.output
    assert "nothing was changed" in result.output


def test_a_csv_file_by_the_name_of_parquet_is_refused(known):
    sla, folder = known
    (folder / "usage.parquet").write_text("merchant_id\nM1\n", encoding="utf-8")
    result = sla("import", "usage", folder / "usage.parquet")
    assert result.exit_code == 3
    assert "no Parquet file" in result.output

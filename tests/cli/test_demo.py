"""The demo: one real outage, a generated book, the whole month; the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

SLA = Path(sys.executable).with_name("sla")


def run_demo(folder, fonts_dir, **env):
    command = [SLA, "demo", "--into", folder, "--merchants", "120", "--partners", "6"]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "SLA_FONTS_DIR": str(fonts_dir), **env}
    )


def digests(folder):
    files = [*(folder / "statements").iterdir(), *(folder / "exports").iterdir()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def first(tmp_path_factory, fonts_dir):
    """One demo of 120 merchants: its folder and what it said."""
    folder = tmp_path_factory.mktemp("first") / "demo"
    return folder, run_demo(folder, fonts_dir).stdout


def test_two_demos_give_the_same_bytes_whatever_the_process_was_born_with(first, tmp_path, fonts_dir):
    other = tmp_path / "demo"
    run_demo(other, fonts_dir, PYTHONHASHSEED="7", TZ="America/New_York", LC_ALL="C")
    assert digests(first[0]) == digests(other)


def test_the_demo_ends_with_what_finance_wants_to_know(first):
    _, said = first
    for words in (
        "Totals per currency",
        "Parked for a person",
        "exports/register-2023-09-run-1.csv",
        "make serve",
        "KWD",
        "JPY",
    ):
        assert words in said


def test_every_currency_and_every_kind_of_statement_is_there(first):
    folder, _ = first
    with (folder / "exports" / "register-2023-09-run-1.csv").open(encoding="utf-8", newline="") as file:
        *rows, control = csv.reader(file)
    currencies = {row[rows[0].index("currency")] for row in rows[1:]}
    assert currencies == {"USD", "EUR", "CNY", "JPY", "KWD"}
    assert control[0] == f"# rows {len(rows) - 1}"
    names = [path.name for path in (folder / "statements").iterdir()]
    assert any(name.startswith("SCM") for name in names)
    assert any(name.startswith("SCP") for name in names)


def test_the_demo_leaves_a_folder_alone_that_it_did_not_make(tmp_path, fonts_dir):
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run_demo(tmp_path, fonts_dir)
    assert "choose another" in failed.value.stderr
    assert (tmp_path / "precious.txt").read_text(encoding="utf-8") == "mine"

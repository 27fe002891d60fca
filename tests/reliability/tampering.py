"""What somebody may do who owns the database: every way to touch ledger, audit log and chains, and to cover it up."""

# ruff: noqa: S608 - the names in the statements are those of our tables
from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import text

from sla_service.db import guards
from sla_service.db.audit import audit_sha256
from sla_service.domain.chain import BEGINNING, Block, EntriesDigest
from sla_service.domain.ledger import CONTENT, digest_entry

TABLES = ("ledger_entries", "chain_blocks", "audit_log")
KEYS = {"ledger_entries": ("entry_id",), "chain_blocks": ("chain", "block_no"), "audit_log": ("entry_no",)}
OTHER = {
    "kind": ("issued", "applied"),
    "account_debit": ("expired", "granted"),
    "account_credit": ("expired", "reversed"),
    "currency": ("EUR", "GBP"),
    "effective_on": ("2023-10-03", "2023-10-04"),
    "chain": ("audit", "ledger"),
    "before": ('{"state":"draft"}', '{"state":"calculated"}'),
    "after": ('{"state":"issued"}', '{"state":"approved"}'),
}
"""Two values of a column that takes few."""


@contextmanager
def as_owner(engine) -> Iterator[Owner]:
    """A transaction in which nothing stands in the way: guards and foreign keys off, and on again afterwards."""
    with engine.connect() as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = 0")
        with connection.begin():
            if is_sqlite:
                guards.remove(connection)
            else:
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            yield Owner(connection)
            if is_sqlite:
                guards.install(connection)
        if is_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = 1")


class Owner:
    """Reads and writes whole tables as mappings."""

    def __init__(self, connection) -> None:
        self.connection = connection

    def rows(self, table, order=""):
        found = self.connection.execute(text(f"SELECT * FROM {table} {order}")).mappings()
        return [dict(row) for row in found]

    def change(self, table, row, **values):
        """Change a row, named by its key as it was."""
        sets = ", ".join(f'"{name}" = :new_{name}' for name in values)
        where = " AND ".join(f'"{name}" = :{name}' for name in KEYS[table])
        given = {f"new_{name}": value for name, value in values.items()} | {k: row[k] for k in KEYS[table]}
        assert self.connection.execute(text(f"UPDATE {table} SET {sets} WHERE {where}"), given).rowcount == 1

    def delete(self, table, row):
        where = " AND ".join(f'"{name}" = :{name}' for name in KEYS[table])
        assert self.connection.execute(text(f"DELETE FROM {table} WHERE {where}"), row).rowcount == 1

    def insert(self, table, row):
        names = ", ".join(f'"{name}"' for name in row)
        given = ", ".join(f":{name}" for name in row)
        self.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({given})"), row)

    def restore(self, kept):
        """Put tables back as they were."""
        for table, rows in kept.items():
            self.connection.execute(text(f"DELETE FROM {table}"))
            names = ", ".join(f'"{name}"' for name in rows[0])
            given = ", ".join(f":{name}" for name in rows[0])
            self.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({given})"), rows)


def other(column, value):
    """Something else that the column takes."""
    if column in OTHER:
        return next(one for one in OTHER[column] if one != value)
    if isinstance(value, int):
        return value + (1_000 if column in {"block_no", "entry_no"} else 1)
    if column.endswith("sha256"):
        return ("f" if value[0] != "f" else "e") + value[1:]
    return 1 if column == "run_id" else f"{value or ''}1"


def entry_digest(row):
    return digest_entry([row[name] for name in CONTENT])


def block_digest(row):
    return Block(**row).digest


@dataclass(frozen=True)
class Attack:
    """Something done by an owner; ``covers`` says how far the traces were covered up."""

    name: str
    covers: str
    do: Callable[[Owner, random.Random], str | None]
    """Returns what must be named in a finding, or None where nothing in particular."""


def change_column(table, column):
    """One column of one row, nothing else."""

    def do(owner, dice):
        rows = owner.rows(table)
        if column == "chain":  # a number that the other chain has not
            rows = [row for row in rows if row["block_no"] == max(one["block_no"] for one in rows)]
        row = dice.choice(rows)
        owner.change(table, row, **{column: other(column, row[column])})
        if table == "ledger_entries" and column not in {"entry_id", "sha256"}:
            return f"{row['entry_id']}|column {column}"
        return None

    return Attack(f"{table}.{column}", "nothing", do)


def change_with_digest(table, column):
    """One column of one row, and the digest beside it made anew."""
    redo = {"ledger_entries": entry_digest, "audit_log": audit_sha256, "chain_blocks": block_digest}[table]

    def do(owner, dice):
        row = dice.choice(behind_the_newest(table, owner.rows(table)))
        changed = {**row, column: other(column, row[column])}
        owner.change(table, row, **{column: changed[column], "sha256": redo(changed)})

    return Attack(f"{table}.{column}", "its digest", do)


def delete_row(table):
    def do(owner, dice):
        owner.delete(table, dice.choice(behind_the_newest(table, owner.rows(table))))

    return Attack(f"delete from {table}", "nothing", do)


def behind_the_newest(table, rows):
    """Rows without the newest block of each chain: to take or replace that one is an attack of its own."""
    if table != "chain_blocks":
        return rows
    newest = {row["chain"]: row["block_no"] for row in sorted(rows, key=lambda row: row["block_no"])}
    return [row for row in rows if row["block_no"] != newest[row["chain"]]]


def forge_entry(covers):
    """An entry that was never written: in a sealed block, or in one of its own."""

    def do(owner, dice):
        row = dice.choice([row for row in owner.rows("ledger_entries") if row["kind"] == "issued"])
        forged = {**row, "entry_id": f"{row['entry_id']}9", "amount_minor": 99_999}
        if covers == "a block of its own":
            forged["block"] = "run-1/99"
        owner.insert("ledger_entries", {**forged, "sha256": entry_digest(forged)})

    return Attack("insert into ledger_entries", covers, do)


def swap_entries(owner, dice):
    """Two entries exchange everything but their names, and have true digests again."""
    one, two = dice.sample([row for row in owner.rows("ledger_entries") if row["kind"] == "issued"], 2)
    while one["merchant_id"] == two["merchant_id"] and one["amount_minor"] == two["amount_minor"]:
        two = dice.choice(owner.rows("ledger_entries"))
    for row, said in ((one, two), (two, one)):
        made = {**row, **{n: said[n] for n in ("merchant_id", "amount_minor", "currency")}}
        made["sha256"] = entry_digest(made)
        owner.change("ledger_entries", row, **{n: v for n, v in made.items() if n != "entry_id"})


def swap_audit(owner, dice):
    """Two changes exchange their places."""
    one, two = dice.sample(owner.rows("audit_log"), 2)
    while all(one[n] == two[n] for n in one.keys() - {"entry_no"}):
        two = dice.choice(owner.rows("audit_log"))
    for row, said in ((one, two), (two, one)):
        owner.change("audit_log", row, **{n: v for n, v in said.items() if n != "entry_no"})


def swap_blocks(owner, dice):
    """Two blocks exchange their places, each with a true digest."""
    one, two = dice.sample([row for row in owner.rows("chain_blocks") if row["chain"] == "ledger"], 2)
    owner.delete("chain_blocks", one)
    owner.delete("chain_blocks", two)
    for row, place in ((one, two), (two, one)):
        moved = {**row, "block_no": place["block_no"], "previous_sha256": place["previous_sha256"]}
        owner.insert("chain_blocks", {**moved, "sha256": block_digest(moved)})


def delete_block(owner, dice):
    """A block goes with its entries, and those behind it close the gap in their numbers."""
    blocks = sorted((r for r in owner.rows("chain_blocks") if r["chain"] == "ledger"), key=lambda r: r["block_no"])
    gone = dice.choice(blocks[:-1])
    for row in owner.rows("ledger_entries"):
        if row["block"] == gone["block"]:
            owner.delete("ledger_entries", row)
    owner.delete("chain_blocks", gone)
    for block in blocks:
        if block["block_no"] > gone["block_no"]:
            owner.change("chain_blocks", block, block_no=block["block_no"] - 1)


def cut_tail(chain, *, entries):
    """The newest blocks are gone, with or without what they seal."""

    def do(owner, dice):
        blocks = [row for row in owner.rows("chain_blocks", "ORDER BY block_no") if row["chain"] == chain]
        cut = blocks[-dice.randint(1, len(blocks) - 1) :]
        for block in cut:
            owner.delete("chain_blocks", block)
        if not entries:
            return
        keys, first = {block["block"] for block in cut}, cut[0]["first_entry"]
        for row in owner.rows("ledger_entries" if chain == "ledger" else "audit_log"):
            if chain == "ledger" and row["block"] in keys:
                owner.delete("ledger_entries", row)
            if chain == "audit" and row["entry_no"] >= int(first):
                owner.delete("audit_log", row)
        if chain == "ledger":
            left = blocks[: -len(cut)][-1]["sha256"]
            gone = {block["sha256"] for block in cut}
            for run in owner.rows("runs"):
                if run["ledger_head"] in gone:
                    update = text("UPDATE runs SET ledger_head = :head WHERE run_id = :run_id")
                    owner.connection.execute(update, {"head": left, "run_id": run["run_id"]})

    return Attack(f"cut the tail of {chain}", "entries and runs' heads as well" if entries else "nothing", do)


def rewrite(chain):
    """One thing is changed, and everything that shows it made anew: digests, blocks, the heads that runs show."""

    def do(owner, dice):
        table, name = ("ledger_entries", "amount_minor") if chain == "ledger" else ("audit_log", "actor")
        row = dice.choice(owner.rows(table))
        changed = {**row, name: other(name, row[name])}
        changed["sha256"] = entry_digest(changed) if chain == "ledger" else audit_sha256(changed)
        owner.change(table, row, **{name: changed[name], "sha256": changed["sha256"]})
        if chain == "ledger":
            told = text("UPDATE statements SET total_minor = sign(total_minor) * :minor WHERE number = :number")
            owner.connection.execute(told, {"minor": changed["amount_minor"], "number": row["number"]})
        seal_anew(owner, chain)

    return Attack(f"rewrite {chain} from one change on", "everything inside the database", do)


def seal_anew(owner, chain):
    """Every block of a chain from what its entries say now."""
    previous, heads = BEGINNING, {}
    table, name = ("ledger_entries", "entry_id") if chain == "ledger" else ("audit_log", "entry_no")
    entries = sorted(owner.rows(table), key=lambda row: row[name])
    for block in owner.rows("chain_blocks", "ORDER BY block_no"):
        if block["chain"] != chain:
            continue
        digest = EntriesDigest()
        for row in entries:
            inside = (
                row["block"] == block["block"]
                if chain == "ledger"
                else int(block["first_entry"]) <= row["entry_no"] <= int(block["last_entry"])
            )
            if inside:
                digest.add(str(row[name]), row["sha256"])
        made = {**block, "entries_sha256": digest.sha256, "previous_sha256": previous}
        made["sha256"] = previous = block_digest(made)
        owner.change("chain_blocks", block, **{n: made[n] for n in ("entries_sha256", "previous_sha256", "sha256")})
        heads[block["sha256"]] = made["sha256"]
    for run in owner.rows("runs") if chain == "ledger" else ():
        update = text("UPDATE runs SET ledger_head = :head WHERE run_id = :run_id")
        owner.connection.execute(update, {"head": heads[run["ledger_head"]], "run_id": run["run_id"]})


def attacks(columns):
    """All of them; ``columns`` are those of each table."""
    for table in TABLES:
        for column in columns[table]:
            yield change_column(table, column)
            if column not in {"sha256", *KEYS[table]}:
                yield change_with_digest(table, column)
        yield delete_row(table)
    yield forge_entry("its digest")
    yield forge_entry("a block of its own")
    yield Attack("swap two entries", "their digests", swap_entries)
    yield Attack("swap two entries of the audit log", "their digests", swap_audit)
    yield Attack("swap two blocks", "their digests", swap_blocks)
    yield Attack("delete a block with its entries", "the numbers behind it", delete_block)
    for chain in ("ledger", "audit"):
        yield cut_tail(chain, entries=False)
        yield cut_tail(chain, entries=True)
        yield rewrite(chain)

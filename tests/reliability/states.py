"""The state of a database as one digest, so that thousands of faults that leave the same behind are judged once.

What a person calls again depends on the database alone: where two faults leave the same rows in every table, what
follows is the same too. So the long way, calling again, closing the month and checking the books, is gone once for
each state, and the state is looked at after every fault.
"""

from __future__ import annotations

import hashlib
import time

from sqlalchemy import select, text

from sla_service.db.engine import reading
from sla_service.db.tables import metadata

WAIT_S = 30


def state_of(engine):
    """A digest of every row of every table. Ids that the database deals out are left out: a rollback uses them up."""
    if engine.dialect.name == "postgresql":
        alone(engine)
    digest = hashlib.sha256()
    with reading(engine) as session:
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if column is not table.autoincrement_column]
            rows = session.connection().execute(select(*columns)).all()
            digest.update(repr((table.name, sorted(map(repr, rows)))).encode())
        if engine.dialect.name == "sqlite":
            assert session.connection().execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    return digest.hexdigest()


def alone(engine):
    """Wait until nobody else is connected: whoever was cut off may still be committing."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    until = time.monotonic() + WAIT_S
    while True:
        with reading(engine) as session:
            if session.connection().execute(query).scalar_one() == 0:
                return
        assert time.monotonic() < until, "a connection stays open"
        time.sleep(0.002)


class Ways:
    """What faults left behind, and what became of it; a fault that left what another had left is not gone on with."""

    def __init__(self, copies, at, go_on):
        """Args: Copies; a function that gives an engine at the beginning; what is done with a new state."""
        self.copies, self.at, self.go_on = copies, at, go_on
        self.engine, self.beginning, self.known = None, None, set()
        self.gone_on = 0

    def start(self):
        """An engine over a database in which nothing has happened yet; the last one's, if the fault left nothing."""
        if self.engine is None:
            self.engine = self.at()
            self.beginning = self.beginning or state_of(self.engine)
        return self.engine

    def end(self, *outside, is_once_more=False):
        """Look at what is left; go on with it if that was never seen, or if asked to.

        Args:
            outside: What the fault left outside of the database, such as sent mail.
            is_once_more: Go on in any case.
        """
        found = (state_of(self.engine), *outside)
        if found not in self.known or is_once_more:
            self.go_on(self.engine)
            self.known.add(found)
            self.gone_on += 1
        elif found[0] == self.beginning:
            return
        self.engine = None
        self.copies.close()

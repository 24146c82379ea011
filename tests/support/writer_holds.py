"""How long each write transaction holds the file's lock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event

from vaxdesk.db.engine import Database


@dataclass
class Holds:
    """Seconds from the lock to its end: as the clock saw them, and of the thread's own work."""

    seconds: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        """The longest one, by the thread's own work: other programs do not count."""
        return max(self.worked, default=0.0)


@contextmanager
def holds(database: Database) -> Iterator[Holds]:
    """Every write transaction within the block."""
    found = Holds()
    begun: dict[int, tuple[float, float]] = {}

    def begin(connection) -> None:
        if connection.get_execution_options().get("write", False):
            begun[id(connection.connection.dbapi_connection)] = time.perf_counter(), time.thread_time()

    def end(dbapi_connection, _record) -> None:
        at = begun.pop(id(dbapi_connection), None)
        if at is not None:
            found.seconds.append(time.perf_counter() - at[0])
            found.worked.append(time.thread_time() - at[1])

    # The pool gets a connection back after the commit; the lock is free a little earlier.
    event.listen(database.engine, "begin", begin)
    event.listen(database.engine, "checkin", end)
    try:
        yield found
    finally:
        event.remove(database.engine, "begin", begin)
        event.remove(database.engine, "checkin", end)

"""The portal's database: many readers, one writer, and an order of commits that nothing can come before.

A write transaction takes the writer's lock first (``BEGIN IMMEDIATE``, or an advisory lock on PostgreSQL) and only then
its moment and its numbers. So a commit never appears with an older ``lastUpdated`` than one already seen.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool

from vaxdesk.clock import Clock
from vaxdesk.errors import InputError, RefusedError
from vaxdesk.portal.tables import Base, Secret, Sequence

#: Any fixed number: PostgreSQL's advisory lock that all writers of portals on one database share.
WRITER_LOCK = 0x5661784465736B


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return int(moment.timestamp() * 1000)


def instant(value: int) -> str:
    """A FHIR instant in UTC with milliseconds."""
    moment = datetime.fromtimestamp(value // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{value % 1000:03d}Z"


@dataclass
class Write:
    """An open write transaction: its connection, its moment, and the next number."""

    connection: Connection
    updated: int
    seq: int

    def next_seq(self) -> int:
        """The next place in the order of commits."""
        self.seq += 1
        return self.seq


class Store:
    """Opens the database, makes its tables, hands out read connections and the one write transaction."""

    def __init__(self, url: str, clock: Clock, practice: bool = False) -> None:
        """:raises InputError: when the address is unusable. :raises RefusedError: practice and real are mixed."""
        self.clock = clock
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() not in ("sqlite", "postgresql"):
                raise ArgumentError(parsed.get_backend_name())
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            self.sqlite = parsed.get_backend_name() == "sqlite"
            options: dict[str, Any] = {
                "poolclass": QueuePool,
                "pool_pre_ping": not self.sqlite,
                "hide_parameters": True,
            }
            if self.sqlite:
                options["connect_args"] = {"check_same_thread": False, "timeout": 30}
                if parsed.database and parsed.database != ":memory:":
                    _keep_to_owner(Path(parsed.database))
            self._writer = create_engine(parsed, pool_size=1, max_overflow=0, pool_timeout=60, **options)
            self._reader = create_engine(parsed, pool_size=8, max_overflow=8, pool_timeout=60, **options)
        except (ArgumentError, ModuleNotFoundError) as error:
            raise InputError(
                "The database address is not usable: give sqlite:///FILE or postgresql://… (with the postgresql extra)."
            ) from error
        if self.sqlite:
            _prepare_sqlite(self._writer, "BEGIN IMMEDIATE")
            _prepare_sqlite(self._reader, "BEGIN")
        try:
            self._create()
        except OperationalError as error:
            self.close()
            raise InputError(
                "The portal's database cannot be opened. Check the address and that it is running."
            ) from error
        self._settle_mode(practice)

    def _create(self) -> None:
        with self._writer.begin() as connection:
            if not self.sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
            Base.metadata.create_all(connection)
            if connection.execute(select(Sequence.id)).first() is None:
                connection.execute(insert(Sequence).values(id=1, seq=0, updated=0))

    def _settle_mode(self, practice: bool) -> None:
        mode = self.secret("mode", b"practice" if practice else b"real")
        if mode != (b"practice" if practice else b"real"):
            self.close()
            raise RefusedError(
                "This portal database belongs to the other mode: practice and real data are never mixed."
            )

    def close(self) -> None:
        """Close all connections."""
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: one consistent picture."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Write]:
        """The write transaction. Nothing of it stays when the block raises."""
        with self._writer.begin() as connection:
            if not self.sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
            seq, updated = connection.execute(select(Sequence.seq, Sequence.updated)).one()
            # A server clock that was set back must not make new commits look old.
            write = Write(connection, max(milliseconds(self.clock.now()), updated + 1), seq)
            yield write
            if write.seq != seq:
                connection.execute(update(Sequence).values(seq=write.seq, updated=write.updated))

    def secret(self, name: str, first: bytes | None = None) -> bytes:
        """A named value of this portal, made at first use (32 random bytes, or ``first``)."""
        with self.reading() as connection:
            found = connection.execute(select(Secret.value).where(Secret.name == name)).scalar()
        if found is not None:
            return bytes(found)
        # Another process of the same portal may be first; its value is read below.
        with suppress(IntegrityError), self._writer.begin() as connection:
            connection.execute(insert(Secret).values(name=name, value=first or secrets.token_bytes(32)))
        with self.reading() as connection:
            return bytes(connection.execute(select(Secret.value).where(Secret.name == name)).scalar_one())

    def value(self, connection: Connection, name: str) -> bytes | None:
        """A named value within an open transaction, or None."""
        found = connection.execute(select(Secret.value).where(Secret.name == name)).scalar()
        return bytes(found) if found is not None else None

    def keep_value(self, connection: Connection, name: str, value: bytes) -> None:
        """Write a named value within an open write transaction."""
        if self.value(connection, name) is None:
            connection.execute(insert(Secret).values(name=name, value=value))
        else:
            connection.execute(update(Secret).where(Secret.name == name).values(value=value))


def _keep_to_owner(path: Path) -> None:
    """A new database file, and what SQLite lays beside it, is its owner's alone: it holds people in the clear."""
    if not path.exists():
        with suppress(OSError):  # what is wrong is told when it is opened
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare_sqlite(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def connected(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # transactions are begun below, not guessed by the driver
        cursor = dbapi.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

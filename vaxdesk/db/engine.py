"""Opens a station's encrypted file. Readers never wait for the writer; writers begin immediately (WAL)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2 as sqlcipher

from vaxdesk.errors import BugError, KnownError

#: Below it, WAL can corrupt when two connections write and checkpoint at once.
SAFE_SQLITE = (3, 51, 3)


def connect(path: Path, key: bytes) -> Any:
    """A raw connection with the 32-byte key. The driver's own transactions are off: style.md point 8.

    A new file is its owner's alone, and so are the files that SQLite lays beside it.
    """
    if not path.exists():
        with suppress(OSError):  # SQLite says in its own words why it cannot be made
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlcipher.connect(str(path), check_same_thread=False, timeout=10.0)
    connection.isolation_level = None
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "busy_timeout = 10000",
        "cache_size = -65536",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


class Database:
    """A station's file, open with its key.

    :raises KnownError: the file cannot be opened with this key, or is no such file.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        if len(key) != 32:
            raise BugError("a database key has 32 bytes")
        if sqlcipher.sqlite_version_info < SAFE_SQLITE:
            raise KnownError(
                "This program needs SQLite 3.51.3 or newer; the installed one is {version}. Install the program again.",
                version=sqlcipher.sqlite_version,
            )
        self.path = path
        self.key = key
        self.engine: Engine = create_engine(
            "sqlite+pysqlite://",
            module=sqlcipher,
            creator=lambda: connect(self.path, self.key),
            poolclass=QueuePool,
            pool_size=6,
            max_overflow=6,
            # Errors find their way into logs, and values are people's names.
            hide_parameters=True,
        )
        event.listen(self.engine, "begin", _begin)
        self._reader = sessionmaker(self.engine, expire_on_commit=False)
        self._writer = sessionmaker(self.engine.execution_options(write=True), expire_on_commit=False)

    @contextmanager
    def reader(self) -> Iterator[Session]:
        """A session that reads one consistent state and writes nothing."""
        with told(), self._reader() as session:
            yield session

    @contextmanager
    def writer(self) -> Iterator[Session]:
        """A session that began immediately; the caller commits, anything else rolls back."""
        with told(), self._writer() as session:
            yield session

    def data_version(self) -> int:
        """Changes with every commit, of this process or another (``PRAGMA data_version`` on its own connection)."""
        if not hasattr(self, "_watch"):
            self._watch = connect(self.path, self.key)
        row = self._watch.execute("PRAGMA data_version").fetchone()
        return int(row[0])

    def checkpoint(self) -> None:
        """Bring what lies in the log into the file, as far as nobody is in the way."""
        with told():
            connection = connect(self.path, self.key)
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                connection.close()

    def re_key(self, key: bytes) -> None:
        """Encrypt the file under a new key. Other connections of this process are closed first.

        :raises KnownError: the file is in use elsewhere, or the disk is full; the old key then still holds.
        """
        self.close()
        with told():
            connection = connect(self.path, self.key)
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute(f"PRAGMA rekey = \"x'{key.hex()}'\"")
                # The pages under the new key lie in the log until now; the file itself holds the old ones.
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                connection.close()
        self.key = key
        # What another thread opened meanwhile has the old key.
        self.engine.dispose()

    def close(self) -> None:
        """Close every connection."""
        if hasattr(self, "_watch"):
            self._watch.close()
            del self._watch
        self.engine.dispose()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def told() -> Iterator[None]:
    """Turn the world's database errors into sentences; ours pass through."""
    try:
        yield
    except (DatabaseError, sqlcipher.DatabaseError, sqlite3.DatabaseError) as error:
        known = explain(error)
        if known is None:
            raise
        raise known from error


def explain(error: Exception) -> KnownError | None:
    """The sentence for a database error that the user can act on, or None for a fault of ours."""
    text = str(getattr(error, "orig", error)).lower()
    if "disk is full" in text:
        return KnownError("The disk is full: nothing was saved. Free some space and save again.")
    if "is locked" in text or "is busy" in text:
        return KnownError("Another program is using the station's file. Close it and try again.")
    if "readonly database" in text:
        return KnownError("The station's folder cannot be written. Check its permissions.")
    if "image is malformed" in text or "disk i/o" in text:
        return KnownError("The station's file is damaged or its disk fails. Restore the last backup: VaxDesk, Restore.")
    if "not a database" in text:
        return KnownError("The station's file cannot be opened with this passphrase, or it is not a VaxDesk file.")
    if "unable to open database" in text:
        return KnownError("The station's file cannot be opened. Check that its folder exists and can be read.")
    return None

"""Copies a station's file while it is in use, and puts a copy back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from vaxdesk.db.engine import Database, connect, told
from vaxdesk.errors import KnownError

#: SQLCipher's page. A file that is cut off ends elsewhere.
PAGE = 4096


def whole_pages(path: Path) -> bool:
    """Whether a file can be a whole one, by its length alone: all that is seen of it without its key."""
    size = path.stat().st_size
    return size > 0 and size % PAGE == 0


def check(path: Path, keys: Sequence[bytes]) -> None:
    """Open a copy with one of its keys and look at every page.

    :raises KnownError: it does not open with any of them, or is damaged.
    """
    for place, key in enumerate(keys, start=1):
        try:
            with told(), contextlib.closing(connect(path, key)) as connection:
                faults = connection.execute("PRAGMA cipher_integrity_check").fetchall()
                verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        except KnownError:
            if place == len(keys):
                raise
        else:
            if faults or verdict != "ok":
                raise KnownError("The backup {name} is damaged or cut off. Take another one.", name=path.name)
            return


def copy(database: Database, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Write an encrypted copy to ``target`` in steps, so that the writer never waits long.

    The copy has the same key; it is checked before it takes its name. ``progress`` gets (left, all) pages.

    :raises KnownError: the target cannot be written.
    """
    temporary = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with told():
            source = connect(database.path, database.key)
            destination = connect(temporary, database.key)
            try:
                # One snapshot for all steps: without it each write of somebody else starts the copy anew.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                source.backup(
                    destination,
                    pages=256,
                    progress=(lambda _status, left, total: progress(left, total)) if progress else None,
                    sleep=0.005,
                )
                destination.execute("PRAGMA journal_mode = DELETE")
                verdict = destination.execute("PRAGMA integrity_check").fetchone()[0]
            finally:
                destination.close()
                source.close()
        if verdict != "ok":
            raise KnownError("The backup did not pass its check. Try another disk.")
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise KnownError(
            "The backup {name} cannot be written: choose another folder or disk.", name=target.name
        ) from error
    finally:
        # What cannot be removed must not hide what went wrong before.
        with contextlib.suppress(OSError):
            for leftover in (temporary, *temporary.parent.glob(temporary.name + "-*")):
                leftover.unlink(missing_ok=True)

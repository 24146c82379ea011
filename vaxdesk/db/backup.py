"""Copies a station's file while it is in use, and puts a copy back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from vaxdesk.db.engine import Database, connect, told
from vaxdesk.errors import KnownError


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

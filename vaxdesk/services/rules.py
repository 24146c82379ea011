"""Finds the rules of a campaign on a day: the packs that ship with the program and those that the station took."""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import date
from functools import cache
from pathlib import Path

from vaxdesk import assets
from vaxdesk.campaigns import bundle
from vaxdesk.campaigns.library import Library
from vaxdesk.db.engine import Database
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import InputError, KnownError
from vaxdesk.queries import packs

log = logging.getLogger(__name__)


@cache
def shipped() -> Library:
    """The packs that come with the program; read once."""
    return Library(assets.resource("campaigns"))


def taken(database: Database) -> Library:
    """The packs in force: those that ship and those that a manager brought into force in this station's file."""
    with database.reader() as conn:
        found = packs.bodies(conn, "in-force")
    received = []
    for row in found:
        try:
            received.append((f"{row.code}-{row.version}", bundle.contents(row.body)))
        except InputError:
            log.error("the campaign file %s %s cannot be read any more", row.code, row.version)
    return shipped().with_received(received)


class Rules:
    """A function from campaign code and day to the campaign as it stands on that day.

    Packs are read at the first question, and again when another one was brought into force, here or by another
    process: the time of ``folder`` tells it, so that a question costs no look into the station's file. Before a file is
    open, and without a folder, only what ships with the program is known.
    """

    def __init__(self, folder: Path | None = None, database: Database | None = None) -> None:
        self._folder = folder
        self._database = database if folder is not None else None
        self._lock = threading.Lock()
        self._seen: tuple[Library, int] | None = None

    def __call__(self, code: str, day: date) -> Campaign:
        """The campaign as it stands on ``day``. :raises KnownError: there is no pack for it."""
        return self.library().on(code, day)

    def open(self, database: Database) -> None:
        """The station's file is open: its packs count from now on."""
        if self._folder is not None:
            self._database, self._seen = database, None

    def library(self) -> Library:
        """All packs in force."""
        if self._database is None:
            return shipped()
        changed = _changed(self._folder)
        seen = self._seen
        if seen is None or seen[1] != changed:
            with self._lock:
                seen = self._seen
                if seen is None or seen[1] != changed:
                    seen = self._seen = (self._read(seen), changed)
        return seen[0]

    def _read(self, before: tuple[Library, int] | None) -> Library:
        assert self._database is not None
        try:
            return taken(self._database)
        except KnownError:
            if before is None:
                raise
            return before[0]  # the file is busy: what held goes on to hold


def tell_changed(folder: Path) -> None:
    """Packs have changed: every process that has the station open looks again."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = time.time_ns()
        os.utime(folder, ns=(now, now))
    except OSError:
        log.warning("the folder of campaign files cannot be written")


def _changed(folder: Path | None) -> int:
    try:
        return folder.stat().st_mtime_ns if folder is not None else 0
    except OSError:
        return 0

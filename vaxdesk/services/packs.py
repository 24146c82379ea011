"""Finds the campaign pack in force: those that ship with the program and those that the station received."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.campaigns.library import version_key
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import KnownError


def loader(received: Path | None = None) -> Callable[[str, date], Campaign]:
    """A function from campaign code and day to the pack; each pack is read once.

    Of several versions the newest that is valid on the day is taken. A received pack that does not read never
    replaces a good one.
    """
    packs: dict[str, list[Campaign]] = {}

    def find(code: str, day: date) -> Campaign:
        if code not in packs:
            packs[code] = read_all(code, received)
        if not packs[code]:
            raise KnownError("There is no pack for the campaign {code}. Import its file.", code=code)
        fitting = [pack for pack in packs[code] if pack.valid_from <= day]
        return max(fitting or packs[code], key=lambda pack: (pack.valid_from, version_key(pack)))

    return find


def read_all(code: str, received: Path | None) -> list[Campaign]:
    """All readable versions of a campaign's pack."""
    folders = [assets.resource("campaigns", code)]
    if received is not None and received.is_dir():
        folders += sorted(path for path in received.glob(f"{code}-*") if path.is_dir())
    found = []
    for folder in folders:
        if not folder.is_dir():
            continue
        try:
            found.append(load(folder))
        except KnownError:
            if folder == folders[0]:
                raise
    return found

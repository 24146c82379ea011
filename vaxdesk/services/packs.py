"""The campaign packs in force: those that ship with the program and those that the station received, side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from vaxdesk import assets
from vaxdesk.campaigns.library import Library
from vaxdesk.certificates.pack_signature import verify_pack
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import RefusedError
from vaxdesk.services import signing
from vaxdesk.services.context import Context


def loader(received: Path | None = None) -> Callable[[str, date], Campaign]:
    """A function from campaign code and day to the pack: of several versions the newest that is valid on the day.

    Packs are read at the first question, and again when another one has been imported into ``received``, here or by
    another process. A pack that does not read never replaces a good one.
    """
    library: Library | None = None
    seen = 0
    lock = threading.Lock()

    def find(code: str, day: date) -> Campaign:
        nonlocal library, seen
        changed = _changed(received)
        with lock:
            if library is None:
                library = Library(assets.resource("campaigns"), received)
            elif changed != seen:
                library.reload()
            seen = changed
            return library.in_force(code, day)

    return find


def _changed(folder: Path | None) -> int:
    try:
        return folder.stat().st_mtime_ns if folder is not None else 0
    except OSError:
        return 0


@dataclass(frozen=True)
class ImportedPack:
    """What an import brought."""

    code: str
    version: str
    name_vi: str
    valid_from: date
    signer: str


def import_pack(ctx: Context, path: Path) -> ImportedPack:
    """Import a campaign file that the authority signed; the versions that are there stay beside it.

    :raises RefusedError: no manager acts, the station is not enrolled, or somebody else signed the file.
    :raises KnownError: the file cannot be read, or its pack has an error.
    """
    ctx.require("manage")
    pinned = signing.root(ctx)
    if pinned is None:
        raise RefusedError("Import the authority's answer first: without it no campaign file can be checked.")
    signer = ""

    def verify(archive: bytes, signature: bytes) -> str:
        nonlocal signer
        signer = verify_pack(archive, signature, pinned)
        return signer

    campaign = Library(assets.resource("campaigns"), ctx.paths.campaigns).import_file(path, verify)
    with ctx.write() as uow:
        uow.audit("import", "campaign", campaign.code, {"version": campaign.version, "signer": signer})
        uow.commit()
    return ImportedPack(campaign.code, campaign.version, campaign.name.vi, campaign.valid_from, signer)

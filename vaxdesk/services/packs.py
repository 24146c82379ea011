"""The campaign files that the station receives: verified, kept whole in its file, brought into force by a manager.

A file that a manager imports is in force by its dates at once: importing it is her decision. One that comes by sync is
verified in the same way and waits until a manager brings it into force; until then the rules that held go on to hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import vaxdesk
from vaxdesk.campaigns import bundle
from vaxdesk.campaigns.bundle import Bundle
from vaxdesk.campaigns.library import Library
from vaxdesk.certificates.pack_signature import verify_pack
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import CampaignPack
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain import versions
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.versions import version_key
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.services import rules, signing
from vaxdesk.services.context import Context
from vaxdesk.services.rules import Rules

WAITING, IN_FORCE, NOT_NEEDED, WITHDRAWN, REFUSED = "waiting", "in-force", "not-needed", "withdrawn", "refused"
#: The largest campaign file, in bytes.
LARGEST = bundle.MAX_BUNDLE_BYTES
#: Refused files that are remembered; older ones are forgotten.
MOST_REFUSED = 200
#: A file that did not arrive as it was announced is asked for again after this time.
AGAIN = timedelta(days=1)
NO_ROOT = N_("Import the authority's answer first: without it no campaign file can be checked.")


def loader(received: Path | None = None, database: Database | None = None) -> Rules:
    """A function from campaign code and day to the pack; ``received`` is the station's folder of campaign files.

    The packs in the station's file count as soon as it is open (``database``, or when somebody signs in with it).
    """
    return Rules(received, database)


@dataclass(frozen=True)
class ImportedPack:
    """A pack that is in force by its dates."""

    code: str
    version: str
    name_vi: str
    valid_from: date
    signer: str


@dataclass(frozen=True)
class ReceivedPack:
    """A file that came by sync. ``state``: it waits for the manager, or is not needed."""

    code: str
    version: str
    valid_from: date
    state: str


def digest_of(data: bytes) -> str:
    """The SHA-256 of a file's bytes, by which it is known."""
    return hashlib.sha256(data).hexdigest()


def import_pack(ctx: Context, path: Path) -> ImportedPack:
    """Import a campaign file that the authority signed; the versions that are there stay beside it.

    :raises RefusedError: no manager acts, the station is not enrolled, somebody else signed the file, or the same
        version is there with other content. :raises KnownError: the file cannot be read, or its pack has an error.
    """
    ctx.require("manage")
    data = bundle.read_file(path)
    return _into_force(ctx, data, _opened(ctx, data), "file")


def bring_into_force(ctx: Context, digest: str) -> ImportedPack:
    """A manager brings a file that came by sync into force; it is verified once more.

    :raises RefusedError: no manager acts, or the file does not verify. :raises KnownError: it waits no longer.
    """
    ctx.require("manage")
    with ctx.read() as uow:
        row = uow.get(CampaignPack, digest)
        data = row.body if row is not None and row.state == WAITING else None
    if data is None:
        raise KnownError(N_("This campaign file does not wait any more. Refresh the list."))
    return _into_force(ctx, data, _opened(ctx, data), "portal")


def receive(ctx: Context, data: bytes) -> ReceivedPack:
    """Keep a file that came by sync. ``ctx`` acts as the program; whoever may act brings it into force later.

    :raises KnownError: it is not signed by the station's authority, its pack has an error, or the same version is
        there with other content. Nothing is kept then.
    """
    opened, digest = _opened(ctx, data), digest_of(data)
    campaign = opened.campaign
    library = rules.taken(ctx.database)
    needed = not library.has(opened) and not versions.covered(
        campaign.version, campaign.valid_from, library.versions(campaign.code)
    )
    with ctx.write() as uow:
        same = _same_version(uow, opened)
        if same is not None and same.digest == digest:
            return ReceivedPack(campaign.code, campaign.version, campaign.valid_from, same.state)
        state = WAITING if needed and same is None else NOT_NEEDED
        _keep(uow, opened, data if state == WAITING else None, digest, state, "portal")
        if state == WAITING:
            said = {"version": campaign.version, "signer": opened.signer, "sha256": digest}
            uow.audit("receive", "campaign", campaign.code, said, origin="portal")
        uow.commit()
    return ReceivedPack(campaign.code, campaign.version, campaign.valid_from, state)


def refuse(ctx: Context, digest: str, code: str, version: str, error: KnownError, again: bool = False) -> None:
    """Remember in words why a file that the portal offers was not taken, so that it is not fetched at every exchange.

    ``again``: it may have been spoilt on its way, and is asked for once more after a day. Another program version or
    another authority is a reason to ask again as well.
    """
    values = {name: str(value) for name, value in error.values.items()}
    with ctx.write() as uow:
        row = uow.get(CampaignPack, digest)
        if row is None:
            row = uow.add(
                CampaignPack(
                    digest=digest,
                    code=code,
                    version=version,
                    valid_from=None,
                    state=REFUSED,
                    origin="portal",
                    received_at=uow.now,
                    details={},
                )
            )
        row.state, row.body, row.received_at = REFUSED, None, uow.now
        row.details = {
            "words": error.message_id,
            "values": values,
            "again": (uow.now + AGAIN).isoformat() if again else "",
            **_of_now(ctx),
        }
        for old in uow.find(CampaignPack, CampaignPack.received_at.desc(), state=REFUSED)[MOST_REFUSED:]:
            uow.delete(old)
        uow.audit("refuse", "campaign", code, {"version": version, "sha256": digest}, origin="portal")
        uow.commit()


def wanted(ctx: Context, digest: str) -> bool:
    """Whether a file that the portal offers is to be fetched: not seen yet, or worth another try."""
    with ctx.read() as uow:
        row = uow.get(CampaignPack, digest)
        if row is None or row.state == WITHDRAWN:
            return True
        if row.state != REFUSED:
            return False
        again, tried = row.details.get("again", ""), {key: row.details.get(key) for key in _of_now(ctx)}
    return tried != _of_now(ctx) or (bool(again) and datetime.fromisoformat(again) <= ctx.now())


def tries_again(ctx: Context) -> bool:
    """Whether a refused file is to be asked for once more some day."""
    with ctx.read() as uow:
        return any(row.details.get("again") for row in uow.find(CampaignPack, state=REFUSED))


def note_withdrawn(ctx: Context, withdrawn: Sequence[str], offered: Sequence[str]) -> int:
    """Take over what the portal withdrew: one that waits waits no longer, one in force is marked. How many changed."""
    changed = 0
    with ctx.write() as uow:
        for digest in withdrawn:
            row = uow.get(CampaignPack, digest)
            if row is None or row.withdrawn_at is not None or row.state in (REFUSED, NOT_NEEDED):
                continue
            row.withdrawn_at = uow.now
            if row.state == WAITING:
                row.state, row.body = WITHDRAWN, None
            uow.audit("withdraw", "campaign", row.code, {"version": row.version, "sha256": digest}, origin="portal")
            changed += 1
        for digest in offered:
            row = uow.get(CampaignPack, digest)
            if row is not None and row.withdrawn_at is not None and row.state == IN_FORCE:
                row.withdrawn_at = None
                changed += 1
        if changed:
            uow.commit()
    return changed


def _of_now(ctx: Context) -> dict[str, Any]:
    """What a refusal depends on besides the file: this program and the authority that the station trusts."""
    root = signing.root(ctx)
    return {"program": vaxdesk.__version__, "root": root.kid.hex() if root is not None else ""}


def _opened(ctx: Context, data: bytes) -> Bundle:
    """The file, verified and read with its examples."""
    pinned = signing.root(ctx)
    if pinned is None:
        raise RefusedError(NO_ROOT)
    return bundle.unpack(data, lambda archive, signature: verify_pack(archive, signature, pinned))


def _into_force(ctx: Context, data: bytes, opened: Bundle, origin: str) -> ImportedPack:
    campaign, digest = opened.campaign, digest_of(data)
    shipped = rules.shipped().has(opened)
    with ctx.write() as uow:
        same = _same_version(uow, opened)
        if not shipped and (same is None or same.state != IN_FORCE):
            row = same or _keep(uow, opened, data, digest, IN_FORCE, origin)
            row.state, row.decided_at, row.decided_by = IN_FORCE, uow.now, ctx.user.id
            said = {"version": campaign.version, "signer": opened.signer, "sha256": row.digest}
            uow.audit("import" if origin == "file" else "bring-into-force", "campaign", campaign.code, said)
        elif shipped and same is not None:
            same.state, same.body = NOT_NEEDED, None
        uow.session.flush()
        _settle(uow, campaign.code)
        uow.commit()
    rules.tell_changed(ctx.paths.campaigns)
    return ImportedPack(campaign.code, campaign.version, campaign.name.vi, campaign.valid_from, opened.signer)


def _keep(uow: UnitOfWork, opened: Bundle, data: bytes | None, digest: str, state: str, origin: str) -> CampaignPack:
    """The row of a file, new or where one remembered it."""
    campaign = opened.campaign
    row = uow.get(CampaignPack, digest)
    if row is None:
        row = CampaignPack(digest=digest, decided_by="")
        uow.session.add(row)
    row.code, row.version, row.valid_from = campaign.code, campaign.version, campaign.valid_from
    row.state, row.origin, row.signer, row.body = state, origin, opened.signer, data
    row.received_at, row.decided_at, row.withdrawn_at = uow.now, None, None
    row.details = {"name": {"vi": campaign.name.vi, "en": campaign.name.en}}
    uow.session.flush()
    return row


def _same_version(uow: UnitOfWork, opened: Bundle) -> CampaignPack | None:
    """The file of the same version that waits or is in force. :raises RefusedError: its content is another."""
    key = version_key(opened.campaign.version)
    for state in (IN_FORCE, WAITING):
        for row in uow.find(CampaignPack, code=opened.campaign.code, state=state):
            if row.body is not None and version_key(row.version) == key:
                if bundle.contents(row.body) != dict(opened.files):
                    raise RefusedError(
                        N_("Version {version} of the campaign {code} is already there with other content."),
                        code=row.code,
                        version=row.version,
                    )
                return row
    return None


def _settle(uow: UnitOfWork, code: str) -> None:
    """What waits and is covered by a newer version in force on all its days is not needed any more."""
    held = [row for row in uow.find(CampaignPack, code=code, state=IN_FORCE) if row.valid_from is not None]
    for row in uow.find(CampaignPack, code=code, state=WAITING):
        if row.valid_from is not None and any(
            version_key(other.version) > version_key(row.version) and other.valid_from <= row.valid_from
            for other in held
            if other.valid_from is not None
        ):
            row.state, row.body = NOT_NEEDED, None


def preview(ctx: Context, digest: str) -> tuple[Campaign, Library]:
    """A file that waits, read without verifying it anew, and the packs in force: for the page that shows both.

    :raises KnownError: it waits no longer, or cannot be read.
    """
    with ctx.read() as uow:
        row = uow.get(CampaignPack, digest)
        data = row.body if row is not None else None
    if data is None:
        raise KnownError(N_("This campaign file does not wait any more. Refresh the list."))
    opened = bundle.unpack(data, lambda _archive, _signature: "")
    return opened.campaign, rules.taken(ctx.database)

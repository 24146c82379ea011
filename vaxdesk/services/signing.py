"""The station's signing keys on this device, and the signed head of the audit chain.

The key file is encrypted under a random key that lies inside the station's encrypted file: who has the database key
has the signing keys too, and re-keying the database leaves the key file alone. The key file is in no backup, so a
restored station asks for a new certificate.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from vaxdesk import settings
from vaxdesk.certificates import lists
from vaxdesk.certificates.keys import StationKey, StationKeyRing, StationSigner
from vaxdesk.certificates.lists import RevocationList, TrustList
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.x509 import Certificate
from vaxdesk.db import keyslots
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import AuditHead, SignedList
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import KnownError
from vaxdesk.queries import chain
from vaxdesk.queries.signed_lists import ListRow, all_lists, body_of
from vaxdesk.services import list_parts
from vaxdesk.services.context import Context, store_setting
from vaxdesk.services.list_parts import IN_ONE_PIECE, Parts

#: Kinds of signed things held beside the trust and the revocation list.
ROOT, TRUST, REVOCATION = "root", "trust", "revocation"

#: The lists of each open file, opened once: a million revocations have eight megabytes.
_opened: WeakKeyDictionary[Database, tuple[tuple[ListRow, ...], Trust]] = WeakKeyDictionary()


@dataclass(frozen=True)
class KeyState:
    """What the status page says of the station's key."""

    certified: bool
    waiting: bool
    valid_until: datetime | None
    renewal_due: bool


def _wrapping_key(ctx: Context) -> bytes:
    text = ctx.setting(settings.SIGNING_WRAP)
    if not text:
        text = base64.b64encode(secrets.token_bytes(32)).decode()
        with ctx.write() as uow:
            store_setting(uow, settings.SIGNING_WRAP, text)
            uow.commit()
    return base64.b64decode(text)


def ring(ctx: Context) -> StationKeyRing:
    """All keys of this device; an empty ring where the file is not there (a restored station).

    :raises KnownError: the file does not open.
    """
    try:
        data = ctx.paths.signing_key.read_bytes()
    except FileNotFoundError:
        return StationKeyRing()
    except OSError as error:
        raise KnownError(
            "The signing key of this station cannot be opened. Ask the authority for a new certificate."
        ) from error
    return StationKeyRing.unwrap(data, _wrapping_key(ctx))


def usable_ring(ctx: Context) -> StationKeyRing:
    """All keys, or none where the file does not open: the paper is then issued without a code, and says why."""
    try:
        return ring(ctx)
    except KnownError:
        return StationKeyRing()


def store_ring(ctx: Context, new: StationKeyRing) -> None:
    """Replace the key file atomically."""
    keyslots.write_atomically(ctx.paths.signing_key, new.wrap(_wrapping_key(ctx)))


def add_key(ctx: Context) -> StationKey:
    """Make a key on this device, or take the one that still waits for its certificate."""
    held = ring(ctx)
    if held.waiting is not None:
        return held.waiting
    key = StationKey.generate()
    store_ring(ctx, held.with_key(key, ctx.now()))
    return key


def request_of(ctx: Context, key: StationKey) -> dict[str, Any]:
    """What goes to the authority for a key: the public key, the station, and proof of possession; nothing secret."""
    station = ctx.station
    return key.request(
        station_id=station.id,
        code=station.code,
        name=station.name,
        province_code=station.province_code,
        commune_code=station.commune_code,
        desk=station.desk,
        practice=station.practice,
        created_at=ctx.now(),
    )


def signer(ctx: Context) -> StationSigner | None:
    """The key that signs now, if one is certified and valid."""
    return usable_ring(ctx).current(ctx.now())


def state(ctx: Context) -> KeyState:
    """The state of the station's key."""
    held = usable_ring(ctx)
    current = held.current(ctx.now())
    return KeyState(
        certified=current is not None,
        waiting=held.waiting is not None,
        valid_until=current.not_after if current else None,
        renewal_due=held.renewal_due(ctx.now()),
    )


def root(ctx: Context) -> Certificate | None:
    """The authority's certificate that this station trusts."""
    with ctx.database.reader() as conn:
        data = body_of(conn, ROOT)
    return Certificate(data) if data is not None else None


def trust(ctx: Context) -> Trust | None:
    """The trust and revocation lists held, ready for verification; None before the first enrolment.

    They are opened again only when another list was stored.
    """
    with ctx.database.reader() as conn:
        held = all_lists(conn)
        if not any(row.kind == ROOT for row in held):
            return None
        known = _opened.get(ctx.database)
        if known is not None and known[0] == held:
            return known[1]
        bodies = {row.kind: body_of(conn, row.kind) or b"" for row in held}
    pinned = Certificate(bodies.pop(ROOT))
    opened = [lists.open_list(body, pinned) for body in bodies.values()]
    found = Trust(
        trust_list=next((item for item in opened if isinstance(item, TrustList)), None),
        revocation_list=next((item for item in opened if isinstance(item, RevocationList)), None),
    )
    _opened[ctx.database] = (held, found)
    return found


def store_signed(
    uow: UnitOfWork,
    kind: str,
    number: int,
    issued_at: datetime,
    body: bytes,
    etag: str = "",
    parts: Parts = IN_ONE_PIECE,
) -> None:
    """Keep a signed list, replacing the older one, in the caller's transaction; ``etag`` is the portal's mark of it.

    Of a large one only what points to its ``parts`` is written.
    """
    row = uow.get(SignedList, kind)
    details = {"etag": etag} if etag else {}
    if list_parts.all_there(uow, parts):
        details["parts"] = parts.sha256
        body = b""
    if row is None:
        uow.add(
            SignedList(kind=kind, number=number, issued_at=issued_at, received_at=uow.now, body=body, details=details)
        )
    else:
        row.number, row.issued_at, row.received_at, row.body = number, issued_at, uow.now, body
        row.details = details


def sign_head(ctx: Context, occasion: str, send: bool = False) -> None:
    """Sign the audit chain's head: at a session close, a backup and a sync. Without a key it is kept unsigned.

    ``send``: the portal is to keep it; nothing is done where the chain has not grown since the last head sent.
    """
    with ctx.database.reader() as conn:
        newest = chain.newest(conn, ctx.station.desk)
        if newest is None or (send and newest == chain.newest_head(conn, ctx.station.desk, occasion)):
            return
    number, digest = newest
    key = signer(ctx)
    signature = key.sign(f"{ctx.station.id}:{ctx.station.desk}:{number}:{digest}".encode()) if key else b""
    with ctx.write() as uow:
        head = uow.add(
            AuditHead(
                desk=ctx.station.desk,
                number=number,
                hash=digest,
                at=uow.now,
                occasion=occasion,
                kid=key.kid.hex() if key else "",
                signature=base64.b64encode(signature).decode(),
            )
        )
        if send:
            uow.send("Provenance", head.id, at_once=True)
        uow.commit()

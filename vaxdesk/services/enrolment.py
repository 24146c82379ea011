"""Imports the authority's answer: the station's certificate, the signed lists, and the enrolment for sync."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vaxdesk import settings
from vaxdesk.certificates import enrolment, lists
from vaxdesk.certificates.enrolment import EnrolmentAnswer
from vaxdesk.certificates.lists import RevocationList, TrustList
from vaxdesk.errors import FieldError, InputError, RefusedError
from vaxdesk.queries.signed_lists import body_of
from vaxdesk.services import signing
from vaxdesk.services.context import Context, see_time, store_setting
from vaxdesk.services.setup import check_portal_url

LARGEST_ANSWER = 60_000_000


@dataclass(frozen=True)
class Enrolled:
    """What the import brought."""

    valid_until: datetime
    portal_url: str
    root_fingerprint: str
    first: bool


def read_file(path: Path) -> dict[str, Any]:
    """The content of an answer file.

    :raises InputError: it cannot be read, is too large, or is no such file.
    """
    try:
        if path.stat().st_size > LARGEST_ANSWER:
            raise InputError("The file {name} is too large to be an answer file.", name=path.name)
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError("The file {name} cannot be read.", name=path.name) from error
    except ValueError as error:
        raise InputError("The file {name} is not an authority's answer. Ask for it again.", name=path.name) from error
    if not isinstance(document, dict):
        raise InputError("The file {name} is not an authority's answer. Ask for it again.", name=path.name)
    return document


def look(ctx: Context, document: dict[str, Any]) -> EnrolmentAnswer:
    """Check an answer without importing it: for the page that shows the authority's fingerprint first.

    :raises KnownError: a signature does not hold, it is for another station or mode, or from another authority.
    """
    held = signing.ring(ctx)
    keys = [entry.key for entry in held]
    if not keys:
        raise RefusedError("This station has no key that waits. Write a new request file first.")
    pinned = signing.root(ctx)
    fitting = held.waiting or keys[-1]
    return enrolment.read_answer(document, fitting.public_der, pinned, practice=ctx.station.practice)


def import_answer(ctx: Context, document: dict[str, Any], confirmed_fingerprint: str = "") -> Enrolled:
    """Import an answer: certificate, lists and sync key, all or nothing.

    The first import pins the authority, so its fingerprint must be confirmed by the user (``confirmed_fingerprint``
    as shown); later ones must come from the same authority.

    :raises RefusedError: nobody manages, or the fingerprint was not confirmed. :raises KnownError: see :func:`look`.
    """
    ctx.require("manage")
    answer = look(ctx, document)
    first = signing.root(ctx) is None
    if first and confirmed_fingerprint.replace(" ", "").upper() != answer.root_fingerprint.replace(" ", ""):
        raise FieldError(
            "fingerprint",
            "Confirm the authority's fingerprint {fingerprint}: compare it by telephone.",
            fingerprint=answer.root_fingerprint,
        )
    if answer.sync.portal_url:
        check_portal_url(answer.sync.portal_url)
    opened = [lists.open_list(body, answer.root) for body in (answer.trust_list, answer.revocation_list)]
    renewed = signing.ring(ctx).with_certificate(answer.certificate)
    with ctx.write() as uow:
        if first:
            signing.store_signed(uow, signing.ROOT, 0, answer.root.not_before, answer.root.der)
        for item, body in zip(opened, (answer.trust_list, answer.revocation_list), strict=True):
            kind = signing.TRUST if isinstance(item, TrustList) else signing.REVOCATION
            _store_newer(ctx, uow, kind, item, body)
            see_time(uow, item.head.issued_at)
        if answer.sync.portal_url:
            store_setting(uow, settings.PORTAL_URL, answer.sync.portal_url)
        if answer.sync.token:
            store_setting(uow, settings.PORTAL_TOKEN, answer.sync.token)
            store_setting(uow, settings.PORTAL_STATION, answer.sync.station_id or ctx.station.id)
        uow.audit(
            "enrol", "station", ctx.station.id, {"root": answer.root_fingerprint, "kid": answer.certificate.kid.hex()}
        )
        # The key file first: with it and without the rows the import can simply be done again.
        signing.store_ring(ctx, renewed)
        uow.commit()
    return Enrolled(answer.certificate.not_after, answer.sync.portal_url, answer.root_fingerprint, first)


def _store_newer(ctx: Context, uow: Any, kind: str, item: TrustList | RevocationList, body: bytes) -> None:
    with ctx.database.reader() as conn:
        held = body_of(conn, kind)
    pinned = signing.root(ctx)
    if held is not None and pinned is not None:
        lists.check_newer(lists.open_list(held, pinned).head, item.head)
    signing.store_signed(uow, kind, item.head.number, item.head.issued_at, body)


def import_list(ctx: Context, body: bytes) -> str:
    """Keep a newer signed list that came by sync or file; returns its kind.

    :raises KnownError: it does not verify, is older than the one held, or belongs to the other mode.
    """
    pinned = signing.root(ctx)
    if pinned is None:
        raise RefusedError("Import the authority's answer first: without it no list can be checked.")
    item = lists.open_list(body, pinned)
    kind = signing.TRUST if isinstance(item, TrustList) else signing.REVOCATION
    with ctx.write() as uow:
        _store_newer(ctx, uow, kind, item, body)
        see_time(uow, item.head.issued_at)
        uow.audit("list", "signed-list", kind, {"number": item.head.number}, origin="portal")
        uow.commit()
    return kind

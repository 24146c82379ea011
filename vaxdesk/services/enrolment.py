"""Imports what the authority gives: its answer (certificate, signed lists, enrolment for sync) and newer lists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vaxdesk import settings
from vaxdesk.certificates import enrolment, lists
from vaxdesk.certificates.enrolment import EnrolmentAnswer
from vaxdesk.certificates.lists import RevocationList, TrustList
from vaxdesk.db.tables import SignedList
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import FieldError, InputError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.queries.signed_lists import all_lists, body_of
from vaxdesk.services import list_parts, signing
from vaxdesk.services.context import Context, see_time, store_setting
from vaxdesk.services.list_parts import IN_ONE_PIECE, Parts
from vaxdesk.services.setup import check_portal_url

LARGEST_ANSWER = 60_000_000
#: A signed list begins with the tag of COSE_Sign1; an answer is JSON.
LIST_BEGIN = b"\xd2"


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
    except (ValueError, RecursionError) as error:
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
    offers = _offers(ctx, answer)
    with ctx.write() as uow:
        if first:
            signing.store_signed(uow, signing.ROOT, 0, answer.root.not_before, answer.root.der)
        if answer.sync.portal_url:
            store_setting(uow, settings.PORTAL_URL, answer.sync.portal_url)
        if answer.sync.token:
            store_setting(uow, settings.PORTAL_TOKEN, answer.sync.token)
            store_setting(uow, settings.PORTAL_STATION, answer.sync.station_id or ctx.station.id)
        uow.audit(
            "enrol", "station", ctx.station.id, {"root": answer.root_fingerprint, "kid": answer.certificate.kid.hex()}
        )
        _take(ctx, uow, answer, offers)
    list_parts.tidy(ctx)
    return Enrolled(answer.certificate.not_after, answer.sync.portal_url, answer.root_fingerprint, first)


def take_renewal(ctx: Context, document: dict[str, Any]) -> datetime:
    """Take the portal's answer to the request of a waiting key, by sync; until when the new certificate holds.

    Only from the authority that is pinned already; address and key for sync stay as they are.

    :raises KnownError: no authority is pinned, or see :func:`look`.
    """
    if signing.root(ctx) is None:
        raise RefusedError("Import the authority's answer first: without it no list can be checked.")
    answer = look(ctx, document)
    offers = _offers(ctx, answer)
    with ctx.write() as uow:
        uow.audit("key-renewed", "station", ctx.station.id, {"kid": answer.certificate.kid.hex()}, origin="portal")
        _take(ctx, uow, answer, offers)
    list_parts.tidy(ctx)
    return answer.certificate.not_after


@dataclass(frozen=True)
class _Offer:
    """A list that was checked against the one held and, where it is large, staged; ready to be switched to.

    ``known``: it is the very list that is held. ``checked`` are number and time of receipt of the list held then.
    """

    item: TrustList | RevocationList
    body: bytes
    etag: str
    known: bool
    checked: tuple[int, datetime] | None
    parts: Parts


def _offers(ctx: Context, answer: EnrolmentAnswer) -> list[_Offer]:
    opened = [(lists.open_list(body, answer.root), body) for body in (answer.trust_list, answer.revocation_list)]
    return [_offer(ctx, item, body) for item, body in opened]


def _offer(ctx: Context, item: TrustList | RevocationList, body: bytes, etag: str = "") -> _Offer:
    """What takes long is done here, before the lock is taken.

    :raises RefusedError: the list is older than the one held, or of the other mode.
    """
    kind = _kind(item)
    with ctx.database.reader() as conn:
        held = body_of(conn, kind)
        checked = next(((row.number, row.received_at) for row in all_lists(conn) if row.kind == kind), None)
    pinned = signing.root(ctx)
    if held is not None and pinned is not None and held != body:
        lists.check_newer(lists.open_list(held, pinned).head, item.head)
    known = held == body
    return _Offer(item, body, etag, known, checked, IN_ONE_PIECE if known else list_parts.stage(ctx, body))


def _take(ctx: Context, uow: UnitOfWork, answer: EnrolmentAnswer, offers: Sequence[_Offer]) -> None:
    """The lists and the certificate; commits. Keys whose certificates are over go, since a newer one is here."""
    renewed = signing.ring(ctx).with_certificate(answer.certificate)
    for offer in offers:
        _store_newer(uow, offer)
    if renewed.current(uow.now) is not None:
        renewed = renewed.without_expired(uow.now)
    # The key file first: with it and without the rows the import can simply be done again.
    signing.store_ring(ctx, renewed)
    uow.commit()


def _store_newer(uow: UnitOfWork, offer: _Offer) -> None:
    """Switch to the list. Another import may have been quicker: then this one must be newer than that, too."""
    head, kind = offer.item.head, _kind(offer.item)
    row = uow.get(SignedList, kind)
    if row is not None and (row.number, row.received_at) != offer.checked and row.number > head.number:
        raise RefusedError(
            N_("List number {offered} is older than number {held}, which this station already has."),
            offered=head.number,
            held=row.number,
        )
    if row is not None and offer.known and row.number == head.number:
        row.received_at = uow.now
        row.details = {**row.details, "etag": offer.etag} if offer.etag else row.details
    else:
        signing.store_signed(uow, kind, head.number, head.issued_at, offer.body, offer.etag, offer.parts)
    see_time(uow, head.issued_at)


def _kind(item: TrustList | RevocationList) -> str:
    return signing.TRUST if isinstance(item, TrustList) else signing.REVOCATION


def import_list(ctx: Context, body: bytes, origin: str = "portal", etag: str = "") -> str:
    """Keep a newer signed list that came by sync or, with ``origin`` "desk", as a file; returns its kind.

    ``etag`` is the portal's mark of this state of the list, with which it is asked for again.

    :raises KnownError: it does not verify, is older than the one held, or belongs to the other mode.
    """
    pinned = signing.root(ctx)
    if pinned is None:
        raise RefusedError("Import the authority's answer first: without it no list can be checked.")
    offer = _offer(ctx, lists.open_list(body, pinned), body, etag)
    kind = _kind(offer.item)
    with ctx.write() as uow:
        _store_newer(uow, offer)
        if not offer.known:
            uow.audit("list", "signed-list", kind, {"number": offer.item.head.number}, origin=origin)
        uow.commit()
    list_parts.tidy(ctx)
    return kind


@dataclass(frozen=True)
class Imported:
    """What a file from the authority was: ``answer``, ``trust`` or ``revocation``, and what came of it.

    ``number`` and ``issued_at`` are a list's; ``newer`` is false for the list that was held already.
    """

    kind: str
    number: int = 0
    issued_at: datetime | None = None
    newer: bool = True
    enrolled: Enrolled | None = None


def read_any(path: Path) -> dict[str, Any] | bytes:
    """The content of a file that the authority gave: an answer (a document) or a signed list (its bytes).

    :raises InputError: it cannot be read, is too large, or is neither.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(1)
            size = path.stat().st_size
        if begin == LIST_BEGIN and size <= LARGEST_ANSWER:
            return path.read_bytes()
    except OSError as error:
        raise InputError("The file {name} cannot be read.", name=path.name) from error
    return read_file(path)


def import_any(ctx: Context, content: dict[str, Any] | bytes, confirmed_fingerprint: str = "") -> Imported:
    """Import what :func:`read_any` read: an answer as :func:`import_answer` does, a list as :func:`import_list` does.

    :raises KnownError: as there; nothing is changed then.
    """
    ctx.require("manage")
    if isinstance(content, dict):
        return Imported("answer", enrolled=import_answer(ctx, content, confirmed_fingerprint))
    with ctx.database.reader() as conn:
        before = {row.kind: row.number for row in all_lists(conn)}
    kind = import_list(ctx, content, origin="desk")
    with ctx.database.reader() as conn:
        after = next(row for row in all_lists(conn) if row.kind == kind)
    return Imported(kind, after.number, after.issued_at, before.get(kind) != after.number)

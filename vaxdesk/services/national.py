"""Takes the nationally signed codes that the portal sent: verified, kept, printed instead of the station's own.

A code waits in the copy of the portal's document until it can be taken: until the list that knows its signer is here,
the dose that it names is on record, and the person has a paper of this station.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import Verdict, Verification
from vaxdesk.certificates.verify import verify_text
from vaxdesk.db.tables import Certificate, PortalCopy
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import paper_facts
from vaxdesk.services import issuing, signing
from vaxdesk.services.certificates import next_number, replace_held
from vaxdesk.services.context import Context
from vaxdesk.services.issuing import Facts, Ground, NationalCode

CATEGORY = "national"
#: People whose codes are taken in one short transaction.
CHUNK = 10
WITHDRAWN = N_("The national authority withdrew the code.")
WITHDRAWN_PAPER = N_("The authority withdrew the paper at the portal.")


@dataclass(frozen=True)
class _Waiting:
    """A document that may hold a code for a person."""

    document: str
    person_id: str
    resource: dict[str, Any]
    seen_at: datetime


def take_waiting(ctx: Context, since: datetime) -> int:
    """Take the codes that wait and fit; how many. ``ctx`` acts as the program.

    What is refused (altered, expired, of another signer or person) changes nothing; of documents that came after
    ``since`` the refusal is audited, once.
    """
    trust = signing.trust(ctx)
    with ctx.database.reader() as conn:
        found = paper_facts.waiting_codes(conn, CATEGORY)
    if trust is None or not found:
        return 0
    base = issuing.ground(ctx)
    taken = 0
    for start in range(0, len(found), CHUNK):
        with ctx.write() as uow:
            waiting = [one for key in found[start : start + CHUNK] if (one := _read(uow, key)) is not None]
            facts = issuing.read(uow, base, [one.person_id for one in waiting])
            done = 0
            for one in waiting:
                if one.person_id in facts and _take(uow, base, trust, facts[one.person_id], one, since):
                    done += 1
                    del facts[one.person_id]  # a second one waits for the next time: what was read is no longer so
            uow.commit()
        taken += done
    return taken


def follow(uow: UnitOfWork, resource: dict[str, Any]) -> bool:
    """Revoke our paper that the portal says was entered in error: one with a national code by its identifier, one of
    our own by its record; True when one was, or ours was revoked already.

    The person then stands on the list for a new paper. A replaced code needs nothing: its follower comes by itself.
    Nothing else of a paper of ours is the portal's to change.
    """
    if resource.get("status") != "entered-in-error":
        return False
    if CATEGORY in _categories(resource):
        identifier = str(_object(resource.get("masterIdentifier")).get("value", ""))
        rows = uow.find(Certificate, uvci=identifier, kind=CATEGORY, revoked_at=None) if identifier else ()
        reason = WITHDRAWN
    else:
        row = uow.get(Certificate, str(resource.get("id", "")))
        if row is not None and row.revoked_at is not None:
            return True  # both sides say the same
        rows = [row] if row is not None else []
        reason = WITHDRAWN_PAPER
    for row in rows:
        row.revoked_at = uow.now
        row.revoked_reason = translate(reason, "vi")
        uow.audit("revoke", "certificate", row.id, {"number": row.number}, origin="portal")
    return bool(rows)


def _read(uow: UnitOfWork, resource_id: str) -> _Waiting | None:
    copy = uow.get(PortalCopy, ("DocumentReference", resource_id))
    if copy is None or not isinstance(copy.body, dict):
        return None
    subject = str(_object(copy.body.get("subject")).get("reference", ""))
    return _Waiting(resource_id, subject.removeprefix("Patient/"), copy.body, copy.seen_at)


def _take(uow: UnitOfWork, base: Ground, trust: Trust, facts: Facts, one: _Waiting, since: datetime) -> bool:
    text = _attachment(one.resource)
    found = verify_text(text, trust, uow.now)
    reason = _refusal(found, facts)
    if reason:
        if one.seen_at >= since:
            detail = {"document": one.document, "reason": reason}
            uow.audit("national-refused", "person", one.person_id, detail, origin="portal")
        return False
    code = _code(found)
    if facts.last_paper is None or not issuing.says(found.payload or {}, base, facts) or _known(uow, code):
        return False
    prefix, number = next_number(uow, base.ctx)
    row = issuing.make(base, facts, f"{prefix}{number:06d}", uow.now, national=code, row_id=one.document)
    uow.add(row)
    owed = replace_held(facts, row)
    uow.audit("national", "person", one.person_id, {"number": row.number, "uvci": row.uvci, "kid": row.kid}, "portal")
    if owed:
        uow.send_all(owed)
    return True


def _refusal(found: Verification, facts: Facts) -> str:
    """Why a code is refused, for the audit; empty for one that is in order."""
    if found.verdict is not Verdict.VALID:
        return found.verdict.value
    if found.signer != "national":
        return f"signer {found.signer}"
    return "" if issuing.names_person(found.payload or {}, facts) else "another person"


def _code(found: Verification) -> NationalCode:
    entries: Sequence[Any] = (found.payload or {}).get("v") or ()
    identifier = str(entries[0].get("ci", "")) if entries else ""
    expires = found.claims.expires if found.claims is not None else None
    return NationalCode(found.text, identifier, found.kid.hex() if found.kid else "", issuing.until_of(expires))


def _known(uow: UnitOfWork, code: NationalCode) -> bool:
    return uow.first(Certificate, uvci=code.uvci) is not None


def _object(value: Any) -> dict[str, Any]:
    """What a portal sent where an object belongs; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _categories(resource: dict[str, Any]) -> list[str]:
    found = resource.get("category")
    return [str(item.get("text", "")) for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _attachment(resource: dict[str, Any]) -> str:
    contents = resource.get("content")
    for content in contents if isinstance(contents, list) else ():
        data = _object(_object(content).get("attachment")).get("data", "")
        try:
            text = base64.b64decode(data, validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError, TypeError, ValueError):
            continue
        if text.startswith("HC1:"):
            return text
    return ""

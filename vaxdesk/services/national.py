"""Takes the nationally signed code that the portal sends after sync: verified, kept, printed instead of ours."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from vaxdesk import clock
from vaxdesk.certificates import payload
from vaxdesk.certificates.verify import verify_text
from vaxdesk.db.tables import Certificate, Person
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.services import certificate_page, signing
from vaxdesk.services.certificates import held_paper
from vaxdesk.services.context import Context


def take(ctx: Context, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
    """Keep the national code that the portal sent, if it verifies, is national, and names this person.

    The station's provisional code is replaced by it. Returns False for what is no national code; anything that does
    not verify is refused and changes nothing.
    """
    kinds = [str(item.get("text", "")) for item in resource.get("category", []) if isinstance(item, dict)]
    subject = str((resource.get("subject") or {}).get("reference", "")).removeprefix("Patient/")
    person = uow.get(Person, subject)
    if "national" not in kinds or person is None or uow.get(Certificate, str(resource["id"])) is not None:
        return False
    trust = signing.trust(ctx)
    text = _attachment(resource)
    if trust is None or not text:
        return False
    found = verify_text(text, trust, uow.now)
    claims = found.payload or {}
    expected = payload.names(person.full_name)
    name = claims.get("nam", {})
    if (
        not found.valid
        or found.signer != "national"
        or claims.get("dob") != person.birth_date
        or (name.get("fnt"), name.get("gnt")) != (expected.get("fnt"), expected.get("gnt"))
    ):
        uow.audit("national-refused", "person", person.id, {"verdict": found.verdict.value}, origin="portal")
        return False
    held = held_paper(uow, person.id, ctx.station.campaign)
    if held is None:
        return False
    vaccination = (claims.get("v") or [{}])[0]
    expires = found.claims.expires if found.claims is not None else None
    until = datetime.fromtimestamp(expires, UTC) if expires is not None else None
    page = replace(
        certificate_page.from_json(held.content),
        number=f"{held.number}-QG",
        code=text,
        code_kind="national",
        uvci=str(vaccination.get("ci", "")),
        code_valid_until=clock.local_date(until) if until else None,
        no_code_reasons=(),
        replaces=held.number,
        issued_on=clock.local_date(uow.now),
    )
    row = uow.add(
        Certificate(
            id=str(resource["id"]),
            person_id=person.id,
            campaign=held.campaign,
            number=page.number,
            desk=held.desk,
            kind="national",
            uvci=page.uvci,
            hc1=text,
            kid=found.kid.hex() if found.kid else "",
            code_until=until,
            no_code_reasons=[],
            content=certificate_page.to_json(page),
            dose_records=held.dose_records,
            issued_at=uow.now,
            issued_by=uow.user_id,
        )
    )
    held.replaced_by = row.id
    uow.audit("national", "person", person.id, {"uvci": row.uvci}, origin="portal")
    uow.send("DocumentReference", held.id, version=2, person_id=person.id)
    return True


def _attachment(resource: dict[str, Any]) -> str:
    for content in resource.get("content", []):
        data = (content.get("attachment") or {}).get("data", "") if isinstance(content, dict) else ""
        try:
            text = base64.b64decode(data, validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError, TypeError):
            continue
        if text.startswith("HC1:"):
            return text
    return ""

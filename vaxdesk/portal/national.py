"""National codes: signed here for people whose doses are complete and whose identity is sure, for the station to pull.

Work is done when a station asks for documents, from a mark that is kept in the database: it may be cut off anywhere
and goes on where it was. A code that no longer says what the records say is withdrawn, and a new one made where it can.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, select

from vaxdesk.certificates import hc1, payload, uvci
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.keys import StationSigner
from vaxdesk.certificates.lists import RevocationKind
from vaxdesk.clock import VIET_NAM, local_date
from vaxdesk.domain import identity, schedule
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import BugError, FieldError
from vaxdesk.portal.authority_desk import UVCI_SYSTEM, AuthorityDesk
from vaxdesk.portal.outcomes import FhirProblem
from vaxdesk.portal.records import Records
from vaxdesk.portal.store import Write
from vaxdesk.portal.tables import PORTAL, Resource
from vaxdesk.sync.fhir import inbound

CATEGORY = "national"
BASIS_SYSTEM = "urn:vaxdesk:basis"
LIFE = timedelta(days=365)
#: People looked at in one go; the rest follows with the next request.
CHUNK = 300
#: The origin of a dose that nobody has seen on paper.
SPOKEN = "spoken"
_MARK = "national-seen"
_KINDS = ("Patient", "Immunization", "DocumentReference")


@dataclass(frozen=True)
class Wanted:
    """What a person's national code should say. ``basis`` changes whenever any of it does."""

    person: payload.DccPerson
    dose: payload.DccDose
    basis: str

    def follows(self, basis: str) -> bool:
        """Whether this is about the same person as an earlier code, with a further dose."""
        number, _point, rest = basis.partition(".")
        return number.isdecimal() and self.dose.number > int(number) and rest.startswith(_digest(self.said))

    @property
    def said(self) -> list[str]:
        """Who it is."""
        return [self.person.full_name, self.person.birth.iso()]


class NationalIssuer:
    """Issues and withdraws the national codes of one campaign."""

    def __init__(self, desk: AuthorityDesk, rules: Callable[[], Campaign]) -> None:
        self.desk = desk
        self._rules = rules
        self._signer: StationSigner | None = None

    @property
    def campaign(self) -> Campaign:
        """The rules of today."""
        return self._rules()

    def catch_up(self) -> int:
        """Bring the codes of people up to date whose records changed since last time; how many documents changed."""
        changed = 0
        with self.desk.working() as (authority, write):
            store = self.desk.store
            mark = int.from_bytes(store.value(write.connection, _MARK) or b"", "big")
            columns = (Resource.seq, Resource.patient)
            where = and_(Resource.type.in_(_KINDS), Resource.seq > mark, Resource.patient.is_not(None))
            rows = write.connection.execute(select(*columns).where(where).order_by(Resource.seq).limit(CHUNK)).all()
            for person in dict.fromkeys(row.patient for row in rows):
                try:
                    changed += self._bring_up_to_date(authority, write, person)
                except FhirProblem as problem:
                    raise BugError(f"the portal's own document was refused: {problem}") from problem
            if rows:
                store.keep_value(write.connection, _MARK, rows[-1].seq.to_bytes(8, "big"))
        return changed

    def _bring_up_to_date(self, authority: Authority, write: Write, person: str) -> int:
        held = [one for one in _resources(write, "DocumentReference", person, True) if one["status"] == "current"]
        # Until the station's own paper is here, its program would have nothing that the national code replaces.
        papers = [one for one in _resources(write, "DocumentReference", person, False) if one["status"] == "current"]
        try:
            wanted = self._wanted(write, person)
        except (AttributeError, TypeError, ValueError, KeyError, IndexError):
            wanted = None  # records of an odd shape give no code, and do not hold up everybody else's
        if wanted is not None and any(_basis(one) == wanted.basis for one in held):
            return 0
        records = Records(write, PORTAL)
        for document in held:
            # A further dose replaces a code; anything else that changed makes it wrong.
            further = wanted is not None and wanted.follows(_basis(document))
            kind = RevocationKind.REPLACED if further else RevocationKind.REVOKED
            authority.revoke_code(document["masterIdentifier"]["value"], kind)
            status = "superseded" if further else "entered-in-error"
            records.put("DocumentReference", document["id"], document | {"status": status})
        if wanted is None or not (papers or held):
            return len(held)
        try:
            document = self._document(authority, person, wanted)
        except FieldError:
            return len(held)  # a name without a letter that a certificate could carry
        records.put("DocumentReference", document["id"], document)
        return len(held) + 1

    def _wanted(self, write: Write, person: str) -> Wanted | None:
        """The code that the person may have now, or None."""
        patient = next((one for one in _resources(write, "Patient", person) if one["id"] == person), None)
        details = inbound.patient(patient) if patient else None
        target = self.campaign.disease.dcc_target
        if details is None or details.birth is None or not details.birth.is_full or not target:
            return None
        if not details.national_id or identity.check_national_id(details.national_id, details.sex, details.birth):
            return None
        completed = [one for one in _resources(write, "Immunization", person) if one.get("status") == "completed"]
        if any((one.get("reportOrigin") or {}).get("text") == SPOKEN for one in completed):
            return None  # what only the person said is no ground for a certificate
        given = [inbound.dose(one, self.campaign) for one in completed]
        sure = [dose for dose in given if dose is not None and dose.occurred.is_full]
        history = [schedule.GivenDose(dose.occurred.earliest(), dose.product_code) for dose in sure]
        today = local_date(self.desk.store.clock.now())
        evaluation = schedule.evaluate(self.campaign, details.birth, details.sex, history, today)
        counted = [verdict for verdict in evaluation.doses if verdict.valid]
        if not evaluation.complete or not counted:
            return None
        codes = self.campaign.products[counted[-1].product].codes
        if not (codes.vp and codes.mp and codes.ma):
            return None
        number, total = payload.dose_numbers(
            evaluation.primary, evaluation.required, evaluation.additional + evaluation.boosters
        )
        dose = payload.DccDose(codes.vp, codes.mp, codes.ma, number, total, counted[-1].date, target=target)
        person_said = [details.full_name, details.birth.iso()]
        dose_said = [str(number), str(total), dose.product, dose.day.isoformat()]
        basis = f"{number}.{_digest(person_said)}.{_digest(dose_said)}"
        return Wanted(payload.DccPerson(details.full_name, details.birth), dose, basis)

    def _document(self, authority: Authority, person: str, wanted: Wanted) -> dict[str, Any]:
        now = self.desk.store.clock.now().replace(microsecond=0)
        if self._signer is None or not self._signer.valid_at(now):
            self._signer = authority.national_signer(at=now)
        identifier = uvci.new(uvci.NATIONAL, "01")
        content = payload.build_claims(wanted.person, wanted.dose, identifier=identifier, issuer=authority.name)
        text = hc1.encode(content, self._signer, now, min(now + LIFE, self._signer.not_after))
        return {
            "resourceType": "DocumentReference",
            "id": str(uuid.uuid4()),
            "masterIdentifier": {"system": UVCI_SYSTEM, "value": identifier},
            "identifier": [{"system": BASIS_SYSTEM, "value": wanted.basis}],
            "status": "current",
            "type": {"text": "vaccination-certificate"},
            "category": [{"text": CATEGORY}],
            "subject": {"reference": f"Patient/{person}"},
            "date": now.astimezone(VIET_NAM).isoformat(),
            "description": authority.name,
            "content": [
                {"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode("ascii")).decode()}}
            ],
        }


def _resources(write: Write, kind: str, person: str, own: bool | None = None) -> Iterator[dict[str, Any]]:
    """The person's records of a type; ``own``: only what the portal wrote, or only what stations wrote."""
    where = and_(Resource.type == kind, Resource.patient == person)
    if own is not None:
        where = and_(where, Resource.owner == PORTAL if own else Resource.owner != PORTAL)
    rows = write.connection.execute(select(Resource.id, Resource.meta, Resource.body).where(where)).all()
    for row in rows:
        meta = {"meta": json.loads(f"{{{row.meta}}}")} if row.meta else {}
        yield {"resourceType": kind, "id": row.id, **meta, **json.loads(f"{{{row.body}}}")}


def _digest(said: list[str]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _basis(document: dict[str, Any]) -> str:
    return next((item["value"] for item in document.get("identifier", []) if item.get("system") == BASIS_SYSTEM), "")

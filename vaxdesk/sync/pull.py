"""Brings down what changed at the portal, page by page, without ever covering local work that is not accepted.

The mark is the greatest ``lastUpdated`` seen in answers, never this PC's clock, and is saved in the transaction of
the page that it belongs to. Each run looks back 150 s, since commits become visible out of order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from vaxdesk import clock
from vaxdesk.db.tables import (
    OPEN_STATES,
    Conflict,
    Immunization,
    Outbox,
    Person,
    PortalCopy,
    Registration,
    SyncMark,
)
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain import people as rules
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_, translate
from vaxdesk.services import certificates, national, people
from vaxdesk.services.context import Context
from vaxdesk.sync.client import FhirClient, Offline
from vaxdesk.sync.fhir import inbound
from vaxdesk.sync.push import remember, same_content

#: People before what points to them.
TYPES = ("Patient", "Appointment", "Immunization", "DocumentReference")
OVERLAP = timedelta(seconds=150)
COUNT = 200
MOST_PAGES = 10_000
CORRECTED = N_("Corrected at the portal.")


@dataclass
class PullResult:
    """What one run brought, in records."""

    seen: int = 0
    applied: int = 0
    conflicts: int = 0
    odd: int = 0


class Pull:
    """One run with one connection. ``ctx`` acts as the program."""

    def __init__(self, ctx: Context, client: FhirClient) -> None:
        self.ctx = ctx
        self.client = client
        self.result = PullResult()

    def run(self, cancelled: Any = None) -> PullResult:
        """Pull every type to its end.

        :raises Offline: the line broke; what was saved is saved and the next run goes on from there.
        """
        begun = self.ctx.now()
        for kind in TYPES:
            if kind in (self.client.probe().types or TYPES):
                self._pull(kind, cancelled)
        self.result.applied += national.take_waiting(self.ctx, begun)
        return self.result

    def _pull(self, kind: str, cancelled: Any) -> None:
        with self.ctx.database.reader() as conn:
            row = conn.get(SyncMark, kind)
            mark = row.mark if row else ""
        params = {"_sort": "_lastUpdated", "_count": str(COUNT)}
        since = inbound.moment(mark) if mark else None
        if since is not None:
            params["_lastUpdated"] = "ge" + (since - OVERLAP).isoformat(timespec="milliseconds")
        answer = self.client.get(kind, params)
        for _page in range(MOST_PAGES):
            bundle = answer.body
            if (
                answer.status != 200
                or not isinstance(bundle, dict)
                or bundle.get("resourceType") != "Bundle"
                or bundle.get("type") != "searchset"
            ):
                raise Offline(N_("The portal's answer could not be read; nothing of it was taken."))
            self._apply_page(kind, [entry.get("resource") for entry in inbound.dicts(bundle.get("entry"))])
            following = next(
                (str(link.get("url")) for link in inbound.dicts(bundle.get("link")) if link.get("relation") == "next"),
                None,
            )
            if following is None or (cancelled and cancelled()):
                return
            answer = self.client.get(following)

    def _apply_page(self, kind: str, resources: list[Any]) -> None:
        """One page and its mark in one short transaction."""
        found = [item for item in resources if isinstance(item, dict) and item.get("id") and item.get("meta")]
        missing = self._missing_people(kind, found)
        with self.ctx.write() as uow:
            greatest = ""
            for resource in (*missing, *found):
                self.result.seen += 1
                if self._apply(uow, resource):
                    self.result.applied += 1
            for resource in found:
                if resource.get("resourceType") == kind:
                    greatest = max(greatest, str(resource["meta"].get("lastUpdated", "")))
            row = uow.get(SyncMark, kind)
            if greatest and row is None:
                uow.add(SyncMark(resource_type=kind, mark=greatest, saved_at=uow.now))
            elif greatest and row is not None and greatest > row.mark:
                row.mark, row.saved_at = greatest, uow.now
            uow.commit()

    def _missing_people(self, kind: str, resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The Patients that a page points to and that are not here yet: asked for one by one."""
        wanted: list[str] = []
        for resource in resources:
            registration = inbound.registration(resource) if kind == "Appointment" else None
            reference = registration.person_id if registration else _person_of(resource)
            if reference and reference not in wanted:
                wanted.append(reference)
        with self.ctx.database.reader() as conn:
            wanted = [ident for ident in wanted if conn.get(Person, ident) is None]
        answers = [self.client.get(f"Patient/{ident}") for ident in wanted]
        return [answer.body for answer in answers if answer.status == 200 and isinstance(answer.body, dict)]

    # applying

    def _apply(self, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
        """Apply one resource; True when something here changed. What is unknown is kept whole and passed over."""
        kind, ident = str(resource.get("resourceType")), str(resource.get("id"))
        held = uow.get(PortalCopy, (kind, ident))
        version = str((resource.get("meta") or {}).get("versionId", ""))
        if held is not None and held.version_id == version and version:
            return False
        base = held.body if held is not None else None
        remember(uow, resource)
        ours = uow.find(Outbox, Outbox.seq, resource_type=kind, resource_id=ident)
        if any(entry.state in OPEN_STATES for entry in ours):
            return self._note_conflict(uow, kind, ident, resource, base, ours)
        sent = next((entry for entry in reversed(ours) if entry.state == "accepted" and entry.body), None)
        if sent is not None:
            import json

            if same_content(resource, json.loads(sent.body or b"null")):
                sent.confirmed_at = uow.now
                return False
        applied = {
            "Patient": self._patient,
            "Appointment": self._registration,
            "Immunization": self._dose,
            "DocumentReference": self._document,
        }.get(kind)
        return bool(applied(uow, resource)) if applied else False

    def _note_conflict(
        self, uow: UnitOfWork, kind: str, ident: str, resource: dict[str, Any], base: Any, ours: Any
    ) -> bool:
        """Local work is not accepted yet: it stays. A server copy that differs waits for a person to decide."""
        import json

        bodies = [json.loads(entry.body) for entry in ours if entry.body]
        if any(same_content(resource, body) for body in bodies) or (base and same_content(resource, base)):
            return False
        if uow.first(Conflict, resource_type=kind, resource_id=ident, resolved_at=None) is None:
            uow.add(
                Conflict(
                    resource_type=kind,
                    resource_id=ident,
                    kind="unsent",
                    local=bodies[-1] if bodies else None,
                    remote=resource,
                    found_at=uow.now,
                )
            )
            self.result.conflicts += 1
        return False

    def _patient(self, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
        details = inbound.patient(resource)
        if details is None:
            self.result.odd += 1
            return False
        ident = str(resource["id"])
        person = uow.get(Person, ident)
        today = clock.local_date(uow.now)
        try:
            problems = people.accept(details, today)
        except FieldError:
            self.result.odd += 1
            return False
        if person is None:
            people.add_person(uow, details, problems, origin="portal", person_id=ident, send=False)
            people.add_groups(uow, self.ctx.station.campaign, ident, details.groups)
            return True
        changed = people.apply_details(uow, person, _filled(details, person), "", origin="portal")
        if changed:
            person.identity_doubts = people.doubts(rules.check(details, today))
            uow.audit("change", "person", ident, {"fields": sorted(changed)}, origin="portal")
            if people.names_identity(changed):
                certificates.revoke_for_person(uow, ident, "", translate(CORRECTED, "vi"))
        return bool(changed)

    def _registration(self, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
        found = inbound.registration(resource)
        if found is None or uow.get(Person, found.person_id) is None:
            self.result.odd += 1
            return False
        row = uow.first(Registration, portal_number=found.number)
        if row is None:
            uow.add(
                Registration(
                    person_id=found.person_id,
                    campaign=self.ctx.station.campaign,
                    source="portal",
                    portal_number=found.number,
                    registered_at=found.registered_at or uow.now,
                    wanted_date=found.wanted_date,
                    wanted_part=found.wanted_part,
                    state=found.state,
                    details=found.details,
                )
            )
        elif row.state == "waiting":
            row.state, row.wanted_date, row.details = found.state, found.wanted_date, found.details
        uow.audit("registration", "person", found.person_id, {"number": found.number}, origin="portal")
        return True

    def _dose(self, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
        """A dose from elsewhere: a fact of origin *portal*, shown and marked, not editable here."""
        campaign = self.ctx.campaign()
        found = inbound.dose(resource, campaign)
        if found is None or uow.get(Person, found.person_id) is None:
            self.result.odd += 1
            return False
        ident = str(resource["id"])
        held = uow.first(Immunization, record_id=ident, current=True)
        if held is not None and held.origin != "portal":
            return False
        values = {
            "occurred": found.occurred.iso(),
            "occurred_at": found.occurred_at,
            "product_code": found.product_code,
            "lot_number": found.lot_number,
            "status": found.status,
            "dose_number": found.dose_number,
            "place": found.place,
            "manufacturer": found.manufacturer,
        }
        if held is None:
            row = Immunization(
                record_id=ident,
                person_id=found.person_id,
                campaign=campaign.code,
                evidence="portal",
                origin="portal",
                **values,
            )
            uow.record(row)
        else:
            if any(getattr(held, name) != values[name] for name in ("occurred", "product_code", "status")):
                certificates.revoke_for_person(uow, held.person_id, ident, translate(CORRECTED, "vi"))
            uow.supersede(held, "portal", origin="portal", **values)
        uow.audit("dose", "person", found.person_id, {"record": ident}, origin="portal")
        return True

    def _document(self, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
        """A national code waits in the copy until the page is done; one that was withdrawn is followed at once."""
        return national.follow(uow, resource)


def _person_of(resource: dict[str, Any]) -> str:
    for name in ("patient", "subject"):
        reference = str((resource.get(name) or {}).get("reference", ""))
        if reference.startswith("Patient/"):
            return reference.removeprefix("Patient/")
    return ""


def _filled(details: rules.PersonDetails, person: Person) -> rules.PersonDetails:
    """The portal's particulars, keeping what only this station knows."""
    kept = {
        name: getattr(person, name) for name in people.COLUMNS if not getattr(details, name) and getattr(person, name)
    }
    kept["identity_source"] = person.identity_source
    return details.with_(**kept)

"""Applies one record of the portal: audited as from there, never sent back, never over work that is not accepted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vaxdesk import clock
from vaxdesk.db.tables import OPEN_STATES, Consent, Immunization, Outbox, Person, PortalCopy, Registration
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import FieldError
from vaxdesk.i18n import translate
from vaxdesk.queries import people as people_query
from vaxdesk.services import certificates, joining, national, people
from vaxdesk.services.context import Context
from vaxdesk.sync import copies, merge, owed
from vaxdesk.sync.fhir import inbound
from vaxdesk.sync.merge import CORRECTED
from vaxdesk.sync.wire import same_content, version_in, version_of, weak


@dataclass
class PullResult:
    """What one run brought, in records. ``joined``: registrations of people who were known already."""

    seen: int = 0
    applied: int = 0
    conflicts: int = 0
    odd: int = 0
    joined: int = 0
    confirmed: int = 0


class Applier:
    """Applies records within the caller's transactions."""

    def __init__(self, ctx: Context, result: PullResult) -> None:
        self.ctx = ctx
        self.result = result

    def apply(self, uow: UnitOfWork, resource: dict[str, Any]) -> None:
        """Apply one record. What is not understood is kept whole and passed over."""
        self.result.seen += 1
        kind, ident = str(resource.get("resourceType")), str(resource.get("id"))
        ours = list(uow.find(Outbox, Outbox.seq, resource_type=kind, resource_id=ident))
        if self._is_ours(uow, kind, ident, resource, ours):
            return
        held = uow.get(PortalCopy, (kind, ident))
        version = version_of(resource)
        if held is not None and version and held.version_id == version:
            return
        waiting = [entry for entry in ours if entry.state in OPEN_STATES]
        if kind == "Patient":
            self._patient(uow, resource)
        elif waiting or any(entry.state == "accepted" for entry in ours):
            self._record_of_ours(uow, kind, ident, resource, ours, waiting)
        else:
            copies.remember(uow, resource)
            applied = {
                "Appointment": self._registration,
                "Immunization": self._dose,
                "Consent": self._consent,
                "DocumentReference": national.follow,
            }.get(kind)
            self.result.applied += bool(applied(uow, resource)) if applied is not None else False

    def _is_ours(self, uow: UnitOfWork, kind: str, ident: str, resource: dict[str, Any], ours: list[Outbox]) -> bool:
        """Whether the record is just what this station sent: then that is confirmed, and nothing more is to do."""
        last = next((entry for entry in reversed(ours) if entry.state in ("accepted", "unknown")), None)
        if last is None:
            return False
        version = version_of(resource)
        if version and last.confirmed_at is not None and version_in(last.base_version) == version:
            return True  # seen before: each pull looks back a little
        if last.body is None or not same_content(resource, json.loads(last.body)):
            return False
        if last.state == "unknown":
            owed.accept(uow, last, weak(version_of(resource)))
        if last.confirmed_at is None:
            last.confirmed_at = uow.now
            self.result.confirmed += 1
        if version_of(resource) and version_in(last.base_version) != version_of(resource):
            last.base_version = weak(version_of(resource))
        if kind == "Patient" or uow.get(PortalCopy, (kind, ident)) is not None:
            copies.remember(uow, resource)
        return True

    def _record_of_ours(
        self,
        uow: UnitOfWork,
        kind: str,
        ident: str,
        resource: dict[str, Any],
        ours: list[Outbox],
        waiting: list[Outbox],
    ) -> None:
        """A record that this station sends stands differently at the portal."""
        last = next((entry for entry in reversed(ours) if entry.state == "accepted"), None)
        if last is not None and version_in(last.base_version) == version_of(resource):
            return  # the server keeps our own version in its own spelling
        if kind == "Appointment":
            copies.remember(uow, resource)
            if not waiting:
                self.result.applied += self._registration(uow, resource)
        elif kind == "DocumentReference" and national.follow(uow, resource):
            copies.remember(uow, resource)  # what we send of it next builds on this version
            self.result.applied += 1
        elif merge.meet_record(uow, kind, ident, resource, ours):
            self.result.conflicts += 1

    # people

    def _patient(self, uow: UnitOfWork, resource: dict[str, Any]) -> None:
        details = inbound.patient(resource)
        person = uow.get(Person, str(resource["id"]))
        if details is None:
            copies.remember(uow, resource)
            self.result.odd += 1
            return
        try:
            if person is None:
                self._new_person(uow, resource)
                copies.remember(uow, resource)
            elif person.merged_into is not None:
                copies.remember(uow, resource)
            else:
                changed, conflict = merge.meet(uow, person, resource)
                self.result.applied += bool(changed)
                self.result.conflicts += conflict
        except FieldError:
            copies.remember(uow, resource)
            self.result.odd += 1

    def _new_person(self, uow: UnitOfWork, resource: dict[str, Any]) -> None:
        """A person of the portal: joined with the one who is certainly the same, else new here.

        Whoever is only likely the same stays a person of her own until somebody decides.
        """
        details = inbound.patient(resource)
        if details is None:
            return
        problems = people.accept(details, clock.local_date(uow.now))
        ident = str(resource["id"])
        same = joining.same_person(uow, details)
        people.add_person(uow, details, problems, origin="portal", person_id=ident, send=False)
        people.add_groups(uow, self.ctx.station.campaign, ident, details.groups)
        self.result.applied += 1
        if same is not None:
            joining.join_person(uow, ident, same.id, origin="portal")
            self.result.joined += 1

    # what points to people

    def _registration(self, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
        found = inbound.registration(resource)
        person = joining.known(uow, found.person_id) if found is not None else None
        if found is None or person is None:
            self.result.odd += 1
            return False
        row = uow.first(Registration, portal_number=found.number)
        details = {**found.details, "appointment": str(resource["id"])}
        likely = people_query.look_alikes(uow.session, people_query.details_of(person), but=person.id)
        if likely and found.person_id == person.id:
            details["likely"] = [alike.row.id for alike in likely]
        if row is None:
            uow.add(
                Registration(
                    person_id=person.id,
                    campaign=self.ctx.station.campaign,
                    source="portal",
                    portal_number=found.number,
                    registered_at=found.registered_at or uow.now,
                    wanted_date=found.wanted_date,
                    wanted_part=found.wanted_part,
                    state=found.state,
                    details=details,
                )
            )
        elif row.state == "waiting":
            row.state, row.wanted_date, row.details = found.state, found.wanted_date, details
        uow.audit("registration", "person", person.id, {"number": found.number}, origin="portal")
        return True

    def _dose(self, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
        """A dose from elsewhere: a fact of origin *portal*, shown and marked, not editable here."""
        campaign = self.ctx.campaign()
        found = inbound.dose(resource, campaign)
        person = joining.known(uow, found.person_id) if found is not None else None
        if found is None or person is None:
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
                person_id=person.id,
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
        uow.audit("dose", "person", person.id, {"record": ident}, origin="portal")
        return True

    def _consent(self, uow: UnitOfWork, resource: dict[str, Any]) -> bool:
        """A consent that was given online (or at another station)."""
        found = inbound.consent(resource)
        person = joining.known(uow, found.person_id) if found is not None else None
        if found is None or person is None:
            self.result.odd += 1
            return False
        ident = str(resource["id"])
        held = uow.first(Consent, record_id=ident, current=True)
        values = {
            "status": found.status,
            "answer": found.answer,
            "by": "guardian" if found.guardian_name else "self",
            "guardian_name": found.guardian_name,
            "text_id": found.text_id,
            "text_version": found.text_version,
            "declared": list(found.declared),
            "at": found.at or uow.now,
        }
        if held is None:
            campaign = found.campaign or self.ctx.station.campaign
            uow.record(
                Consent(
                    record_id=ident, person_id=person.id, campaign=campaign, how="portal", origin="portal", **values
                )
            )
        elif held.origin == "portal":
            uow.supersede(held, "portal", origin="portal", **values)
        else:
            return False
        uow.audit("consent", "person", person.id, {"answer": found.answer, "record": ident}, origin="portal")
        return True

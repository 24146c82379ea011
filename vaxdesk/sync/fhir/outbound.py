"""Makes the FHIR body of an outbox entry from the records, at the moment of its first send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vaxdesk.clock import local_date
from vaxdesk.db.tables import (
    AuditHead,
    Certificate,
    Consent,
    Immunization,
    Person,
    PersonGroup,
    PortalCopy,
    Reaction,
    Registration,
    Release,
    Screening,
    Station,
    User,
    VaccinationSession,
    Visit,
)
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import BugError
from vaxdesk.sync.fhir.elements import ENDED, Resource, answer, base64_of, coded, moment, own, pruned
from vaxdesk.sync.fhir.systems import DEFAULT, Systems

CampaignOf = Callable[[str], Campaign]

#: What the station decided about a registration: the Appointment's status, and the station's answer in it.
_DECISIONS = {
    "approved": ("booked", "accepted"),
    "refused": ("cancelled", "declined"),
    "asked": ("pending", "tentative"),
}
_SITES = {"left-arm": "LA", "right-arm": "RA", "left-thigh": "LT", "right-thigh": "RT"}
_ROUTES = {"IM": "IM", "intramuscular": "IM", "SC": "SQ", "ID": "IDINJ", "PO": "PO"}


class Outbound:
    """The mapping for one portal's systems."""

    def __init__(self, uow: UnitOfWork, campaign_of: CampaignOf, systems: Systems = DEFAULT) -> None:
        self.uow = uow
        self.campaign_of = campaign_of
        self.systems = systems
        station = uow.first(Station)
        if station is None:
            raise BugError("a station's file holds its station")
        self.station = station

    def body(self, resource_type: str, resource_id: str) -> Resource:
        """The current body of a resource.

        :raises BugError: there is no such record, or no mapping for the type.
        """
        makers: dict[str, Callable[[str], Resource]] = {
            "Organization": self.organization,
            "Location": self.location,
            "Practitioner": self.practitioner,
            "Patient": self.patient,
            "Encounter": self.encounter,
            "Consent": self.consent,
            "QuestionnaireResponse": self.screening,
            "Immunization": self.immunization,
            "AdverseEvent": self.reaction,
            "DocumentReference": self.certificate,
            "Appointment": self.appointment,
            "Provenance": self.audit_head,
        }
        if resource_type not in makers:
            raise BugError(f"no mapping for {resource_type}")
        resource = makers[resource_type](resource_id)
        body: Resource = pruned({"resourceType": resource_type, "id": resource_id, **resource})
        return body

    # the station

    def _record(self, record_id: str) -> list[Resource]:
        return [{"system": self.systems.record, "value": record_id}]

    def _here(self) -> Resource:
        return {"reference": f"Organization/{self.station.id}", "display": self.station.name}

    def organization(self, _id: str) -> Resource:
        station = self.station
        return {
            "identifier": [{"system": self.systems.facility, "value": station.code}],
            "active": True,
            "name": station.name,
            "telecom": [{"system": "phone", "value": station.phone}],
            "address": [self._station_address()],
        }

    def _station_address(self) -> Resource:
        station = self.station
        return {
            "text": ", ".join(part for part in (station.commune_name, station.province_name) if part),
            "city": station.commune_name,
            "state": station.province_name,
            "country": "VN",
        }

    def location(self, _id: str) -> Resource:
        return {
            "identifier": [{"system": self.systems.facility, "value": self.station.code}],
            "status": "active",
            "name": self.station.name,
            "managingOrganization": self._here(),
            "address": self._station_address(),
        }

    def practitioner(self, user_id: str) -> Resource:
        user = self._row(User, id=user_id)
        return {"identifier": self._record(user.id), "active": user.active, "name": [{"text": user.full_name}]}

    # the person

    def patient(self, person_id: str) -> Resource:
        person = self._row(Person, id=person_id)
        if person.merged_into is not None:
            return self._alias(person)
        numbers = (
            (self.systems.national_id, person.national_id),
            (self.systems.old_id, person.old_id),
            (self.systems.insurance_no, person.insurance_no),
            (self.systems.passport, person.passport),
            (self.systems.station_number, person.code),
        )
        family, _space, given = person.full_name.partition(" ")
        groups = self.uow.find(PersonGroup, PersonGroup.at, person_id=person_id)
        return {
            "meta": {
                "tag": [
                    {"system": self.systems.group, "code": group.group_code, "display": group.kind}
                    for group in groups
                    if group.group_code
                ]
            },
            "identifier": self._record(person.id)
            + [{"system": system, "value": value} for system, value in numbers if value],
            "active": person.merged_into is None,
            "name": [{"use": "official", "text": person.full_name, "family": family, "given": given.split()}],
            "telecom": [
                {"system": "phone", "value": person.phone},
                {"system": "email", "value": person.email},
            ],
            "gender": person.sex or "unknown",
            "birthDate": person.birth_date,
            "address": [
                {
                    "use": "home",
                    "text": ", ".join(
                        part for part in (person.village, person.commune_name, person.province_name) if part
                    )
                    or person.address,
                    "line": [person.village],
                    "city": person.commune_name,
                    "state": person.province_name,
                    "country": "VN",
                }
            ],
            "contact": [
                {
                    "relationship": [{"text": person.guardian_relation}],
                    "name": {"text": person.guardian_name},
                    "telecom": [{"system": "phone", "value": person.guardian_phone}],
                }
            ]
            if person.guardian_name
            else [],
            "managingOrganization": self._here(),
        }

    def _alias(self, person: Person) -> Resource:
        """A registration's Patient, as the portal holds it, that points to the person she was joined with."""
        copy = self.uow.get(PortalCopy, ("Patient", person.id))
        held = copy.body if copy is not None and isinstance(copy.body, dict) else {"name": [{"text": person.full_name}]}
        return {
            **own(held),
            "active": False,
            "link": [{"other": self._subject(person.merged_into or ""), "type": "replaced-by"}],
        }

    def appointment(self, appointment_id: str) -> Resource:
        """What the station decided about a registration, on the portal's own Appointment."""
        copy = self.uow.get(PortalCopy, ("Appointment", appointment_id))
        if copy is None or not isinstance(copy.body, dict):
            raise BugError("an Appointment is answered only where the portal made it")
        held = copy.body
        rows = self.uow.find(Registration, source="portal")
        row = next((item for item in rows if item.details.get("appointment") == appointment_id), None)
        if row is None:
            raise BugError("an Appointment without its registration")
        status, answer = _DECISIONS.get(row.state, ("proposed", "needs-action"))
        parts = [
            {**part, "status": answer}
            if str((part.get("actor") or {}).get("reference", "")).startswith("Organization/")
            else part
            for part in held.get("participant", [])
        ]
        said = {"patientInstruction": row.state_reason} if row.state == "asked" else {}
        why = {"cancelationReason": {"text": row.state_reason}} if status == "cancelled" and row.state_reason else {}
        return {**own(held), "status": status, "participant": parts, **said, **why}

    def audit_head(self, head_id: str) -> Resource:
        """The signed head of the audit chain, for the portal to keep: desk, number and hash of the last entry."""
        head = self._row(AuditHead, id=head_id)
        kind = {"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.5", "display": "Verification"}
        value = f"{head.desk}:{head.number}:{head.hash}"
        return {
            "target": [self._here()],
            "recorded": moment(head.at),
            "agent": [{"who": self._here()}],
            "entity": [{"role": "source", "what": {"identifier": {"system": self.systems.audit_head, "value": value}}}],
            "signature": [
                {
                    "type": [kind],
                    "when": moment(head.at),
                    "who": {**self._here(), "identifier": {"system": "urn:vaxdesk:kid", "value": head.kid}},
                    "sigFormat": "application/octet-stream",
                    "data": head.signature,
                }
            ]
            if head.signature
            else [],
        }

    def _subject(self, person_id: str) -> Resource:
        return {"reference": f"Patient/{person_id}"}

    # the visit

    def encounter(self, visit_id: str) -> Resource:
        visit = self._fact(Visit, visit_id)
        release = self.uow.first(Release, visit_id=visit_id, current=True, status="completed")
        session = self._row(VaccinationSession, id=visit.session_id)
        status = "finished" if release else "in-progress"
        return {
            "identifier": self._record(visit_id),
            "status": "entered-in-error" if visit.status == "entered-in-error" else status,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "serviceType": {"text": session.campaign},
            "subject": self._subject(visit.person_id),
            "period": {
                "start": moment(visit.checked_in_at),
                "end": moment(release.released_at) if release else None,
            },
            "reasonCode": [{"text": release.early_reason}] if release and release.early_reason else [],
            "serviceProvider": self._here(),
        }

    def consent(self, record_id: str) -> Resource:
        consent = self._fact(Consent, record_id)
        status = {"given": "active", "refused": "rejected", "withdrawn": "inactive"}[consent.answer]
        scope = "http://terminology.hl7.org/CodeSystem/consentscope"
        return {
            "identifier": self._record(record_id),
            "status": "entered-in-error" if consent.status == "entered-in-error" else status,
            "scope": {"coding": [{"system": scope, "code": "treatment"}]},
            "category": [{"text": consent.campaign}],
            "patient": self._subject(consent.person_id),
            "dateTime": moment(consent.at),
            "organization": [self._here()],
            "policyRule": {"text": " ".join(part for part in (consent.text_id, consent.text_version) if part)},
            "verification": [
                {
                    "verified": consent.answer == "given",
                    "verifiedWith": {"display": consent.guardian_name}
                    if consent.guardian_name
                    else self._subject(consent.person_id),
                    "verificationDate": moment(consent.at),
                }
            ],
        }

    def screening(self, record_id: str) -> Resource:
        row = self._fact(Screening, record_id)
        items = [
            {"linkId": f"{kind}.{key}", "answer": [answer(value)]}
            for kind, values in (("answer", row.answers), ("vital", row.vitals))
            for key, value in sorted(values.items())
            if value not in (None, "")
        ]
        items.append({"linkId": "outcome", "answer": [{"valueString": row.outcome}]})
        if row.reason:
            items.append({"linkId": "reason", "answer": [{"valueString": row.reason}]})
        status = "completed" if row.version == 1 else "amended"
        return {
            "identifier": self._record(record_id)[0],
            "questionnaire": f"urn:vaxdesk:form:{row.form}",
            "status": "entered-in-error" if row.status == "entered-in-error" else status,
            "subject": self._subject(row.person_id),
            "encounter": {"reference": f"Encounter/{row.visit_id}"} if row.visit_id else None,
            "authored": moment(row.at),
            "author": {"reference": f"Practitioner/{row.recorded_by}"},
            "item": items,
        }

    def immunization(self, record_id: str) -> Resource:
        row = self._fact(Immunization, record_id)
        campaign = self.campaign_of(row.campaign)
        product = campaign.products.get(row.product_code)
        coding = [
            {
                "system": self.systems.product,
                "code": f"{row.campaign}.{row.product_code}",
                "display": product.name if product else row.product_code,
            }
        ]
        if product is not None and product.cvx:
            coding.insert(0, {"system": self.systems.cvx, "code": product.cvx, "display": product.name})
        disease = campaign.disease
        return {
            "identifier": self._record(record_id),
            "status": row.status,
            "statusReason": {"text": row.not_done_reason} if row.not_done_reason else None,
            "vaccineCode": {"coding": coding, "text": product.label.vi if product else row.product_code},
            "patient": self._subject(row.person_id),
            "encounter": {"reference": f"Encounter/{row.visit_id}"} if row.visit_id else None,
            "occurrenceDateTime": moment(row.occurred_at) if row.occurred_at else row.occurred,
            "recorded": moment(row.recorded_at),
            "primarySource": row.evidence == "here",
            "reportOrigin": None if row.evidence == "here" else {"text": row.evidence},
            "location": {"display": row.place} if row.place else None,
            "manufacturer": {"display": row.manufacturer or "–"},
            "lotNumber": row.lot_number,
            "expirationDate": row.lot_expiry.isoformat() if row.lot_expiry else None,
            "site": coded("http://terminology.hl7.org/CodeSystem/v3-ActSite", _SITES.get(row.site)),
            "route": coded("http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", _ROUTES.get(row.route)),
            "doseQuantity": {"value": row.dose_ml, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}
            if row.dose_ml
            else None,
            "performer": [{"actor": {"reference": f"Practitioner/{row.performer_id}", "display": row.performer_name}}]
            if row.performer_id
            else [],
            "note": [{"text": text} for text in (row.override_reason, row.change_reason) if text],
            "protocolApplied": [
                {
                    "series": row.campaign,
                    "targetDisease": [
                        {
                            "coding": [{"system": "http://snomed.info/sct", "code": disease.dcc_target}]
                            if disease.dcc_target
                            else [],
                            "text": disease.name.en,
                        }
                    ],
                    "doseNumberPositiveInt": row.dose_number,
                }
            ]
            if row.dose_number
            else [],
        }

    def reaction(self, record_id: str) -> Resource:
        row = self._fact(Reaction, record_id)
        serious = "Serious" if row.severity == "severe" else "Non-serious"
        return {
            "identifier": self._record(record_id)[0],
            "actuality": "actual",
            "event": {"text": ", ".join(row.signs) or row.note},
            "subject": self._subject(row.person_id),
            "encounter": {"reference": f"Encounter/{row.visit_id}"} if row.visit_id else None,
            "date": moment(row.onset_at),
            "recordedDate": moment(row.recorded_at),
            "seriousness": coded("http://terminology.hl7.org/CodeSystem/adverse-event-seriousness", serious),
            "suspectEntity": [{"instance": {"reference": f"Immunization/{row.immunization_id}"}}],
        }

    def certificate(self, certificate_id: str) -> Resource:
        """What the portal needs of a paper: its number and code, or that it no longer holds."""
        row = self._row(Certificate, id=certificate_id)
        ended = row.revoked_at
        if ended is None and row.replaced_by:
            newer = self.uow.get(Certificate, row.replaced_by)
            ended = newer.issued_at if newer is not None else None
        since = {"url": ENDED, "valueDate": local_date(ended).isoformat()} if ended is not None else None
        return {
            "extension": [since] if since is not None else [],
            "identifier": [*self._record(certificate_id), {"system": "urn:vaxdesk:paper", "value": row.number}],
            "masterIdentifier": {"system": "urn:uvci", "value": row.uvci} if row.uvci else None,
            "status": "entered-in-error" if row.revoked_at else "superseded" if row.replaced_by else "current",
            "type": {"text": "vaccination-certificate"},
            "category": [{"text": row.kind}],
            "subject": self._subject(row.person_id),
            "date": moment(row.issued_at),
            "custodian": self._here(),
            "description": row.revoked_reason,
            "content": [
                {
                    "attachment": {
                        "contentType": "text/plain" if row.hc1 else "application/pdf",
                        "title": row.number,
                        "data": base64_of(row.hc1) if row.hc1 else None,
                    }
                }
            ],
        }

    # rows

    def _row(self, table: Any, **equal: Any) -> Any:
        row = self.uow.first(table, **equal)
        if row is None:
            raise BugError(f"an outbox entry points to no {table.__name__}")
        return row

    def _fact(self, table: Any, record_id: str) -> Any:
        return self._row(table, record_id=record_id, current=True)

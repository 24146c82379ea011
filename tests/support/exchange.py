"""What the exchange owes to be: the records here and at the portal compared, one by one."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import requests
from support.station import TestStation

from vaxdesk import settings
from vaxdesk.db.tables import Outbox, PortalCopy
from vaxdesk.queries import outbox
from vaxdesk.sync.wire import same_content

KINDS = (
    "Organization", "Practitioner", "Location", "Patient", "Encounter", "Appointment", "Consent",
    "QuestionnaireResponse", "Immunization", "AdverseEvent", "DocumentReference", "Provenance",
)  # fmt: skip


def headers(station: TestStation) -> dict[str, str]:
    """The station's own key."""
    token = station.ctx.setting(settings.PORTAL_TOKEN)
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}


def held(station: TestStation, fhir: str, kind: str) -> list[dict[str, Any]]:
    """All records of a type that the portal shows to the station."""
    url: str | None = f"{fhir}/{kind}?_count=200"
    found = []
    with requests.Session() as session:
        while url:
            page = session.get(url, headers=headers(station), timeout=20).json()
            found += [entry["resource"] for entry in page.get("entry", [])]
            url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    return found


def put(station: TestStation, fhir: str, resource: dict[str, Any]) -> dict[str, Any]:
    """Write past the station's own exchange, as the portal's side would."""
    url = f"{fhir}/{resource['resourceType']}/{resource['id']}"
    answer = requests.put(url, json=resource, headers=headers(station), timeout=20)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def status(station: TestStation) -> outbox.SyncStatus:
    """What the status line is made from."""
    with station.database.reader() as conn:
        return outbox.status(conn)


def differences(station: TestStation, fhir: str, others: Collection[str] = ()) -> list[str]:
    """Where the portal does not hold exactly what the station made: each record once, with equal content.

    A record that is parked with a reason is no difference; anything at the portal that nobody made is one.
    ``others`` are the ids of records that the portal's side made.
    """
    wrong: list[str] = []
    with station.ctx.read() as uow:
        entries = uow.find(Outbox, Outbox.seq)
        known = {(row.resource_type, row.resource_id) for row in uow.find(PortalCopy)}
        known.add(("Organization", station.ctx.station.id))  # the portal made it when it enrolled the station
        uow.session.expunge_all()
    there = {(kind, item["id"]): item for kind in KINDS for item in held(station, fhir, kind)}
    owed: dict[tuple[str, str], list[Outbox]] = {}
    for entry in entries:
        owed.setdefault((entry.resource_type, entry.resource_id), []).append(entry)
    for key, rows in owed.items():
        taken = [row for row in rows if row.state == "accepted"]
        parked = [row for row in rows if row.state in ("refused", "blocked")]
        if any(row.state not in ("accepted", "refused", "blocked", "superseded") for row in rows):
            wrong.append(f"{key} still waits")
        elif parked and not all(row.last_outcome or row.blocked_by for row in parked):
            wrong.append(f"{key} is parked without a reason")
        elif taken and key not in there:
            wrong.append(f"{key} is not at the portal")
        elif taken and not same_content(there[key], json.loads(taken[-1].body or b"null")):
            wrong.append(f"{key} differs at the portal")
        elif taken and int(there[key]["meta"]["versionId"]) > len({row.body_sha256 for row in taken}) + (key in known):
            wrong.append(f"{key} has more versions than were sent")
    wrong += [
        f"{key} is at the portal and nobody made it"
        for key in there
        if key not in owed | dict.fromkeys(known) and key[1] not in others
    ]
    return wrong

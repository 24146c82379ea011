"""Two versions of a person meet: field by field against the version that both sides had.

A field that only one side changed is taken from that side. A field that both changed differently waits for a person
to decide, unless the portal has verified the national identity: then its value holds, and the history says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from vaxdesk import clock
from vaxdesk.db.tables import OPEN_STATES, Conflict, Outbox, Person, Station
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain import people as rules
from vaxdesk.domain.people import PersonDetails
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_, translate
from vaxdesk.queries.people import details_of
from vaxdesk.services import certificates, people
from vaxdesk.services.conflicts import TRAVELLING
from vaxdesk.sync import copies
from vaxdesk.sync.fhir import inbound
from vaxdesk.sync.fhir.systems import DEFAULT, Systems
from vaxdesk.sync.wire import same_content

#: The fields that a verification by the portal covers.
VERIFIED_FIELDS = ("full_name", "birth", "sex", "national_id")
CORRECTED = N_("Corrected at the portal.")
VERIFIED = N_("The national portal verified this.")


@dataclass(frozen=True)
class Split:
    """Whose value holds of the fields that differ."""

    theirs: tuple[str, ...]
    verified: tuple[str, ...]
    both: tuple[str, ...]


def text_of(value: Any) -> str:
    """A field's value as it is compared."""
    return value.iso() if hasattr(value, "iso") else str(value or "")


def split(
    base: PersonDetails | None, mine: PersonDetails, theirs: PersonDetails, owed: bool, verified: bool = False
) -> Split:
    """Judge every field that travels. ``owed``: there are changes here that the portal has not taken.

    A value that the portal does not have at all is no change of its.
    """
    take, won, both = [], [], []
    for name in TRAVELLING:
        here, there = text_of(getattr(mine, name)), text_of(getattr(theirs, name))
        before = text_of(getattr(base, name)) if base is not None else None
        if not there or here == there or there == before:
            continue
        if not owed or here == before or not here:
            take.append(name)
        elif verified and name in VERIFIED_FIELDS:
            won.append(name)
        else:
            both.append(name)
    return Split(tuple(take), tuple(won), tuple(both))


def is_verified(resource: dict[str, Any], systems: Systems = DEFAULT) -> bool:
    """Whether the portal says that it has checked this identity with the national register."""
    tags = inbound.dicts(inbound.first(resource.get("meta")).get("tag"))
    return any((tag.get("system"), tag.get("code")) == (systems.identity, "verified") for tag in tags)


def meet(uow: UnitOfWork, person: Person, resource: dict[str, Any]) -> tuple[list[str], bool]:
    """Take the portal's newer version of a person in; the columns that changed, and whether a conflict now waits.

    :raises FieldError: the portal's values are impossible; nothing was changed.
    """
    theirs = inbound.patient(resource)
    if theirs is None:
        raise FieldError("full_name", N_("The portal's copy of this person cannot be read."))
    before = copies.base(uow, "Patient", person.id)
    entries = [
        entry
        for entry in uow.find(Outbox, Outbox.seq, resource_type="Patient", resource_id=person.id)
        if entry.state in OPEN_STATES
    ]
    judged = split(
        inbound.patient(before) if before is not None else None,
        details_of(person),
        theirs,
        bool(entries),
        is_verified(resource),
    )
    changed = _take(uow, person, theirs, judged)
    people.add_groups(uow, _campaign(uow), person.id, theirs.groups)
    if judged.both:
        note(uow, "Patient", person.id, resource, entries, "fields")
    else:
        copies.remember(uow, resource)
    _renew(uow, person, entries)
    return changed, bool(judged.both)


def _campaign(uow: UnitOfWork) -> str:
    station = uow.first(Station)
    return station.campaign if station is not None else ""


def _take(uow: UnitOfWork, person: Person, theirs: PersonDetails, judged: Split) -> list[str]:
    wanted = {name: getattr(theirs, name) for name in (*judged.theirs, *judged.verified)}
    if not wanted:
        return []
    today = clock.local_date(uow.now)
    details = details_of(person).with_(**wanted)
    people.accept(details, today)
    reason = translate(VERIFIED if judged.verified else CORRECTED, "vi")
    changed = people.apply_details(uow, person, details, reason, origin="portal")
    if changed:
        person.identity_doubts = people.doubts(rules.check(details, today))
        detail = {"fields": sorted(changed), "verified": sorted(judged.verified)}
        uow.audit("change", "person", person.id, detail, origin="portal")
        if people.names_identity(changed):
            certificates.revoke_for_person(uow, person.id, "", translate(CORRECTED, "vi"))
    return changed


def _renew(uow: UnitOfWork, person: Person, entries: list[Outbox]) -> None:
    """A body that was frozen before the merge is out of date: the merged one is owed instead."""
    frozen = [entry for entry in entries if entry.body is not None]
    for entry in frozen:
        entry.state = "superseded"
    if frozen:
        uow.session.flush()
        for entry in frozen:
            for child in uow.find(Outbox, blocked_by=entry.seq, state="blocked"):
                child.state, child.blocked_by = "ready", None
        uow.send("Patient", person.id, version=person.version, person_id=person.id, at_once=True)


def note(
    uow: UnitOfWork, kind: str, ident: str, resource: dict[str, Any], entries: list[Outbox], what: str
) -> Conflict:
    """A conflict that waits for a person, or the newest version in the one that waits already."""
    row = uow.first(Conflict, resource_type=kind, resource_id=ident, resolved_at=None)
    if row is not None:
        row.remote = resource
        return row
    bodies = [json.loads(entry.body) for entry in entries if entry.body]
    return uow.add(
        Conflict(
            resource_type=kind,
            resource_id=ident,
            kind=what,
            local=bodies[-1] if bodies else None,
            remote=resource,
            found_at=uow.now,
        )
    )


def meet_record(uow: UnitOfWork, kind: str, ident: str, resource: dict[str, Any], entries: list[Outbox]) -> bool:
    """A record of ours that stands differently at the portal: never decided here; True when a conflict waits."""
    bodies = [json.loads(entry.body) for entry in entries if entry.body]
    before = copies.base(uow, kind, ident)
    if any(same_content(resource, body) for body in bodies) or (before and same_content(resource, before)):
        return False
    note(uow, kind, ident, resource, entries, "record")
    return True

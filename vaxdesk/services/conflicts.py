"""Decides conflicts: work here that the portal has not accepted, and another copy that the portal holds.

Whatever is chosen, both values stay in the person's history, and the portal's whole copy in the conflict's row.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from vaxdesk import clock
from vaxdesk.db.tables import Conflict, Immunization, Outbox, Person, PersonChange, StockMovement
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain.people import PersonDetails
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_, translate
from vaxdesk.queries.people import details_of
from vaxdesk.services import certificates, people
from vaxdesk.services.context import Context

#: The particulars that travel, in the order of the form. An address line is derived from the others.
TRAVELLING = (
    "full_name", "birth", "sex", "national_id", "old_id", "passport", "insurance_no", "phone", "email", "village",
    "commune_name", "province_name", "guardian_name", "guardian_relation", "guardian_phone",
)  # fmt: skip
OURS_KEPT = N_("Conflict with the portal: ours kept")
THEIRS_TAKEN = N_("Conflict with the portal: the portal's taken")


@dataclass(frozen=True)
class FieldPair:
    """One field with both values, as stored."""

    field: str
    mine: str
    theirs: str


def pairs(mine: PersonDetails, theirs: PersonDetails) -> tuple[FieldPair, ...]:
    """The fields in which the two differ. What the portal does not know at all is no difference."""
    found = []
    for name in TRAVELLING:
        here, there = _text(getattr(mine, name)), _text(getattr(theirs, name))
        if there and here != there:
            found.append(FieldPair(name, here, there))
    return tuple(found)


def _text(value: Any) -> str:
    return value.iso() if hasattr(value, "iso") else str(value or "")


def mine(ctx: Context, person_id: str) -> PersonDetails:
    """The particulars as they stand here.

    :raises KnownError: the person is not there any more.
    """
    with ctx.database.reader() as conn:
        person = conn.get(Person, person_id)
    if person is None:
        raise KnownError("The person is not there any more. Search again.")
    return details_of(person)


def decide_person(ctx: Context, conflict_id: str, theirs: PersonDetails, take: Collection[str]) -> None:
    """Take the portal's value of the fields in ``take``, keep ours of all others, and send the outcome.

    Papers that name an identity field which changes are revoked, as with any other correction.

    :raises FieldError: the portal's value is impossible. :raises KnownError: it was decided meanwhile.
    """
    ctx.require("register", "manage")
    with ctx.write() as uow:
        row = _waiting(uow, conflict_id)
        person = uow.get(Person, row.resource_id)
        if row.resource_type != "Patient" or person is None:
            raise KnownError("The person is not there any more. Search again.")
        differing = pairs(details_of(person), theirs)
        chosen = {pair.field for pair in differing} & set(take)
        for pair in differing:
            if pair.field not in chosen:
                _remember_theirs(uow, person, pair)
        details = details_of(person).with_(**{name: getattr(theirs, name) for name in chosen})
        problems = people.accept(details, clock.local_date(uow.now))
        changed = people.apply_details(uow, person, details, translate(THEIRS_TAKEN), origin="portal")
        person.identity_doubts = people.doubts(problems)
        if people.names_identity(changed):
            certificates.revoke_for_person(uow, person.id, "", translate(THEIRS_TAKEN))
        _close(uow, row, {pair.field: "theirs" if pair.field in chosen else "mine" for pair in differing})
        uow.audit("conflict", "person", person.id, {"taken": sorted(chosen), "differing": len(differing)})
        uow.send("Patient", person.id, version=person.version, person_id=person.id, at_once=True)
        uow.commit()


def keep_ours(ctx: Context, conflict_id: str) -> None:
    """Ours holds, whatever kind of record it is: it is sent again.

    :raises KnownError: it was decided meanwhile.
    """
    ctx.require("register", "inject", "manage")
    with ctx.write() as uow:
        row = _waiting(uow, conflict_id)
        person_id = _person_of(uow, row)
        _close(uow, row, {"": "mine"})
        uow.audit("conflict", row.resource_type, row.resource_id, {"taken": []})
        uow.send(row.resource_type, row.resource_id, person_id=person_id, at_once=True)
        uow.commit()


def take_their_dose(ctx: Context, conflict_id: str, values: dict[str, Any]) -> None:
    """The portal's version of a dose holds: a new version of the fact, ours stays in its history and is not sent.

    ``values`` are the fact's columns as the portal states them.

    :raises KnownError: it was decided meanwhile. :raises RefusedError: the record is no dose of this file.
    """
    ctx.require("inject", "manage")
    with ctx.write() as uow:
        row = _waiting(uow, conflict_id)
        dose = uow.first(Immunization, record_id=row.resource_id, current=True)
        if row.resource_type != "Immunization" or dose is None:
            raise RefusedError("Only a dose can be taken over as a whole. Keep ours, or correct the record by hand.")
        new = uow.supersede(dose, translate(THEIRS_TAKEN), origin="portal", **values)
        if new.status != "completed":
            # A dose that was not given has left no stock.
            for movement in uow.find(StockMovement, immunization_id=dose.record_id, current=True, status="completed"):
                uow.supersede(movement, translate(THEIRS_TAKEN), status="entered-in-error")
        for entry in uow.find(Outbox, resource_type="Immunization", resource_id=row.resource_id):
            if entry.state in ("ready", "refused"):
                entry.state = "superseded"
        certificates.revoke_for_person(uow, dose.person_id, row.resource_id, translate(THEIRS_TAKEN))
        _close(uow, row, {"": "theirs"})
        uow.audit("conflict", "person", dose.person_id, {"record": row.resource_id, "version": new.version})
        uow.commit()


def _waiting(uow: UnitOfWork, conflict_id: str) -> Conflict:
    row = uow.get(Conflict, conflict_id)
    if row is None or row.resolved_at is not None:
        raise KnownError("Somebody has decided this meanwhile. Refresh the list.")
    return row


def _person_of(uow: UnitOfWork, row: Conflict) -> str:
    for entry in uow.find(Outbox, resource_type=row.resource_type, resource_id=row.resource_id):
        if entry.person_id:
            return entry.person_id
    return row.resource_id if row.resource_type == "Patient" else ""


def _close(uow: UnitOfWork, row: Conflict, choices: dict[str, str]) -> None:
    row.resolved_at = uow.now
    row.resolution = json.dumps(choices, sort_keys=True)


def _remember_theirs(uow: UnitOfWork, person: Person, pair: FieldPair) -> None:
    """The value that was not taken stands in the history beside ours."""
    uow.add(
        PersonChange(
            person_id=person.id,
            field="birth_date" if pair.field == "birth" else pair.field,
            old=pair.theirs,
            new=pair.mine,
            at=uow.now,
            user_id=uow.user_id,
            desk=uow.desk,
            reason=translate(OURS_KEPT),
        )
    )

"""Checks people in to a session."""

from __future__ import annotations

from dataclasses import dataclass

from vaxdesk.db.tables import Consent, Immunization, Outbox, Person, Screening, VaccinationSession, Visit
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.services.context import Context
from vaxdesk.services.sessions import open_session

#: How the identity was confirmed at check-in; the first is the default and costs no key.
IDENTITY_WAYS = {
    "card": N_("Identity card scanned"),
    "code": N_("Personal code scanned"),
    "said": N_("Name and birth date said"),
    "known": N_("Known to the staff"),
    "paper": N_("Another paper"),
}


@dataclass(frozen=True)
class CheckIn:
    """A person who has come to a session; ``reason`` says why somebody who is not on its list is seen."""

    session_id: str
    person_id: str
    identity_how: str = "said"
    reason: str = ""


def check_in(ctx: Context, command: CheckIn) -> str:
    """Check a person in and return the visit's id; a second check-in returns the visit that is there.

    :raises KnownError: session or person is not there, or the session is closed.
    """
    ctx.require("register", "screen", "inject")
    with ctx.write() as uow:
        visit = add_visit(uow, command)
        visit_id = visit.id
        uow.commit()
    return visit_id


def add_visit(uow: UnitOfWork, command: CheckIn) -> Visit:
    """The visit, in the caller's transaction."""
    if command.identity_how not in IDENTITY_WAYS:
        raise KnownError("Choose how the identity was confirmed.")
    open_session(uow.get(VaccinationSession, command.session_id))
    person = uow.get(Person, command.person_id)
    if person is None:
        raise KnownError("The person is not there any more. Search again.")
    there = uow.first(
        Visit, session_id=command.session_id, person_id=command.person_id, current=True, status="completed"
    )
    if there is not None:
        return there
    visit: Visit = uow.record(
        Visit(
            session_id=command.session_id,
            person_id=command.person_id,
            number=uow.count(Visit, session_id=command.session_id, version=1) + 1,
            checked_in_at=uow.now,
            identity_how=command.identity_how,
        )
    )
    detail = {"visit": visit.record_id, "how": command.identity_how}
    if command.reason:
        detail["off_list"] = command.reason
    uow.audit("check-in", "person", command.person_id, detail)
    if uow.first(Outbox, resource_type="Patient", resource_id=person.id) is None and person.origin != "portal":
        uow.send("Patient", person.id, version=person.version, person_id=person.id)
    uow.send("Encounter", visit.record_id, visit_id=visit.record_id, person_id=person.id)
    return visit


def withdraw(ctx: Context, visit_id: str, reason: str) -> None:
    """Take a check-in back as entered in error: undo, or the wrong person. Only while nothing was recorded on it.

    :raises FieldError: no reason. :raises RefusedError: a consent, a screening or a dose was recorded on it.
    """
    ctx.require("register", "screen", "inject")
    if not reason.strip():
        raise FieldError("reason", N_("Write why the check-in is taken back."))
    with ctx.write() as uow:
        visit = current_visit(uow, visit_id)
        facts = (Consent, Screening, Immunization)
        if any(uow.first(fact, visit_id=visit_id, current=True) is not None for fact in facts):
            raise RefusedError(N_("Something was recorded for this visit already. Take that back first."))
        new = uow.supersede(visit, reason.strip(), status="entered-in-error")
        uow.audit("check-in-withdrawn", "person", visit.person_id, {"visit": visit_id})
        uow.retract("Encounter", visit_id, version=new.version, visit_id=visit_id, person_id=visit.person_id)
        uow.commit()


def current_visit(uow: UnitOfWork, visit_id: str) -> Visit:
    """The current version of a visit by its record id.

    :raises KnownError: it is not there.
    """
    visit = uow.first(Visit, record_id=visit_id, current=True)
    if visit is None or visit.status != "completed":
        raise KnownError("The person is not in this session any more. Refresh the list.")
    return visit

"""One person under two ids: a registration of the portal and somebody whom the station knows.

Joined by itself only where number, name and birth date are all the same; whoever is only likely the same is joined by
a person's decision. The portal's id stays as an alias that points to the person, and the portal is told so.
"""

from __future__ import annotations

from vaxdesk.db.tables import Certificate, Consent, EarlierPaper, Immunization, Person, PersonToken, Registration, Visit
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain.people import PersonDetails
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.services.context import Context


def known(uow: UnitOfWork, person_id: str) -> Person | None:
    """The person of an id, or the one that it was joined with."""
    person = uow.get(Person, person_id)
    for _step in range(8):
        if person is None or person.merged_into is None:
            return person
        person = uow.get(Person, person.merged_into)
    return None


def same_person(uow: UnitOfWork, details: PersonDetails) -> Person | None:
    """The one person here with this personal number, name and birth date; None where any of them differs or lacks."""
    if not details.national_id or details.birth is None or details.birth.day is None:
        return None
    found = [
        person
        for person in uow.find(Person, national_id=details.national_id, merged_into=None)
        if person.name_key == details.name_key and person.birth_date == details.birth.iso()
    ]
    return found[0] if len(found) == 1 else None


def join_person(uow: UnitOfWork, alias_id: str, person_id: str, origin: str = "desk") -> None:
    """Make ``alias_id`` an alias of ``person_id``; what came with it from the portal moves along.

    In the caller's transaction.

    :raises KnownError: one of the two is not there. :raises RefusedError: the alias was worked with at this station.
    """
    alias, person = uow.get(Person, alias_id), known(uow, person_id)
    if alias is None or person is None or alias.id == person.id or alias.merged_into is not None:
        raise KnownError("The person is not there any more. Search again.")
    facts: list[Immunization | Consent] = [
        *uow.find(Immunization, person_id=alias.id, current=True),
        *uow.find(Consent, person_id=alias.id, current=True),
    ]
    if uow.first(Visit, person_id=alias.id) is not None or any(row.origin != "portal" for row in facts):
        raise RefusedError(N_("Something was recorded here for both people already: they cannot be joined."))
    for row in facts:
        uow.supersede(row, "portal", origin="portal", person_id=person.id)
    for registration in uow.find(Registration, person_id=alias.id):
        registration.person_id = person.id
    for earlier in uow.find(EarlierPaper, person_id=alias.id):
        earlier.person_id = person.id
    for paper in uow.find(Certificate, person_id=alias.id):
        # It names the same person: it holds until her next paper replaces all that she has.
        paper.person_id = person.id
        if paper.kind != "national":
            uow.send("DocumentReference", paper.id, version=2, person_id=person.id)
    for token in uow.find(PersonToken, person_id=alias.id):
        uow.delete(token)
    alias.merged_into = person.id
    alias.updated_at = uow.now
    uow.audit("join", "person", person.id, {"alias": alias.id}, origin=origin)
    uow.send("Patient", alias.id, version=alias.version + 1, person_id=alias.id, at_once=True)


def join_registration(ctx: Context, registration_id: str, person_id: str) -> None:
    """Decide that a registration of the portal is by somebody whom the station knows.

    :raises KnownError: the registration or the person is not there. :raises RefusedError: both were worked with here.
    """
    ctx.require("register", "manage")
    with ctx.write() as uow:
        row = uow.get(Registration, registration_id)
        if row is None:
            raise KnownError("This registration is not there any more. Refresh the list.")
        join_person(uow, row.person_id, person_id)
        uow.commit()

"""Registers and changes people; keeps the search index and the field-level history with them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from vaxdesk import clock
from vaxdesk.db.tables import Person, PersonChange, PersonGroup, PersonToken, Registration, new_id
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain import people as rules
from vaxdesk.domain import personal_code
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.problems import FieldProblem
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.services import certificates
from vaxdesk.services.context import Context
from vaxdesk.services.doses import EarlierDose, add_earlier
from vaxdesk.services.visits import CheckIn, add_visit

#: The fields of the form that are columns of the person's row under the same name.
COLUMNS = tuple(item.name for item in fields(PersonDetails) if item.name not in ("birth", "groups"))


@dataclass(frozen=True)
class RegisterPerson:
    """A new person, the household she belongs to if it is known, and the session she is checked in to at once.

    ``earlier`` are doses given elsewhere (their ``person_id`` is filled in here); ``no_dose_yet`` says that the person
    was asked and had none. ``other_vaccine_on`` is the day of another vaccine within the last 14 days (R-11).
    """

    details: PersonDetails
    household_of: str = ""
    session_id: str = ""
    identity_how: str = "said"
    earlier: tuple[EarlierDose, ...] = ()
    no_dose_yet: bool = False
    other_vaccine_on: date | None = None


@dataclass(frozen=True)
class Registered:
    """What was made."""

    person_id: str
    code: str
    visit_id: str
    warnings: tuple[FieldProblem, ...]


def doubts(problems: list[FieldProblem]) -> list[str]:
    """The fields whose identity is in doubt: what stands in the way of a code (R-66); a missing extra does not."""
    return sorted({p.field for p in problems if p.code != "missing" and p.field in IDENTITY_FIELDS})


IDENTITY_FIELDS = ("full_name", "birth", "sex", "national_id", "old_id", "passport")


def names_identity(changed: Collection[str]) -> bool:
    """Whether one of the changed columns says who somebody is: her papers no longer hold then."""
    return any(name in IDENTITY_FIELDS or name == "birth_date" for name in changed)


def register(ctx: Context, command: RegisterPerson) -> Registered:
    """Store a new person and, when asked, check her in, in one transaction.

    Warnings do not stop it; only the impossible does.

    :raises FieldError: the first field that cannot be taken. :raises KnownError: the session is not there or closed.
    """
    ctx.require("register")
    campaign = ctx.campaign()  # perhaps read from files: not under the lock
    with ctx.write() as uow:
        details = rules.tidy(command.details)
        warnings = accept(details, clock.local_date(uow.now))
        household = ""
        if command.household_of:
            other = _person(uow, command.household_of)
            other.household_id = household = other.household_id or new_id()
        person = add_person(uow, details, warnings, household=household)
        add_groups(uow, ctx.station.campaign, person.id, details.groups)
        uow.add(
            Registration(
                person_id=person.id,
                campaign=ctx.station.campaign,
                source="desk",
                registered_at=uow.now,
                state="approved",
                details=_stated(command),
            )
        )
        for dose in command.earlier:
            add_earlier(uow, campaign, replace(dose, person_id=person.id))
        visit_id = ""
        if command.session_id:
            visit_id = add_visit(
                uow, CheckIn(command.session_id, person.id, identity_how=command.identity_how)
            ).record_id
        result = Registered(person.id, person.code, visit_id, tuple(warnings))
        uow.commit()
    return result


def _stated(command: RegisterPerson) -> dict[str, Any]:
    """What was said about earlier vaccinations, as the registration keeps it."""
    stated: dict[str, Any] = {}
    if command.no_dose_yet:
        stated["no_dose_yet"] = True
    if command.other_vaccine_on is not None:
        stated["other_vaccine_on"] = command.other_vaccine_on.isoformat()
    return stated


def accept(details: PersonDetails, today: date) -> list[FieldProblem]:
    """The warnings on a person's particulars.

    :raises FieldError: a remark blocks.
    """
    problems = rules.check(details, today)
    for problem in problems:
        if problem.blocks:
            raise FieldError(problem.field, problem.message, **problem.values)
    return problems


def add_person(
    uow: UnitOfWork,
    details: PersonDetails,
    problems: list[FieldProblem],
    *,
    household: str = "",
    origin: str = "desk",
    person_id: str = "",
    send: bool = True,
) -> Person:
    """The person's row, index, audit and outbox entry, in the caller's transaction."""
    if details.birth is None:
        raise FieldError("birth", "The birth date is missing. The year alone is enough.")
    person = uow.add(
        Person(
            id=person_id or new_id(),
            code=personal_code.new_code(),
            name_key=details.name_key,
            birth_date=details.birth.iso(),
            birth_year=details.birth.year,
            household_id=household,
            identity_doubts=doubts(problems),
            origin=origin,
            created_at=uow.now,
            updated_at=uow.now,
            **{name: getattr(details, name) for name in COLUMNS},
        )
    )
    index(uow, person, details)
    uow.audit("register", "person", person.id, {"source": details.identity_source}, origin=origin)
    if send:
        uow.send("Patient", person.id, person_id=person.id)
    return person


def add_groups(
    uow: UnitOfWork, campaign: str, person_id: str, groups: tuple[str, ...], kind: str = "stated"
) -> list[str]:
    """Keep stated or confirmed groups; earlier ones stay. Returns those that are new."""
    known = {row.group_code for row in uow.find(PersonGroup, person_id=person_id, campaign=campaign, kind=kind)}
    fresh = [code for code in dict.fromkeys(groups) if code not in known]
    for code in fresh:
        uow.add(
            PersonGroup(
                person_id=person_id, campaign=campaign, group_code=code, kind=kind, at=uow.now, user_id=uow.user_id
            )
        )
    return fresh


def confirm_group(ctx: Context, person_id: str, *group_codes: str) -> None:
    """The station confirms which priority groups hold; none at all says that it has checked and none does (R-26).

    They count instead of what the person stated and of what was confirmed before; what was stated stays beside them.

    :raises FieldError: the campaign has no such group. :raises KnownError: no such person.
    """
    ctx.require("register", "manage")
    priority = ctx.campaign().priority
    if priority is None or any(priority.group(code) is None for code in group_codes):
        raise FieldError("group", "Choose a priority group.")
    with ctx.write() as uow:
        person = _person(uow, person_id)
        held = uow.find(PersonGroup, person_id=person_id, campaign=ctx.station.campaign, kind="confirmed")
        # An empty code stands for "checked, none holds".
        wanted = set(group_codes) or {""}
        if {row.group_code for row in held} == wanted:
            return
        for row in held:
            uow.delete(row)
        uow.session.flush()
        add_groups(uow, ctx.station.campaign, person_id, tuple(sorted(wanted)), kind="confirmed")
        uow.audit("group", "person", person_id, {"confirmed": sorted(group_codes)})
        uow.send("Patient", person_id, version=person.version, person_id=person_id)
        uow.commit()


def set_conditions(ctx: Context, person_id: str, conditions: Collection[str], reason: str = "") -> None:
    """Note what is known of a person for good and changes the schedule or what is measured (immunodeficiency,
    hypertension …): codes of the campaign's pack. It stays at the station and is never sent.

    :raises FieldError: the campaign knows no such condition. :raises KnownError: no such person.
    """
    ctx.require("register", "screen", "manage")
    campaign = ctx.campaign()
    known = {*campaign.conditions}.union(
        condition.id for form in campaign.screening_forms.values() for condition in form.conditions
    )
    if not known.issuperset(conditions):
        raise FieldError("conditions", "Choose from the conditions of the campaign.")
    with ctx.write() as uow:
        person = _person(uow, person_id)
        old, new = sorted(person.conditions), sorted(set(conditions))
        if old == new:
            return
        _note_change(uow, person, "conditions", ", ".join(old), ", ".join(new), reason)
        person.conditions = new
        person.version += 1
        person.updated_at = uow.now
        uow.audit("change", "person", person_id, {"fields": ["conditions"], "reason": reason})
        uow.commit()


def _person(uow: UnitOfWork, person_id: str) -> Person:
    person = uow.get(Person, person_id)
    if person is None:
        raise KnownError("The person is not there any more. Search again.")
    return person


def _note_change(
    uow: UnitOfWork, person: Person, name: str, old: str, new: str, reason: str, origin: str = "desk"
) -> None:
    uow.add(
        PersonChange(
            person_id=person.id,
            field=name,
            old=old,
            new=new,
            at=uow.now,
            user_id=uow.user_id,
            desk=uow.desk,
            reason=reason.strip(),
            origin=origin,
        )
    )


def index(uow: UnitOfWork, person: Person, details: PersonDetails) -> None:
    """Write the person's search tokens anew."""
    wanted = rules.search_tokens(details, person.code)
    held = {row.token: row for row in uow.find(PersonToken, person_id=person.id)}
    for token, row in held.items():
        if token not in wanted:
            uow.delete(row)
    for token in wanted - set(held):
        uow.session.add(PersonToken(token=token, person_id=person.id))
    uow.session.flush()


def change(ctx: Context, person_id: str, details: PersonDetails, version: int, reason: str) -> list[FieldProblem]:
    """Change a person's particulars; each field keeps its old value with who, when and why.

    :param version: the version that the form was opened with; another one means that somebody else changed her.
    :raises FieldError: a field cannot be taken, or an identity field changes without a reason.
    :raises KnownError: the person was changed meanwhile.
    """
    ctx.require("register", "manage")
    with ctx.write() as uow:
        person = _person(uow, person_id)
        if person.version != version:
            raise KnownError("Somebody else changed this person meanwhile. Open her again; your entry was not saved.")
        details = rules.tidy(details)
        problems = accept(details, clock.local_date(uow.now))
        changed = apply_details(uow, person, details, reason)
        if names_identity(changed) and not reason.strip():
            raise FieldError("reason", "Write why name, birth date, sex or number change.")
        person.identity_doubts = doubts(problems)
        added = add_groups(uow, ctx.station.campaign, person_id, details.groups)
        if added:
            uow.audit("group", "person", person_id, {"stated": sorted(added)})
        if added and not changed:
            uow.send("Patient", person_id, version=person.version, person_id=person_id)
        if changed:
            uow.audit("change", "person", person_id, {"fields": sorted(changed), "reason": reason})
            if names_identity(changed):
                certificates.revoke_for_person(uow, person_id, "", reason.strip())
            uow.send("Patient", person_id, version=person.version, person_id=person_id)
        uow.commit()
    return problems


def apply_details(
    uow: UnitOfWork, person: Person, details: PersonDetails, reason: str, origin: str = "desk"
) -> list[str]:
    """Write the fields that differ, with their history; returns their names."""
    if details.birth is None:
        raise FieldError("birth", "The birth date is missing. The year alone is enough.")
    new = {name: getattr(details, name) for name in COLUMNS} | {"birth_date": details.birth.iso()}
    changed = [name for name, value in new.items() if getattr(person, name) != value]
    for name in changed:
        _note_change(uow, person, name, str(getattr(person, name) or ""), str(new[name] or ""), reason, origin)
        setattr(person, name, new[name])
    if changed:
        person.name_key = details.name_key
        person.birth_year = details.birth.year
        person.version += 1
        person.updated_at = uow.now
        index(uow, person, details)
    return changed

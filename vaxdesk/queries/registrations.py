"""The portal's registrations for this station, as the list "waiting for approval" shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Person, PersonGroup, Registration

#: What still waits for this station.
OPEN = ("waiting", "asked")


@dataclass(frozen=True)
class RegistrationRow:
    """One registration with who it is for; ``groups`` are those that the person states."""

    id: str
    person_id: str
    full_name: str
    birth_date: str
    sex: str
    national_id: str
    village: str
    phone: str
    groups: tuple[str, ...]
    number: str
    registered_at: datetime
    wanted_date: date | None
    wanted_part: str
    comment: str
    state: str
    reason: str
    doubts: tuple[str, ...]


def waiting(conn: Session, limit: int = 500) -> tuple[RegistrationRow, ...]:
    """The open ones by the wanted day and the name: registering earlier gives no earlier turn (R-22)."""
    statement = (
        select(Registration, Person)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.state.in_(OPEN), Registration.source != "desk", Person.merged_into.is_(None))
        .order_by(Registration.wanted_date.is_(None), Registration.wanted_date, Person.name_key, Registration.id)
        .limit(limit)
    )
    pairs = conn.execute(statement).all()
    groups: dict[str, list[str]] = {}
    for person_id, code in conn.execute(
        select(PersonGroup.person_id, PersonGroup.group_code).where(
            PersonGroup.person_id.in_([person.id for _row, person in pairs]), PersonGroup.kind == "stated"
        )
    ):
        groups.setdefault(person_id, []).append(code)
    return tuple(_row(row, person, tuple(groups.get(person.id, ()))) for row, person in pairs)


def count(conn: Session) -> int:
    """How many are open."""
    statement = (
        select(func.count())
        .select_from(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.state.in_(OPEN), Registration.source != "desk", Person.merged_into.is_(None))
    )
    return conn.scalar(statement) or 0


def _row(row: Registration, person: Person, groups: tuple[str, ...]) -> RegistrationRow:
    return RegistrationRow(
        id=row.id,
        person_id=person.id,
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        national_id=person.national_id,
        village=person.village,
        phone=person.phone,
        groups=groups,
        number=row.portal_number,
        registered_at=row.registered_at,
        wanted_date=row.wanted_date,
        wanted_part=row.wanted_part,
        comment=str(row.details.get("comment", "")),
        state=row.state,
        reason=row.state_reason,
        doubts=tuple(person.identity_doubts),
    )

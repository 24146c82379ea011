"""What printed forms need of people and visits: read set-wise, whatever the length of the list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Certificate, Immunization, Person, Registration, Screening, User, Visit
from vaxdesk.domain import names

#: SQLite takes a limited number of values in one statement.
_CHUNK = 500


@dataclass(frozen=True)
class PaperRow:
    """One person as forms show one. ``doses`` are (product code, ISO day as far as known), oldest first;
    ``no_dose_yet``: the person was asked at registration and had none."""

    person_id: str
    code: str
    full_name: str
    birth_date: str
    sex: str
    identity: str
    phone: str
    address: str
    occupation: str
    employer: str
    guardian_name: str
    guardian_phone: str
    doses: tuple[tuple[str, str], ...] = ()
    no_dose_yet: bool = False


@dataclass(frozen=True)
class ScreeningRow:
    """A recorded screening with who signed it."""

    person_id: str
    form: str
    product_code: str
    answers: Mapping[str, Any]
    vitals: Mapping[str, Any]
    outcomes: tuple[str, ...]
    outcome: str
    overridden: bool
    reason: str
    at: datetime
    signer: str


@dataclass(frozen=True)
class DoseGiven:
    """The dose of a visit, for the advice slip."""

    person_id: str
    full_name: str
    birth_date: str
    product_code: str
    dose_number: int
    given_at: datetime | None
    occurred: str


def people(conn: Session, person_ids: Sequence[str], campaign: str) -> list[PaperRow]:
    """The people in the order asked for, with their doses in the campaign; those who are gone are left out."""
    found: dict[str, Person] = {}
    doses: dict[str, list[tuple[str, str]]] = {}
    for chunk in _chunks(person_ids):
        found.update({person.id: person for person in conn.scalars(select(Person).where(Person.id.in_(chunk)))})
        given = conn.execute(
            select(Immunization.person_id, Immunization.product_code, Immunization.occurred)
            .where(
                Immunization.person_id.in_(chunk),
                Immunization.campaign == campaign,
                Immunization.current.is_(True),
                Immunization.status == "completed",
            )
            .order_by(Immunization.occurred, Immunization.dose_number)
        )
        for person_id, product, occurred in given:
            doses.setdefault(person_id, []).append((product, occurred))
    asked = _had_none(conn, person_ids, campaign)
    return [_row(found[key], tuple(doses.get(key, ())), key in asked) for key in person_ids if key in found]


def _had_none(conn: Session, person_ids: Sequence[str], campaign: str) -> frozenset[str]:
    """Who was asked about earlier doses when she was registered and had none."""
    found: set[str] = set()
    for chunk in _chunks(person_ids):
        rows = conn.execute(
            select(Registration.person_id, Registration.details).where(
                Registration.person_id.in_(chunk), Registration.campaign == campaign
            )
        )
        found.update(person_id for person_id, details in rows if details.get("no_dose_yet"))
    return frozenset(found)


def last_number(conn: Session, prefix: str) -> int:
    """The highest number of the certificates whose number begins with ``prefix``; 0 where there is none.

    Looked up in the index of numbers.
    """
    rows = conn.scalars(
        select(func.max(Certificate.number))
        .where(Certificate.number > prefix, Certificate.number < prefix + "~")
        .group_by(func.length(Certificate.number))
    )
    return max((int(number.removeprefix(prefix)) for number in rows), default=0)


def certificates(conn: Session, certificate_ids: Sequence[str]) -> dict[str, Certificate]:
    """Certificates by their ids; those that are not there are left out."""
    found: dict[str, Certificate] = {}
    for chunk in _chunks(certificate_ids):
        rows = conn.scalars(select(Certificate).where(Certificate.id.in_(chunk)))
        found.update({row.id: row for row in rows})
    return found


def people_of_session(conn: Session, session_id: str) -> list[str]:
    """The ids of a session's people in the order of its list."""
    return list(
        conn.scalars(
            select(Visit.person_id)
            .where(Visit.session_id == session_id, Visit.current.is_(True), Visit.status == "completed")
            .order_by(Visit.number, Visit.checked_in_at)
        )
    )


def screenings(conn: Session, visit_ids: Sequence[str]) -> dict[str, ScreeningRow]:
    """The current screening of each visit."""
    found: dict[str, ScreeningRow] = {}
    for chunk in _chunks(visit_ids):
        rows = conn.execute(
            select(Screening, User.full_name)
            .outerjoin(User, User.id == Screening.recorded_by)
            .where(Screening.visit_id.in_(chunk), Screening.current.is_(True), Screening.status == "completed")
            .order_by(Screening.at)
        )
        for row, signer in rows:
            found[row.visit_id or ""] = ScreeningRow(
                person_id=row.person_id,
                form=row.form,
                product_code=row.product_code,
                answers=dict(row.answers),
                vitals=dict(row.vitals),
                outcomes=tuple(row.outcomes),
                outcome=row.outcome,
                overridden=bool(row.override_reason),
                reason=row.reason,
                at=row.at,
                signer=signer or "",
            )
    return found


def doses_of_visits(conn: Session, visit_ids: Sequence[str]) -> dict[str, DoseGiven]:
    """The dose given at each visit."""
    found: dict[str, DoseGiven] = {}
    for chunk in _chunks(visit_ids):
        rows = conn.execute(
            select(Immunization, Person.full_name, Person.birth_date)
            .join(Person, Person.id == Immunization.person_id)
            .where(
                Immunization.visit_id.in_(chunk),
                Immunization.current.is_(True),
                Immunization.status == "completed",
            )
            .order_by(Immunization.recorded_at)
        )
        for row, name, birth in rows:
            found[row.visit_id or ""] = DoseGiven(
                row.person_id, name, birth, row.product_code, row.dose_number, row.occurred_at, row.occurred
            )
    return found


#: What stands before the name of a unit and may be left out on a card.
_KINDS = ("tinh ", "thanh pho ", "xa ", "phuong ", "dac khu ", "thi tran ")


def _address(person: Person) -> str:
    """The address as on the card, with village, commune and province where it does not name them already."""
    said = names.fold(person.address)
    parts = [person.address] if person.address else []
    for part in (person.village, person.commune_name, person.province_name):
        plain = names.fold(part)
        bare = next((plain.removeprefix(kind) for kind in _KINDS if plain.startswith(kind)), plain)
        if part and bare not in said:
            parts.append(part)
    return ", ".join(dict.fromkeys(parts))


def _row(person: Person, doses: tuple[tuple[str, str], ...], no_dose_yet: bool) -> PaperRow:
    return PaperRow(
        person_id=person.id,
        code=person.code,
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        identity=person.national_id or person.passport or person.old_id,
        phone=person.phone,
        address=_address(person),
        occupation=person.occupation,
        employer=person.employer,
        guardian_name=person.guardian_name,
        guardian_phone=person.guardian_phone,
        doses=doses,
        no_dose_yet=no_dose_yet,
    )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]

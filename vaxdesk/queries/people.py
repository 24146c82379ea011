"""Finds people, shows one, and names look-alikes before a second entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Immunization, Person, PersonChange, PersonGroup, PersonToken, Registration
from vaxdesk.domain import names, search_text
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.likeness import WORTH_SHOWING, Likeness, similarity
from vaxdesk.domain.people import PersonDetails


@dataclass(frozen=True)
class PersonRow:
    """A line of a search result or list: enough to tell people apart."""

    id: str
    code: str
    full_name: str
    birth_date: str
    sex: str
    national_id: str
    village: str
    commune_name: str
    phone: str
    doses: int
    origin: str


@dataclass(frozen=True)
class PersonCard:
    """One person opened: particulars, version, groups, registration.

    ``groups_checked``: the station has said which groups hold, perhaps none; then the confirmed ones count.
    """

    id: str
    code: str
    version: int
    details: PersonDetails
    stated_groups: tuple[str, ...]
    confirmed_groups: tuple[str, ...]
    groups_checked: bool
    identity_doubts: tuple[str, ...]
    conditions: tuple[str, ...]
    household_id: str
    origin: str
    portal_number: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class DoseRow:
    """A dose of the history, with its source."""

    record_id: str
    occurred: str
    occurred_at: datetime | None
    product_code: str
    lot_number: str
    lot_expiry: str
    dose_number: int
    site: str
    place: str
    performer_name: str
    evidence: str
    origin: str
    status: str
    not_done_reason: str
    override_reason: str
    change_reason: str
    version: int


@dataclass(frozen=True)
class ChangeRow:
    """One field's change."""

    field: str
    old: str
    new: str
    at: datetime
    user_id: str
    reason: str
    origin: str


@dataclass(frozen=True)
class LookAlike:
    """A stored person that may be the one being entered."""

    row: PersonRow
    details: PersonDetails
    likeness: Likeness


def _base() -> Select[tuple[Person, int]]:
    doses = (
        select(func.count())
        .where(
            Immunization.person_id == Person.id,
            Immunization.current.is_(True),
            Immunization.status == "completed",
        )
        .correlate(Person)
        .scalar_subquery()
    )
    return select(Person, doses).where(Person.merged_into.is_(None))


def _row(person: Person, doses: int) -> PersonRow:
    return PersonRow(
        id=person.id,
        code=person.code,
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        national_id=person.national_id,
        village=person.village,
        commune_name=person.commune_name,
        phone=person.phone,
        doses=doses,
        origin=person.origin,
    )


def search(conn: Session, text: str, limit: int = 50) -> tuple[PersonRow, ...]:
    """People who match every piece of what was typed: name words in any order without accents, birth year, numbers.

    The best come first: a whole given name before a beginning, then by name. Nothing typed finds nobody.
    """
    terms = search_text.query(text)
    if not terms:
        return ()
    # The rarest-looking term leads: numbers first, then long words; the others only filter its hits.
    ordered = sorted(terms, key=lambda term: (not term.text.isdigit(), -len(term.text)))
    statement = _base()
    for term in ordered:
        hits = select(PersonToken.person_id).where(
            or_(
                *(
                    and_(PersonToken.token >= prefix, PersonToken.token < prefix + "\U0010ffff")
                    for prefix in term.prefixes
                )
            )
        )
        statement = statement.where(Person.id.in_(hits))
    typed = {term.text for term in terms}
    candidates = conn.execute(statement.order_by(Person.name_key, Person.birth_year).limit(max(limit * 4, 200))).all()

    def rank(pair: tuple[Person, int]) -> tuple[int, str, int]:
        words = pair[0].name_key.split()
        whole = sum(word in typed for word in words)
        return (-(2 * (words[-1] in typed) + whole), pair[0].name_key, pair[0].birth_year)

    ranked = sorted(((person, doses) for person, doses in candidates), key=rank)
    return tuple(_row(person, doses) for person, doses in ranked[:limit])


def newest(conn: Session, limit: int = 200) -> tuple[PersonRow, ...]:
    """The people entered or changed last."""
    return tuple(_row(p, n) for p, n in conn.execute(_base().order_by(Person.updated_at.desc()).limit(limit)))


def by_code(conn: Session, code: str) -> PersonRow | None:
    """The person with this personal code (as :func:`personal_code.parse` gives it)."""
    found = conn.execute(_base().where(Person.code == code)).first()
    return _row(*found) if found else None


def by_national_id(conn: Session, number: str) -> tuple[PersonRow, ...]:
    """The people with this personal number: normally one, two when there is a clash to settle."""
    return tuple(_row(p, n) for p, n in conn.execute(_base().where(Person.national_id == number)))


def by_number(conn: Session, number: str) -> tuple[PersonRow, ...]:
    """The people with this personal number, or with it as their old number."""
    held = or_(Person.national_id == number, Person.old_id == number)
    return tuple(_row(p, n) for p, n in conn.execute(_base().where(held)))


def by_ids(conn: Session, person_ids: Sequence[str]) -> tuple[PersonRow, ...]:
    """The lines of at most some hundred people, in no order."""
    return tuple(_row(p, n) for p, n in conn.execute(_base().where(Person.id.in_(person_ids))))


def count(conn: Session) -> int:
    """How many people are registered."""
    return conn.scalar(select(func.count()).select_from(Person).where(Person.merged_into.is_(None))) or 0


def card(conn: Session, person_id: str) -> PersonCard | None:
    """One person, whole."""
    person = conn.get(Person, person_id)
    if person is None:
        return None
    groups = conn.scalars(select(PersonGroup).where(PersonGroup.person_id == person_id).order_by(PersonGroup.at)).all()
    number = conn.scalar(
        select(Registration.portal_number)
        .where(Registration.person_id == person_id, Registration.portal_number != "")
        .limit(1)
    )
    stated = tuple(group.group_code for group in groups if group.kind == "stated")
    return PersonCard(
        id=person.id,
        code=person.code,
        version=person.version,
        details=details_of(person, stated),
        stated_groups=stated,
        confirmed_groups=tuple(group.group_code for group in groups if group.kind == "confirmed" and group.group_code),
        groups_checked=any(group.kind == "confirmed" for group in groups),
        identity_doubts=tuple(person.identity_doubts),
        conditions=tuple(person.conditions),
        household_id=person.household_id,
        origin=person.origin,
        portal_number=number or "",
        created_at=person.created_at,
        updated_at=person.updated_at,
    )


def details_of(person: Person, groups: tuple[str, ...] = ()) -> PersonDetails:
    """The form's picture of a stored person."""
    values = {
        name: getattr(person, name) for name in PersonDetails.__dataclass_fields__ if name not in ("birth", "groups")
    }
    return PersonDetails(birth=PartialDate.parse(person.birth_date), groups=groups, **values)


def doses(conn: Session, person_id: str, campaign: str = "") -> tuple[DoseRow, ...]:
    """A person's doses, oldest first, those entered in error included (they stay visible, marked)."""
    statement = select(Immunization).where(Immunization.person_id == person_id, Immunization.current.is_(True))
    if campaign:
        statement = statement.where(Immunization.campaign == campaign)
    return tuple(
        DoseRow(
            record_id=row.record_id,
            occurred=row.occurred,
            occurred_at=row.occurred_at,
            product_code=row.product_code,
            lot_number=row.lot_number,
            lot_expiry=row.lot_expiry.isoformat() if row.lot_expiry else "",
            dose_number=row.dose_number,
            site=row.site,
            place=row.place,
            performer_name=row.performer_name,
            evidence=row.evidence,
            origin=row.origin,
            status=row.status,
            not_done_reason=row.not_done_reason,
            override_reason=row.override_reason,
            change_reason=row.change_reason,
            version=row.version,
        )
        for row in conn.scalars(statement.order_by(Immunization.occurred, Immunization.occurred_at))
    )


def changes(conn: Session, person_id: str) -> tuple[ChangeRow, ...]:
    """The field-level history, newest first."""
    statement = select(PersonChange).where(PersonChange.person_id == person_id).order_by(PersonChange.at.desc())
    return tuple(
        ChangeRow(row.field, row.old, row.new, row.at, row.user_id, row.reason, row.origin)
        for row in conn.scalars(statement)
    )


def look_alikes(conn: Session, details: PersonDetails, but: str = "", limit: int = 5) -> tuple[LookAlike, ...]:
    """Stored people who may be the one being entered, the likeliest first (A7, R-13).

    Candidates come from indexes only: the same number or phone, the same name key, or a name word in common with
    nearly the same birth year; the score is the domain's.
    """
    numbers = [
        column == value
        for column, value in (
            (Person.national_id, details.national_id),
            (Person.old_id, details.old_id),
            (Person.passport, details.passport),
            (Person.phone, details.phone),
        )
        if value
    ]
    conditions = list(numbers)
    key = names.key(details.full_name)
    if key:
        conditions.append(Person.name_key == key)
        if details.birth is not None:
            years = (details.birth.year - 1, details.birth.year, details.birth.year + 1)
            given = key.split()[-1]
            same_word = select(PersonToken.person_id).where(PersonToken.token == given)
            conditions.append(and_(Person.birth_year.in_(years), Person.id.in_(same_word)))
            first = key.split()[0]
            near = select(PersonToken.person_id).where(PersonToken.token == first)
            conditions.append(and_(Person.birth_date == details.birth.iso(), Person.id.in_(near)))
    if not conditions:
        return ()
    found = []
    for person, n in conn.execute(_base().where(or_(*conditions)).limit(500)):
        if person.id == but:
            continue
        other = details_of(person)
        likeness = similarity(details, other)
        if likeness.score >= WORTH_SHOWING:
            found.append(LookAlike(_row(person, n), other, likeness))
    return tuple(sorted(found, key=lambda item: -item.likeness.score)[:limit])

"""Where the people of a session stand: derived from the facts, never from a counter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Consent, Immunization, Person, Reaction, Release, Screening, Visit
from vaxdesk.domain.screening_form import NextList

#: The stages in the order of a visit, then its ends.
STAGES = ("consent", "screening", "dose", "observation", "done", "refused", "deferred", "referred", "not-given")
ENDS = ("done", "refused", "deferred", "referred", "not-given")


@dataclass(frozen=True)
class VisitRow:
    """One person in a session: who, where she stands, and since when."""

    visit_id: str
    session_id: str
    person_id: str
    number: int
    full_name: str
    name_key: str
    birth_date: str
    sex: str
    village: str
    stage: str
    since: datetime
    checked_in_at: datetime
    consent: str
    screening_outcome: str
    screening_reason: str
    screening_next: str
    immunization_id: str
    product_code: str
    lot_number: str
    dose_number: int
    given_at: datetime | None
    released_at: datetime | None
    early_reason: str
    reactions: int
    look_alike: bool = False


def of_session(conn: Session, session_id: str) -> tuple[VisitRow, ...]:
    """All people of a session in the order of check-in, look-alikes marked (D5). Six statements, whatever the size."""
    return _rows(conn, Visit.session_id == session_id)


def of_person(conn: Session, person_id: str) -> tuple[VisitRow, ...]:
    """All visits of a person, oldest first."""
    return _rows(conn, Visit.person_id == person_id)


def one(conn: Session, visit_id: str) -> VisitRow | None:
    """One visit by its record id."""
    rows = _rows(conn, Visit.record_id == visit_id)
    return rows[0] if rows else None


def _rows(conn: Session, condition: object) -> tuple[VisitRow, ...]:
    pairs = conn.execute(
        select(Visit, Person)
        .join(Person, Person.id == Visit.person_id)
        .where(condition, Visit.current.is_(True), Visit.status == "completed")  # type: ignore[arg-type]
        .order_by(Visit.checked_in_at, Visit.number)
    ).all()
    visits = [visit.record_id for visit, _person in pairs]
    people = [person.id for _visit, person in pairs]
    consents = _latest(conn, Consent, Consent.person_id, people, Consent.at)
    screenings = _latest(conn, Screening, Screening.visit_id, visits, Screening.at)
    doses = _latest(conn, Immunization, Immunization.visit_id, visits, Immunization.recorded_at)
    releases = _latest(conn, Release, Release.visit_id, visits, Release.released_at)
    reactions = Counter(
        row
        for row in conn.scalars(
            select(Reaction.visit_id).where(
                Reaction.visit_id.in_(visits), Reaction.current.is_(True), Reaction.status == "completed"
            )
        )
    )
    keys = Counter((person.name_key.split(" ")[-1], person.birth_year) for _visit, person in pairs)
    rows = []
    for visit, person in pairs:
        consent = consents.get(person.id)
        screening = screenings.get(visit.record_id)
        dose = doses.get(visit.record_id)
        release = releases.get(visit.record_id)
        stage, since = _stage(visit, consent, screening, dose, release)
        given = person.name_key.split(" ")[-1]
        alike = sum(keys[(given, person.birth_year + step)] for step in (-1, 0, 1)) > 1
        rows.append(
            VisitRow(
                visit_id=visit.record_id,
                session_id=visit.session_id,
                person_id=person.id,
                number=visit.number,
                full_name=person.full_name,
                name_key=person.name_key,
                birth_date=person.birth_date,
                sex=person.sex,
                village=person.village,
                stage=stage,
                since=since,
                checked_in_at=visit.checked_in_at,
                consent=consent.answer if consent else "not_asked",
                screening_outcome=screening.outcome if screening else "",
                screening_reason=screening.reason if screening else "",
                screening_next=screening.next_list if screening else "",
                immunization_id=dose.record_id if dose else "",
                product_code=dose.product_code if dose else "",
                lot_number=dose.lot_number if dose else "",
                dose_number=dose.dose_number if dose else 0,
                given_at=dose.occurred_at if dose and dose.status == "completed" else None,
                released_at=release.released_at if release else None,
                early_reason=release.early_reason if release else "",
                reactions=reactions[visit.record_id],
                look_alike=alike,
            )
        )
    return tuple(rows)


def _latest(conn: Session, table: type, key: object, values: Sequence[str], at: object) -> dict[str, object]:  # type: ignore[type-arg]
    """The newest current fact for each key; later rows overwrite earlier ones."""
    if not values:
        return {}
    statement = (
        select(table)
        .where(key.in_(values), table.current.is_(True), table.status != "entered-in-error")  # type: ignore[attr-defined]
        .order_by(at)
    )
    name = key.key  # type: ignore[attr-defined]
    return {getattr(row, name): row for row in conn.scalars(statement)}


def _stage(visit: Visit, consent, screening, dose, release) -> tuple[str, datetime]:  # type: ignore[no-untyped-def]
    if dose is not None and dose.status == "completed":
        return ("done", release.released_at) if release is not None else ("observation", dose.occurred_at)
    if dose is not None:
        return "not-given", dose.recorded_at
    if consent is not None and consent.answer in ("refused", "withdrawn"):
        return "refused", consent.at
    if consent is None:
        return "consent", visit.checked_in_at
    if screening is None:
        return "screening", max(visit.checked_in_at, consent.at)
    if screening.next_list == NextList.INJECT:
        return "dose", screening.at
    if screening.next_list in (NextList.RECALL, NextList.PHYSICIAN):
        return "deferred", screening.at
    return "referred", screening.at


def stage_counts(rows: Sequence[VisitRow]) -> dict[str, int]:
    """How many people stand at each stage."""
    counts = Counter(row.stage for row in rows)
    return {stage: counts[stage] for stage in STAGES}

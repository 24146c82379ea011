"""Everybody who came on a day with how she ended, and the doses of the campaign by lot and injector.

A person of the day ends in exactly one place (43/2022's report): injected, sent to a hospital, refused, deferred,
contraindicated; or has not ended yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.clock import VIET_NAM
from vaxdesk.db.tables import Immunization, Lot, Person, Reaction, StockMovement, VaccinationSession
from vaxdesk.domain import schedule
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import GivenDose
from vaxdesk.domain.screening_form import NextList
from vaxdesk.queries import visits
from vaxdesk.queries.visits import VisitRow

#: How a person of the day ends, in the order of the report; ``open`` has not ended.
ENDS = ("given", "hospital", "refused", "deferred", "contraindicated", "open")
_CHUNK = 500


@dataclass(frozen=True)
class DayPerson:
    """One person of the day. ``dose`` is ``1``, ``2`` … within the primary course, ``additional`` or ``booster``."""

    person_id: str
    full_name: str
    birth_date: str
    village: str
    phone: str
    session_id: str
    place: str
    part: str
    product_code: str
    end: str
    dose: str
    lot_number: str
    reaction: str


@dataclass(frozen=True)
class GivenRow:
    """One dose given here, for tallies."""

    person_id: str
    full_name: str
    birth_date: str
    village: str
    phone: str
    day: str
    product_code: str
    lot_number: str
    performer: str


def days(conn: Session) -> tuple[date, ...]:
    """The days with a session, the newest first."""
    statement = select(VaccinationSession.day).distinct().order_by(VaccinationSession.day.desc())
    return tuple(conn.scalars(statement))


def people_of_day(conn: Session, campaign: Campaign, day: date) -> tuple[DayPerson, ...]:
    """Everybody who was checked in on a day, session by session."""
    sessions = conn.scalars(
        select(VaccinationSession)
        .where(VaccinationSession.day == day, VaccinationSession.campaign == campaign.code)
        .order_by(VaccinationSession.planned_at)
    ).all()
    rows = [(session, row) for session in sessions for row in visits.of_session(conn, session.id)]
    people = _people(conn, {row.person_id for _session, row in rows})
    kinds = _dose_kinds(conn, campaign, day, people)
    severity = _reactions(conn, [row.visit_id for _session, row in rows])
    return tuple(
        DayPerson(
            person_id=row.person_id,
            full_name=row.full_name,
            birth_date=row.birth_date,
            village=row.village,
            phone=people[row.person_id].phone or people[row.person_id].guardian_phone,
            session_id=session.id,
            place=session.place,
            part=session.part,
            product_code=row.product_code if _end(row) == "given" else session.product_code,
            end=_end(row),
            dose=kinds.get((row.person_id, row.product_code), str(row.dose_number)) if _end(row) == "given" else "",
            lot_number=row.lot_number,
            reaction=severity.get(row.visit_id, ""),
        )
        for session, row in rows
    )


def _end(row: VisitRow) -> str:
    if row.stage in ("observation", "done"):
        return "given"
    if row.stage == "referred":
        return "contraindicated" if row.screening_next == NextList.CONTRAINDICATED else "hospital"
    if row.stage == "refused":
        return "refused"
    return "deferred" if row.stage in ("deferred", "not-given") else "open"


def _people(conn: Session, ids: Iterable[str]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for chunk in _chunks(sorted(ids)):
        found.update({person.id: person for person in conn.scalars(select(Person).where(Person.id.in_(chunk)))})
    return found


def _dose_kinds(conn: Session, campaign: Campaign, day: date, people: dict[str, Person]) -> dict[tuple[str, str], str]:
    """Which dose of the course each dose of the day was, by person and product; a dose that does not count is left
    out."""
    histories: dict[str, list[GivenDose]] = {}
    for chunk in _chunks(sorted(people)):
        found = conn.execute(
            select(Immunization.person_id, Immunization.occurred, Immunization.product_code).where(
                Immunization.person_id.in_(chunk),
                Immunization.campaign == campaign.code,
                Immunization.current.is_(True),
                Immunization.status == "completed",
            )
        )
        for person_id, occurred, product in found:
            histories.setdefault(person_id, []).append(GivenDose(PartialDate.parse(occurred).latest(), product))
    kinds = {}
    for person_id, doses in histories.items():
        person = people[person_id]
        birth = PartialDate.parse(person.birth_date)
        evaluation = schedule.evaluate(campaign, birth, person.sex, doses, day, person.conditions)
        for verdict in evaluation.doses:
            if verdict.date == day and verdict.valid:
                kind = str(verdict.kind_number) if verdict.kind == "primary" else str(verdict.kind)
                kinds[(person_id, verdict.product)] = kind
    return kinds


def _reactions(conn: Session, visit_ids: list[str]) -> dict[str, str]:
    """The gravest reaction of each visit."""
    found: dict[str, str] = {}
    for chunk in _chunks(visit_ids):
        rows = conn.execute(
            select(Reaction.visit_id, Reaction.severity).where(
                Reaction.visit_id.in_(chunk), Reaction.current.is_(True), Reaction.status == "completed"
            )
        )
        for visit_id, severity in rows:
            if found.get(visit_id) != "severe":
                found[visit_id] = severity
    return found


def stock_of_day(conn: Session, day: date) -> dict[str, tuple[int, int]]:
    """Doses used and destroyed on a day, by product."""
    midnight = datetime.combine(day, time.min, VIET_NAM)
    rows = conn.execute(
        select(Lot.product_code, StockMovement.kind, StockMovement.doses)
        .join(Lot, Lot.id == StockMovement.lot_id)
        .where(
            StockMovement.current.is_(True),
            StockMovement.status == "completed",
            StockMovement.kind.in_(("used", "wasted")),
            StockMovement.occurred_at >= midnight,
            StockMovement.occurred_at < midnight + timedelta(days=1),
        )
    )
    found: dict[str, list[int]] = {}
    for product, kind, doses in rows:
        found.setdefault(product, [0, 0])[kind == "wasted"] -= doses
    return {product: (used, wasted) for product, (used, wasted) in found.items()}


def given(conn: Session, campaign: str, day: date | None = None) -> tuple[GivenRow, ...]:
    """The doses given at this station on a day, or in the whole campaign."""
    conditions: list[Any] = [
        Immunization.campaign == campaign,
        Immunization.current.is_(True),
        Immunization.status == "completed",
        Immunization.evidence == "here",
    ]
    if day is not None:
        conditions.append(Immunization.occurred == day.isoformat())
    statement = (
        select(Immunization, Person)
        .join(Person, Person.id == Immunization.person_id)
        .where(*conditions)
        .order_by(Immunization.product_code, Immunization.lot_number, Immunization.performer_name, Person.name_key)
    )
    return tuple(
        GivenRow(
            person.id,
            person.full_name,
            person.birth_date,
            person.village,
            person.phone or person.guardian_phone,
            dose.occurred,
            dose.product_code,
            dose.lot_number,
            dose.performer_name,
        )
        for dose, person in conn.execute(statement)
    )


def begun(conn: Session, campaign: str) -> date | None:
    """The first day of a session of the campaign."""
    statement = select(VaccinationSession.day).where(VaccinationSession.campaign == campaign)
    return conn.scalars(statement.order_by(VaccinationSession.day).limit(1)).first()


def _chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))

"""What was decided against a rule or a warning, with its reason, and who refused without coming: told in the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.clock import VIET_NAM
from vaxdesk.db.tables import Consent, Immunization, Person, Screening


@dataclass(frozen=True)
class Decision:
    """One decision about one person. ``kind``: dose, screening, refused or withdrawn."""

    person_id: str
    full_name: str
    birth_date: str
    village: str
    phone: str
    kind: str
    reason: str
    at: datetime


def against_rules(conn: Session, campaign: str, day: date) -> tuple[Decision, ...]:
    """Doses recorded and screenings concluded on a day although something spoke against them, oldest first."""
    begin, end = _bounds(day)
    found: list[Decision] = []
    doses = conn.execute(
        select(Immunization, Person)
        .join(Person, Person.id == Immunization.person_id)
        .where(
            Immunization.campaign == campaign,
            Immunization.occurred == day.isoformat(),
            Immunization.current.is_(True),
            Immunization.status == "completed",
            Immunization.override_reason != "",
        )
    )
    for dose, person in doses:
        found.append(_decision(person, "dose", dose.override_reason, dose.occurred_at or dose.recorded_at))
    screenings = conn.execute(
        select(Screening, Person)
        .join(Person, Person.id == Screening.person_id)
        .where(
            Screening.campaign == campaign,
            Screening.at >= begin,
            Screening.at < end,
            Screening.current.is_(True),
            Screening.status == "completed",
            Screening.override_reason != "",
        )
    )
    for screening, person in screenings:
        found.append(_decision(person, "screening", screening.override_reason, screening.at))
    return tuple(sorted(found, key=lambda one: one.at))


def refused_away(conn: Session, campaign: str, day: date) -> tuple[Decision, ...]:
    """Who refused or withdrew on a day without having come: on the phone, at home."""
    begin, end = _bounds(day)
    rows = conn.execute(
        select(Consent, Person)
        .join(Person, Person.id == Consent.person_id)
        .where(
            Consent.campaign == campaign,
            Consent.visit_id.is_(None),
            Consent.answer.in_(("refused", "withdrawn")),
            Consent.at >= begin,
            Consent.at < end,
            Consent.current.is_(True),
            Consent.status == "completed",
        )
        .order_by(Consent.at)
    )
    return tuple(_decision(person, consent.answer, consent.note, consent.at) for consent, person in rows)


def _bounds(day: date) -> tuple[datetime, datetime]:
    midnight = datetime.combine(day, time.min, VIET_NAM)
    return midnight, midnight + timedelta(days=1)


def _decision(person: Person, kind: str, reason: str, at: datetime) -> Decision:
    return Decision(
        person.id,
        person.full_name,
        person.birth_date,
        person.village,
        person.phone or person.guardian_phone,
        kind,
        reason,
        at,
    )

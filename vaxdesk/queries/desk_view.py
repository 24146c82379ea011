"""Everything that the screens of one visit show, read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk import settings
from vaxdesk.db.tables import Consent, Reaction, Screening, Setting, User
from vaxdesk.domain import schedule
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import DoseVerdict, Evaluation, GivenDose
from vaxdesk.queries import people, recent, visits
from vaxdesk.queries.people import DoseRow, PersonCard
from vaxdesk.queries.visits import VisitRow


@dataclass(frozen=True)
class ReactionFacts:
    """A reaction after a dose: ``severity`` is ordinary or severe."""

    severity: str
    signs: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class JudgedDose:
    """A dose of the history with what the schedule says of it, and the reactions that are known of it."""

    row: DoseRow
    verdict: DoseVerdict | None
    reactions: tuple[ReactionFacts, ...] = ()


@dataclass(frozen=True)
class ConsentFacts:
    """The latest consent."""

    answer: str
    at: datetime
    by: str
    how: str
    guardian_name: str
    guardian_relation: str
    guardian_phone: str
    note: str
    text_id: str = ""
    text_version: str = ""
    recorded_by: str = ""


@dataclass(frozen=True)
class ScreeningFacts:
    """The screening of the visit."""

    at: datetime
    by: str
    form: str
    product_code: str
    outcome: str
    outcomes: tuple[str, ...]
    reason: str
    next_list: str
    answers: Mapping[str, Any]
    vitals: Mapping[str, Any]
    decisions: Mapping[str, str]
    conditions: tuple[str, ...]
    deferred_until: date | None = None


@dataclass(frozen=True)
class VisitFacts:
    """One visit with its person, history, consent and screening.

    ``recent_vaccination`` is the latest vaccination of any kind before this visit's, as far as it is known (R-11);
    ``capabilities`` is what the station can do beyond a commune station.
    """

    visit: VisitRow
    card: PersonCard
    doses: tuple[JudgedDose, ...]
    evaluation: Evaluation
    consent: ConsentFacts | None
    screening: ScreeningFacts | None
    recent_vaccination: date | None = None
    capabilities: tuple[str, ...] = ()


def judged(conn: Session, campaign: Campaign, card: PersonCard, on: date) -> tuple[tuple[JudgedDose, ...], Evaluation]:
    """A person's history with verdicts, and the evaluation."""
    rows = people.doses(conn, card.id, campaign.code)
    counted = [row for row in rows if row.status == "completed"]
    given = [GivenDose(PartialDate.parse(row.occurred).latest(), row.product_code) for row in counted]
    birth = card.details.birth or PartialDate(1900)
    evaluation = schedule.evaluate(campaign, birth, card.details.sex, given, on, card.conditions)
    waiting = list(evaluation.doses)
    reactions = _reactions(conn, card.id) if rows else {}
    shown = []
    for row in rows:
        verdict = None
        if row.status == "completed":
            day = PartialDate.parse(row.occurred).latest()
            verdict = next((v for v in waiting if v.date == day and v.product == row.product_code), None)
            if verdict is not None:
                waiting.remove(verdict)
        shown.append(JudgedDose(row, verdict, tuple(reactions.get(row.record_id, ()))))
    return tuple(shown), evaluation


def _reactions(conn: Session, person_id: str) -> dict[str, list[ReactionFacts]]:
    """A person's reactions by the record of the dose."""
    found: dict[str, list[ReactionFacts]] = {}
    rows = conn.scalars(
        select(Reaction)
        .where(Reaction.person_id == person_id, Reaction.current.is_(True), Reaction.status == "completed")
        .order_by(Reaction.onset_at)
    )
    for row in rows:
        found.setdefault(row.immunization_id, []).append(ReactionFacts(row.severity, tuple(row.signs), row.note))
    return found


def visit_facts(conn: Session, campaign: Campaign, visit_id: str, on: date) -> VisitFacts | None:
    """One visit, whole; None when it is not there any more."""
    row = visits.one(conn, visit_id)
    card = people.card(conn, row.person_id) if row is not None else None
    if row is None or card is None:
        return None
    shown, evaluation = judged(conn, campaign, card, on)
    names = {user.id: user.full_name for user in conn.scalars(select(User))}
    screening = conn.scalars(
        select(Screening).where(
            Screening.visit_id == visit_id, Screening.current.is_(True), Screening.status == "completed"
        )
    ).first()
    return VisitFacts(
        visit=row,
        card=card,
        doses=shown,
        evaluation=evaluation,
        consent=latest_consent(conn, card.id, campaign.code),
        screening=ScreeningFacts(
            screening.at,
            names.get(screening.recorded_by, ""),
            screening.form,
            screening.product_code,
            screening.outcome,
            tuple(screening.outcomes),
            screening.reason,
            screening.next_list,
            screening.answers,
            screening.vitals,
            screening.decisions,
            tuple(screening.conditions),
            screening.deferred_until,
        )
        if screening
        else None,
        recent_vaccination=recent.latest_vaccination(conn, card.id, on, but_visit=visit_id),
        capabilities=_capabilities(conn),
    )


def latest_consent(conn: Session, person_id: str, campaign: str) -> ConsentFacts | None:
    """The answer that counts: the latest of a person in a campaign, with who wrote it down; None: not asked yet."""
    found = conn.execute(
        select(Consent, User.full_name)
        .outerjoin(User, User.id == Consent.recorded_by)
        .where(
            Consent.person_id == person_id,
            Consent.campaign == campaign,
            Consent.current.is_(True),
            Consent.status == "completed",
        )
        .order_by(Consent.at.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    row, recorded_by = found
    return ConsentFacts(
        answer=row.answer,
        at=row.at,
        by=row.by,
        how=row.how,
        guardian_name=row.guardian_name,
        guardian_relation=row.guardian_relation,
        guardian_phone=row.guardian_phone,
        note=row.note,
        text_id=row.text_id,
        text_version=row.text_version,
        recorded_by=recorded_by or "",
    )


def _capabilities(conn: Session) -> tuple[str, ...]:
    row = conn.get(Setting, settings.CAPABILITIES.key)
    return tuple(row.value) if row is not None else tuple(settings.CAPABILITIES.default)


@dataclass(frozen=True)
class Staff:
    """A user for the choice of who gave a dose."""

    id: str
    full_name: str


def injectors(conn: Session) -> tuple[Staff, ...]:
    """The active users who may inject."""
    return tuple(
        Staff(row.id, row.full_name)
        for row in conn.scalars(select(User).where(User.active.is_(True)).order_by(User.full_name))
        if "inject" in row.roles
    )

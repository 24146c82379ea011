"""Everything that one person's page shows, read in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Certificate, EarlierPaper, Person, Registration
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.schedule import Evaluation
from vaxdesk.queries import desk_view, people, sessions, timeline, visits
from vaxdesk.queries.desk_view import ConsentFacts, JudgedDose
from vaxdesk.queries.people import PersonCard, PersonRow
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.queries.timeline import Event
from vaxdesk.queries.visits import VisitRow


@dataclass(frozen=True)
class PaperRow:
    """A certificate, or an earlier paper that was seen. ``state``: valid, replaced, revoked, earlier."""

    id: str
    number: str
    kind: str
    at: datetime
    code_until: datetime | None
    state: str
    reason: str = ""


@dataclass(frozen=True)
class PersonFacts:
    """One person, whole. ``visit`` is the one of today's session, where she was checked in."""

    card: PersonCard
    doses: tuple[JudgedDose, ...]
    evaluation: Evaluation
    papers: tuple[PaperRow, ...]
    events: tuple[Event, ...]
    household: tuple[tuple[str, str], ...]
    session: SessionRow | None
    visit: VisitRow | None
    visits: int
    other_vaccine_on: date | None
    waiting: bool
    consent: ConsentFacts | None = None


def person_facts(conn: Session, campaign: Campaign, person_id: str, on: date) -> PersonFacts | None:
    """One person's page; None when the person is not there any more."""
    card = people.card(conn, person_id)
    if card is None:
        return None
    doses, evaluation = desk_view.judged(conn, campaign, card, on)
    session = sessions.current_session(conn, on)
    all_visits = visits.of_person(conn, person_id)
    visit = next((v for v in reversed(all_visits) if session is not None and v.session_id == session.id), None)
    registrations = conn.scalars(
        select(Registration).where(Registration.person_id == person_id).order_by(Registration.registered_at.desc())
    ).all()
    stated = next((row.details["other_vaccine_on"] for row in registrations if "other_vaccine_on" in row.details), "")
    return PersonFacts(
        card=card,
        doses=doses,
        evaluation=evaluation,
        papers=papers(conn, person_id),
        events=timeline.of_person(conn, person_id),
        household=_household(conn, card),
        session=session,
        visit=visit,
        visits=len(all_visits),
        other_vaccine_on=date.fromisoformat(stated) if stated else None,
        waiting=any(row.state == "waiting" for row in registrations),
        consent=desk_view.latest_consent(conn, person_id, campaign.code),
    )


def papers(conn: Session, person_id: str) -> tuple[PaperRow, ...]:
    """The certificates issued to a person and the earlier papers seen, the newest first."""
    found = [
        PaperRow(
            row.id,
            row.number,
            row.kind,
            row.issued_at,
            row.code_until,
            "revoked" if row.revoked_at else "replaced" if row.replaced_by else "valid",
            row.revoked_reason,
        )
        for row in conn.scalars(select(Certificate).where(Certificate.person_id == person_id))
    ]
    found += [
        PaperRow(row.id, row.number or row.issuer, "earlier", row.seen_at, None, "earlier", row.note)
        for row in conn.scalars(select(EarlierPaper).where(EarlierPaper.person_id == person_id))
    ]
    return tuple(sorted(found, key=lambda row: row.at, reverse=True))


def by_number(conn: Session, number: str, but: str = "") -> tuple[PersonRow, ...]:
    """The people with this personal number, or with it as their old number: an exact match, never by name."""
    return tuple(row for row in people.by_number(conn, number) if row.id != but)


def _household(conn: Session, card: PersonCard) -> tuple[tuple[str, str], ...]:
    if not card.household_id:
        return ()
    rows = conn.execute(
        select(Person.id, Person.full_name)
        .where(Person.household_id == card.household_id, Person.id != card.id, Person.merged_into.is_(None))
        .order_by(Person.birth_year)
        .limit(20)
    )
    return tuple((row.id, row.full_name) for row in rows)

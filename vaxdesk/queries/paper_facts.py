"""The rows behind papers, for the services that write: set-wise, so that two hundred people take no more statements."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Certificate, EarlierPaper, Immunization, Person, PortalCopy


def people(session: Session, person_ids: Sequence[str]) -> Sequence[Person]:
    """The people with these ids."""
    return session.scalars(select(Person).where(Person.id.in_(person_ids))).all()


def doses(session: Session, person_ids: Sequence[str], campaign: str) -> Sequence[Immunization]:
    """Their completed doses in a campaign, by day."""
    statement = (
        select(Immunization)
        .where(
            Immunization.person_id.in_(person_ids),
            Immunization.campaign == campaign,
            Immunization.current.is_(True),
            Immunization.status == "completed",
        )
        .order_by(Immunization.occurred, Immunization.recorded_at)
    )
    return session.scalars(statement).all()


def papers(session: Session, person_ids: Sequence[str], campaign: str) -> Sequence[Certificate]:
    """Their papers in a campaign, the newest first, whatever became of them."""
    statement = (
        select(Certificate)
        .where(Certificate.person_id.in_(person_ids), Certificate.campaign == campaign)
        .order_by(Certificate.issued_at.desc(), Certificate.number.desc())
    )
    return session.scalars(statement).all()


def earlier_papers(session: Session, person_ids: Sequence[str]) -> Sequence[EarlierPaper]:
    """The papers of other issuers that they brought and that no paper of this station has replaced yet."""
    statement = select(EarlierPaper).where(EarlierPaper.person_id.in_(person_ids), EarlierPaper.replaced_by.is_(None))
    return session.scalars(statement).all()


def waiting_codes(session: Session, category: str) -> list[str]:
    """The ids of the portal's current documents of a category that no paper here carries, the oldest first."""
    taken = select(Certificate.id).where(Certificate.id == PortalCopy.resource_id).exists()
    statement = (
        select(PortalCopy.resource_id)
        .where(
            PortalCopy.resource_type == "DocumentReference",
            ~taken,
            PortalCopy.body["category"][0]["text"].as_string() == category,
            PortalCopy.body["status"].as_string() == "current",
        )
        .order_by(PortalCopy.last_updated, PortalCopy.resource_id)
    )
    return list(session.scalars(statement))

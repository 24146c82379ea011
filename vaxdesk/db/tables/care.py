"""What happens to a person in a session: check-in, consent, screening, dose, observation, reaction."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from vaxdesk.db.tables.base import Base, Fact, JsonDict


class Visit(Fact, Base):
    """A person's attendance of a session (FHIR Encounter). Where she stands is derived from the facts below."""

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_session", "session_id"), Index("ix_visit_person", "person_id"))

    session_id: Mapped[str] = mapped_column(ForeignKey("vaccination_session.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    number: Mapped[int]
    checked_in_at: Mapped[datetime]
    identity_how: Mapped[str] = mapped_column(String(20))


class Consent(Fact, Base):
    """A consent's answer: given, refused, withdrawn."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_person", "person_id", "campaign", "current", "status", "at", "answer"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    visit_id: Mapped[str | None] = mapped_column(String(36), index=True)
    campaign: Mapped[str] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(12))
    guardian_name: Mapped[str] = mapped_column(default="")
    guardian_relation: Mapped[str] = mapped_column(default="")
    guardian_phone: Mapped[str] = mapped_column(default="")
    how: Mapped[str] = mapped_column(String(12))
    text_id: Mapped[str] = mapped_column(String(40), default="")
    text_version: Mapped[str] = mapped_column(String(40), default="")
    declared: Mapped[list[str]]
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class Screening(Fact, Base):
    """A screening: the form's answers and limits as asked, the outcomes as judged, and an override's reason.

    ``decisions`` are the screener's choices where the form fixes no outcome; ``conditions`` of the person and
    ``capabilities`` of the station are what the judgement stood on besides the answers.
    """

    __tablename__ = "screening"
    __table_args__ = (
        Index("ix_screening_visit", "visit_id"),
        Index(
            "ix_screening_person",
            "person_id",
            "campaign",
            "current",
            "status",
            "at",
            "product_code",
            "next_list",
            "deferred_until",
        ),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    visit_id: Mapped[str | None] = mapped_column(String(36))
    campaign: Mapped[str] = mapped_column(String(40))
    campaign_version: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(40))
    product_code: Mapped[str] = mapped_column(String(40))
    answers: Mapped[JsonDict]
    vitals: Mapped[JsonDict]
    decisions: Mapped[JsonDict]
    conditions: Mapped[list[str]]
    capabilities: Mapped[list[str]]
    outcomes: Mapped[list[str]]
    outcome: Mapped[str] = mapped_column(String(40))
    next_list: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(default="")
    override_reason: Mapped[str] = mapped_column(default="")
    deferred_until: Mapped[date | None]
    at: Mapped[datetime]


class Immunization(Fact, Base):
    """A dose given here or elsewhere, or not given with a reason. ``occurred`` is the day (or month, year) known."""

    __tablename__ = "immunization"
    __table_args__ = (
        # What the lists of everybody read of a dose, beside the wide rows.
        Index("ix_immunization_person", "person_id", "campaign", "current", "status", "product_code", "occurred"),
        Index("ix_immunization_session", "session_id", "current", "status"),
        # The doses of which a paper is owed.
        Index(
            "ix_immunization_here",
            "campaign",
            "person_id",
            "occurred",
            "record_id",
            "visit_id",
            "id",
            sqlite_where=text("current = 1 AND status = 'completed' AND evidence = 'here'"),
        ),
        Index(
            "ix_immunization_portal",
            "campaign",
            "person_id",
            "dose_number",
            "record_id",
            sqlite_where=text("current = 1 AND status = 'completed' AND origin = 'portal'"),
        ),
        Index("ix_immunization_lot", "product_code", "lot_number"),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    visit_id: Mapped[str | None] = mapped_column(String(36), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("vaccination_session.id"))
    campaign: Mapped[str] = mapped_column(String(40))
    product_code: Mapped[str] = mapped_column(String(40))
    component: Mapped[str] = mapped_column(String(20), default="")
    lot_id: Mapped[str | None] = mapped_column(ForeignKey("lot.id"))
    lot_number: Mapped[str] = mapped_column(String(40), default="")
    lot_expiry: Mapped[date | None]
    manufacturer: Mapped[str] = mapped_column(default="")
    occurred: Mapped[str] = mapped_column(String(10), index=True)
    occurred_at: Mapped[datetime | None]
    dose_number: Mapped[int]
    dose_ml: Mapped[float | None]
    route: Mapped[str] = mapped_column(String(12), default="")
    site: Mapped[str] = mapped_column(String(12), default="")
    performer_id: Mapped[str] = mapped_column(String(36), default="")
    performer_name: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")
    place_code: Mapped[str] = mapped_column(String(20), default="")
    evidence: Mapped[str] = mapped_column(String(12), default="here")
    not_done_reason: Mapped[str] = mapped_column(default="")
    override_reason: Mapped[str] = mapped_column(default="")


class Release(Fact, Base):
    """The end of the observation: on time, or early with a reason."""

    __tablename__ = "release"
    __table_args__ = (Index("ix_release_visit", "visit_id", "current", "status"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    visit_id: Mapped[str] = mapped_column(String(36))
    released_at: Mapped[datetime]
    early_reason: Mapped[str] = mapped_column(default="")


class Reaction(Fact, Base):
    """A reaction after a dose."""

    __tablename__ = "reaction"
    __table_args__ = (Index("ix_reaction_person", "person_id"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    visit_id: Mapped[str | None] = mapped_column(String(36), index=True)
    immunization_id: Mapped[str] = mapped_column(String(36))
    severity: Mapped[str] = mapped_column(String(12))
    signs: Mapped[list[str]]
    onset_at: Mapped[datetime]
    treatment: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")

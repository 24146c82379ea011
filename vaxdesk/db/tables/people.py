"""People, their groups, the history of their fields, and their registrations."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from vaxdesk.db.tables.base import Base, Id, JsonDict


class Person(Base):
    """A person. The full name as on the card is the truth; a phone is an attribute, never a key."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("sex in ('male', 'female', '')", name="sex"),
        Index("ix_person_name_key_birth", "name_key", "birth_year"),
        # What the lists of everybody read of a person, beside the wide rows.
        Index("ix_person_listed", "merged_into", "id", "birth_date", "sex", "name_key", "village", "conditions"),
        Index("ix_person_village", "village", "name_key", "merged_into", "id"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    full_name: Mapped[str]
    name_key: Mapped[str]
    birth_date: Mapped[str] = mapped_column(String(10))
    birth_year: Mapped[int] = mapped_column(index=True)
    sex: Mapped[str] = mapped_column(String(6), default="")
    national_id: Mapped[str] = mapped_column(String(12), default="", index=True)
    old_id: Mapped[str] = mapped_column(String(12), default="", index=True)
    insurance_no: Mapped[str] = mapped_column(String(20), default="")
    passport: Mapped[str] = mapped_column(String(20), default="", index=True)
    phone: Mapped[str] = mapped_column(String(20), default="", index=True)
    email: Mapped[str] = mapped_column(default="")
    nationality: Mapped[str] = mapped_column(String(3), default="VNM")
    ethnicity: Mapped[str] = mapped_column(default="")
    province_code: Mapped[str] = mapped_column(String(8), default="")
    commune_code: Mapped[str] = mapped_column(String(8), default="")
    province_name: Mapped[str] = mapped_column(default="")
    commune_name: Mapped[str] = mapped_column(default="")
    village: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    occupation: Mapped[str] = mapped_column(default="")
    employer: Mapped[str] = mapped_column(default="")
    guardian_name: Mapped[str] = mapped_column(default="")
    guardian_relation: Mapped[str] = mapped_column(default="")
    guardian_phone: Mapped[str] = mapped_column(default="")
    household_id: Mapped[str] = mapped_column(String(36), default="", index=True)
    identity_source: Mapped[str] = mapped_column(String(20), default="typed")
    identity_doubts: Mapped[list[str]]
    allergies: Mapped[str] = mapped_column(default="")
    conditions: Mapped[list[str]] = mapped_column(default=list)
    card_issued: Mapped[date | None]
    origin: Mapped[str] = mapped_column(String(12), default="desk")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class PersonToken(Base):
    """The search index: accent-free words, the birth year, and number tails of a person."""

    __tablename__ = "person_token"
    __table_args__ = (Index("ix_person_token_person", "person_id"),)

    token: Mapped[str] = mapped_column(String(60), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)


class PersonGroup(Base):
    """A priority group, stated by the person or confirmed by the station; both are kept."""

    __tablename__ = "person_group"
    __table_args__ = (
        Index("ix_person_group_person_id", "person_id", "campaign", "kind", "group_code"),
        Index("ix_person_group_group_code", "campaign", "group_code", "person_id"),
    )

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    campaign: Mapped[str] = mapped_column(String(40))
    group_code: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    user_id: Mapped[str] = mapped_column(String(36))


class PersonTouch(Base):
    """Somebody's record changed: what a list held in memory reads anew. Triggers write it; only the newest are kept.

    It may be emptied while nobody has the file open, and never travels.
    """

    __tablename__ = "person_touch"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[str] = mapped_column(String(36))


class PersonChange(Base):
    """One field's change: old, new, who, when, at which desk, why, and where it came from."""

    __tablename__ = "person_change"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    field: Mapped[str] = mapped_column(String(40))
    old: Mapped[str]
    new: Mapped[str]
    at: Mapped[datetime]
    user_id: Mapped[str] = mapped_column(String(36))
    desk: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(default="")
    origin: Mapped[str] = mapped_column(String(12), default="desk")


class Registration(Base):
    """A wish to be vaccinated here, from the desk or from the portal (with the portal's number)."""

    __tablename__ = "registration"
    __table_args__ = (Index("ix_registration_state", "state", "source", "person_id"),)

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    campaign: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(12))
    portal_number: Mapped[str] = mapped_column(String(60), default="", index=True)
    registered_at: Mapped[datetime]
    wanted_date: Mapped[date | None]
    wanted_part: Mapped[str] = mapped_column(String(12), default="")
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    state_reason: Mapped[str] = mapped_column(default="")
    details: Mapped[JsonDict]

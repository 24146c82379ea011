"""Certificates issued, earlier papers seen, prints, and the signed lists held."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from vaxdesk.db.tables.base import Base, Id, JsonDict


class Certificate(Base):
    """A paper certificate and its code. ``content`` is what was printed, for a reprint to the letter.

    ``kind`` is ``station`` (provisional code), ``national`` (the portal's code) or ``paper`` (no code).
    The paper does not expire; ``code_until`` is the code's end. Only a correction or a withdrawal revokes.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        # What the lists ask of a paper, beside the rows that hold its whole content.
        Index(
            "ix_certificate_person", "person_id", "campaign", "revoked_at", "replaced_by", "kind", "id", "dose_records"
        ),
        Index(
            "ix_certificate_revoked",
            "campaign",
            "revoked_at",
            "person_id",
            "id",
            sqlite_where=text("revoked_at IS NOT NULL"),
        ),
        Index(
            "ix_certificate_standing",
            "campaign",
            "kind",
            "code_until",
            "person_id",
            "id",
            sqlite_where=text("revoked_at IS NULL AND replaced_by IS NULL"),
        ),
        Index("ix_certificate_issued", "issued_at", "number"),
    )

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    visit_id: Mapped[str | None] = mapped_column(String(36))
    campaign: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(40), unique=True)
    desk: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(12))
    uvci: Mapped[str] = mapped_column(String(80), default="", index=True)
    hc1: Mapped[str] = mapped_column(default="")
    kid: Mapped[str] = mapped_column(String(20), default="")
    code_until: Mapped[datetime | None]
    no_code_reasons: Mapped[list[str]]
    content: Mapped[JsonDict]
    dose_records: Mapped[list[Any]]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str] = mapped_column(String(36))
    replaced_by: Mapped[str | None] = mapped_column(String(36))
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(default="")


class EarlierPaper(Base):
    """A paper certificate that a person brought: kept as evidence, marked as replaced (R-63)."""

    __tablename__ = "earlier_paper"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str]
    number: Mapped[str] = mapped_column(default="")
    doses_stated: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime]
    seen_by: Mapped[str] = mapped_column(String(36))
    replaced_by: Mapped[str | None] = mapped_column(String(36))


class Print(Base):
    """One act of printing."""

    __tablename__ = "print_log"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    certificate_id: Mapped[str | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(String(36))
    pages: Mapped[int]
    at: Mapped[datetime]
    user_id: Mapped[str] = mapped_column(String(36))


class SignedList(Base):
    """A signed trust or revocation list as it came; ``station`` holds our own certificates and the root.

    A large one lies in parts: ``details["parts"]`` is their SHA-256, and ``body`` is empty.
    """

    __tablename__ = "signed_list"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int]
    issued_at: Mapped[datetime]
    received_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    details: Mapped[Any] = mapped_column(JSON)


class SignedListPart(Base):
    """A piece of a large list, written before the list is switched to it; ``list_sha256`` is of the whole."""

    __tablename__ = "signed_list_part"

    list_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)

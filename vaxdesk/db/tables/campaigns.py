"""Campaign files as the authority signed them: those in force, those that wait, traces of refused ones."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from vaxdesk.db.tables.base import Base, JsonDict


class CampaignPack(Base):
    """One file, known by the SHA-256 of its bytes. It lies in the station's file, so every backup holds it.

    ``state`` is ``waiting`` (verified; the manager has not brought it into force), ``in-force`` (it holds by its
    dates), ``not-needed`` (a newer version holds on all its days, or the program has it already), ``withdrawn`` (the
    portal took it back while it waited) or ``refused``. The last three have no ``body``: they only remember that the
    file was seen, so that it is not fetched again. ``origin`` is ``file`` or ``portal``.
    """

    __tablename__ = "campaign_pack"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(80), index=True)
    version: Mapped[str] = mapped_column(String(24))
    valid_from: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(12))
    origin: Mapped[str] = mapped_column(String(12))
    signer: Mapped[str] = mapped_column(default="")
    received_at: Mapped[datetime]
    #: When and by whom it was brought into force.
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(36), default="")
    #: When the portal was first seen to have withdrawn it.
    withdrawn_at: Mapped[datetime | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Its name in both languages; of a refused one the sentence and its values, and what would be worth another try.
    details: Mapped[JsonDict]

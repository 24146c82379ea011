"""The station itself, its users, and settings that live in the file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from vaxdesk.db.tables.base import Base, Id


class Station(Base):
    """One row: this station. Letterheads are settings, since stations change their superior (43/2025/TT-BYT)."""

    __tablename__ = "station"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str]
    authority_line: Mapped[str] = mapped_column(default="")
    province_code: Mapped[str] = mapped_column(String(8))
    commune_code: Mapped[str] = mapped_column(String(8))
    province_name: Mapped[str] = mapped_column(default="")
    commune_name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    referral_name: Mapped[str] = mapped_column(default="")
    referral_phone: Mapped[str] = mapped_column(default="")
    desk: Mapped[str] = mapped_column(String(8), default="01")
    practice: Mapped[bool] = mapped_column(default=False)
    campaign: Mapped[str] = mapped_column(String(40), default="covid19")
    created_at: Mapped[datetime]


class User(Base):
    """A member of staff. The passphrase is not here: it wraps the file's key in its own slot."""

    __tablename__ = "app_user"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    full_name: Mapped[str]
    roles: Mapped[list[str]]
    pin_verifier: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Setting(Base):
    """One value of a declared setting (``vaxdesk.settings``)."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime]

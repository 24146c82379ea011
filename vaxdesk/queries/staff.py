"""The station's users as they are listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import User


@dataclass(frozen=True)
class UserRow:
    """One user; ``pin`` says whether she has set one."""

    id: str
    name: str
    full_name: str
    roles: tuple[str, ...]
    pin: bool
    active: bool
    created_at: datetime


def users(conn: Session) -> tuple[UserRow, ...]:
    """All users, those who may sign in first."""
    rows = conn.scalars(select(User).order_by(User.active.desc(), User.full_name))
    return tuple(
        UserRow(row.id, row.name, row.full_name, tuple(row.roles), bool(row.pin_verifier), row.active, row.created_at)
        for row in rows
    )

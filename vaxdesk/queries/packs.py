"""The campaign files that the station holds or has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import CampaignPack, Immunization, User


@dataclass(frozen=True)
class PackRow:
    """One file, without its bytes. ``decided_by`` is the full name of who brought it into force."""

    digest: str
    code: str
    version: str
    valid_from: date | None
    state: str
    origin: str
    signer: str
    received_at: datetime
    decided_at: datetime | None
    decided_by: str
    withdrawn_at: datetime | None
    details: dict[str, Any]


@dataclass(frozen=True)
class PackBody:
    """The bytes of one file."""

    digest: str
    code: str
    version: str
    body: bytes


def listed(conn: Session, *states: str) -> tuple[PackRow, ...]:
    """The files in these states (all where none is named), the newest arrival first."""
    table = CampaignPack
    statement = (
        select(
            table.digest,
            table.code,
            table.version,
            table.valid_from,
            table.state,
            table.origin,
            table.signer,
            table.received_at,
            table.decided_at,
            User.full_name,
            table.withdrawn_at,
            table.details,
        )
        .outerjoin(User, User.id == table.decided_by)
        .order_by(table.received_at.desc(), table.digest)
    )
    if states:
        statement = statement.where(table.state.in_(states))
    rows = []
    for row in conn.execute(statement):
        values = list(row)
        values[9] = values[9] or ""
        rows.append(PackRow(*values))
    return tuple(rows)


def bodies(conn: Session, *states: str) -> tuple[PackBody, ...]:
    """The files in these states with their bytes, in the order in which they came."""
    table = CampaignPack
    statement = (
        select(table.digest, table.code, table.version, table.body)
        .where(table.state.in_(states), table.body.is_not(None))
        .order_by(table.received_at, table.digest)
    )
    return tuple(PackBody(*row) for row in conn.execute(statement))


def waiting(conn: Session) -> Sequence[PackRow]:
    """The files that wait for the manager, the one that begins first in front."""
    return sorted(listed(conn, "waiting"), key=lambda row: (row.valid_from or date.max, row.code, row.version))


def doses_since(conn: Session, campaign: str, day: date) -> int:
    """How many doses of a campaign the records hold from a day on."""
    table = Immunization
    statement = select(func.count()).select_from(table)
    where = (table.campaign == campaign, table.current.is_(True), table.status == "completed")
    return conn.scalar(statement.where(*where, table.occurred >= day.isoformat())) or 0

"""What the page of the exchange shows: entries with whom they are about, conflicts that wait for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import OPEN_STATES, Conflict, Immunization, Outbox, Person, User

#: What a person has to look at, what is on its way, what is done.
GROUPS = {
    "problem": ("refused", "blocked"),
    "open": ("unknown", "sending", "ready"),
    "accepted": ("accepted",),
}
_ORDER = {"refused": 0, "blocked": 1, "unknown": 2, "sending": 3, "ready": 4, "accepted": 5}


@dataclass(frozen=True)
class EntryRow:
    """One thing to send, with the person it is about. ``frozen``: it was sent before and stays as it was then."""

    seq: int
    resource_type: str
    resource_id: str
    person_id: str
    person_name: str
    state: str
    attempts: int
    last_status: int | None
    outcome: str
    created_at: datetime
    ready_at: datetime
    next_at: datetime | None
    accepted_at: datetime | None
    blocked_by: str
    frozen: bool


@dataclass(frozen=True)
class ConflictRow:
    """Local work that is not accepted, and a different copy at the portal."""

    id: str
    resource_type: str
    resource_id: str
    person_id: str
    person_name: str
    found_at: datetime
    local: Any
    remote: Any


def entries(conn: Session, group: str = "", limit: int = 1000) -> tuple[EntryRow, ...]:
    """The entries of a group of states (all of them when empty): what needs somebody first, then the newest."""
    states = GROUPS.get(group, tuple(_ORDER))
    rows = conn.scalars(select(Outbox).where(Outbox.state.in_(states)).order_by(Outbox.seq.desc()).limit(limit)).all()
    names = _names(conn, rows)
    blockers = {row.blocked_by for row in rows if row.blocked_by is not None}
    kinds = {row.seq: row.resource_type for row in conn.scalars(select(Outbox).where(Outbox.seq.in_(blockers or {-1})))}
    found = [
        EntryRow(
            seq=row.seq,
            resource_type=row.resource_type,
            resource_id=row.resource_id,
            person_id=row.person_id or (row.resource_id if row.resource_type == "Patient" else ""),
            person_name=names.get(row.person_id) or names.get(row.resource_id, ""),
            state=row.state,
            attempts=row.attempts,
            last_status=row.last_status,
            outcome=row.last_outcome,
            created_at=row.created_at,
            ready_at=row.ready_at,
            next_at=row.next_at,
            accepted_at=row.accepted_at,
            blocked_by=kinds.get(row.blocked_by or -1, ""),
            frozen=row.body is not None,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda row: (_ORDER.get(row.state, 9), -row.seq)))


def counts(conn: Session) -> dict[str, int]:
    """How many entries each group holds, and how many conflicts wait."""
    by_state: dict[str, int] = {
        str(state): count for state, count in conn.execute(select(Outbox.state, func.count()).group_by(Outbox.state))
    }
    found = {group: sum(by_state.get(state, 0) for state in states) for group, states in GROUPS.items()}
    waiting = select(func.count()).select_from(Conflict).where(Conflict.resolved_at.is_(None))
    found["conflict"] = conn.scalar(waiting) or 0
    return found


def conflicts(conn: Session) -> tuple[ConflictRow, ...]:
    """The conflicts that wait, the oldest first."""
    rows = conn.scalars(select(Conflict).where(Conflict.resolved_at.is_(None)).order_by(Conflict.found_at)).all()
    found = []
    for row in rows:
        person_id = row.resource_id if row.resource_type == "Patient" else ""
        if row.resource_type == "Immunization":
            dose = conn.scalars(select(Immunization).where(Immunization.record_id == row.resource_id).limit(1)).first()
            person_id = dose.person_id if dose is not None else ""
        person = conn.get(Person, person_id) if person_id else None
        found.append(
            ConflictRow(
                id=row.id,
                resource_type=row.resource_type,
                resource_id=row.resource_id,
                person_id=person_id,
                person_name=person.full_name if person is not None else "",
                found_at=row.found_at,
                local=row.local,
                remote=row.remote,
            )
        )
    return tuple(found)


def open_entries(conn: Session, person_id: str) -> int:
    """How many of a person's records the portal has not accepted."""
    statement = select(func.count()).select_from(Outbox)
    return conn.scalar(statement.where(Outbox.person_id == person_id, Outbox.state.in_(OPEN_STATES))) or 0


def _names(conn: Session, rows: Any) -> dict[str, str]:
    ids = {row.person_id for row in rows if row.person_id}
    ids |= {row.resource_id for row in rows if row.resource_type in ("Patient", "Practitioner")}
    names: dict[str, str] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        for table in (Person, User):
            found = conn.execute(select(table.id, table.full_name).where(table.id.in_(chunk)))
            names |= {str(key): str(name) for key, name in found}
    return names

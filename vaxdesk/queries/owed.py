"""Which entries of the outbox may be sent now, and in which company: the read side of the queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from vaxdesk.db.tables import OPEN_STATES, Conflict, Outbox, PortalCopy

#: Parents first: the order within a unit, and the reason why a child waits for its parent.
ORDER = (
    "Organization",
    "Location",
    "Practitioner",
    "Patient",
    "Encounter",
    "Appointment",
    "Consent",
    "QuestionnaireResponse",
    "Immunization",
    "AdverseEvent",
    "DocumentReference",
    "Provenance",
)
RANK = {name: place for place, name in enumerate(ORDER)}
#: One visit is one transaction of at most this many entries: every server seen takes them.
UNIT = 8
#: From this many tries on an entry travels alone, so that one bad record holds nobody up.
ALONE = 2
#: Entries looked at in one read.
WINDOW = 600


def rank(resource_type: str) -> int:
    """The place of a type in the order; unknown ones last."""
    return RANK.get(resource_type, len(ORDER))


def next_units(conn: Session, now: datetime, visits: int) -> list[list[int]]:
    """The entries of the next units (at most ``visits``) by number; entries that failed twice come last and alone."""
    alone: list[int] = []
    after: tuple[bool, int] | None = None
    units: list[list[int]] = []
    while len(units) < visits:
        window = conn.execute(_due(now, after)).all()
        if not window:
            break
        after = (window[-1].late, window[-1].seq)
        behind = _behind(conn, window)
        free = [row for row in window if row.resource_id in behind or not {row.person_id, row.visit_id} & behind]
        units += _group([row for row in free if row.attempts < ALONE])
        alone += [row.seq for row in sorted(free, key=_place) if row.attempts >= ALONE]
        if len(window) < WINDOW:
            break
    return units[:visits] if units else [[seq] for seq in alone[:1]]


def sending(conn: Session) -> list[int]:
    """The entries that are under way."""
    return list(conn.scalars(select(Outbox.seq).where(Outbox.state == "sending").order_by(Outbox.seq)))


def dependants(conn: Session, resource_type: str, resource_id: str) -> list[int]:
    """The unsent entries that need this person or visit to be at the portal; none where the portal has it."""
    column = {"Patient": Outbox.person_id, "Encounter": Outbox.visit_id}.get(resource_type)
    if column is None or _at_the_portal(conn, resource_type, resource_id):
        return []
    rows = conn.execute(
        select(Outbox.seq, Outbox.resource_type).where(
            column == resource_id, Outbox.state.in_(("ready", "sending", "unknown"))
        )
    )
    return [seq for seq, kind in rows if rank(kind) > rank(resource_type)]


def _at_the_portal(conn: Session, kind: str, ident: str) -> bool:
    accepted = exists().where(Outbox.resource_type == kind, Outbox.resource_id == ident, Outbox.state == "accepted")
    seen = exists().where(PortalCopy.resource_type == kind, PortalCopy.resource_id == ident)
    return bool(conn.scalar(select(or_(accepted, seen))))


def bodies_to_forget(conn: Session, before: datetime) -> list[int]:
    """Entries whose body was confirmed by a pull before this moment and is still kept."""
    statement = select(Outbox.seq).where(
        Outbox.state == "accepted", Outbox.confirmed_at < before, Outbox.body.is_not(None)
    )
    return list(conn.scalars(statement.limit(2000)))


def _place(row: Any) -> tuple[int, int]:
    return rank(row.resource_type), row.seq


def _due(now: datetime, after: tuple[bool, int] | None) -> Any:
    """What may be sent now, without the bodies: first what names nobody (staff, places), then by number.

    A later version waits for the earlier one, and a record with a conflict waits for its decision.
    """
    earlier = aliased(Outbox)
    same = and_(earlier.resource_type == Outbox.resource_type, earlier.resource_id == Outbox.resource_id)
    conflict = and_(
        Conflict.resource_type == Outbox.resource_type,
        Conflict.resource_id == Outbox.resource_id,
        Conflict.resolved_at.is_(None),
    )
    late = or_(Outbox.person_id != "", Outbox.visit_id != "", Outbox.resource_type == "Provenance")
    statement = (
        select(
            Outbox.seq,
            Outbox.resource_type,
            Outbox.resource_id,
            Outbox.person_id,
            Outbox.visit_id,
            Outbox.attempts,
            late.label("late"),
        )
        .where(
            Outbox.state == "ready",
            Outbox.ready_at <= now,
            or_(Outbox.next_at.is_(None), Outbox.next_at <= now),
            ~exists().where(same, earlier.seq < Outbox.seq, earlier.state.in_(OPEN_STATES)),
            ~exists().where(conflict),
        )
        .order_by(late, Outbox.seq)
        .limit(WINDOW)
    )
    if after is not None:
        statement = statement.where(or_(late > after[0], and_(late == after[0], Outbox.seq > after[1])))
    return statement


def _behind(conn: Session, window: Sequence[Row[Any]]) -> set[str]:
    """People and visits of the window that the portal does not have and that do not travel now.

    A parent can be behind its child: a visit's later version still stands in its undo window.
    """
    wanted = {ident for row in window for ident in (row.person_id, row.visit_id) if ident}
    travelling = {row.seq for row in window if row.attempts < ALONE}
    if not wanted:
        return set()
    rows = conn.execute(
        select(Outbox.seq, Outbox.resource_type, Outbox.resource_id, Outbox.state).where(
            Outbox.resource_id.in_(wanted), Outbox.resource_type.in_(("Patient", "Encounter"))
        )
    ).all()
    there = {row.resource_id for row in rows if row.state == "accepted" or row.seq in travelling}
    there |= set(
        conn.scalars(
            select(PortalCopy.resource_id).where(
                PortalCopy.resource_id.in_(wanted), PortalCopy.resource_type.in_(("Patient", "Encounter"))
            )
        )
    )
    owed = {row.resource_id for row in rows if row.state in OPEN_STATES}
    return owed - there


def _group(ready: Sequence[Any]) -> list[list[int]]:
    """By visit (else by person, else alone), parents first."""
    waiting: dict[str, list[Any]] = {}
    patients = {row.resource_id: row for row in ready if row.resource_type == "Patient"}
    taken: set[int] = set()
    for row in ready:
        if row.seq in taken:
            continue
        key = row.visit_id or row.person_id or f"{row.resource_type}/{row.resource_id}"
        unit = waiting.setdefault(key, [])
        patient = patients.get(row.person_id)
        if patient is not None and patient.seq not in taken and patient is not row:
            unit.append(patient)
            taken.add(patient.seq)
        unit.append(row)
        taken.add(row.seq)
    units: list[list[Any]] = []
    for rows in waiting.values():
        rows.sort(key=_place)
        units += [rows[i : i + UNIT] for i in range(0, len(rows), UNIT)]
    units.sort(key=lambda rows: (min(rank(row.resource_type) for row in rows) > RANK["Practitioner"], rows[0].seq))
    return [[row.seq for row in rows] for rows in units]

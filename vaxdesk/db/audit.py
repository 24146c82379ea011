"""The audit chain's one append, and its check."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import AuditEntry

GENESIS = "0" * 64


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 over the entry's content, its desk, its number and its predecessor's hash."""
    content = [
        entry.desk,
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.user_id,
        entry.action,
        entry.entity,
        entry.entity_id,
        entry.detail,
        entry.origin,
        entry.previous,
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Said:
    """What one entry says."""

    action: str
    entity: str
    entity_id: str
    detail: dict[str, Any] | None = None


def append(
    session: Session,
    *,
    desk: str,
    at: datetime,
    user_id: str,
    action: str,
    entity: str,
    entity_id: str,
    detail: dict[str, Any] | None = None,
    origin: str = "desk",
) -> AuditEntry:
    """Append one entry to the desk's chain, see :func:`append_all`."""
    said = [Said(action, entity, entity_id, detail)]
    return append_all(session, desk=desk, at=at, user_id=user_id, entries=said, origin=origin)[0]


def append_all(
    session: Session, *, desk: str, at: datetime, user_id: str, entries: Sequence[Said], origin: str = "desk"
) -> list[AuditEntry]:
    """Append entries to the desk's chain, in the caller's transaction (the writer holds the lock)."""
    session.flush()
    last = session.scalars(
        select(AuditEntry).where(AuditEntry.desk == desk).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    number, previous = (last.number, last.hash) if last is not None else (0, GENESIS)
    rows = []
    for said in entries:
        number += 1
        row = AuditEntry(
            desk=desk,
            number=number,
            at=at,
            user_id=user_id,
            action=said.action,
            entity=said.entity,
            entity_id=said.entity_id,
            detail=said.detail or {},
            origin=origin,
            previous=previous,
        )
        row.hash = previous = entry_hash(row)
        rows.append(row)
    session.add_all(rows)
    session.flush()
    return rows


@dataclass(frozen=True)
class ChainFault:
    """The first entry of a desk's chain that does not hold."""

    desk: str
    number: int
    what: str


def check(session: Session, heads: Iterable[tuple[str, int, str]] = ()) -> list[ChainFault]:
    """Walk every desk's chain; ``heads`` are known (desk, number, hash) that it must contain.

    A head beyond the chain means a cut tail; a head with another hash means a rewritten chain.
    """
    faults: list[ChainFault] = []
    known: dict[tuple[str, int], str] = {(desk, number): digest for desk, number, digest in heads}
    last: dict[str, int] = {}
    previous: dict[str, str] = {}
    broken: set[str] = set()
    statement = select(AuditEntry).order_by(AuditEntry.desk, AuditEntry.number).execution_options(yield_per=1000)
    for entry in session.scalars(statement):
        if entry.desk in broken:
            continue
        expected = last.get(entry.desk, 0) + 1
        if entry.number != expected:
            what = "missing"
        elif entry.previous != previous.get(entry.desk, GENESIS):
            what = "link"
        elif entry_hash(entry) != entry.hash:
            what = "content"
        elif known.get((entry.desk, entry.number), entry.hash) != entry.hash:
            what = "rewritten"
        else:
            last[entry.desk] = entry.number
            previous[entry.desk] = entry.hash
            continue
        broken.add(entry.desk)
        faults.append(ChainFault(entry.desk, expected if what == "missing" else entry.number, what))
    for desk, number in known:
        if desk not in broken and number > last.get(desk, 0):
            broken.add(desk)
            faults.append(ChainFault(desk, last.get(desk, 0) + 1, "cut"))
    return faults

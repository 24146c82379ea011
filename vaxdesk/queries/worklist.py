"""What is to be done next: the rows of the first page, each the next action with how many it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import literal_column, select, true
from sqlalchemy.orm import Session, aliased

from vaxdesk.db.tables import Immunization, Person, Setting, SignedList, VaccinationSession
from vaxdesk.queries import certificates, outbox, packs, registrations, sessions, visits
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.queries.visits import VisitRow

#: A person screened waits so long for the dose before the row turns red.
LONG_WAIT = timedelta(minutes=20)
#: So long before its end a lot, a key or a code list is named.
LOT_DAYS, KEY_DAYS, LIST_DAYS, BACKUP_DAYS = 30, 30, 7, 2
#: The order of the rows: danger to a person first, then what holds others up, then upkeep.
ORDER = (
    "expired-lot", "screened", "reaction-watch", "over", "waiting-consent", "alike", "twice", "registrations",
    "refused", "conflicts", "rules-late", "rules", "reprint", "unprinted", "open-session", "lot", "doubtful", "backup",
    "key", "lists",
)  # fmt: skip


@dataclass(frozen=True)
class WorkItem:
    """One row. ``target`` is what the row opens (a visit's or session's id); ``who`` and ``minutes`` name the longest
    wait, ``day`` a date that matters."""

    kind: str
    count: int
    target: str = ""
    who: str = ""
    minutes: int = 0
    day: date | None = None
    words: str = ""


@dataclass(frozen=True)
class TodayFacts:
    """Today's session in numbers, and the work list."""

    session: SessionRow | None
    given: int
    waiting: int
    longest_wait: int
    observed: int
    deferred: int
    refused: int
    items: tuple[WorkItem, ...]


def today(conn: Session, campaign: str, day: date, now: datetime, minutes: int) -> TodayFacts:
    """The first page's session and work. ``minutes``: how long a person is observed."""
    session = sessions.current_session(conn, day)
    rows = visits.of_session(conn, session.id) if session is not None else ()
    waiting = [row for row in rows if row.stage in ("consent", "screening", "dose")]
    found = [*_of_session(rows, now, minutes), *_of_station(conn, campaign, day, now)]
    return TodayFacts(
        session=session,
        given=sum(row.given_at is not None for row in rows),
        waiting=len(waiting),
        longest_wait=max((_minutes(row.checked_in_at, now) for row in waiting), default=0),
        observed=sum(row.stage == "observation" for row in rows),
        deferred=sum(row.stage in ("deferred", "referred") for row in rows),
        refused=sum(row.stage == "refused" for row in rows),
        items=tuple(sorted(found, key=lambda item: ORDER.index(item.kind))),
    )


def _minutes(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds() // 60))


def _of_session(rows: tuple[VisitRow, ...], now: datetime, minutes: int) -> Iterator[WorkItem]:
    screened = sorted((row for row in rows if row.stage == "dose"), key=lambda row: row.since)
    if screened:
        first = screened[0]
        yield WorkItem("screened", len(screened), first.visit_id, first.full_name, _minutes(first.since, now))
    over = [
        row
        for row in rows
        if row.stage == "observation" and row.given_at is not None and _minutes(row.given_at, now) >= minutes
    ]
    if over:
        yield WorkItem("over", len(over), over[0].visit_id, over[0].full_name)
    reactions = [row for row in rows if row.reactions and row.stage == "observation"]
    if reactions:
        yield WorkItem("reaction-watch", len(reactions), reactions[0].visit_id, reactions[0].full_name)
    consent = sorted((row for row in rows if row.stage == "consent"), key=lambda row: row.since)
    if consent:
        first = consent[0]
        yield WorkItem("waiting-consent", len(consent), first.visit_id, first.full_name, _minutes(first.since, now))
    alike = [row for row in rows if row.look_alike and row.stage in ("consent", "screening", "dose")]
    if alike:
        yield WorkItem("alike", len(alike), alike[0].visit_id, alike[0].full_name)


def _of_station(conn: Session, campaign: str, day: date, now: datetime) -> Iterator[WorkItem]:
    waiting = registrations.count(conn)
    if waiting:
        yield WorkItem("registrations", waiting)
    sync = outbox.status(conn)
    if sync.refused + sync.blocked:
        yield WorkItem("refused", sync.refused + sync.blocked)
    if sync.conflicts:
        yield WorkItem("conflicts", sync.conflicts)
    yield from _twice(conn, campaign)
    yield from _rules(conn, day)
    yield from _papers(conn, campaign)
    yield from _earlier_sessions(conn, day)
    yield from _lots(conn, day)
    yield from _upkeep(conn, now)


def _twice(conn: Session, campaign: str) -> Iterator[WorkItem]:
    """People of whom the portal brought a dose whose number is recorded here already (G9)."""
    theirs, ours = aliased(Immunization), aliased(Immunization)
    rows = conn.execute(
        select(Person.id, Person.full_name)
        .join(theirs, theirs.person_id == Person.id)
        .join(
            ours,
            (ours.person_id == theirs.person_id)
            & (ours.dose_number == theirs.dose_number)
            & (ours.record_id != theirs.record_id),
        )
        .where(
            # In the very words of the index of such doses: SQLite takes no others for the same.
            theirs.origin == literal_column("'portal'"),
            theirs.current == true(),
            theirs.status == literal_column("'completed'"),
            theirs.campaign == campaign,
            ours.campaign == campaign,
            theirs.dose_number > 0,
            ours.current.is_(True),
            ours.status == "completed",
        )
        .distinct()
        .order_by(Person.name_key)
    ).all()
    if rows:
        yield WorkItem("twice", len(rows), rows[0].id, rows[0].full_name)


def _rules(conn: Session, day: date) -> Iterator[WorkItem]:
    """Versions of the rules that came by sync and wait for the manager: late ones are those whose day has come."""
    rows = packs.waiting(conn)
    for kind, late in (("rules-late", True), ("rules", False)):
        found = [row for row in rows if row.valid_from is not None and (row.valid_from <= day) is late]
        if found:
            yield WorkItem(kind, len(found), found[0].digest, day=found[0].valid_from, words=found[0].version)


def _papers(conn: Session, campaign: str) -> Iterator[WorkItem]:
    """How many people stand on the lists of the certificates' page."""
    owed, corrected = certificates.counts(conn, campaign)
    if owed:
        yield WorkItem("unprinted", owed)
    if corrected:
        yield WorkItem("reprint", corrected)


def _earlier_sessions(conn: Session, day: date) -> Iterator[WorkItem]:
    rows = conn.scalars(
        select(VaccinationSession)
        .where(VaccinationSession.day < day, VaccinationSession.closed_at.is_(None))
        .order_by(VaccinationSession.day)
    ).all()
    if rows:
        yield WorkItem("open-session", len(rows), rows[0].id, day=rows[0].day)


def _lots(conn: Session, day: date) -> Iterator[WorkItem]:
    lots = [lot for lot in sessions.lots(conn) if lot.balance > 0 and lot.expiry is not None]
    expired = [lot for lot in lots if lot.expired(day)]
    if expired:
        yield WorkItem("expired-lot", len(expired), expired[0].id, day=expired[0].expiry, words=expired[0].number)
    soon = [lot for lot in lots if lot.expiry is not None and day <= lot.expiry <= day + timedelta(days=LOT_DAYS)]
    if soon:
        yield WorkItem("lot", len(soon), soon[0].id, day=soon[0].expiry, words=soon[0].number)


def _upkeep(conn: Session, now: datetime) -> Iterator[WorkItem]:
    values: dict[str, Any] = dict(
        conn.execute(select(Setting.key, Setting.value).where(Setting.key == "backup.last")).all()
    )
    last = values.get("backup.last")
    days = (now - datetime.fromisoformat(last)).days if last else -1
    if days < 0 or days >= BACKUP_DAYS:
        yield WorkItem("backup", 1, words=str(days) if last else "")
    issued = dict(conn.execute(select(SignedList.kind, SignedList.issued_at)).all())
    if "trust" in issued and (now - issued["trust"]).days >= LIST_DAYS:
        yield WorkItem("lists", 1, words=str((now - issued["trust"]).days))

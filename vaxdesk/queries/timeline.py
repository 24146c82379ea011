"""One timeline of a person: every event with who and at which desk (K5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.clock import VIET_NAM
from vaxdesk.db.tables import (
    AuditEntry,
    Certificate,
    Consent,
    EarlierPaper,
    Immunization,
    Person,
    PersonChange,
    PersonGroup,
    Print,
    Reaction,
    Registration,
    Release,
    Screening,
    User,
    Visit,
)
from vaxdesk.domain.dates import PartialDate

#: Kinds of events in the order of a visit, and the group by which the screen filters them.
KINDS = {
    "registered": "person",
    "registration": "person",
    "change": "person",
    "group": "person",
    "check-in": "visit",
    "consent": "visit",
    "screening": "visit",
    "dose": "dose",
    "dose-not-done": "dose",
    "dose-error": "dose",
    "reaction": "visit",
    "release": "visit",
    "certificate": "paper",
    "certificate-revoked": "paper",
    "earlier-paper": "paper",
    "print": "paper",
    "view": "view",
}


@dataclass(frozen=True)
class Event:
    """One event. ``values`` fill the sentence that the screen makes of ``kind``; ``reason`` is what was written."""

    kind: str
    at: datetime
    who: str = ""
    desk: str = ""
    origin: str = "desk"
    values: dict[str, Any] = field(default_factory=dict)
    reason: str = ""

    @property
    def group(self) -> str:
        """``person``, ``visit``, ``dose``, ``paper`` or ``view``."""
        return KINDS[self.kind]


def of_person(conn: Session, person_id: str, *, views: bool = False) -> tuple[Event, ...]:
    """All events of a person, the newest first; ``views``: who opened her as well."""
    person = conn.get(Person, person_id)
    if person is None:
        return ()
    users = {row.id: row.full_name for row in conn.scalars(select(User))}
    events = [
        *_of_the_person(conn, person, users),
        *_of_visits(conn, person_id, users),
        *_of_doses(conn, person_id, users),
        *_of_papers(conn, person_id, users),
    ]
    if views:
        events += _views(conn, person_id, users)
    order = tuple(KINDS)
    return tuple(sorted(events, key=lambda event: (event.at, order.index(event.kind)), reverse=True))


def _of_the_person(conn: Session, person: Person, users: dict[str, str]) -> Iterator[Event]:
    made = conn.scalars(
        select(AuditEntry)
        .where(AuditEntry.entity_id == person.id, AuditEntry.action == "register")
        .order_by(AuditEntry.at)
        .limit(1)
    ).first()
    yield Event(
        "registered",
        person.created_at,
        users.get(made.user_id, "") if made else "",
        made.desk if made else "",
        person.origin,
        {"source": person.identity_source},
    )
    for row in conn.scalars(
        select(Registration).where(Registration.person_id == person.id, Registration.source != "desk")
    ):
        values = {"number": row.portal_number, "state": row.state}
        yield Event("registration", row.registered_at, origin=row.source, values=values, reason=row.state_reason)
    for change in conn.scalars(select(PersonChange).where(PersonChange.person_id == person.id)):
        yield Event(
            "change",
            change.at,
            users.get(change.user_id, ""),
            change.desk,
            change.origin,
            {"field": change.field, "old": change.old, "new": change.new},
            change.reason,
        )
    for group in conn.scalars(select(PersonGroup).where(PersonGroup.person_id == person.id)):
        values = {"code": group.group_code or "–", "kind": group.kind}
        yield Event("group", group.at, users.get(group.user_id, ""), values=values)


def _of_visits(conn: Session, person_id: str, users: dict[str, str]) -> Iterator[Event]:
    for visit in conn.scalars(select(Visit).where(Visit.person_id == person_id, Visit.current.is_(True))):
        values: dict[str, Any] = {"how": visit.identity_how, "number": visit.number}
        yield _fact("check-in", visit, visit.checked_in_at, users, values)
    for consent in conn.scalars(select(Consent).where(Consent.person_id == person_id, Consent.current.is_(True))):
        values = {"answer": consent.answer, "by": consent.by, "guardian": consent.guardian_name}
        yield _fact("consent", consent, consent.at, users, values, consent.note)
    for row in conn.scalars(select(Screening).where(Screening.person_id == person_id, Screening.current.is_(True))):
        values = {"outcome": row.outcome, "form": row.form, "product": row.product_code}
        yield _fact("screening", row, row.at, users, values, row.override_reason or row.reason)
    for release in conn.scalars(select(Release).where(Release.person_id == person_id, Release.current.is_(True))):
        yield _fact("release", release, release.released_at, users, {}, release.early_reason)
    for reaction in conn.scalars(select(Reaction).where(Reaction.person_id == person_id, Reaction.current.is_(True))):
        values = {"severity": reaction.severity}
        yield _fact("reaction", reaction, reaction.onset_at, users, values, reaction.note)


def _of_doses(conn: Session, person_id: str, users: dict[str, str]) -> Iterator[Event]:
    kinds = {"completed": "dose", "not-done": "dose-not-done", "entered-in-error": "dose-error"}
    rows = conn.scalars(select(Immunization).where(Immunization.person_id == person_id, Immunization.current.is_(True)))
    for row in rows:
        day = datetime.combine(PartialDate.parse(row.occurred).earliest(), time(0), VIET_NAM).astimezone(UTC)
        values = {
            "product": row.product_code,
            "number": row.dose_number,
            "lot": row.lot_number,
            "evidence": row.evidence,
            "performer": row.performer_name,
            "occurred": row.occurred,
        }
        at = row.occurred_at or day
        reason = row.change_reason if row.status == "entered-in-error" else row.not_done_reason or row.override_reason
        if row.status == "entered-in-error":
            at = row.recorded_at
        yield _fact(kinds[row.status], row, at, users, values, reason)


def _of_papers(conn: Session, person_id: str, users: dict[str, str]) -> Iterator[Event]:
    for row in conn.scalars(select(Certificate).where(Certificate.person_id == person_id)):
        who = users.get(row.issued_by, "")
        yield Event("certificate", row.issued_at, who, row.desk, values={"number": row.number, "kind": row.kind})
        if row.revoked_at is not None:
            number: dict[str, Any] = {"number": row.number}
            yield Event("certificate-revoked", row.revoked_at, values=number, reason=row.revoked_reason)
    for paper in conn.scalars(select(EarlierPaper).where(EarlierPaper.person_id == person_id)):
        stated = {"issuer": paper.issuer, "number": paper.number, "doses": paper.doses_stated}
        yield Event("earlier-paper", paper.seen_at, users.get(paper.seen_by, ""), values=stated, reason=paper.note)
    for printed in conn.scalars(select(Print).where(Print.person_id == person_id)):
        yield Event("print", printed.at, users.get(printed.user_id, ""), values={"kind": printed.kind})


def _views(conn: Session, person_id: str, users: dict[str, str]) -> Iterator[Event]:
    rows = conn.scalars(
        select(AuditEntry).where(AuditEntry.entity_id == person_id, AuditEntry.action == "view").limit(500)
    )
    for row in rows:
        seen = row.detail.get("at") if isinstance(row.detail, dict) else None
        at = datetime.fromisoformat(seen) if isinstance(seen, str) else row.at
        yield Event("view", at, users.get(row.user_id, ""), row.desk)


def _fact(kind: str, row: Any, at: datetime, users: dict[str, str], values: dict[str, Any], reason: str = "") -> Event:
    who = users.get(row.recorded_by, "")
    return Event(kind, at, who, row.desk, row.origin, values, reason)

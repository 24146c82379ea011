"""What a reopened station holds after a power cut, and every way in which something of it is only half there."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import (
    AuditEntry,
    Certificate,
    Consent,
    Immunization,
    Lot,
    Outbox,
    Person,
    Print,
    Registration,
    Release,
    Screening,
    StockMovement,
    User,
    VaccinationSession,
    Visit,
)
from vaxdesk.queries import outbox
from vaxdesk.services import signing, upkeep
from vaxdesk.services.context import Context

#: Facts of a visit: table, what the portal gets, what the audit says.
FACTS = (
    (Consent, "Consent", "consent"),
    (Screening, "QuestionnaireResponse", "screening"),
    (Immunization, "Immunization", "dose"),
)


def look(ctx: Context, received: int) -> dict[str, Any]:
    """What is there by step, and ``faults``: nothing but an empty list may stand there.

    ``received``: how many doses of the lot came in.
    """
    with ctx.database.reader() as conn:
        found = _there(conn)
        faults = [*upkeep.check(ctx), *_half_written(conn), *_stock(conn, received)]
    found["set-up"] = [ctx.station.id]
    found["enrolment"] = [signer.kid.hex() for signer in signing.ring(ctx).signers]
    return found | {"faults": faults}


def _there(conn: Session) -> dict[str, Any]:
    def column(value: Any, *where: Any) -> list[Any]:
        return list(conn.scalars(select(value).where(*where)))

    return {
        "stock": column(Lot.id),
        "session": column(VaccinationSession.id),
        "registration": column(Visit.record_id),
        "consent": column(Consent.record_id),
        "screening": column(Screening.record_id),
        "dose": column(Immunization.record_id, Immunization.current.is_(True)),
        "undo and again": column(
            Immunization.record_id, Immunization.current.is_(True), Immunization.status == "completed"
        ),
        "release": column(Release.record_id),
        "certificate": column(Certificate.number),
        "print": column(Certificate.uvci, Certificate.id.in_(select(Print.certificate_id))),
        "sync": ["sent"] if outbox.status(conn).all_sent else [],
        "user added": column(User.id, User.name == "hoa"),
    }


def _half_written(conn: Session) -> list[str]:
    """Rows without their audit entry or without what the portal is owed, and the other way round."""
    faults: list[str] = []
    entries = conn.scalars(select(AuditEntry)).all()
    said = Counter((entry.action, entry.detail.get("record")) for entry in entries)
    owed = {(row.resource_type, row.resource_id) for row in conn.scalars(select(Outbox))}

    def whole(what: str, *parts: object) -> None:
        if not all(parts):
            faults.append(f"{what} is half written: {[bool(part) for part in parts]}")

    for person in conn.scalars(select(Person)):
        registered = [entry for entry in entries if entry.action == "register" and entry.entity_id == person.id]
        visits = conn.scalars(select(Visit).where(Visit.person_id == person.id)).all()
        listed = conn.scalars(select(Registration).where(Registration.person_id == person.id)).all()
        whole("the person", len(registered) == len(visits) == len(listed) == 1, ("Patient", person.id) in owed)
    for table, kind, action in FACTS:
        rows = conn.scalars(select(table).where(table.version == 1)).all()
        for row in rows:
            whole(action, said[action, row.record_id] == 1, (kind, row.record_id) in owed)
        if len(rows) != sum(n for (name, _record), n in said.items() if name == action):
            faults.append(f"{action}: {len(rows)} rows, another number of entries")
    for row in conn.scalars(select(Release)):
        whole("the release", said["release", row.record_id] == 1, ("Encounter", row.visit_id) in owed)
    for paper in conn.scalars(select(Certificate)):
        signed = [one for one in entries if one.action == "certificate" and one.entity_id == paper.person_id]
        whole("the paper", len(signed) == 1, ("DocumentReference", paper.id) in owed, paper.hc1)
    return faults


def _stock(conn: Session, received: int) -> list[str]:
    """Each dose has moved the stock once, and the balance is the sum."""
    faults = []
    given = conn.scalars(select(Immunization).where(Immunization.current.is_(True))).all()
    for row in given:
        moved = conn.scalars(
            select(StockMovement).where(StockMovement.immunization_id == row.record_id, StockMovement.current.is_(True))
        ).all()
        if [(movement.status, movement.doses) for movement in moved] != [(row.status, -1)]:
            faults.append(f"the dose moved the stock {len(moved)} times")
    balance = conn.scalar(
        select(func.coalesce(func.sum(StockMovement.doses), 0)).where(
            StockMovement.current.is_(True), StockMovement.status == "completed"
        )
    )
    lots = len(conn.scalars(select(Lot)).all())
    if balance != lots * received - sum(row.status == "completed" for row in given):
        faults.append(f"the stock says {balance}")
    return faults

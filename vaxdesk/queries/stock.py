"""The stock card of a lot, and the people who got a dose of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from vaxdesk import clock
from vaxdesk.db.tables import Immunization, Person, StockMovement, User, VaccinationSession


@dataclass(frozen=True)
class CardRow:
    """One line of the stock card with the balance after it. Doses given are one line a session and day.

    ``record_id`` is empty for such a line; ``undone`` is an entry that was taken back and does not count.
    """

    key: str
    record_id: str
    at: datetime
    kind: str
    doses: int
    balance: int
    reason: str
    reference: str
    user: str
    place: str
    undone: bool


@dataclass(frozen=True)
class Recipient:
    """A person who got a dose of a lot, with how to reach her."""

    person_id: str
    full_name: str
    birth_date: str
    village: str
    phone: str
    guardian_phone: str
    occurred: str
    dose_number: int


def card(conn: Session, lot_id: str) -> tuple[CardRow, ...]:
    """A lot's stock card, the newest line first."""
    movements = conn.scalars(
        select(StockMovement)
        .where(StockMovement.lot_id == lot_id, StockMovement.current.is_(True))
        # Of one moment in the order of writing.
        .order_by(StockMovement.occurred_at, StockMovement.recorded_at, literal_column("stock_movement.rowid"))
    ).all()
    names: dict[str, str] = {str(k): str(v) for k, v in conn.execute(select(User.id, User.full_name))}
    ids = {row.session_id for row in movements if row.session_id}
    places = {
        str(key): str(place)
        for key, place in conn.execute(
            select(VaccinationSession.id, VaccinationSession.place).where(VaccinationSession.id.in_(ids))
        )
    }
    lines: dict[str, CardRow] = {}
    for row in movements:
        undone = row.status != "completed"
        if undone and row.kind == "used":
            # A dose taken back stands in the person's own history.
            continue
        given = row.kind == "used"
        key = f"{row.session_id}/{clock.local_date(row.occurred_at)}" if given else row.record_id
        if key in lines:
            lines[key] = replace(lines[key], doses=lines[key].doses + row.doses)
            continue
        lines[key] = CardRow(
            key=key,
            record_id="" if given else row.record_id,
            at=row.occurred_at,
            kind=row.kind,
            doses=row.doses,
            balance=0,
            reason=row.change_reason if undone else row.reason,
            reference=row.reference,
            user="" if given else names.get(row.recorded_by, ""),
            place=places.get(row.session_id or "", ""),
            undone=undone,
        )
    held = 0
    rows = []
    for line in lines.values():
        held += 0 if line.undone else line.doses
        rows.append(replace(line, balance=held))
    return tuple(reversed(rows))


def recipients(conn: Session, lot_id: str) -> tuple[Recipient, ...]:
    """Everybody who got a dose of a lot here, by village and name, with phones (H5)."""
    statement = (
        select(Immunization, Person)
        .join(Person, Person.id == Immunization.person_id)
        .where(Immunization.lot_id == lot_id, Immunization.current.is_(True), Immunization.status == "completed")
        .order_by(Person.village, Person.name_key, Person.birth_year)
    )
    return tuple(
        Recipient(
            person.id, person.full_name, person.birth_date, person.village, person.phone, person.guardian_phone,
            dose.occurred, dose.dose_number,
        )
        for dose, person in conn.execute(statement)
    )  # fmt: skip

"""Sessions, lots and their balances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Immunization, Lot, StockMovement, VaccinationSession


@dataclass(frozen=True)
class SessionRow:
    """A planned, running or closed session."""

    id: str
    day: date
    part: str
    place: str
    capacity: int
    product_code: str
    lot_id: str | None
    lot_number: str
    lot_expiry: date | None
    closed_at: datetime | None
    given: int
    area_group: str = ""
    called_groups: tuple[str, ...] = ()
    list_order: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether doses can still be recorded in it."""
        return self.closed_at is None


@dataclass(frozen=True)
class LotRow:
    """A lot with its balance in doses, always the sum of its movements."""

    id: str
    product_code: str
    number: str
    expiry: date | None
    doses_per_vial: int
    received: int
    used: int
    wasted: int
    balance: int
    blocked: bool
    blocked_reason: str

    def expired(self, day: date) -> bool:
        """Whether the lot's last day is over."""
        return self.expiry is not None and self.expiry < day


def sessions(conn: Session, day: date | None = None, limit: int = 200) -> tuple[SessionRow, ...]:
    """The sessions of a day, or the newest ones."""
    given = (
        select(func.count())
        .select_from(Immunization)
        .where(
            Immunization.session_id == VaccinationSession.id,
            Immunization.current.is_(True),
            Immunization.status == "completed",
        )
        .correlate(VaccinationSession)
        .scalar_subquery()
    )
    statement = (
        select(VaccinationSession, Lot, given)
        .outerjoin(Lot, Lot.id == VaccinationSession.lot_id)
        .order_by(VaccinationSession.day.desc(), VaccinationSession.planned_at)
        .limit(limit)
    )
    if day is not None:
        statement = statement.where(VaccinationSession.day == day)
    return tuple(
        SessionRow(
            id=row.id,
            day=row.day,
            part=row.part,
            place=row.place,
            capacity=row.capacity,
            product_code=row.product_code,
            lot_id=row.lot_id,
            lot_number=lot.number if lot else "",
            lot_expiry=lot.expiry if lot else None,
            closed_at=row.closed_at,
            given=n,
            area_group=row.area_group,
            called_groups=tuple(row.called_groups),
            list_order=tuple(row.list_order),
        )
        for row, lot, n in conn.execute(statement)
    )


def current_session(conn: Session, day: date) -> SessionRow | None:
    """Today's open session: the one planned last."""
    rows = [row for row in sessions(conn, day) if row.open]
    return rows[-1] if rows else None


def doses_used(conn: Session, session_id: str) -> int:
    """How many doses left the stock for a session's injections."""
    total = conn.scalar(
        select(func.sum(StockMovement.doses)).where(
            StockMovement.session_id == session_id,
            StockMovement.kind == "used",
            StockMovement.current.is_(True),
            StockMovement.status == "completed",
        )
    )
    return -(total or 0)


def lots(conn: Session, product_code: str | None = None) -> tuple[LotRow, ...]:
    """All lots with their balances, the earliest expiry first."""
    sums: dict[str, dict[str, int]] = {}
    movements = conn.execute(
        select(StockMovement.lot_id, StockMovement.kind, func.sum(StockMovement.doses))
        .where(StockMovement.current.is_(True), StockMovement.status == "completed")
        .group_by(StockMovement.lot_id, StockMovement.kind)
    )
    for lot_id, kind, doses in movements:
        sums.setdefault(lot_id, {})[kind] = doses
    statement = select(Lot).order_by(Lot.expiry, Lot.number)
    if product_code is not None:
        statement = statement.where(Lot.product_code == product_code)
    return tuple(
        LotRow(
            id=lot.id,
            product_code=lot.product_code,
            number=lot.number,
            expiry=lot.expiry,
            doses_per_vial=lot.doses_per_vial,
            received=sums.get(lot.id, {}).get("received", 0),
            used=-sums.get(lot.id, {}).get("used", 0),
            wasted=-sums.get(lot.id, {}).get("wasted", 0),
            balance=sum(sums.get(lot.id, {}).values()),
            blocked=lot.blocked,
            blocked_reason=lot.blocked_reason,
        )
        for lot in conn.scalars(statement)
    )

"""Sessions, lots, and stock movements."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from vaxdesk.db.tables.base import Base, Fact, Id


class VaccinationSession(Base):
    """One half-day or day of vaccinating at one place."""

    __tablename__ = "vaccination_session"

    id: Mapped[Id]
    campaign: Mapped[str] = mapped_column(String(40))
    day: Mapped[date] = mapped_column(index=True)
    part: Mapped[str] = mapped_column(String(12))
    place: Mapped[str]
    capacity: Mapped[int] = mapped_column(default=100)
    area_group: Mapped[str] = mapped_column(String(20), default="")
    # Whom the list of this session calls (empty: every group) and in which order (empty: the usual one).
    called_groups: Mapped[list[str]] = mapped_column(default=list)
    list_order: Mapped[list[str]] = mapped_column(default=list)
    product_code: Mapped[str] = mapped_column(String(40))
    lot_id: Mapped[str | None] = mapped_column(ForeignKey("lot.id"))
    planned_at: Mapped[datetime]
    planned_by: Mapped[str] = mapped_column(String(36))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(36), default="")
    close_reason: Mapped[str] = mapped_column(default="")


class Lot(Base):
    """A lot of a product. The expiry may be extended by the regulator, with a reason (movement kind ``expiry``)."""

    __tablename__ = "lot"
    __table_args__ = (UniqueConstraint("product_code", "number"),)

    id: Mapped[Id]
    product_code: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(40))
    expiry: Mapped[date | None]
    doses_per_vial: Mapped[int] = mapped_column(default=1)
    blocked: Mapped[bool] = mapped_column(default=False)
    blocked_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class StockMovement(Fact, Base):
    """Doses in (+) or out (−) of a lot; the balance is always the sum of the current facts."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        # Sums come from the indexes, without reading the rows.
        Index("ix_stock_movement_lot", "lot_id", "current", "status", "kind", "doses"),
        Index("ix_stock_movement_session", "session_id", "kind", "current", "status", "doses"),
    )

    lot_id: Mapped[str] = mapped_column(ForeignKey("lot.id"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("vaccination_session.id"))
    immunization_id: Mapped[str | None] = mapped_column(String(36), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    doses: Mapped[int]
    occurred_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(default="")

"""Lots and stock: every change is a movement, the balance is their sum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from vaxdesk.db.tables import Lot, StockMovement
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import FieldError
from vaxdesk.services.context import Context


@dataclass(frozen=True)
class ReceiveLot:
    """Doses of a lot that arrived. ``doses`` counts doses, not vials."""

    product_code: str
    number: str
    expiry: date | None
    doses: int
    reference: str = ""


def receive(ctx: Context, command: ReceiveLot) -> str:
    """Book received doses in; the lot is made when it is new. Returns the lot's id.

    :raises FieldError: a field does not fit, or the lot is known with another expiry.
    """
    ctx.require("manage", "inject")
    product = ctx.campaign().products.get(command.product_code)
    if product is None:
        raise FieldError("product", "Choose the vaccine.")
    number = command.number.strip().upper()
    if not number or len(number) > 40:
        raise FieldError("lot", "Enter the lot number from the vial or box.")
    if command.doses <= 0 or command.doses > 1_000_000:
        raise FieldError("doses", "Enter how many doses arrived.")
    with ctx.write() as uow:
        lot = uow.first(Lot, product_code=command.product_code, number=number)
        if lot is None:
            lot = uow.add(
                Lot(
                    product_code=command.product_code,
                    number=number,
                    expiry=command.expiry,
                    doses_per_vial=product.doses_per_vial,
                    created_at=uow.now,
                )
            )
            uow.audit("add", "lot", lot.id, {"number": number})
        elif command.expiry is not None and lot.expiry != command.expiry:
            raise FieldError(
                "expiry",
                "Lot {lot} is known with the expiry {known}. Check the box; a changed expiry needs a reference number.",
                lot=number,
                known=lot.expiry.strftime("%d/%m/%Y") if lot.expiry else "–",
            )
        move(uow, lot.id, "received", command.doses, reference=command.reference)
        lot_id = lot.id
        uow.commit()
    return lot_id


def move(
    uow: UnitOfWork,
    lot_id: str,
    kind: str,
    doses: int,
    *,
    session_id: str | None = None,
    immunization_id: str | None = None,
    reason: str = "",
    reference: str = "",
) -> StockMovement:
    """Book a movement in the caller's transaction: doses in (+) or out (−)."""
    movement: StockMovement = uow.record(
        StockMovement(
            lot_id=lot_id,
            kind=kind,
            doses=doses,
            session_id=session_id,
            immunization_id=immunization_id,
            reason=reason,
            reference=reference,
            occurred_at=uow.now,
        )
    )
    uow.audit("stock", "lot", lot_id, {"kind": kind, "doses": doses})
    return movement

"""What else happens to a lot: wastage, return, counting, a block, a changed expiry, an entry taken back.

Everything is a movement of its own (doses may be 0), so that the stock card tells the whole story; nothing is
changed or deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from vaxdesk.db.tables import Lot, StockMovement
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain.dates import format_date
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.services.context import Context
from vaxdesk.services.stock import move

#: Why doses are destroyed (usual stock books; 34/2018/TT-BYT for the temperature and the vial monitor).
WASTE_REASONS = {
    "expired": N_("Expired"),
    "opened": N_("Opened vial, time over"),
    "left": N_("Left over at the end of the session"),
    "broken": N_("Broken or leaking"),
    "frozen": N_("Frozen"),
    "heat": N_("Too warm"),
    "vvm": N_("Vial monitor at stage 3 or 4"),
    "drawn": N_("Drawn wrongly or contaminated"),
    "withdrawn": N_("Lot withdrawn"),
    "other": N_("Other, see the note"),
}
_MOST = 1_000_000


@dataclass(frozen=True)
class WasteDoses:
    """Doses destroyed. ``reason`` is a key of ``WASTE_REASONS``; ``note`` is needed for *other*."""

    lot_id: str
    doses: int
    reason: str
    note: str = ""
    session_id: str = ""


def waste(ctx: Context, command: WasteDoses) -> str:
    """Book destroyed doses out; returns the movement's record id.

    More than the book holds can be destroyed (the book may be wrong), with a note.

    :raises FieldError: a field does not fit.
    """
    ctx.require("manage", "inject")
    if command.reason not in WASTE_REASONS:
        raise FieldError("reason", "Choose why the doses are destroyed.")
    if not 0 < command.doses <= _MOST:
        raise FieldError("doses", "Enter how many doses.")
    if command.reason == "other" and not command.note.strip():
        raise FieldError("note", "Write why the doses are destroyed.")
    with ctx.write() as uow:
        lot = _lot(uow, command.lot_id)
        held = balance(uow, lot.id)
        if command.doses > held and not command.note.strip():
            raise FieldError("note", "The book holds {held} doses only: write how it comes.", held=held)
        movement = move(
            uow, lot.id, "wasted", -command.doses, session_id=command.session_id or None,
            reason=command.reason, reference=command.note.strip(),
        )  # fmt: skip
        record_id: str = movement.record_id
        uow.commit()
    return record_id


def give_back(ctx: Context, lot_id: str, doses: int, reference: str) -> str:
    """Book doses out that go back to the district or on to another station, with the number of the paper.

    :raises FieldError: a field does not fit, or there are not so many.
    """
    ctx.require("manage")
    if not reference.strip():
        raise FieldError("reference", "Enter the number of the delivery paper.")
    if not 0 < doses <= _MOST:
        raise FieldError("doses", "Enter how many doses.")
    with ctx.write() as uow:
        lot = _lot(uow, lot_id)
        held = balance(uow, lot.id)
        if doses > held:
            raise FieldError("doses", "The book holds {held} doses only.", held=held)
        record_id: str = move(uow, lot.id, "returned", -doses, reference=reference.strip()).record_id
        uow.commit()
    return record_id


def count(ctx: Context, lot_id: str, counted: int, reason: str) -> int:
    """Book the difference between what was counted in the fridge and the book; returns it (0: nothing is booked).

    :raises FieldError: the count is impossible, or a difference has no reason.
    """
    ctx.require("manage")
    if not 0 <= counted <= _MOST:
        raise FieldError("doses", "Enter how many doses.")
    with ctx.write() as uow:
        lot = _lot(uow, lot_id)
        difference = counted - balance(uow, lot.id)
        if difference and not reason.strip():
            raise FieldError(
                "note", "The count differs from the book by {difference}: write why.", difference=difference
            )
        if difference:
            move(uow, lot.id, "counted", difference, reference=reason.strip())
            uow.commit()
    return difference


def block(ctx: Context, lot_id: str, reason: str) -> None:
    """Take a lot out of use: it is offered no more, and its vials stay in the book.

    :raises FieldError: no reason. :raises RefusedError: it is blocked already.
    """
    _set_block(ctx, lot_id, reason, blocked=True)


def release(ctx: Context, lot_id: str, reason: str) -> None:
    """Take a blocked lot into use again.

    :raises FieldError: no reason. :raises RefusedError: it is not blocked.
    """
    _set_block(ctx, lot_id, reason, blocked=False)


def _set_block(ctx: Context, lot_id: str, reason: str, *, blocked: bool) -> None:
    ctx.require("manage")
    if not reason.strip():
        raise FieldError("note", "Write the reason.")
    with ctx.write() as uow:
        lot = _lot(uow, lot_id)
        if lot.blocked == blocked:
            raise RefusedError("Somebody has done this meanwhile. Refresh the list.")
        lot.blocked, lot.blocked_reason = blocked, reason.strip() if blocked else ""
        move(uow, lot.id, "blocked" if blocked else "released", 0, reference=reason.strip())
        uow.audit("block" if blocked else "release", "lot", lot.id, {"reason": reason.strip()})
        uow.commit()


def change_expiry(ctx: Context, lot_id: str, expiry: date, reference: str, reason: str) -> None:
    """Change a lot's expiry as the regulator has decided; old and new day stand in the stock card.

    :raises FieldError: the day is the same, or the decision's number or the reason is missing.
    """
    ctx.require("manage")
    if not reference.strip():
        raise FieldError("reference", "Enter the number of the decision that changes the expiry.")
    if not reason.strip():
        raise FieldError("note", "Write the reason.")
    with ctx.write() as uow:
        lot = _lot(uow, lot_id)
        if lot.expiry == expiry:
            raise FieldError("day", "This is the expiry that the lot has already.")
        old = format_date(lot.expiry) if lot.expiry else "–"
        lot.expiry = expiry
        words = f"{old} → {format_date(expiry)}: {reason.strip()}"
        move(uow, lot.id, "expiry", 0, reason=words, reference=reference.strip())
        uow.audit("expiry", "lot", lot.id, {"old": old, "new": format_date(expiry), "reference": reference.strip()})
        uow.commit()


def take_back(ctx: Context, record_id: str, reason: str) -> None:
    """Take a movement back that was entered in error; doses given are taken back where they were recorded.

    :raises FieldError: no reason. :raises RefusedError: the movement cannot be taken back here.
    """
    ctx.require("manage")
    if not reason.strip():
        raise FieldError("note", "Write the reason.")
    with ctx.write() as uow:
        row = uow.first(StockMovement, record_id=record_id, current=True, status="completed")
        if row is None:
            raise KnownError("The entry is not there any more. Refresh the list.")
        if row.kind not in ("received", "wasted", "returned", "counted"):
            raise RefusedError("This entry is not taken back here: correct the dose, the block or the expiry itself.")
        uow.supersede(row, reason.strip(), status="entered-in-error")
        uow.audit("stock-back", "lot", row.lot_id, {"kind": row.kind, "doses": row.doses})
        uow.commit()


def balance(uow: UnitOfWork, lot_id: str) -> int:
    """The doses that the book holds of a lot: the sum of its current movements."""
    return sum(row.doses for row in uow.find(StockMovement, lot_id=lot_id, current=True, status="completed"))


def _lot(uow: UnitOfWork, lot_id: str) -> Lot:
    lot = uow.get(Lot, lot_id)
    if lot is None:
        raise KnownError("The lot is not there any more. Refresh the list.")
    return lot

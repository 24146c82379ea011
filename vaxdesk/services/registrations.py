"""The registrations that came down from the portal: approve, ask back, refuse, each with its trace (R-21).

The person was stored when the registration came; what is decided here is whether she stands on this station's lists.
The portal's Appointment says the same after the next exchange.
"""

from __future__ import annotations

from vaxdesk.db.tables import PortalCopy, Registration
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import FieldError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.services.context import Context

#: States in words. ``waiting`` and ``asked`` are open: they can still be approved or refused.
STATES = {
    "waiting": N_("waiting for approval"),
    "asked": N_("asked back"),
    "approved": N_("approved"),
    "refused": N_("refused"),
}
OPEN = ("waiting", "asked")


def approve(ctx: Context, registration_id: str) -> None:
    """The person stands on this station's lists.

    :raises RefusedError: the registration is not open any more.
    """
    _decide(ctx, registration_id, "approved", "")


def ask_back(ctx: Context, registration_id: str, reason: str) -> None:
    """Something must be asked first; it stays on the list with what was asked.

    :raises FieldError: nothing is written. :raises RefusedError: the registration is not open any more.
    """
    if not reason.strip():
        raise FieldError("reason", N_("Write what is to be asked."))
    _decide(ctx, registration_id, "asked", reason)


def refuse(ctx: Context, registration_id: str, reason: str) -> None:
    """This station does not take the registration; the person stays in the book.

    :raises FieldError: nothing is written. :raises RefusedError: the registration is not open any more.
    """
    if not reason.strip():
        raise FieldError("reason", N_("Write why the registration is refused."))
    _decide(ctx, registration_id, "refused", reason)


def reopen(ctx: Context, registration_id: str) -> None:
    """Take a decision back: the registration waits again.

    :raises RefusedError: it waits already, or is not there.
    """
    ctx.require("register", "manage")
    with ctx.write() as uow:
        row = uow.get(Registration, registration_id)
        if row is None or row.state == "waiting":
            raise RefusedError(N_("This registration is not there any more. Refresh the list."))
        _set(uow, row, "waiting", "")
        uow.commit()


def _decide(ctx: Context, registration_id: str, state: str, reason: str) -> None:
    ctx.require("register", "manage")
    with ctx.write() as uow:
        row = uow.get(Registration, registration_id)
        if row is None or row.state not in OPEN or (row.state == state == "asked" and row.state_reason == reason):
            raise RefusedError(N_("This registration was decided already. Refresh the list."))
        _set(uow, row, state, reason.strip())
        uow.commit()


def _set(uow: UnitOfWork, row: Registration, state: str, reason: str) -> None:
    before = row.state
    row.state, row.state_reason = state, reason
    uow.audit("registration", "person", row.person_id, {"number": row.portal_number, "from": before, "to": state})
    appointment = str(row.details.get("appointment", ""))
    if appointment and uow.get(PortalCopy, ("Appointment", appointment)) is not None:
        uow.send("Appointment", appointment, person_id=row.person_id)

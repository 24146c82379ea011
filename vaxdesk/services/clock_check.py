"""The clock of this computer against the latest time ever seen, and the way out where a wrong clock ran ahead.

A clock that stood in the future for a minute would otherwise stop every code until that day comes.
"""

from __future__ import annotations

from datetime import datetime

from vaxdesk import settings
from vaxdesk.certificates.gate import CLOCK_TOLERANCE
from vaxdesk.domain.dates import format_datetime
from vaxdesk.errors import FieldError, RefusedError
from vaxdesk.queries.signed_lists import all_lists
from vaxdesk.services.context import Context, store_setting


def ahead(ctx: Context) -> datetime | None:
    """The latest time ever seen, where the clock now shows an earlier one and codes are not signed; else None."""
    text = ctx.setting(settings.LATEST_TIME)
    latest = datetime.fromisoformat(text) if text else None
    return latest if latest is not None and ctx.now() < latest - CLOCK_TOLERANCE else None


def confirm(ctx: Context, reason: str) -> None:
    """A manager has compared the clock and it is right: what was seen later was a wrong clock, and counts no more.

    What another computer has signed is not given up: the dates of the lists held stay the earliest possible time.

    :raises RefusedError: nobody manages, or a list held is later than the clock. :raises FieldError: no reason.
    """
    ctx.require("manage")
    if not reason.strip():
        raise FieldError("reason", "Write with what the clock was compared.")
    with ctx.database.reader() as conn:
        lists = [row.issued_at for row in all_lists(conn)]
    newest = max(lists, default=None)
    if newest is not None and ctx.now() < newest - CLOCK_TOLERANCE:
        moment = format_datetime(newest)
        raise RefusedError("The authority signed a list at {moment}: the clock is wrong. Set it.", moment=moment)
    before = ctx.setting(settings.LATEST_TIME)
    with ctx.write() as uow:
        store_setting(uow, settings.LATEST_TIME, uow.now.isoformat())
        uow.audit("clock-confirmed", "station", ctx.station.id, {"seen": before, "reason": reason.strip()})
        uow.commit()

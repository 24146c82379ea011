"""Notes that a report was printed: in the print log and in the audit."""

from __future__ import annotations

from datetime import date

from vaxdesk.db.tables import Print
from vaxdesk.services.context import Context


def note(ctx: Context, kind: str, day: date, pages: int) -> None:
    """Log a finished print of a report (it carries figures, no people)."""
    ctx.require("manage", "register", "screen", "inject")
    with ctx.write() as uow:
        uow.add(Print(kind=kind, pages=pages, at=uow.now, user_id=ctx.user.id))
        uow.audit("print", kind, ctx.station.id, {"day": day.isoformat(), "pages": pages})
        uow.commit()

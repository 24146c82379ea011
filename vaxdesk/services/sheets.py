"""Papers about the station itself."""

from __future__ import annotations

from vaxdesk.documents import recovery
from vaxdesk.services.context import Context


def recovery_sheet(ctx: Context, code: str) -> bytes:
    """The recovery sheet as a PDF in memory. The caller prints it and forgets it; it is never written to disk."""
    return recovery.sheet(ctx.station.name, code, ctx.today(), practice=ctx.station.practice)

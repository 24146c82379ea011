"""Reads what the frame of the window shows."""

from __future__ import annotations

from datetime import datetime

from vaxdesk import i18n, settings
from vaxdesk.gui.main_window import SessionFacts, ShellFacts
from vaxdesk.queries import outbox, sessions
from vaxdesk.services.context import ROLES, Context


def read(ctx: Context, online: bool) -> ShellFacts:
    """One look at the station's state, on a reading connection; ``online`` is what the sync worker last saw."""
    now = ctx.now()
    with ctx.database.reader() as conn:
        sync = outbox.status(conn)
        ages = outbox.list_ages(conn)
        session = sessions.current_session(conn, ctx.today())
    shown = None
    if session is not None:
        product = ctx.campaign().products.get(session.product_code)
        name = product.label.text(i18n.language()) if product is not None else session.product_code
        shown = SessionFacts(session.part, session.day, name, session.given, session.capacity)
    trust = ages.get("trust")
    return ShellFacts(
        now=now,
        user_name=ctx.user.full_name,
        roles=tuple(ROLES[role] for role in ROLES if role in ctx.user.roles),
        station_name=ctx.station.name,
        session=shown,
        online=online,
        enrolled=sync.enrolled,
        waiting=sync.unsent,
        refused=sync.refused + sync.blocked,
        last_backup=_moment(ctx.setting(settings.LAST_BACKUP)),
        last_sent=_moment(sync.last_sent),
        key_list_days=max(0, (now - trust).days) if trust is not None else None,
    )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

"""Which campaign the station works at: every campaign that it holds a pack of can be chosen, and records keep theirs.

A dose, a consent, a screening carry their campaign's code: nothing of the other campaign is lost or mixed.
"""

from __future__ import annotations

from dataclasses import dataclass

from vaxdesk.db.tables import Station, VaccinationSession
from vaxdesk.domain.campaign import LocalText
from vaxdesk.errors import BugError, FieldError, RefusedError
from vaxdesk.i18n import N_
from vaxdesk.services import rules
from vaxdesk.services.context import Context, StationInfo, station_info
from vaxdesk.services.rules import Rules


@dataclass(frozen=True)
class Choice:
    """One campaign that can be worked at."""

    code: str
    name: LocalText
    version: str


def choices(ctx: Context) -> tuple[Choice, ...]:
    """The campaigns that the station holds packs of: those that ship, and those that a manager imported."""
    load = ctx.load_campaign
    library = load.library() if isinstance(load, Rules) else rules.taken(ctx.database)
    found = []
    for code in library.codes:
        campaign = library.in_force(code, ctx.today())
        found.append(Choice(code, campaign.name, campaign.version))
    return tuple(found)


def choose(ctx: Context, code: str) -> StationInfo:
    """Work at another campaign from now on; the context sees it at once.

    :raises FieldError: the station holds no pack of it. :raises RefusedError: no manager acts, or a session is open.
    """
    ctx.require("manage")
    if code not in {choice.code for choice in choices(ctx)}:
        raise FieldError("campaign", N_("There is no pack for the campaign {code}. Import its file."), code=code)
    with ctx.write() as uow:
        row = uow.first(Station)
        if row is None:
            raise BugError("a station's file holds its station")
        if row.campaign == code:
            return ctx.station
        if any(session.closed_at is None for session in uow.find(VaccinationSession)):
            raise RefusedError(N_("Close the open session first: it belongs to the campaign of now."))
        uow.audit("change", "station", row.id, {"fields": ["campaign"], "old": row.campaign, "new": code})
        row.campaign = code
        info = station_info(row)
        uow.commit()
    ctx.station = info
    return info

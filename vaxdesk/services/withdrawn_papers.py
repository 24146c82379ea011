"""Prints the list of this station's papers that no longer count, for those who check papers without a computer (I5)."""

from __future__ import annotations

from vaxdesk import clock
from vaxdesk.db.tables import Print
from vaxdesk.documents import lists
from vaxdesk.documents.lists import Column, ListPaper
from vaxdesk.documents.words import load
from vaxdesk.domain.dates import format_date, format_datetime
from vaxdesk.errors import RefusedError
from vaxdesk.queries.withdrawn import WithdrawnRow, withdrawn
from vaxdesk.services.context import ROLES, Context
from vaxdesk.services.printing import Printed

KIND = "withdrawn-list"


def withdrawn_list(ctx: Context, *, note: bool = True) -> Printed:
    """The list, the newest revocation first: numbers and days, no names. ``note=False`` for a look that is not logged.

    :raises RefusedError: the user may not, or no paper was ever revoked.
    """
    ctx.require(*ROLES)
    with ctx.database.reader() as conn:
        rows = withdrawn(conn, ctx.campaign().code)
    if not rows:
        raise RefusedError("No paper of this station was withdrawn: there is no list to print.")
    data, pages = lists.render(_paper(ctx, rows))
    if note:
        with ctx.write() as uow:
            uow.add(Print(kind=KIND, pages=pages, at=uow.now, user_id=ctx.user.id))
            uow.audit("print", KIND, ctx.station.id, {"pages": pages, "papers": len(rows)})
            uow.commit()
    return Printed(data, pages)


def _paper(ctx: Context, rows: tuple[WithdrawnRow, ...]) -> ListPaper:
    words = {key: entry.vi for key, entry in load("lists").items()}
    return ListPaper(
        station=ctx.station.name,
        title=words["withdrawn"],
        lines=(words["withdrawn_count"].format(count=len(rows)),),
        order=words["withdrawn_order"],
        columns=(
            Column(words["number"], 9, "right", size=8),
            Column(words["paper_number"], 38, bold=True, size=8),
            Column(words["identifier"], 66, size=7),
            Column(words["issued_on"], 20, "center", size=8),
            Column(words["revoked_on"], 20, "center", size=8),
            Column(words["follower"], 37, size=8),
        ),
        rows=tuple(_row(words, place, row) for place, row in enumerate(rows, 1)),
        printed=words["printed"].format(moment=format_datetime(ctx.now())),
        practice=ctx.station.practice,
    )


def _row(words: dict[str, str], place: int, row: WithdrawnRow) -> tuple[str, ...]:
    issued, revoked = (format_date(clock.local_date(moment)) for moment in (row.issued_at, row.revoked_at))
    return str(place), row.number, row.identifier or "–", issued, revoked, row.follower or "–"

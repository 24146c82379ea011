"""Prints a session's lists: who is called, and who stands at the door. Both say by what they are ordered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vaxdesk import i18n
from vaxdesk.db.tables import Print
from vaxdesk.documents import lists
from vaxdesk.documents.lists import Column, ListPaper
from vaxdesk.documents.words import load
from vaxdesk.domain import phones
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate, format_date, format_datetime
from vaxdesk.domain.eligibility import ORDER_WORDS, Plan
from vaxdesk.errors import BugError
from vaxdesk.queries.session_list import ListRow
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.services.context import Context
from vaxdesk.services.printing import ROLES, Printed
from vaxdesk.services.session_plan import plan_of

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]
#: Which lists there are, with the kind that the print log knows them by.
KINDS = {"door": "door-list", "call": "call-list"}


@dataclass(frozen=True)
class ListPrint:
    """A list to print: the people in the order of the list, and how many are eligible in all."""

    kind: str
    session: SessionRow
    rows: tuple[ListRow, ...]
    listed: int


def session_list(
    ctx: Context,
    wanted: ListPrint,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    *,
    note: bool = True,
) -> Printed:
    """The pages of a list; ``note=False`` for a look on the screen that is not logged.

    :raises RefusedError: there is nobody on it, or the print was cancelled.
    """
    ctx.require(*ROLES)
    if wanted.kind not in KINDS:
        raise BugError(f"no such list: {wanted.kind}")
    campaign = ctx.campaign(day=wanted.session.day)
    data, pages = lists.render(_paper(ctx, campaign, wanted), progress, cancelled)
    if note:
        with ctx.write() as uow:
            uow.add(Print(kind=KINDS[wanted.kind], pages=pages, at=uow.now, user_id=ctx.user.id))
            people = [row.person_id for row in wanted.rows]
            uow.audit("print", KINDS[wanted.kind], wanted.session.id, {"pages": pages, "people": people})
            uow.commit()
    return Printed(data, pages)


def _paper(ctx: Context, campaign: Campaign, wanted: ListPrint) -> ListPaper:
    words = {key: entry.vi for key, entry in load("lists").items()}
    session, plan = wanted.session, plan_of(wanted.session)
    product = campaign.products.get(session.product_code)
    lines = [
        words["session"].format(part=words[f"part_{session.part}"], day=format_date(session.day), place=session.place),
        words["product"].format(product=product.label_vi if product is not None else session.product_code),
        words["groups"].format(groups=", ".join(_in_order(campaign, plan))) if plan.groups else words["groups_all"],
    ]
    if plan.area:
        lines.append(words["area"].format(area=area_label(campaign, plan)))
    lines.append(words["count"].format(count=len(wanted.rows), listed=wanted.listed, capacity=session.capacity))
    door = wanted.kind == "door"
    return ListPaper(
        station=ctx.station.name,
        title=words[wanted.kind],
        lines=tuple(lines),
        order=words["order"].format(order=order_words(plan)),
        columns=_door_columns(words) if door else _call_columns(words),
        rows=tuple(_door_row(words, session, row) if door else _call_row(words, session, row) for row in wanted.rows),
        printed=words["printed"].format(moment=format_datetime(ctx.now())),
        shade=frozenset(place for place, row in enumerate(wanted.rows) if row.number > session.capacity),
        practice=ctx.station.practice,
    )


def order_words(plan: Plan, language: str = "vi") -> str:
    """The order of a list in words."""
    return "; ".join(i18n.translate(ORDER_WORDS[key], language) for key in plan.order)


def area_label(campaign: Campaign, plan: Plan, language: str = "vi") -> str:
    """The plan's area group in words, its code where the pack does not know it, empty without one."""
    areas = campaign.priority.areas_on(plan.day) if campaign.priority is not None else ()
    found = next((area for area in areas if area.code == plan.area), None)
    return f"{found.code} – {found.label.text(language)}" if found is not None else plan.area


def _in_order(campaign: Campaign, plan: Plan) -> Sequence[str]:
    ranks = campaign.priority.ranks_on(plan.day) if campaign.priority is not None else {}
    return sorted(plan.groups, key=lambda code: (ranks.get(code, len(ranks) + 1), code))


def _door_columns(words: dict[str, str]) -> tuple[Column, ...]:
    return (
        Column(words["number"], 11, "right"),
        Column(words["came"], 11, tick=True),
        Column(words["name"], 46, bold=True),
        Column(words["born"], 15, "center"),
        Column(words["village"], 32),
        Column(words["group"], 13, "center"),
        Column(words["dose"], 11, "center"),
        Column(words["code"], 40, size=8.5),
        Column(words["note"], 21),
    )


def _door_row(words: dict[str, str], session: SessionRow, row: ListRow) -> tuple[str, ...]:
    note = words["reserve"] if row.number > session.capacity else ""
    year = str(PartialDate.parse(row.birth_date).year)
    return (str(row.number), "", row.full_name, year, row.village, row.group, _dose(row), row.code, note)


def _call_columns(words: dict[str, str]) -> tuple[Column, ...]:
    return (
        Column(words["number"], 11, "right"),
        Column(words["name"], 48, bold=True),
        Column(words["born"], 15, "center"),
        Column(words["reach"], 42),
        Column(words["dose"], 11, "center"),
        Column(words["since"], 24, "center"),
        Column(words["called"], 13, tick=True),
        Column(words["comes"], 13, tick=True),
        Column(words["note"], 24),
    )


def _call_row(words: dict[str, str], session: SessionRow, row: ListRow) -> tuple[str, ...]:
    reach = phones.shown(row.phone)
    if not reach:
        reach = (
            words["head"].format(village=row.village[:1].lower() + row.village[1:])
            if row.village
            else words["head_unknown"]
        )
    since = format_date(row.since) if row.since is not None and row.dose > 1 else ""
    note = words["reserve"] if row.number > session.capacity else ""
    year = str(PartialDate.parse(row.birth_date).year)
    return (str(row.number), row.full_name, year, reach, _dose(row), since, "", "", note)


def _dose(row: ListRow) -> str:
    return str(row.dose) if row.dose else ""

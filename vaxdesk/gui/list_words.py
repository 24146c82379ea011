"""How the eligible list is said on the screen: the plan, one row's main reason, all reasons of a person."""

from __future__ import annotations

from collections.abc import Callable

from vaxdesk import i18n
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import format_date
from vaxdesk.domain.eligibility import NO_RANK, Plan, Why
from vaxdesk.gui import person_words
from vaxdesk.i18n import N_, _
from vaxdesk.queries.session_list import ListRow
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.services.session_lists import area_label, order_words
from vaxdesk.services.session_plan import plan_of

#: Notes that a row shows as a badge; the reason card says them in full.
BADGES = {
    Why.NOT_CONFIRMED: (N_("group to confirm"), "warn"),
    Why.AGREEMENT: (N_("agreement needed"), "warn"),
    Why.OVERDUE: (N_("overdue"), "info"),
}


def plan(campaign: Campaign, session: SessionRow) -> str:
    """Product, day, groups and area in one line."""
    of = plan_of(session)
    product = person_words.product_name(campaign, session.product_code)
    parts = [f"{product}, {format_date(session.day)}", groups(campaign, of)]
    if of.area:
        parts.append(_("Area: {area}").format(area=area_label(campaign, of, i18n.language())))
    return " · ".join(parts)


def groups(campaign: Campaign, of: Plan) -> str:
    """The groups that the plan calls."""
    if not of.groups:
        return _("all groups called")
    ranks = campaign.priority.ranks_on(of.day) if campaign.priority is not None else {}
    codes = sorted(of.groups, key=lambda code: (ranks.get(code, NO_RANK), code))
    return _("groups {codes} called").format(codes=", ".join(codes))


def order(session: SessionRow) -> str:
    """By what the list is ordered; printed lists say the same."""
    words = order_words(plan_of(session), i18n.language())
    return _("Order: {order}. Never by time of registration.").format(order=words)


def main_reason(row: ListRow) -> str:
    """The one sentence of a row: the first thing against, or what put the person on the list."""
    decisive = (reason for reason in row.reasons if (reason.code in row.against) != row.eligible)
    first = next((reason for reason in decisive if reason.code not in row.notes), None)
    return first.words() if first is not None else ""


def badges(row: ListRow) -> list[tuple[str, str]]:
    """Marks beside the name."""
    found = [(_("has come"), "ok")] if row.arrived else []
    return [*found, *((_(BADGES[note][0]), BADGES[note][1]) for note in row.notes if note in BADGES and row.eligible)]


def reasons_against(row: ListRow) -> str:
    """Everything that keeps the person off the list, one line each."""
    return _lines(row, lambda code: code in row.against)


def reasons_for(row: ListRow) -> str:
    """Everything that speaks for the person."""
    return _lines(row, lambda code: code not in row.against and code not in row.notes)


def notes(row: ListRow) -> str:
    """What does not decide but should be known."""
    return _lines(row, lambda code: code in row.notes)


def _lines(row: ListRow, fits: Callable[[Why], bool]) -> str:
    return "\n".join(f"• {reason.words()}" for reason in row.reasons if fits(reason.code))

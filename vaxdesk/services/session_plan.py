"""Whom a session's list calls: groups, area, order. A plan's decisions, never those of one person."""

from __future__ import annotations

from dataclasses import dataclass

from vaxdesk.db.tables import VaccinationSession
from vaxdesk.domain.eligibility import USUAL_ORDER, Plan
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.services.context import Context
from vaxdesk.services.sessions import open_session


@dataclass(frozen=True)
class ChangeList:
    """``groups`` empty: every group and those without one. ``area`` is the province's area group, empty: none."""

    session_id: str
    groups: tuple[str, ...] = ()
    area: str = ""
    order: tuple[str, ...] = USUAL_ORDER


def change_list(ctx: Context, command: ChangeList) -> None:
    """Keep whom the session's list calls and in which order; logged with what it was before.

    :raises FieldError: a group, area or order is not known on that day. :raises RefusedError: the session is closed.
    """
    ctx.require("manage", "register", "inject")
    with ctx.read() as uow:
        day = open_session(uow.get(VaccinationSession, command.session_id)).day
    priority = ctx.campaign(day=day).priority
    with ctx.write() as uow:
        row = open_session(uow.get(VaccinationSession, command.session_id))
        # A list by the time of registration is refused here: the plan knows no such order.
        plan = Plan(row.product_code, row.day, frozenset(command.groups), command.area, command.order)
        known = {group.code for group in priority.groups_on(row.day)} if priority is not None else set()
        for code in command.groups:
            if code not in known:
                raise FieldError("groups", N_("The list in force has no group {code}."), code=code)
        areas = {area.code for area in priority.areas_on(row.day)} if priority is not None else set()
        if command.area and command.area not in areas:
            raise FieldError("area", N_("There is no area group {code} on that day."), code=command.area)
        old = {"groups": row.called_groups, "area": row.area_group, "order": row.list_order}
        row.called_groups, row.area_group, row.list_order = list(command.groups), plan.area, list(plan.order)
        new = {"groups": row.called_groups, "area": row.area_group, "order": row.list_order}
        uow.audit("change-list", "session", row.id, {"old": old, "new": new})
        uow.commit()


def plan_of(session: SessionRow) -> Plan:
    """The plan that a session's list is judged by."""
    return Plan(
        session.product_code,
        session.day,
        frozenset(session.called_groups),
        session.area_group,
        session.list_order or USUAL_ORDER,
    )

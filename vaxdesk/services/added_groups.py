"""Adds a priority group by a decision of the minister or the province (R-25).

It is in force from its day on; the pack's own lists stay as they were, and so do the lists of old plans.
"""

from __future__ import annotations

import dataclasses

from vaxdesk import settings
from vaxdesk.db.tables import Setting as SettingRow
from vaxdesk.domain.dates import format_date
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_
from vaxdesk.services import group_book
from vaxdesk.services.context import Context, store_setting
from vaxdesk.services.group_book import AddedGroup


def add(ctx: Context, command: AddedGroup) -> None:
    """The manager adds a group to the list in force on its first day.

    :raises FieldError: code, words, decision or day do not fit. :raises RefusedError: no manager acts.
    """
    ctx.require("manage")
    campaign = ctx.campaign(day=command.start)
    priority = campaign.priority
    edition = priority.list_on(command.start) if priority is not None else None
    if priority is None or edition is None:
        raise FieldError("start", N_("No list of priority groups is in force on that day."))
    code = command.code.strip()
    if not code or "," in code:
        raise FieldError("code", N_("Enter a short code for the group, without a comma."))
    if not command.label.strip():
        raise FieldError("label", N_("Enter the group's name as the decision writes it."))
    if command.start < command.decided:
        day = format_date(command.decided)
        raise FieldError("start", N_("The group cannot be called before its decision of {day}."), day=day)
    beside = priority.group(command.beside, day=command.start)
    if beside is None:
        raise FieldError("beside", N_("Choose the group whose turn it shares."))
    group = dataclasses.replace(
        command,
        code=code,
        label=command.label.strip(),
        label_en=command.label_en.strip(),
        reference=command.reference.strip(),
        campaign=campaign.code,
        list_id=edition.id,
        rank=beside.rank,
    )
    # What the domain refuses is refused before anything is stored: a code in use, a missing decision.
    priority.with_added([group.group()])
    with ctx.write() as uow:
        row = uow.get(SettingRow, settings.ADDED_GROUPS.key)
        before = group_book.read(str(row.value)) if row is not None else ()
        text = group_book.written([*before, group])
        store_setting(uow, settings.ADDED_GROUPS, text)
        uow.audit("add-group", "campaign", campaign.code, {"code": group.code, "reference": group.reference})
        uow.commit()
    group_book.remember(ctx.database, text)


def added(ctx: Context) -> tuple[AddedGroup, ...]:
    """The groups that were added at this station, in the order in which they came."""
    return group_book.read(group_book.held(ctx.database))

"""Reads ``priority.toml``: lists of priority groups, the groups, and area groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.tables import Table
from vaxdesk.campaigns.texts import MAX_AGE
from vaxdesk.domain.priority import AreaGroup, Group, GroupList, Priority
from vaxdesk.i18n import N_

FILE = "priority.toml"
MAX_RANK = 999


def read(folder: Folder) -> Priority | None:
    """The priority groups of the pack; None without the file. Problems are noted in the folder."""
    root = folder.file(FILE)
    if root is None:
        return None
    lists = tuple(_list(code, table) for code, table in root.named("lists", required=True).items())
    groups = tuple(_group(table, [edition.id for edition in lists]) for table in root.tables("groups"))
    areas = tuple(_area(table) for table in root.tables("areas"))
    root.finish()
    for (list_id, code), count in Counter((group.list_id, group.code) for group in groups).items():
        if count > 1:
            root.refuse(
                "groups", N_("The id {id} is used twice."), N_("Expected an id of its own."), id=f"{list_id} {code}"
            )
    filled = {group.list_id for group in groups}
    for edition in lists:
        if edition.complete and edition.id not in filled:
            root.refuse(
                f"lists.{edition.id}",
                N_("The list has no groups."),
                N_("Expected groups, or complete = false for a list that is only recognised."),
            )
    return Priority(lists, groups, areas)


def _list(code: str, table: Table) -> GroupList:
    found = GroupList(code, table.local("title"), table.source(), table.flag("complete", default=True))
    table.finish()
    return found


def _group(table: Table, lists: Collection[str]) -> Group:
    found = Group(
        code=table.text("code"),
        rank=table.whole("rank", minimum=1, maximum=MAX_RANK),
        label=table.local("label"),
        source=table.source(),
        list_id=table.choice("list", lists),
        over_age=table.optional_whole("over_age", maximum=MAX_AGE),
        added=table.flag("added"),
    )
    table.finish()
    return found


def _area(table: Table) -> AreaGroup:
    found = AreaGroup(
        code=table.text("code"),
        rank=table.whole("rank", minimum=1, maximum=MAX_RANK),
        label=table.local("label"),
        source=table.source(),
    )
    table.finish()
    return found

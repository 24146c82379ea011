"""The priority groups that were added at this station, as they lie in its file, and the campaign with them.

Read once for an open file: a question for the campaign costs no look into it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from vaxdesk import settings
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Setting as SettingRow
from vaxdesk.domain.campaign import Campaign, LegalText, LocalText, Source
from vaxdesk.domain.priority import Group

_DAYS = ("decided", "start")


@dataclass(frozen=True)
class AddedGroup:
    """One group. ``beside`` is the code of the group of the list in force whose strength it has; ``reference`` is the
    number of the decision, ``decided`` its day; the group is called from ``start`` on."""

    code: str
    label: str
    reference: str
    decided: date
    start: date
    beside: str
    label_en: str = ""
    campaign: str = ""
    list_id: str = ""
    rank: int = 0

    def group(self) -> Group:
        """The group as the rules know one."""
        text = LegalText(
            f"added-{self.code}", self.reference, LocalText(self.label, self.label_en or self.label), self.decided
        )
        return Group(self.code, self.rank, text.title, Source(text, self.start), self.list_id, added=True)


_texts: WeakKeyDictionary[Database, str] = WeakKeyDictionary()
_made: WeakKeyDictionary[Campaign, dict[str, Campaign]] = WeakKeyDictionary()


def read(text: str) -> tuple[AddedGroup, ...]:
    """The groups of a stored text."""
    rows: list[dict[str, Any]] = json.loads(text) if text else []
    return tuple(AddedGroup(**row | {name: date.fromisoformat(row[name]) for name in _DAYS}) for row in rows)


def written(groups: Sequence[AddedGroup]) -> str:
    """The text that is stored."""
    rows = [dataclasses.asdict(group) | {name: getattr(group, name).isoformat() for name in _DAYS} for group in groups]
    return json.dumps(rows, ensure_ascii=False)


def held(database: Database) -> str:
    """The stored text of an open file."""
    text = _texts.get(database)
    if text is None:
        with database.reader() as session:
            row = session.get(SettingRow, settings.ADDED_GROUPS.key)
            text = _texts[database] = "" if row is None else settings.ADDED_GROUPS.fitting(row.value)
    return text


def remember(database: Database, text: str) -> None:
    """Another text was stored."""
    _texts[database] = text


def with_added(database: Database, campaign: Campaign) -> Campaign:
    """The campaign with the groups that were added to it here; the same object for the same groups."""
    if campaign.priority is None:
        return campaign
    text = held(database)
    if not text:
        return campaign
    known = _made.setdefault(campaign, {})
    if text not in known:
        taken = {f"{group.list_id}:{group.code}" for group in campaign.priority.groups}
        lists = {edition.id for edition in campaign.priority.lists}
        # A later pack may bring the group itself, or another list: its word counts then.
        fresh = [
            each.group()
            for each in read(text)
            if each.campaign == campaign.code and each.list_id in lists and f"{each.list_id}:{each.code}" not in taken
        ]
        priority = campaign.priority.with_added(fresh)
        known[text] = dataclasses.replace(campaign, priority=priority) if fresh else campaign
    return known[text]

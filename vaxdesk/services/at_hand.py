"""What the window needs at every turn: the settings and the campaign in force, read once and kept in memory.

The thread that paints never waits for the disk: it looks here, and a reading beside it renews what stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from vaxdesk import settings
from vaxdesk.db.tables import Setting as SettingRow
from vaxdesk.domain.campaign import Campaign
from vaxdesk.services import group_book
from vaxdesk.services.context import Context
from vaxdesk.services.rules import Rules

T = TypeVar("T")


@dataclass(frozen=True)
class AtHand:
    """The stored settings by key, the campaign in force on the day of reading, and as it stands on other days."""

    stored: dict[str, Any]
    campaign: Campaign
    campaign_on: Callable[[date], Campaign]

    def setting(self, option: settings.Setting[T]) -> T:
        """A setting's value as :meth:`Context.setting` gives it, without a look at the disk."""
        return option.fitting(self.stored.get(option.key))


def read(ctx: Context) -> AtHand:
    """Read both; under a millisecond once the packs are in memory.

    :raises KnownError: the station's campaign has no pack.
    """
    with ctx.read() as uow:
        stored: dict[str, Any] = {row.key: row.value for row in uow.find(SettingRow)}
    rules, code = ctx.load_campaign, ctx.station.campaign
    # The packs as they were read just now: asked for another day, they are not looked for in the file again.
    find = rules.library().on if isinstance(rules, Rules) else rules
    return AtHand(stored, ctx.campaign(), lambda day: group_book.with_added(ctx.database, find(code, day)))

"""What the window needs at every turn: the settings and the campaign in force, read once and kept in memory.

The thread that paints never waits for the disk: it looks here, and a reading beside it renews what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from vaxdesk import settings
from vaxdesk.db.tables import Setting as SettingRow
from vaxdesk.domain.campaign import Campaign
from vaxdesk.services.context import Context

T = TypeVar("T")


@dataclass(frozen=True)
class AtHand:
    """The stored settings by key, and the campaign in force on the day of reading."""

    stored: dict[str, Any]
    campaign: Campaign

    def setting(self, option: settings.Setting[T]) -> T:
        """A setting's value as :meth:`Context.setting` gives it, without a look at the disk."""
        return option.fitting(self.stored.get(option.key))


def read(ctx: Context) -> AtHand:
    """Read both; under a millisecond once the packs are in memory.

    :raises KnownError: the station's campaign has no pack.
    """
    with ctx.read() as uow:
        stored: dict[str, Any] = {row.key: row.value for row in uow.find(SettingRow)}
    return AtHand(stored, ctx.campaign())

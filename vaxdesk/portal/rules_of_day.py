"""The rules by which the portal itself judges: the pack that comes with the program, and the versions it published."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import select

from vaxdesk import assets
from vaxdesk.campaigns import bundle
from vaxdesk.campaigns.library import Files, Library
from vaxdesk.clock import today
from vaxdesk.domain.campaign import Campaign
from vaxdesk.errors import InputError
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.store import Store
from vaxdesk.portal.tables import CampaignFile

log = logging.getLogger(__name__)


class RulesOfDay:
    """Called, it gives the campaign as it stands today: what stations are to judge by, the portal judges by too.

    Publishing is the administrator's decision, so a published version holds by its dates at once; one that was
    withdrawn holds no more. Files are read again only when something was published or withdrawn.
    """

    def __init__(self, store: Store, settings: PortalSettings) -> None:
        """:raises KnownError: no such campaign ships with the program."""
        self._store = store
        self._settings = settings
        self._shipped = Library(assets.resource("campaigns"))
        self._lock = threading.Lock()
        self._seen: tuple[tuple[str, ...], Library] = ((), self._shipped)
        self()

    def __call__(self) -> Campaign:
        """The campaign of today, the same object while nothing changes."""
        return self._library().on(self._settings.campaign, today(self._settings.clock))

    def _library(self) -> Library:
        where = (CampaignFile.code == self._settings.campaign, CampaignFile.withdrawn.is_(None))
        order = (CampaignFile.published, CampaignFile.digest)
        with self._store.reading() as connection:
            offered = tuple(connection.scalars(select(CampaignFile.digest).where(*where).order_by(*order)))
            with self._lock:
                if offered != self._seen[0]:
                    rows = connection.execute(
                        select(CampaignFile.digest, CampaignFile.body).where(*where).order_by(*order)
                    )
                    received = [found for row in rows if (found := _contents(row.digest, bytes(row.body))) is not None]
                    self._seen = offered, self._shipped.with_received(received)
                return self._seen[1]


def _contents(digest: str, body: bytes) -> tuple[str, Files] | None:
    try:
        return digest, bundle.contents(body)
    except InputError:
        log.error("the campaign file %s cannot be read any more", digest)
        return None

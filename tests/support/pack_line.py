"""A station, a portal process that offers campaign files, and the line between them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, insert
from support import campaign_files
from support.fault_proxy import FaultProxy, Seen, fault_proxy
from support.portal import PortalProcess, running_portal
from support.station import Template, TestStation, copied_station, make_station

from vaxdesk import settings
from vaxdesk.certificates.authority import Authority
from vaxdesk.clock import SystemClock
from vaxdesk.db.tables import CampaignPack
from vaxdesk.portal import packs as portal_packs
from vaxdesk.portal.store import Store
from vaxdesk.portal.tables import CampaignFile, Resource
from vaxdesk.queries import outbox
from vaxdesk.services import packs
from vaxdesk.services.context import store_setting
from vaxdesk.sync.once import SyncResult, sync_once

CODE = "two-dose-grace"


@dataclass
class Line:
    """A station, its portal with its authority, and what lies between."""

    station: TestStation
    portal: PortalProcess
    proxy: FaultProxy
    store: Store
    authority: Authority
    folder: Path

    def pack(self, version: str, valid_from: str = "2026-10-01", pack: str = CODE, **changes: str) -> Path:
        """A signed campaign file, not published yet."""
        return campaign_files.signed(
            campaign_files.folder(self.folder, pack, version, valid_from, **changes), self.authority
        )

    def publish(self, file: Path) -> str:
        """The administrator publishes it; its hash."""
        return portal_packs.publish(self.store, self.authority, file).digest

    def force(self, data: bytes, version: str, size: int | None = None, digest: str = "", code: str = CODE) -> str:
        """A portal that nobody should trust offers these bytes; their hash as it tells it."""
        digest = digest or hashlib.sha256(data).hexdigest()
        row = {
            "digest": digest,
            "code": code,
            "version": version,
            "valid_from": "2026-10-01",
            "title": "?",
            "publisher": "?",
            "body": data,
            "size": len(data) if size is None else size,
            "sha1": b"",
            "published": 1,
        }
        with self.store.writing() as write:
            write.next_seq()
            write.connection.execute(insert(CampaignFile).values(**row))
        return digest

    def sync(self) -> SyncResult:
        return sync_once(self.station.ctx)

    def row(self, digest: str) -> CampaignPack:
        return self.station.row(CampaignPack, digest=digest)

    def asked(self, what: str = "/packs/") -> list[Seen]:
        """The requests for files (or of another kind) since the last look."""
        found = [seen for seen in self.proxy.seen if what in seen.path]
        self.proxy.seen.clear()
        return found

    def all_sent(self) -> bool:
        with self.station.database.reader() as conn:
            return outbox.status(conn).all_sent


@contextlib.contextmanager
def portal_with_authority(folder: Path) -> Iterator[PortalProcess]:
    """A running portal of a province's health department."""
    Authority.create(folder / "keys", "Sở Y tế Sơn La")
    with running_portal(folder, "--rate", "5000", authority=folder / "keys") as portal:
        yield portal


def enrolled_station(folder: Path, portal: PortalProcess) -> Template:
    """A station that was set up and enrolled at the portal once; each test works on a copy of its folder."""
    made = make_station(folder, moment=datetime.now(UTC))
    made.enrol_at(portal, folder)
    made.database.close()
    return Template(made.ctx.paths.data_dir, made.database.key, made.ctx, made.authority, made.recovery, made.set_up)


@contextlib.contextmanager
def pack_line(folder: Path, portal: PortalProcess, enrolled: Template) -> Iterator[Line]:
    """A copy of the station behind a proxy, and a portal that offers nothing yet."""
    station = copied_station(enrolled, folder)
    station.clock.moment = datetime.now(UTC) + timedelta(minutes=1)
    ctx = station.ctx
    ctx.load_campaign = packs.loader(ctx.paths.campaigns, ctx.database)
    store = Store(portal.database, SystemClock())
    with store.writing() as write:
        write.connection.execute(delete(CampaignFile))
        # The copies of one station go different ways: what the portal keeps of another copy's journal is not theirs.
        write.connection.execute(delete(Resource).where(Resource.type == "Provenance"))
    with fault_proxy(portal.url) as proxy:
        with ctx.write() as uow:
            store_setting(uow, settings.PORTAL_URL, proxy.url)
            uow.commit()
        yield Line(station, portal, proxy, store, Authority.open(Path(str(portal.authority))), folder)
    store.close()
    station.database.close()

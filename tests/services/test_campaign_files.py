"""Campaign files: taken from the station's own authority only, and in force at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.station import TestStation, make_station

from vaxdesk.campaigns import bundle
from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import AuditEntry
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.services import packs

PACKS = Path(__file__).parents[1] / "campaigns" / "packs"


def campaign_file(folder: Path, authority: Authority, pack: str = "measles-rubella") -> Path:
    path = folder / f"{pack}.vaxpack"
    path.write_bytes(bundle.pack(PACKS / pack, authority.sign_pack))
    return path


def test_a_campaign_file_of_the_authority_is_in_force_at_once(station: TestStation, tmp_path: Path) -> None:
    station.ctx.load_campaign = packs.loader(station.ctx.paths.campaigns, station.database)
    assert station.ctx.campaign().code == "covid19"
    with pytest.raises(KnownError, match="no pack"):
        station.ctx.campaign("measles-rubella")
    done = packs.import_pack(station.ctx, campaign_file(tmp_path, station.authority))
    assert done.code == "measles-rubella"
    assert "Sơn La" in done.signer
    assert station.ctx.campaign("measles-rubella").version == done.version
    (entry,) = station.rows(AuditEntry, action="import", entity="campaign")
    assert (entry.entity_id, entry.detail["version"]) == (done.code, done.version)
    elsewhere = packs.loader(station.ctx.paths.campaigns, station.database)
    assert elsewhere("measles-rubella", station.ctx.today()).version == done.version
    assert packs.import_pack(station.ctx, campaign_file(tmp_path, station.authority)) == done


def test_a_campaign_file_of_somebody_else_or_changed_on_its_way_is_refused(
    station: TestStation, tmp_path: Path
) -> None:
    other = Authority.create(tmp_path / "other", "Sở Y tế khác")
    with pytest.raises(RefusedError, match="not signed by the authority"):
        packs.import_pack(station.ctx, campaign_file(tmp_path, other))
    good = campaign_file(tmp_path, station.authority)
    data = good.read_bytes()
    for at in (4, 12, 40, 90, len(data) // 2, len(data) - 3):
        good.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(KnownError):
            packs.import_pack(station.ctx, good)
    list_as_signature = station.authority.trust_list(station.clock.now())
    archive = data[12 + int.from_bytes(data[8:12], "big") :]
    good.write_bytes(data[:8] + len(list_as_signature).to_bytes(4, "big") + list_as_signature + archive)
    with pytest.raises(RefusedError, match="not signed by the authority"):
        packs.import_pack(station.ctx, good)
    assert not station.ctx.paths.campaigns.exists()
    assert station.rows(AuditEntry, action="import") == []


def test_before_the_enrolment_no_campaign_file_can_be_checked(tmp_path: Path) -> None:
    station = make_station(tmp_path)
    with pytest.raises(RefusedError, match="authority's answer first"):
        packs.import_pack(station.ctx, campaign_file(tmp_path, station.authority))
    station.database.close()

"""The campaign that a station works at: chosen among its packs by a manager, with no session open."""

from __future__ import annotations

import pytest
from support.station import PRODUCT, TestStation

from vaxdesk import assets
from vaxdesk.campaigns import bundle
from vaxdesk.db.tables import AuditEntry, Immunization, Station
from vaxdesk.errors import FieldError, RefusedError
from vaxdesk.services import campaign_choice, packs, sessions


@pytest.fixture
def with_measles(station: TestStation, tmp_path_factory: pytest.TempPathFactory) -> TestStation:
    ctx = station.ctx
    ctx.load_campaign = packs.loader(ctx.paths.campaigns, ctx.database)
    folder = assets.root() / "tests" / "campaigns" / "packs" / "measles-rubella"
    file = tmp_path_factory.mktemp("packs") / "measles-rubella.vaxpack"
    file.write_bytes(bundle.pack(folder, station.authority.sign_pack))
    packs.import_pack(ctx, file)
    return station


def test_the_choice_is_kept_in_the_file_and_doses_stay_with_their_campaign(with_measles: TestStation) -> None:
    station = with_measles
    lot = station.lot()
    session = station.session(lot)
    station.through(session, lot)
    with pytest.raises(RefusedError):
        campaign_choice.choose(station.ctx, "measles-rubella")
    sessions.close(station.ctx, session, "")
    info = campaign_choice.choose(station.ctx, "measles-rubella")
    assert info.campaign == station.ctx.station.campaign == "measles-rubella"
    assert station.row(Station).campaign == "measles-rubella"
    assert station.ctx.campaign().code == "measles-rubella"
    assert PRODUCT not in station.ctx.campaign().products
    assert station.row(Immunization).campaign == "covid19"
    assert any(entry.detail.get("new") == "measles-rubella" for entry in station.rows(AuditEntry, action="change"))
    campaign_choice.choose(station.ctx, "covid19")
    assert station.ctx.campaign().code == "covid19"


def test_an_unknown_campaign_and_a_user_who_does_not_manage_are_refused(with_measles: TestStation) -> None:
    with pytest.raises(FieldError) as caught:
        campaign_choice.choose(with_measles.ctx, "hpv")
    assert caught.value.field == "campaign"
    with pytest.raises(RefusedError):
        campaign_choice.choose(with_measles.acting("register"), "measles-rubella")

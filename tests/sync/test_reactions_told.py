"""A reaction that was told about an earlier dose arrives with its dose; without a full day it stays at the station."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from support.portal import PortalProcess, running_portal
from support.station import PRODUCT, TestStation, details, make_station

from vaxdesk import settings
from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import Reaction
from vaxdesk.domain.dates import PartialDate
from vaxdesk.services import people
from vaxdesk.services.doses import EarlierDose
from vaxdesk.services.people import RegisterPerson
from vaxdesk.sync.once import sync_once


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalProcess]:
    Authority.create(tmp_path / "keys", "Trung tâm Y tế khu vực Sốp Cộp")
    with running_portal(tmp_path, "--rate", "5000", authority=tmp_path / "keys") as portal:
        yield portal


@pytest.fixture
def station(tmp_path: Path, portal: PortalProcess) -> Iterator[TestStation]:
    station = make_station(tmp_path, moment=datetime.now(UTC) + timedelta(minutes=1))
    station.enrol_at(portal, tmp_path)
    yield station
    station.database.close()


def test_reactions_of_earlier_doses_are_accepted_by_the_portal(station: TestStation, portal: PortalProcess) -> None:
    today = station.ctx.today()
    days = (
        PartialDate.parse((today - timedelta(days=90)).isoformat()),
        PartialDate.parse((today - timedelta(days=40)).isoformat()),
        PartialDate(today.year - 1),
    )
    doses = (
        EarlierDose("", PRODUCT, days[0], "paper", reaction="ordinary"),
        EarlierDose("", PRODUCT, days[1], "spoken", reaction="severe", reaction_note="ngất"),
        EarlierDose("", PRODUCT, days[2], "spoken", reaction="ordinary", reaction_note="sốt"),
    )
    person = people.register(station.ctx, RegisterPerson(details(), earlier=doses))
    assert len(station.rows(Reaction, person_id=person.person_id)) == 3
    station.clock.advance(timedelta(seconds=11))
    result = sync_once(station.ctx)
    assert result.status is not None
    assert result.pushed.refused == 0
    assert result.status.all_sent
    token = station.ctx.setting(settings.PORTAL_TOKEN)
    answer = requests.get(
        f"{portal.fhir}/AdverseEvent",
        headers={"Authorization": f"Bearer {token}"},
        params={"_count": "50"},
        timeout=20,
    )
    found = [entry["resource"] for entry in answer.json().get("entry", [])]
    assert sorted(each["seriousness"]["coding"][0]["code"] for each in found) == ["Non-serious", "Serious"]

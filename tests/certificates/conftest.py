"""An authority, a station and its certified key, made once for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from making import trust_of

from vaxdesk.certificates import enrolment
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.keys import StationKey, StationKeyRing, StationSigner
from vaxdesk.certificates.trust import Trust

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that knows one station, 01279, and a national signer. Tests do not change it."""
    made = Authority.create(tmp_path_factory.mktemp("authority"), "Cục Phòng bệnh (thử)", at=NOW)
    made.national_signer(at=NOW)
    return made


@pytest.fixture(scope="session")
def station(authority: Authority) -> StationSigner:
    """The station's key with its certificate."""
    key = StationKey.generate()
    request = key.request(station_id="s-1", code="01279", name="Trạm Y tế xã Phú Xuân", created_at=NOW)
    answer = enrolment.read_answer(authority.answer(request, at=NOW), key.public_der)
    ring = StationKeyRing().with_key(key, NOW).with_certificate(answer.certificate)
    signer = ring.current(NOW)
    assert signer is not None
    return signer


@pytest.fixture(scope="session")
def trust(authority: Authority, station: StationSigner) -> Trust:
    """What a station knows after enrolment: the two signed lists."""
    return trust_of(authority, NOW)


@pytest.fixture
def fresh_authority(tmp_path: Path) -> Authority:
    """An authority of the test's own."""
    return Authority.create(tmp_path / "authority", "Sở Y tế (thử)", at=NOW)

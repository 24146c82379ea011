"""The practice station: made once, begun anew when it was cut off, and never over a real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.station import MORNING, make_station

from vaxdesk import practice
from vaxdesk.clock import FixedClock
from vaxdesk.errors import RefusedError
from vaxdesk.paths import StationPaths
from vaxdesk.queries import people, sessions, visits
from vaxdesk.services import upkeep


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hamlet instead of a commune."""
    monkeypatch.setattr(practice, "PEOPLE", 90)
    monkeypatch.setattr(practice, "EARLIER", 3)


def test_it_opens_with_people_and_a_session_in_progress_and_what_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    paths = StationPaths(tmp_path / "practice")
    paths.data_dir.mkdir()
    (paths.data_dir / "practice.begun").write_text("1\n", encoding="ascii")
    paths.database.write_bytes(b"half a file")
    paths.key_slots.write_text("{", encoding="ascii")
    clock = FixedClock(MORNING)
    practice.prepare(paths, clock=clock)
    practice.prepare(paths, clock=clock)
    ctx = practice.open_station(paths, clock)
    with ctx.database.reader() as conn:
        assert people.count(conn) == 90
        session = sessions.current_session(conn, ctx.today())
        assert session is not None
        counts = visits.stage_counts(visits.of_session(conn, session.id))
        lots = {lot.number: lot.balance for lot in sessions.lots(conn)}
    assert (counts["done"], counts["observation"]) == (3, 5)
    assert counts["dose"] == counts["screening"] == counts["consent"] == 3
    assert lots == {"ABX2045": 197, "ABX3107": 92}
    product = session.product_code
    assert product in ctx.campaign().products
    assert upkeep.check(ctx) == []
    ctx.database.close()
    again = practice.open_station(paths, clock)
    with again.database.reader() as conn:
        assert len(sessions.sessions(conn, again.today())) == 1
    again.database.close()


def test_a_real_stations_folder_is_never_made_a_practice_station(tmp_path: Path) -> None:
    station = make_station(tmp_path)
    station.database.close()
    paths = station.ctx.paths
    before = {path.name: path.read_bytes() for path in paths.data_dir.iterdir() if path.is_file()}
    with pytest.raises(RefusedError, match="real station"):
        practice.prepare(paths)
    paths.key_slots.unlink()
    with pytest.raises(RefusedError, match="real station"):
        practice.prepare(paths)
    del before[paths.key_slots.name]
    assert {path.name: path.read_bytes() for path in paths.data_dir.iterdir() if path.is_file()} == before

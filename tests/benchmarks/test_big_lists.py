"""The lists of papers and of work at a station that vaccinated 30,000 people: 60,000 doses, 30,000 papers.

Bar: what a page shows is there within 150 ms. Whether whole tables are walked is tested by plan in
``tests/queries/test_query_plans.py``; here the time is told, and kept from running away.
Measured with others at work on both cores (load 4), in milliseconds of a core: who waits 115 (the first 3,000 where
everybody waits 224), how many 82 (136), reprints 21, codes 8, papers of five days 45, 3,000 papers 105, work of today
113. Before, on a quiet machine: 718, -, 165, 20, 48, 421, 767.
"""

from __future__ import annotations

import gc
import time
from datetime import timedelta

import big_station
import pytest
from sqlalchemy import delete
from support.station import TestStation, make_station

from vaxdesk.db.tables import Print
from vaxdesk.queries import certificates, worklist


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    station = make_station(tmp_path_factory.mktemp("big"))
    big_station.vaccinated(station, 30_000)
    lot = station.lot("ABX9999")
    session = station.session(lot)
    for number in range(20):
        station.person(session, full_name=f"Lò Văn {number}", national_id="", groups=("9",))
    yield station
    station.database.close()


def best(act) -> float:
    """Milliseconds of one core, the least of five."""
    times = []
    for _number in range(5):
        gc.collect()
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return 1000 * min(times)


@pytest.mark.long
def test_the_lists_of_a_big_station_are_there_in_time(station: TestStation) -> None:
    now, today = station.clock.now(), station.ctx.today()
    with station.database.reader() as conn:
        asked = {
            "who waits for a paper": lambda: certificates.to_print(conn, "covid19"),
            "how many": lambda: certificates.counts(conn, "covid19"),
            "who waits for a reprint": lambda: certificates.to_reprint(conn, "covid19"),
            "codes to renew": lambda: certificates.code_work(conn, "covid19", now, can_sign=True),
            "papers of five days": lambda: certificates.issued(conn, now - timedelta(days=5)),
            "3,000 papers": lambda: certificates.issued(conn, now - timedelta(days=999)),
            "a paper by its number": lambda: certificates.search(conn, "14001-01-000077"),
            "work of today": lambda: worklist.today(conn, "covid19", today, now, 30),
        }
        took = {name: best(act) for name, act in asked.items()}
        assert 300 < len(certificates.to_print(conn, "covid19")) < 900
    print("\n" + ", ".join(f"{name} {ms:.0f} ms" for name, ms in took.items()))
    assert max(took.values()) < 300


@pytest.mark.long
def test_a_station_that_prints_no_papers_waits_no_longer(station: TestStation) -> None:
    with station.database.writer() as conn:
        conn.execute(delete(Print))
        shown = best(lambda: certificates.to_print(conn, "covid19"))
        counted = best(lambda: certificates.counts(conn, "covid19"))
        assert len(certificates.to_print(conn, "covid19")) == 3000
        assert certificates.counts(conn, "covid19")[0] > 29_000
        conn.rollback()
    print(f"\nthe first 3,000 of those who wait {shown:.0f} ms, how many {counted:.0f} ms")
    assert max(shown, counted) < 500

"""How fast 100,000 people are judged against a plan, and that the cost grows with the people, not faster."""

from __future__ import annotations

import gc
import random
import time
from datetime import date, timedelta

import big_station
import pytest
from sqlalchemy import update
from support.station import TestStation, make_station

from vaxdesk.db.tables import Person
from vaxdesk.domain.eligibility import Due, Facts, Plan, eligible_list, first_page
from vaxdesk.errors import RefusedError
from vaxdesk.queries.eligibility import Eligible
from vaxdesk.queries.session_list import SessionList, Side, Wanted

DAY = date(2021, 10, 1)
RANKS = {str(number): number for number in range(1, 17)}
PLAN = Plan("astrazeneca", DAY, frozenset(str(number) for number in range(1, 12)))


def crowd(size: int) -> list[Facts]:
    """Invented people: a fifth not due, a tenth refused, groups of every kind."""
    chance = random.Random(20211001)
    groups = [frozenset(chance.sample(list(RANKS), chance.choice((1, 1, 2)))) for _ in range(60)]
    due = [
        (Due("astrazeneca", DAY + timedelta(days=chance.randrange(-60, 15)), None), Due("spikevax", DAY, None, True))
        for _ in range(400)
    ]
    return [
        Facts(
            f"{number:08x}",
            date(1930, 1, 1) + timedelta(days=chance.randrange(27000)),
            f"ten {number % 977}",
            "",
            chance.choice(groups),
            chance.random() < 0.8,
            "refused" if chance.random() < 0.1 else "given",
            2,
            chance.choice(due),
        )
        for number in range(size)
    ]


@pytest.mark.long
def test_a_hundred_thousand_people_are_listed_in_time(benchmark) -> None:
    """The bar of the whole list is 2 s with warm values; judging may take a half of it at most."""
    people = crowd(100_000)
    listed = benchmark(eligible_list, people, PLAN, RANKS)
    assert 10_000 < len(listed) < 90_000
    start = time.process_time()
    eligible_list(people, PLAN, RANKS)
    assert time.process_time() - start < 1.0


@pytest.mark.long
def test_the_first_page_does_not_cost_more_than_the_list(benchmark) -> None:
    people = crowd(100_000)
    page = benchmark(first_page, people, PLAN, RANKS, 50)
    assert page == eligible_list(people, PLAN, RANKS)[:50]


@pytest.mark.long
def test_ten_times_the_people_cost_about_ten_times_the_time() -> None:
    def seconds(size: int) -> float:
        people = crowd(size)
        best = 9.0
        for _ in range(5):
            gc.collect()
            start = time.process_time()
            eligible_list(people, PLAN, RANKS)
            best = min(best, time.process_time() - start)
        return best

    small, large = seconds(10_000), seconds(100_000)
    assert large < 25 * small


@pytest.fixture(scope="module")
def commune(tmp_path_factory):
    """A real encrypted file with 100,000 people, their groups, consents and 110,000 doses."""
    station = make_station(tmp_path_factory.mktemp("commune"))
    big_station.commune(station, 100_000)
    yield station
    station.database.close()


def seconds(act) -> float:
    """Of one core, so that a busy machine does not speak (much: it slows the core down too)."""
    gc.collect()
    start = time.process_time()
    act()
    return time.process_time() - start


@pytest.mark.long
def test_a_hundred_thousand_people_out_of_the_file(commune: TestStation) -> None:
    """The bars: 8 s cold, 2 s with the cache of derived values warm, 300 ms for the first page, cancel works.

    Nearly every history differs here, which is the worst case: in a real commune whole session days share theirs.
    Measured while others worked on both cores (load 4), in seconds of a core: cold 2.9, after a change 0.02, first page
    0.003, of another plan 0.04, with nothing read 0.41 (quiet: 0.30 to 0.37).
    Before facts were brought up to date one by one and birth dates
    judged by classes: cold 5.7, after a change 1.9, first page 0.23 on a quiet machine; 6.6 to 9.2, 2.3 to 2.8, and
    0.27 to 0.36 on a busy one.
    """
    campaign = commune.ctx.campaign()
    plan = Plan("astrazeneca", commune.ctx.today(), frozenset(str(number) for number in range(1, 12)))
    unread = seconds(lambda: Eligible(commune.database).page(campaign, plan))
    source = Eligible(commune.database)
    cold = seconds(lambda: source.listed(campaign, plan))
    listed = source.listed(campaign, plan)
    assert 5_000 < len(listed) < 90_000
    warm = 9.0
    for village in ("Thôn 98", "Thôn 99"):
        with commune.database.writer() as session:
            session.execute(update(Person).where(Person.id == listed[77].person_id).values(village=village))
            session.commit()
        warm = min(warm, seconds(lambda: source.listed(campaign, plan)))
    unchanged = seconds(lambda: source.listed(campaign, plan))
    page = seconds(lambda: source.page(campaign, plan))
    other = Plan("spikevax", plan.day, plan.groups)
    another = seconds(lambda: source.page(campaign, other))
    assert source.page(campaign, plan) == source.listed(campaign, plan)[:50]
    looks = iter([False, False, True])
    with pytest.raises(RefusedError):
        Eligible(commune.database).listed(campaign, plan, lambda: next(looks))
    print(
        f"\ncold {cold:.2f} s, after a change {warm * 1000:.0f} ms, unchanged {unchanged * 1000:.0f} ms, first page "
        f"{page * 1000:.0f} ms, of another plan {another * 1000:.0f} ms, with nothing read {unread * 1000:.0f} ms"
    )
    assert cold < 5
    assert warm < 0.3
    assert page < 0.1
    assert another < 0.2
    assert unread < 0.8


@pytest.mark.long
def test_the_session_shows_the_list_of_a_hundred_thousand_people_in_time(commune: TestStation) -> None:
    """What the window asks: the first page in 300 ms, any page of any choice once everybody is judged, and a stop.

    Measured as above: first page with nothing read 0.36, everybody in order 2.8, first page 0.007, next page 0.015,
    another choice 0.10.
    """
    source = SessionList(commune.database)
    campaign = commune.ctx.campaign()
    plan = Plan("astrazeneca", commune.ctx.today())
    cold = seconds(lambda: source.first(campaign, plan, "session"))
    everybody = seconds(lambda: source.page(campaign, plan, "session", Wanted()))
    first = seconds(lambda: source.first(campaign, plan, "session"))
    page = seconds(lambda: source.page(campaign, plan, "session", Wanted(), 200))
    chosen = seconds(lambda: source.page(campaign, plan, "session", Wanted(Side.ALL, "Thôn 3", None, "van 77")))
    told: list[int] = []

    class Stopped(Exception):
        pass

    def stop(done: int, _total: int) -> None:
        told.append(done)
        if len(told) == 5:
            raise Stopped

    with pytest.raises(Stopped):
        SessionList(commune.database).page(campaign, plan, "session", Wanted(), watch=stop)
    print(
        f"\nfirst page with nothing read {cold * 1000:.0f} ms, everybody in order {everybody:.2f} s, first page "
        f"{first * 1000:.0f} ms, next page {page * 1000:.0f} ms, another choice {chosen * 1000:.0f} ms"
    )
    assert cold < 0.8
    assert everybody < 5
    assert first < 0.1
    assert page < 0.1
    assert chosen < 0.3

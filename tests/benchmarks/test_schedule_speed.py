"""How fast histories are judged.

The bar is 1,000,000 evaluations a minute on one core, that is 60 µs each. Measured with the COVID-19 pack on a shared
2-core machine, Python 3.11: 26-37 µs each, over 1,600,000 a minute, for histories of none to four doses of mixed
products, forecast included; reading, checking and proving the pack by its 107 examples takes about 85 ms.
"""

from __future__ import annotations

import gc
import random
import time
from datetime import date, timedelta

import pytest

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import GivenDose, evaluate

COVID = assets.resource("campaigns", "covid19")
ON = date(2022, 11, 1)
Case = tuple[PartialDate, list[GivenDose]]


def cases(campaign: Campaign, count: int, longest: int = 4) -> list[Case]:
    """Invented histories: people of all ages, mostly one product each, some mixed, some wrong."""
    chance = random.Random(20221101)
    products = list(campaign.products)
    found = []
    for _ in range(count):
        birth = PartialDate(chance.randint(1935, 2016), chance.randint(1, 12), chance.randint(1, 28))
        favourite = chance.choice(products)
        day = date(2021, 3, 1) + timedelta(days=chance.randrange(400))
        doses = []
        for _dose in range(chance.randint(0, longest)):
            doses.append(GivenDose(day, favourite if chance.random() < 0.8 else chance.choice(products)))
            day += timedelta(days=chance.randint(14, 200))
        found.append((birth, doses))
    return found


def judge(campaign: Campaign, histories: list[Case]) -> int:
    """Judge all of them; the number of counted doses."""
    return sum(evaluate(campaign, birth, "female", doses, ON).counted for birth, doses in histories)


def seconds(campaign: Campaign, histories: list[Case]) -> float:
    """The processor time of judging them, at best of three."""
    times = []
    for _ in range(3):
        gc.collect()
        start = time.process_time()
        judge(campaign, histories)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.long
def test_a_million_evaluations_a_minute(benchmark) -> None:
    campaign = load(COVID)
    histories = cases(campaign, 20_000)
    assert benchmark(judge, campaign, histories) > 10_000
    assert seconds(campaign, histories) / len(histories) < 60e-6


@pytest.mark.long
def test_the_cost_grows_with_the_doses_not_faster(benchmark) -> None:
    campaign = load(COVID)
    benchmark.pedantic(judge, args=(campaign, cases(campaign, 2_000)), rounds=3)
    short, long = seconds(campaign, cases(campaign, 4_000, 2)), seconds(campaign, cases(campaign, 4_000, 16))
    assert long < short * 16


@pytest.mark.long
def test_a_pack_is_read_and_proved_in_no_time(benchmark) -> None:
    campaign = benchmark(load, COVID)
    assert len(campaign.examples) > 50
    start = time.process_time()
    load(COVID)
    assert time.process_time() - start < 0.5

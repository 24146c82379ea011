"""Birth dates of one class are judged alike, whatever the history; where that is not sure each one stands alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.domain.age_classes import AgeClasses
from vaxdesk.domain.campaign import Campaign, Duration
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import GivenDose, evaluate

NAMES = ("covid19", "two-dose-grace", "measles-rubella")


@cache
def pack(name: str) -> Campaign:
    shipped = assets.resource("campaigns", name)
    return load(shipped if shipped.is_dir() else Path(__file__).parents[1] / "campaigns" / "packs" / name)


def births(chance: Random, size: int) -> list[str]:
    """Birth dates of every age, some known to the month or the year only."""
    found = []
    for _number in range(size):
        day = date(1925, 1, 1) + timedelta(days=chance.randrange(37_000))
        found.append(day.isoformat()[: chance.choice((4, 7, 10, 10, 10))])
    return found


def history(campaign: Campaign, chance: Random, begin: date) -> list[GivenDose]:
    """Doses on or after the pack's first day that are often close to right."""
    products = [*campaign.products, "unheard-of"]
    favourite = chance.choice(products)
    day = begin + timedelta(days=chance.randrange(0, 1800))
    doses = []
    for _number in range(chance.randrange(0, 5)):
        doses.append(GivenDose(day, favourite if chance.random() < 0.8 else chance.choice(products)))
        day += timedelta(days=chance.choice((0, 14, 21, 28, 56, 90, chance.randrange(400))))
    return doses


@pytest.mark.parametrize("name", NAMES)
def test_of_one_class_every_birth_date_is_judged_alike(name: str) -> None:
    chance = Random(name)
    campaign = pack(name)
    shared = 0
    for _case in range(60):
        today = date(2021, 6, 1) + timedelta(days=chance.randrange(3000))
        classes = AgeClasses(campaign, today)
        doses = history(campaign, chance, classes.begin)
        sex = chance.choice(("", "male", "female"))
        conditions = [chance.choice([*campaign.conditions])] if campaign.conditions and chance.random() < 0.3 else []
        said: dict[str, object] = {}
        for birth in births(chance, 60):
            found = evaluate(campaign, PartialDate.parse(birth), sex, doses, today, conditions)
            known = said.setdefault(classes.of(birth), found)
            shared += known is not found
            assert known == found, (birth, doses, today)
    if name == "covid19":
        assert shared > 60 * 30  # most of the people


def test_grown_ups_are_few_classes_and_children_are_their_own() -> None:
    classes = AgeClasses(pack("covid19"), date(2022, 3, 1))
    assert classes.of("1960-05-05") == classes.of("1981") == classes.of("1999-02")
    assert classes.of("1925-01-01") not in ("1925-01-01", classes.of("1960-05-05"))
    assert classes.of("2012-02-29") == "2012-02-29"
    assert classes.of("2003") == "2003"


def test_an_age_that_is_understood_splits_the_classes() -> None:
    campaign = pack("two-dose-grace")
    rules = tuple(replace(rule, min_age=Duration(50, "years")) for rule in campaign.rules)
    older = AgeClasses(replace(campaign, rules=rules), date(2022, 3, 1))
    plain = AgeClasses(campaign, date(2022, 3, 1))
    assert plain.of("1990-01-01") == plain.of("1960-01-01")
    assert older.of("1990-01-01") == "1990-01-01"
    assert older.of("1960-01-01") == older.of("1965-01-01")


@dataclass(frozen=True)
class Stars:
    """A course with a field that nobody has heard of."""

    source: object
    sign: str = ""


def test_where_a_rule_says_what_is_not_known_each_birth_date_is_its_own_class() -> None:
    campaign = pack("covid19")
    courses = (*campaign.courses, Stars(campaign.courses[0].source, sign="leo"))
    assert AgeClasses(replace(campaign, courses=courses), date(2022, 3, 1)).of("1960-05-05") == "1960-05-05"
    courses = (*campaign.courses, Stars(campaign.courses[0].source))
    assert AgeClasses(replace(campaign, courses=courses), date(2022, 3, 1)).of("1960-05-05") != "1960-05-05"


def test_cohorts_split_the_classes() -> None:
    @dataclass(frozen=True)
    class Cohort:
        source: object
        born_from: date | None = None
        born_to: date | None = None

    campaign = pack("covid19")
    cohort = Cohort(campaign.courses[0].source, date(1970, 1, 1), date(1979, 12, 31))
    classes = AgeClasses(replace(campaign, courses=(*campaign.courses, cohort)), date(2022, 3, 1))
    assert classes.of("1970-01-01") != classes.of("1971-01-01") == classes.of("1979-12-30")
    assert len({classes.of(birth) for birth in ("1969", "1970", "1975-06", "1979", "1979-12-31", "1980")}) == 6

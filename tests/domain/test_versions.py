"""Versions of a campaign side by side: each dose by the rules of its own day, the next one by those that will hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxdesk.campaigns import load
from vaxdesk.domain import schedule
from vaxdesk.domain.campaign import Campaign, Duration
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import GivenDose
from vaxdesk.domain.versions import covered, joined, reigns, version_key

PACK = Path(__file__).parents[1] / "campaigns" / "packs" / "two-dose-grace"
BIRTH = PartialDate(1980, 5, 1)
#: The newer version asks for more days everywhere, and gives its rules no other dates than the old one did.
NEW_DAY = date(2023, 6, 1)


@cache
def old() -> Campaign:
    return load(PACK)


@cache
def new() -> Campaign:
    """Sixty days between two doses, without grace, said as if it had always been so; ``beta`` is not there any more."""
    rules = tuple(
        replace(rule, interval=Duration(60, "days"), recommended=None, latest=None, grace_days=0)
        if rule.number > 1
        else rule
        for rule in old().rules
    )
    products = {code: product for code, product in old().products.items() if code != "beta"}
    return replace(old(), version="1.10", valid_from=NEW_DAY, rules=rules, products=products)


def judge(versions: list[Campaign], days: list[date], on: date, product: str = "alpha") -> schedule.Evaluation:
    doses = [GivenDose(day, product) for day in days]
    return schedule.evaluate(joined(versions, on), BIRTH, "female", doses, on)


def test_the_newest_version_of_a_day_holds_on_it() -> None:
    third = replace(old(), version="1.11", valid_from=date(2024, 1, 1))
    covers = replace(old(), version="1.12", valid_from=date(2023, 3, 1))
    held = reigns([third, new(), old()])
    assert [(r.campaign.version, r.start, r.end) for r in held] == [
        ("1.2", date.min, date(2023, 5, 31)),
        ("1.10", NEW_DAY, date(2023, 12, 31)),
        ("1.11", date(2024, 1, 1), None),
    ]
    # A newer one that begins before them covers both.
    assert [r.campaign.version for r in reigns([third, new(), old(), covers])] == ["1.2", "1.12"]
    assert covered("1.10", NEW_DAY, [covers])
    assert not covered("1.10", NEW_DAY, [old(), third])
    assert version_key("2026.10") > version_key("2026.9")


def test_one_version_alone_is_taken_as_it_is() -> None:
    assert joined([old()], date(2022, 1, 1)) is old()
    assert joined([new()], date(2022, 1, 1)) is new()


def test_a_dose_before_the_new_version_keeps_its_verdict_and_one_after_has_the_new_rule() -> None:
    both = [old(), new()]
    before = [date(2023, 4, 1), date(2023, 4, 29)]
    for on in (date(2023, 5, 1), NEW_DAY, date(2026, 1, 1)):
        found = judge(both, before, on)
        assert [dose.valid for dose in found.doses] == [True, True], on
        assert found.complete
    # The new version alone would strike the second one out: it says nothing of days that are not its own.
    assert [dose.reason for dose in judge([new()], before, date(2026, 1, 1)).doses] == ["valid", "too_early"]
    after = judge(both, [date(2023, 5, 10), date(2023, 6, 10)], date(2026, 1, 1))
    assert [(dose.reason, dose.days) for dose in after.doses] == [("valid", 0), ("too_early", 29)]
    assert [dose.valid for dose in judge(both, [date(2023, 5, 10), date(2023, 7, 9)], date(2026, 1, 1)).doses] == [
        True,
        True,
    ]


def test_a_product_that_the_new_version_dropped_is_still_known_for_its_days() -> None:
    both = [old(), new()]
    found = judge(both, [date(2023, 4, 1), date(2023, 7, 1)], date(2026, 1, 1), "beta")
    assert [dose.reason for dose in found.doses] == ["valid", "not_approved"]
    assert "beta" in joined(both, date(2026, 1, 1)).products


def test_the_next_dose_is_foreseen_by_the_rules_that_will_hold() -> None:
    both = [old(), new()]
    on = date(2023, 5, 20)
    first = [date(2023, 5, 18)]
    assert judge([old()], first, on).next.earliest == date(2023, 6, 8)
    foreseen = judge(both, first, on).next
    assert foreseen.earliest == date(2023, 7, 17)
    assert judge(both, [*first, foreseen.earliest], date(2024, 1, 1)).complete
    # Where the day still lies under the old version, its rules give it.
    assert judge(both, [date(2023, 4, 20)], date(2023, 4, 21)).next.earliest == date(2023, 5, 11)


def test_texts_forms_and_statuses_are_the_version_s_of_the_day() -> None:
    both = [old(), new()]
    assert joined(both, NEW_DAY - timedelta(days=1)).version == "1.2"
    assert joined(both, NEW_DAY).version == "1.10"
    assert joined(both, NEW_DAY).valid_from == NEW_DAY


DAYS = st.lists(st.dates(date(2020, 12, 1), date(2023, 12, 31)), min_size=1, max_size=5, unique=True)


@given(DAYS, st.sampled_from(["alpha", "beta", "single"]))
def test_no_newer_version_changes_a_verdict_of_an_earlier_day(days: list[date], product: str) -> None:
    on = date(2024, 1, 1)
    alone = judge([old()], days, on, product).doses
    side_by_side = judge([old(), new()], days, on, product).doses
    for one, other in zip(alone, side_by_side, strict=True):
        if one.date < NEW_DAY:
            assert one == other


@given(DAYS)
def test_what_is_foreseen_is_valid_when_it_is_given_then(days: list[date]) -> None:
    on = max(days)
    coming = judge([old(), new()], days, on).next
    if coming is not None and coming.earliest > on and "alpha" in coming.products:
        day = next(option.earliest for option in coming.options if option.product == "alpha")
        assert judge([old(), new()], [*days, day], date(2026, 1, 1)).doses[-1].valid


@pytest.mark.parametrize("code", ["alpha", "single"])
def test_the_same_rules_in_two_versions_change_nothing(code: str) -> None:
    again = replace(old(), version="1.3", valid_from=NEW_DAY)
    days = [date(2022, 2, 1), date(2022, 2, 20), date(2023, 6, 20)]
    on = date(2024, 1, 1)
    assert judge([old()], days, on, code) == judge([old(), again], days, on, code)


@given(st.lists(st.permutations(range(7)).flatmap(lambda order: st.just(order[:5])), min_size=2, max_size=4))
def test_rules_that_several_versions_state_alike_are_one_and_every_order_is_kept(orders: list[list[int]]) -> None:
    """On each day exactly the rules of its version, in that version's order, whatever the others say."""
    pool = [replace(old().rules[0], id=f"r{number}") for number in range(7)]
    begins = [date(2021 + place, 1, 1) for place in range(len(orders))]
    held = [
        replace(old(), version=f"1.{place}", valid_from=begins[place], rules=tuple(pool[n] for n in order))
        for place, order in enumerate(orders)
    ]
    found = joined(held, date(2030, 1, 1))
    for begin, order in zip(begins, orders, strict=True):
        assert [rule.id for rule in found.rules if rule.source.in_force(begin)] == [f"r{n}" for n in order]
    assert len(found.rules) <= sum(map(len, orders))


def test_many_versions_that_say_nearly_the_same_stay_small() -> None:
    months = [replace(old(), version=f"1.{month + 3}", valid_from=date(2023, month + 1, 1)) for month in range(12)]
    found = joined([old(), *months], date(2024, 1, 1))
    assert [rule.id for rule in found.rules] == [rule.id for rule in old().rules]
    assert found.rules[0] is old().rules[0]

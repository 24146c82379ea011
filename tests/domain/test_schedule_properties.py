"""What holds of every history, in every pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import REASONS, Evaluation, GivenDose, evaluate

NAMES = ("covid19", "two-dose-grace", "measles-rubella", "cdsi/hpv", "cdsi/mmr")
FIRST, LAST = date(2020, 12, 1), date(2028, 12, 31)


@cache
def pack(name: str) -> Campaign:
    shipped = assets.resource("campaigns", name)
    here = Path(__file__).parents[1] / "campaigns"
    return load(shipped if shipped.is_dir() else here / name if "/" in name else here / "packs" / name)


births = st.one_of(
    st.dates(date(1930, 1, 1), date(2026, 1, 1)).map(lambda day: PartialDate(day.year, day.month, day.day)),
    st.builds(PartialDate, st.integers(1930, 2026), st.integers(1, 12)),
    st.builds(PartialDate, st.integers(1930, 2026)),
)
sexes = st.sampled_from(["", "male", "female"])
days = st.dates(FIRST, LAST)


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, PartialDate, str, list[GivenDose], date]:
    """A pack, a person, doses that are often close to right, and a day of judging."""
    name = draw(st.sampled_from(NAMES))
    products = [*pack(name).products, *pack(name).others, "unheard-of"]
    favourite = draw(st.sampled_from(products))
    day = draw(days)
    doses = []
    for _number in range(draw(st.integers(0, 5))):
        product = draw(st.one_of(st.just(favourite), st.sampled_from(products)))
        doses.append(GivenDose(day, product))
        day += timedelta(
            days=draw(st.one_of(st.sampled_from([0, 14, 17, 20, 21, 28, 56, 90, 150]), st.integers(0, 400)))
        )
    return name, draw(births), draw(sexes), doses, draw(days)


def judged(
    case: tuple[str, PartialDate, str, list[GivenDose], date],
    doses: Sequence[GivenDose] | None = None,
    on: date | None = None,
) -> Evaluation:
    name, birth, sex, given_doses, day = case
    return evaluate(pack(name), birth, sex, given_doses if doses is None else doses, on or day)


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    case: tuple[str, PartialDate, str, list[GivenDose], date], random: Random
) -> None:
    shuffled = list(case[3])
    random.shuffle(shuffled)
    assert judged(case) == judged(case, shuffled)


@given(histories(), st.integers(0, 5))
def test_a_later_dose_never_changes_an_earlier_verdict(
    case: tuple[str, PartialDate, str, list[GivenDose], date], cut: int
) -> None:
    whole = judged(case).doses
    kept = [dose for dose in case[3] if sum(other.date < dose.date for other in case[3]) < cut]
    # Doses of one day are judged together, so whole days are left out.
    part = judged(case, kept).doses
    assert whole[: len(part)] == part


@given(histories())
def test_every_dose_stays_and_has_a_reason(case: tuple[str, PartialDate, str, list[GivenDose], date]) -> None:
    result = judged(case)
    assert Counter((verdict.date, verdict.product) for verdict in result.doses) == Counter(
        (dose.date, dose.product) for dose in case[3]
    )
    assert result.counted == sum(verdict.valid for verdict in result.doses)
    for verdict in result.doses:
        assert verdict.reason in REASONS
        assert verdict.valid == (verdict.reason == "valid")
        assert bool(verdict.number) == verdict.valid
        for language in ("vi", "en"):
            assert "{" not in verdict.words(language)
    assert [verdict.number for verdict in result.doses if verdict.valid] == list(range(1, result.counted + 1))


@given(histories())
def test_the_status_follows_from_the_counts(case: tuple[str, PartialDate, str, list[GivenDose], date]) -> None:
    result = judged(case)
    assert result.counted == result.primary + result.additional + result.boosters
    assert result.complete == (result.status == "complete") == (0 < result.required <= result.primary)
    assert (result.status == "none") == (result.counted == 0)


@given(histories())
def test_a_forecast_is_in_order(case: tuple[str, PartialDate, str, list[GivenDose], date]) -> None:
    result = judged(case)
    if result.next is None:
        return
    assert result.next.number == result.counted + 1
    leading = result.next.options[0]
    assert (result.next.earliest, result.next.recommended, result.next.latest) == (
        leading.earliest,
        leading.recommended,
        leading.latest,
    )
    assert len(set(result.next.products)) == len(result.next.options) > 0
    for option in result.next.options:
        assert option.earliest <= option.recommended
        assert option.latest is None or option.recommended <= option.latest


@given(histories())
def test_the_days_of_a_forecast_are_those_of_the_rule_by_which_the_dose_can_be_given(
    case: tuple[str, PartialDate, str, list[GivenDose], date],
) -> None:
    # Judged when every rule is known: the first day from then on belongs to the very rule that the forecast names.
    name, birth, sex, doses, _on = case
    now = max([LAST, *(dose.date + timedelta(days=1) for dose in doses)])
    result = judged(case, on=now)
    for option in () if result.next is None else result.next.options:
        rule = next(rule for rule in pack(name).rules if rule.id == option.rule)
        day = max(option.earliest, now)
        assert rule.source.in_force(day)
        verdict = evaluate(pack(name), birth, sex, [*doses, GivenDose(day, option.product)], day).doses[-1]
        assert verdict.valid
        given = next(other for other in pack(name).rules if other.id == verdict.rule)
        assert (given.kind, given.number) == (rule.kind, rule.number)
        base = [dose.date for dose in result.doses if dose.reason not in ("in_future", "before_birth")]
        if base and rule.recommended is not None and rule.count_from == "last_dose":
            assert option.recommended >= min(option.earliest, rule.recommended.after(max(base)))


@given(histories(), st.data())
def test_a_dose_on_a_foreseen_day_is_valid_and_none_before_is(
    case: tuple[str, PartialDate, str, list[GivenDose], date], data: st.DataObject
) -> None:
    # Judged on a day when every rule of the pack is known, so that forecast and verdict go by the same rules.
    name, birth, _sex, doses, _on = case
    now = max([LAST, *(dose.date for dose in doses)])
    result = judged(case, on=now)
    assume(result.next is not None)
    assert result.next is not None
    option = data.draw(st.sampled_from(result.next.options))
    day = max(option.earliest, now)
    extended = evaluate(pack(name), birth, case[2], [*doses, GivenDose(day, option.product)], day)
    assert extended.counted == result.counted + 1 or any(dose.date == day for dose in doses)
    given_days = [verdict.date for verdict in result.doses if verdict.reason not in ("in_future", "before_birth")]
    last = max(given_days, default=date(2020, 1, 1))
    # What lies ahead is not possible today; what was possible in the past need not have been so all the time.
    begin = last + timedelta(days=1) if option.earliest <= now else max(last + timedelta(days=1), now)
    gap = (option.earliest - begin).days
    if birth.day is not None and gap > 0 and not any(rule.grace_days for rule in pack(name).rules):
        sooner = begin + timedelta(days=data.draw(st.integers(0, gap - 1)))
        tried = evaluate(pack(name), birth, case[2], [*doses, GivenDose(sooner, option.product)], max(now, sooner))
        # What another rule let be given once (an age group's, one that ended) says nothing about the dose to come.
        verdict = next(dose for dose in tried.doses if dose.date == sooner)
        assert not verdict.valid or verdict.rule != option.rule


@pytest.mark.parametrize("name", ["covid19", "two-dose-grace"])
@given(data=st.data(), shorter=st.integers(0, 300), more=st.integers(0, 300))
def test_validity_is_monotone_in_the_interval(name: str, data: st.DataObject, shorter: int, more: int) -> None:
    # The first dose moves, the second one stays: then only the interval changes, not the rules of the second one's day.
    product = data.draw(st.sampled_from(list(pack(name).products)))
    second = data.draw(st.sampled_from(list(pack(name).products)))
    on = date(2023, 6, 1)

    def valid(interval: int) -> tuple[bool, bool]:
        doses = [GivenDose(on - timedelta(days=interval), product), GivenDose(on, second)]
        verdicts = evaluate(pack(name), PartialDate(1980, 1, 1), "", doses, on).doses
        return verdicts[0].valid, verdicts[-1].valid

    near, far = valid(shorter), valid(shorter + more)
    assume(shorter > 0)
    if near == (True, True) and far[0]:
        assert far[1]


@given(histories())
def test_later_days_of_judging_keep_past_verdicts(case: tuple[str, PartialDate, str, list[GivenDose], date]) -> None:
    on = case[4]
    later = judged(case, on=on + timedelta(days=500)).doses
    now = {(verdict.date, verdict.product): verdict for verdict in judged(case).doses if verdict.date <= on}
    past = [verdict for verdict in later if verdict.date <= on]
    assert len(past) == sum(dose.date <= on for dose in case[3])
    assert all(
        now[verdict.date, verdict.product].valid == verdict.valid for verdict in past if _single(case, verdict.date)
    )


def _single(case: tuple[str, PartialDate, str, list[GivenDose], date], day: date) -> bool:
    return sum(dose.date == day for dose in case[3]) == 1

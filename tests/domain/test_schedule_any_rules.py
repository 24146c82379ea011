"""What holds of every history by every pack: rules, approvals, courses and spacings drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vaxdesk.campaigns import load
from vaxdesk.domain.campaign import Approval, Campaign, Duration, LegalText, LocalText, Source
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import Evaluation, GivenDose, evaluate
from vaxdesk.domain.schedule_rules import Course, DoseRule, OtherVaccine, Spacing

FIRST, LAST = date(2021, 1, 1), date(2023, 12, 31)
PRODUCTS = ("alpha", "beta", "single")
DAYS = st.dates(FIRST, LAST)


@cache
def base() -> Campaign:
    return load(Path(__file__).parents[1] / "campaigns" / "packs" / "two-dose-grace")


def optional(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), st.none(), strategy)


intervals = st.builds(
    Duration, st.integers(0, 6), st.sampled_from(["days", "weeks", "months"]), st.sampled_from([0, 0, 3])
)
ages = st.builds(Duration, st.integers(0, 30), st.just("years"))
some_products = st.sets(st.sampled_from(PRODUCTS), min_size=1).map(frozenset)


@st.composite
def sources(draw: st.DrawFn) -> Source:
    start, end = sorted((draw(DAYS), draw(DAYS)))
    day = draw(optional(st.just(start - timedelta(days=20))))
    return Source(
        LegalText("law", "Law", day=day),
        draw(st.sampled_from([start, date(2020, 1, 1)])),
        draw(optional(st.just(end))),
        announced=draw(optional(st.just(start - timedelta(days=draw(st.integers(0, 60)))))),
    )


@st.composite
def rules(draw: st.DrawFn, place: int) -> DoseRule:
    kind = draw(st.sampled_from(["primary", "primary", "primary", "additional", "booster"]))
    spans = [draw(optional(intervals)) for _ in range(9)]
    least = draw(optional(ages))
    return DoseRule(
        id=f"rule-{place}",
        source=draw(sources()),
        kind=kind,
        number=draw(st.integers(1, 3)) if kind == "primary" else 1,
        products=draw(some_products),
        after=draw(st.one_of(st.just(frozenset()), some_products)),
        interval=draw(intervals),
        recommended=spans[0],
        latest=spans[1],
        maximum=spans[2],
        since_first=spans[3],
        min_age=least,
        below_age=draw(optional(ages)),
        sex=draw(st.sampled_from(["", "", "female"])),
        same_as=draw(st.sampled_from(["", "", "last", "primary"])),
        preferred=draw(st.booleans()),
        agreement=draw(st.booleans()),
        count_from=draw(st.sampled_from(["last_dose", "last_counted"])),
        recommended_since_first=spans[4],
        latest_since_first=spans[5],
        recommended_age=draw(optional(ages)),
        latest_age=draw(optional(ages)),
        born_from=draw(optional(st.dates(date(1990, 1, 1), date(2010, 1, 1)))),
        offered=draw(st.sampled_from([True, True, True, False])),
        repeats=draw(st.sampled_from([False, False, True])),
        to_course=draw(st.sampled_from(["", "", "", "three"])),
    )


@st.composite
def packs(draw: st.DrawFn) -> Campaign:
    approvals = {
        code: tuple(
            Approval(
                draw(sources()), draw(optional(ages)), draw(optional(ages)), sex=draw(st.sampled_from(["", "male"]))
            )
            for _ in range(draw(st.integers(1, 3)))
        )
        for code in PRODUCTS
    }
    found = {code: replace(base().products[code], approvals=approvals[code]) for code in PRODUCTS}
    everything = frozenset(PRODUCTS)
    always = Source(LegalText("law", "Law"), date(2000, 1, 1))
    courses = (
        Course("two", always, draw(some_products), 2, below_age=draw(optional(ages))),
        Course("three", always, everything, 3),
    )
    spacings = tuple(
        Spacing(f"apart-{n}", draw(sources()), draw(some_products), frozenset({"live", "beta"}), draw(intervals))
        for n in range(draw(st.integers(0, 1)))
    )
    return replace(
        base(),
        products=found,
        rules=tuple(draw(rules(place)) for place in range(draw(st.integers(1, 6)))),
        courses=courses,
        examples=(),
        spacings=spacings,
        others={"live": OtherVaccine("live", LocalText("Live", "Live"))},
    )


births = st.one_of(
    st.dates(date(1990, 1, 1), date(2021, 6, 1)).map(lambda day: PartialDate(day.year, day.month, day.day)),
    st.builds(PartialDate, st.integers(1990, 2020)),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Campaign, PartialDate, str, list[GivenDose], date]:
    day = draw(DAYS)
    doses = []
    for _ in range(draw(st.integers(0, 4))):
        doses.append(GivenDose(day, draw(st.sampled_from([*PRODUCTS, "live", "unheard-of"]))))
        day += timedelta(days=draw(st.sampled_from([0, 1, 7, 21, 28, 56, 90, 180])))
    return draw(packs()), draw(births), draw(st.sampled_from(["", "male", "female"])), doses, draw(DAYS)


Case = tuple[Campaign, PartialDate, str, list[GivenDose], date]
patient = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def judged(case: Case, doses: Sequence[GivenDose] | None = None, on: date | None = None) -> Evaluation:
    pack, birth, sex, known, day = case
    return evaluate(pack, birth, sex, known if doses is None else doses, on or day)


@patient
@given(histories())
def test_the_three_days_stand_in_order(case: Case) -> None:
    upcoming = judged(case).next
    if upcoming is None:
        return
    leading = upcoming.options[0]
    assert (upcoming.earliest, upcoming.recommended, upcoming.latest) == (
        leading.earliest,
        leading.recommended,
        leading.latest,
    )
    for option in upcoming.options:
        assert case[1].earliest() <= option.earliest <= option.recommended
        assert option.latest is None or option.recommended <= option.latest


@patient
@given(histories())
def test_a_dose_on_the_foreseen_day_counts(case: Case) -> None:
    # Judged when every rule is known: the day on which the dose can really be given is a day on which it is valid.
    now = max([LAST + timedelta(days=1), *(dose.date + timedelta(days=1) for dose in case[3])])
    result = judged(case, on=now)
    for option in () if result.next is None else result.next.options:
        day = max(option.earliest, now)
        after = judged(case, [*case[3], GivenDose(day, option.product)], day)
        assert after.doses[-1].valid
        assert not after.doses[-1].within_grace


@patient
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(case: Case, random: Random) -> None:
    shuffled = list(case[3])
    random.shuffle(shuffled)
    assert judged(case) == judged(case, shuffled)


@patient
@given(histories(), DAYS)
def test_a_later_day_never_changes_an_earlier_verdict(case: Case, cut: date) -> None:
    whole = judged(case).doses
    part = judged(case, [dose for dose in case[3] if dose.date <= cut]).doses
    assert whole[: len(part)] == part


@patient
@given(histories())
def test_counts_and_words_agree(case: Case) -> None:
    result = judged(case)
    assert len(result.doses) == len(case[3])
    assert result.counted == sum(verdict.valid for verdict in result.doses)
    assert result.counted == result.primary + result.additional + result.boosters
    assert result.complete == (0 < result.required <= result.primary)
    for verdict in result.doses:
        assert "{" not in verdict.words("en") + verdict.words("vi")

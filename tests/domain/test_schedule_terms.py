"""What authorities' rules say beyond least intervals: absolute minimums, cohorts, spacings, other courses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from vaxdesk.campaigns import load
from vaxdesk.domain.campaign import Approval, Campaign, Duration, LegalText, LocalText, Source
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import Evaluation, GivenDose, evaluate
from vaxdesk.domain.schedule_rules import Course, DoseRule, OtherVaccine, Spacing
from vaxdesk.domain.versions import joined

LAW = LegalText("law", "Law")
ALWAYS = Source(LAW, date(2000, 1, 1))
ALPHA, BETA = frozenset({"alpha"}), frozenset({"beta"})


@cache
def base() -> Campaign:
    return load(Path(__file__).parents[1] / "campaigns" / "packs" / "two-dose-grace")


def span(text: str) -> Duration:
    return Duration.parse(text)


def campaign(
    *rules: DoseRule,
    courses: tuple[Course, ...] = (),
    approvals: Mapping[str, tuple[Approval, ...]] | None = None,
    spacings: tuple[Spacing, ...] = (),
) -> Campaign:
    """A pack of two products that are approved for everybody, with these rules and courses of two doses."""
    found = {
        code: replace(base().products[code], approvals=(approvals or {}).get(code, (Approval(ALWAYS),)))
        for code in ("alpha", "beta")
    }
    return replace(
        base(),
        products=found,
        rules=rules or (first(), second()),
        courses=courses or (Course("two", ALWAYS, ALPHA | BETA, 2),),
        examples=(),
        spacings=spacings,
        others={"live": OtherVaccine("live", LocalText("Live", "Live"), "21")},
    )


def first(**more: Any) -> DoseRule:
    return replace(DoseRule("first", ALWAYS, "primary", 1, ALPHA | BETA), **more)


def second(**more: Any) -> DoseRule:
    rule = DoseRule("second", ALWAYS, "primary", 2, ALPHA | BETA, interval=span("28 days"))
    return replace(rule, **more)


def judged(pack: Campaign, doses: str, on: str = "2026-01-01", birth: str = "1980-05-10", sex: str = "") -> Evaluation:
    """Doses as "2021-06-01 alpha, 2021-07-01 alpha"."""
    given = [dose.split() for dose in filter(None, doses.split(", "))]
    return evaluate(
        pack,
        PartialDate.parse(birth),
        sex,
        [GivenDose(date.fromisoformat(day), product) for day, product in given],
        date.fromisoformat(on),
    )


def told(result: Evaluation) -> list[tuple[str, int, bool]]:
    return [(verdict.reason, verdict.days, verdict.within_grace) for verdict in result.doses]


def due(result: Evaluation) -> tuple[str, str, str | None]:
    assert result.next is not None
    upcoming = result.next
    latest = None if upcoming.latest is None else upcoming.latest.isoformat()
    return upcoming.earliest.isoformat(), upcoming.recommended.isoformat(), latest


# ---------------------------------------------------------------- one rule for all three days


def test_a_rule_that_has_ended_says_nothing_about_the_dose_to_come() -> None:
    # The pack of 2021 let a second dose be given after 14 days; its rule ended with 2021.
    two_dose_grace = base()
    result = judged(two_dose_grace, "2021-02-01 alpha, 2021-02-14 alpha", "2022-06-01")
    assert told(result)[1] == ("too_early", 1, False)
    assert due(result) == ("2022-01-01", "2022-01-01", "2022-01-01")
    assert result.next is not None
    assert result.next.options[0].rule == "alpha-alpha"
    # On a day of 2021 the rule of 2021 is the one by which the dose can be given.
    assert due(judged(two_dose_grace, "2021-02-01 alpha, 2021-02-14 alpha", "2021-03-01")) == (
        "2021-02-28",
        "2021-03-07",
        None,
    )


def test_who_was_due_before_a_rule_went_on_under_a_newer_document_stays_due_since_then() -> None:
    newer = Source(LegalText("newer", "Newer"), date(2022, 1, 1))
    older = replace(ALWAYS, end=date(2021, 12, 31))
    same = second(latest=span("42 days"))
    pack = campaign(first(), replace(same, source=older), replace(same, id="again", source=newer))
    result = judged(pack, "2021-06-01 alpha", "2022-03-01")
    assert due(result) == ("2021-06-29", "2021-06-29", "2021-07-13")
    assert result.next is not None
    assert result.next.options[0].rule == "again"
    # With a day between them, or with other terms, it is another rule.
    gap = replace(newer, start=date(2022, 1, 2))
    pack = campaign(first(), replace(same, source=older), replace(same, source=gap))
    assert due(judged(pack, "2021-06-01 alpha", "2022-03-01"))[0] == "2022-01-02"


def test_a_newer_version_of_the_pack_makes_nobody_due_since_its_own_first_day() -> None:
    newer = replace(base(), version="9.1", valid_from=date(2023, 3, 1))
    both = joined([base(), newer], date(2023, 4, 1))
    alone = judged(base(), "2022-02-01 alpha", "2023-04-01")
    assert judged(both, "2022-02-01 alpha", "2023-04-01").next == alone.next
    assert due(alone) == ("2022-02-22", "2022-02-22", "2022-03-15")


def test_the_days_go_on_into_the_following_approval() -> None:
    changed = date(2021, 6, 30)
    approvals = (Approval(replace(ALWAYS, end=changed)), Approval(Source(LAW, date(2021, 7, 1)), span("30 years")))
    rules = first(), second(recommended=span("8 weeks"), latest=span("12 weeks"))
    pack = campaign(*rules, approvals={"alpha": approvals, "beta": (Approval(replace(ALWAYS, end=changed)),)})
    assert due(judged(pack, "2021-06-01 alpha", "2021-06-02")) == ("2021-06-29", "2021-07-27", "2021-08-24")
    assert due(judged(pack, "2021-06-01 alpha", "2021-06-02", "1995-01-01")) == (
        "2021-06-29",
        "2021-06-30",
        "2021-06-30",
    )


def test_a_rule_of_the_pack_is_known_unless_something_says_since_when() -> None:
    later = Source(LAW, date(2021, 7, 1))
    rules = first(), second(source=replace(ALWAYS, end=date(2021, 6, 30))), second(id="longer", source=later)
    pack = campaign(*rules[:2], replace(rules[2], interval=span("8 weeks")))
    # Given on 10 June: 28 days end on 8 July, when 8 weeks are asked for.
    assert due(judged(pack, "2021-06-10 alpha", "2021-06-11"))[0] == "2021-08-05"
    announced = replace(rules[2], interval=span("8 weeks"), source=replace(later, announced=date(2021, 6, 20)))
    pack = campaign(*rules[:2], announced)
    assert due(judged(pack, "2021-06-10 alpha", "2021-06-11"))[0] == "2021-07-08"
    assert due(judged(pack, "2021-06-10 alpha", "2021-06-20"))[0] == "2021-08-05"
    dated = replace(announced, source=replace(later, text=LegalText("law", "Law", day=date(2021, 6, 15))))
    pack = campaign(*rules[:2], dated)
    assert due(judged(pack, "2021-06-10 alpha", "2021-06-14"))[0] == "2021-07-08"
    assert due(judged(pack, "2021-06-10 alpha", "2021-06-15"))[0] == "2021-08-05"


def test_the_answer_is_that_of_the_product_named_first() -> None:
    rules = (
        first(),
        second(products=ALPHA, interval=span("21 days"), latest=span("40 days")),
        second(id="preferred", products=BETA, recommended=span("30 days"), preferred=True),
    )
    result = judged(campaign(*rules), "2021-06-01 alpha", "2021-06-02")
    assert result.next is not None
    assert result.next.products == ("beta", "alpha")
    assert due(result) == ("2021-06-29", "2021-07-01", None)
    option = result.next.option("alpha")
    assert option is not None
    assert option.earliest == date(2021, 6, 22)


def test_a_product_with_a_longer_interval_is_named_and_one_that_waits_for_an_age_is_not() -> None:
    rules = (
        first(),
        second(products=ALPHA, after=ALPHA, interval=span("21 days")),
        second(id="mixed", products=BETA, after=ALPHA, interval=span("56 days")),
    )
    waiting = judged(campaign(*rules), "2021-06-01 alpha", "2021-06-02").next
    assert waiting is not None
    assert [(option.product, option.earliest) for option in waiting.options] == [
        ("alpha", date(2021, 6, 22)),
        ("beta", date(2021, 7, 27)),
    ]
    grown_up = campaign(*rules, approvals={"beta": (Approval(ALWAYS, span("18 years")),)})
    child = judged(grown_up, "2021-06-01 alpha", "2021-06-02", "2015-01-01").next
    assert child is not None
    assert child.products == ("alpha",)


# ---------------------------------------------------------------- absolute minimums and grace


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2021-06-17", ("too_early", 12, False)),
        ("2021-06-18", ("valid", 11, True)),
        ("2021-06-28", ("valid", 1, True)),
        ("2021-06-29", ("valid", 0, False)),
    ],
)
def test_an_absolute_interval(day: str, said: tuple[str, int, bool]) -> None:
    pack = campaign(first(), second(absolute_interval=span("17 days")))
    assert told(judged(pack, f"2021-06-01 alpha, {day} alpha"))[1] == said
    assert due(judged(pack, "2021-06-01 alpha", "2021-06-02"))[0] == "2021-06-29"


@pytest.mark.parametrize(
    ("approval", "day", "said"),
    [
        (Approval(ALWAYS, span("12 years"), age_grace_days=4), "2022-06-01", ("valid", 4, True)),
        (Approval(ALWAYS, span("12 years"), age_grace_days=4), "2022-05-31", ("wrong_age", 0, False)),
        (Approval(ALWAYS, span("12 years"), absolute_min_age=span("11 years")), "2021-06-05", ("valid", 365, True)),
        (Approval(ALWAYS, span("12 years"), absolute_min_age=span("11 years")), "2021-06-04", ("wrong_age", 0, False)),
        (Approval(ALWAYS, span("12 years"), absolute_min_age=span("0 days")), "2010-06-05", ("valid", 4383, True)),
        (Approval(ALWAYS, span("12 years"), absolute_min_age=span("0 days")), "2022-06-05", ("valid", 0, False)),
    ],
)
def test_grace_on_the_least_age_is_marked(approval: Approval, day: str, said: tuple[str, int, bool]) -> None:
    pack = campaign(approvals={"alpha": (approval,)})
    assert told(judged(pack, f"{day} alpha", birth="2010-06-05")) == [said]


def test_grace_on_an_age_is_no_part_of_a_forecast() -> None:
    approval = Approval(ALWAYS, span("12 years"), absolute_min_age=span("0 days"))
    pack = campaign(approvals={"alpha": (approval,), "beta": (approval,)})
    assert due(judged(pack, "", "2021-05-10", "2009-07-15")) == ("2021-07-15", "2021-07-15", None)


def test_a_rules_own_least_age_has_grace_too() -> None:
    pack = campaign(first(), second(min_age=span("13 months"), age_grace_days=4))
    assert told(judged(pack, "2021-04-14 alpha, 2021-05-12 alpha", birth="2020-04-14"))[1] == ("valid", 2, True)
    assert told(judged(pack, "2021-04-14 alpha, 2021-05-12 alpha", birth="2020-04-18"))[1] == ("wrong_age", 0, False)


# ---------------------------------------------------------------- wished and overdue by age and since the first dose


def test_days_by_age() -> None:
    rules = (
        first(recommended_age=span("12 months"), latest_age=span("16 months 4 weeks")),
        second(recommended_age=span("4 years"), latest_age=span("7 years")),
    )
    pack = campaign(*rules)
    assert due(judged(pack, "", "2020-06-01", "2020-05-10")) == ("2020-05-10", "2021-05-10", "2021-10-08")
    assert due(judged(pack, "2021-05-10 alpha", "2021-05-11", "2020-05-10")) == (
        "2021-06-07",
        "2024-05-10",
        "2027-05-10",
    )
    # Older than that: at once, and overdue at once.
    assert due(judged(pack, "2021-05-10 alpha", "2021-05-11", "2010-05-10")) == ("2021-06-07",) * 3


def test_days_since_the_first_dose() -> None:
    third = DoseRule(
        "third",
        ALWAYS,
        "primary",
        3,
        ALPHA,
        interval=span("12 weeks"),
        since_first=span("5 months"),
        recommended_since_first=span("6 months"),
        latest_since_first=span("13 months 4 weeks"),
    )
    pack = campaign(first(), second(), third, courses=(Course("three", ALWAYS, ALPHA, 3),))
    result = judged(pack, "2021-04-12 alpha, 2021-05-10 alpha", "2021-05-11")
    assert due(result) == ("2021-09-12", "2021-10-12", "2022-06-09")


# ---------------------------------------------------------------- rules that only judge, courses, cohorts, repeats


def test_a_rule_that_is_not_offered_judges_but_foresees_nothing() -> None:
    pack = campaign(first(), second(products=ALPHA), second(id="given", products=BETA, offered=False))
    assert told(judged(pack, "2021-06-01 alpha, 2021-06-29 beta"))[1][0] == "valid"
    waiting = judged(pack, "2021-06-01 alpha", "2021-06-02").next
    assert waiting is not None
    assert waiting.products == ("alpha",)


def test_a_rule_that_is_not_offered_comes_last_even_after_grace() -> None:
    pack = campaign(
        first(),
        second(id="early", interval=span("4 weeks"), offered=False),
        second(id="proper", interval=span("5 months"), grace_days=4),
    )
    assert judged(pack, "2021-01-10 alpha, 2021-06-06 alpha").doses[1].rule == "proper"
    assert judged(pack, "2021-01-10 alpha, 2021-06-05 alpha").doses[1].rule == "early"


def test_an_early_dose_may_bring_the_person_to_a_longer_course() -> None:
    courses = (
        Course("two", ALWAYS, ALPHA, 2, below_age=span("15 years")),
        Course("three", ALWAYS, ALPHA, 3),
    )
    pack = campaign(
        first(),
        second(interval=span("5 months"), courses=frozenset({"two"})),
        second(id="early", interval=span("4 weeks"), courses=frozenset({"two"}), offered=False, to_course="three"),
        second(id="second-of-three", interval=span("4 weeks"), courses=frozenset({"three"})),
        DoseRule("third", ALWAYS, "primary", 3, ALPHA, interval=span("12 weeks"), courses=frozenset({"three"})),
        courses=courses,
    )
    in_time = judged(pack, "2021-01-10 alpha, 2021-06-10 alpha", "2021-06-11", "2010-01-01")
    assert (in_time.complete, in_time.required, in_time.next) == (True, 2, None)
    early = judged(pack, "2021-01-10 alpha, 2021-02-10 alpha", "2021-02-11", "2010-01-01")
    assert (early.complete, early.required, due(early)[0]) == (False, 3, "2021-05-05")
    # The course is that of the age at the first dose: fifteen between the doses changes nothing.
    turned = judged(pack, "2020-12-10 alpha, 2021-06-10 alpha", "2021-06-11", "2006-01-01")
    assert (turned.complete, turned.required) == (True, 2)
    older = judged(pack, "2021-01-10 alpha, 2021-02-10 alpha", "2021-02-11", "2006-01-10")
    assert (older.complete, older.required) == (False, 3)
    assert older.doses[1].rule == "second-of-three"


def test_a_cohort() -> None:
    pack = campaign(first(born_from=date(1957, 1, 1), born_to=date(2018, 12, 31)), second())
    for birth, reason in (
        ("1956-12-31", "wrong_age"),
        ("1957-01-01", "valid"),
        ("2018-12-31", "valid"),
        ("2019-01-01", "wrong_age"),
    ):
        assert [verdict.reason for verdict in judged(pack, "2021-06-01 alpha", birth=birth).doses] == [reason]
        assert (judged(pack, "", "2021-06-01", birth).next is None) is (reason == "wrong_age")
    assert judged(pack, "2021-06-01 alpha", birth="1957").doses[0].age_doubtful is False
    narrow = campaign(first(born_from=date(1957, 7, 1)), second())
    assert judged(narrow, "2021-06-01 alpha", birth="1957").doses[0].age_doubtful is True
    assert judged(narrow, "", "2021-06-01", "1957").next is None


def test_a_rule_that_repeats() -> None:
    yearly = DoseRule("yearly", ALWAYS, "booster", 1, ALPHA, interval=span("1 year"), repeats=True)
    pack = campaign(first(), yearly, courses=(Course("one", ALWAYS, ALPHA, 1),))
    doses = "2021-10-01 alpha, 2022-10-01 alpha, 2023-09-30 alpha, 2024-10-01 alpha"
    result = judged(pack, doses, "2024-11-01")
    assert [(verdict.reason, verdict.kind_number) for verdict in result.doses] == [
        ("valid", 1),
        ("valid", 1),
        ("too_early", 0),
        ("valid", 2),
    ]
    assert result.next is not None
    assert (result.next.kind_number, due(result)[0]) == (3, "2025-10-01")


def test_a_booster_that_waits_for_an_age_is_foreseen_unless_the_pack_waits() -> None:
    booster = DoseRule("booster", ALWAYS, "booster", 1, ALPHA, interval=span("6 months"), min_age=span("18 months"))
    pack = campaign(first(), booster, courses=(Course("one", ALWAYS, ALPHA, 1),))
    assert due(judged(pack, "2021-05-10 alpha", "2021-05-11", "2021-01-10"))[0] == "2022-07-10"
    waiting = replace(pack, wait_for_age=span("6 months"))
    assert judged(waiting, "2021-05-10 alpha", "2021-05-11", "2021-01-10").next is None
    # Six months before: the interval was over on 10 November 2021, the age is on 10 July 2022.
    assert judged(waiting, "2021-05-10 alpha", "2022-01-09", "2021-01-10").next is None
    assert due(judged(waiting, "2021-05-10 alpha", "2022-01-10", "2021-01-10"))[0] == "2022-07-10"


@pytest.mark.parametrize(("sex", "reason"), [("male", "wrong_sex"), ("female", "valid"), ("", "valid")])
def test_a_product_for_one_sex(sex: str, reason: str) -> None:
    pack = campaign(approvals={"alpha": (Approval(ALWAYS, sex="female"),)})
    result = judged(pack, "2021-06-01 alpha", sex=sex)
    assert result.doses[0].reason == reason
    for language in ("vi", "en"):
        assert "{" not in result.doses[0].words(language)
    waiting = judged(pack, "", "2021-06-01", sex=sex).next
    assert waiting is not None
    assert ("alpha" in waiting.products) is (reason == "valid")


# ---------------------------------------------------------------- other vaccines and spacings

LIVE = Spacing("live-vaccines", ALWAYS, ALPHA, frozenset({"live"}), span("28 days"))


@pytest.mark.parametrize(
    ("other", "reason"),
    [("2021-05-04", "valid"), ("2021-05-05", "too_early"), ("2021-05-31", "too_early"), ("2021-06-01", "valid")],
)
def test_a_spacing_from_another_vaccine(other: str, reason: str) -> None:
    result = judged(campaign(spacings=(LIVE,)), f"{other} live, 2021-06-01 alpha")
    verdicts = {verdict.product: verdict for verdict in result.doses}
    assert verdicts["live"].reason == "other_vaccine"
    assert verdicts["alpha"].reason == reason
    if reason == "too_early":
        assert verdicts["alpha"].rule == "live-vaccines"
        assert verdicts["alpha"].earliest == date.fromisoformat(other).fromordinal(
            date.fromisoformat(other).toordinal() + 28
        )


def test_another_vaccine_is_no_dose_and_moves_only_what_is_spaced() -> None:
    pack = campaign(spacings=(LIVE,))
    result = judged(pack, "2021-06-01 alpha, 2021-06-20 live", "2021-06-21")
    assert (result.counted, result.next is not None) == (1, True)
    assert result.next is not None
    assert result.next.products == ("beta",)
    assert due(result)[0] == "2021-06-29"
    later = judged(pack, "2021-06-01 alpha, 2021-06-20 live", "2021-07-20").next
    assert later is not None
    assert [(option.product, option.earliest) for option in later.options] == [
        ("beta", date(2021, 6, 29)),
        ("alpha", date(2021, 7, 18)),
    ]
    # It came after the dose: the verdict of the dose before it stays.
    assert told(result)[0] == ("valid", 0, False)
    with_grace = campaign(spacings=(replace(LIVE, grace_days=2),))
    assert told(judged(with_grace, "2021-05-05 live, 2021-06-01 alpha"))[1] == ("valid", 1, True)


def test_a_spacing_within_the_campaign_counts_doses_that_do_not_count_too() -> None:
    apart = Spacing("apart", ALWAYS, ALPHA, BETA, span("60 days"))
    pack = campaign(spacings=(apart,), approvals={"beta": (Approval(ALWAYS, below_age=span("1 year")),)})
    result = judged(pack, "2021-06-01 beta, 2021-07-20 alpha", "2021-07-21")
    assert [verdict.reason for verdict in result.doses] == ["wrong_age", "too_early"]
    assert due(result)[0] == "2021-07-31"

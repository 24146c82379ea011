"""Dose verdicts and forecasts, by the COVID-19 pack that ships and by the packs of the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache, partial
from pathlib import Path

import pytest

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.campaigns.load import differences
from vaxdesk.domain.campaign import Campaign, Duration
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import Evaluation, GivenDose, evaluate
from vaxdesk.domain.schedule_rules import Course, DoseRule, Example
from vaxdesk.domain.status import shown

PACKS = Path(__file__).parents[1] / "campaigns" / "packs"


@cache
def pack(name: str = "covid19") -> Campaign:
    return load(assets.resource("campaigns", name) if name == "covid19" else PACKS / name)


def judged(
    birth: str, doses: str, on: str, name: str = "covid19", sex: str = "", conditions: tuple[str, ...] = ()
) -> Evaluation:
    """Doses as "2021-06-01 code, 2021-07-01 code"."""
    given = []
    for dose in filter(None, doses.split(", ")):
        day, product = dose.split()
        given.append(GivenDose(date.fromisoformat(day), product))
    return evaluate(pack(name), PartialDate.parse(birth), sex, given, date.fromisoformat(on), conditions)


def reasons(result: Evaluation) -> list[str]:
    return [verdict.reason for verdict in result.doses]


EXAMPLES = [
    (name, example) for name in ("covid19", "measles-rubella", "two-dose-grace") for example in pack(name).examples
]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{name}-{example.id}" for name, example in EXAMPLES])
def test_the_examples_of_every_pack(name: str, example: Example) -> None:
    assert differences(pack(name), example) == []


@pytest.mark.parametrize("name", ["covid19", "measles-rubella", "two-dose-grace"])
def test_every_rule_is_shown_by_an_example(name: str) -> None:
    shown_rules = {rule for example in pack(name).examples for rule in example.rules}
    told = {rule.id for rule in (*pack(name).rules, *pack(name).spacings)}
    assert told == shown_rules


def test_nothing_given_yet() -> None:
    result = judged("1980-05-01", "", "2022-03-01")
    assert (result.status, result.complete, result.counted, result.doses) == ("none", False, 0, ())
    assert result.next is not None
    assert result.next.number == 1
    assert result.next.earliest == date(2021, 2, 1)


def test_too_early_says_by_how_many_days_and_when() -> None:
    result = judged("1980-05-01", "2021-06-01 astrazeneca, 2021-07-13 astrazeneca", "2021-09-01")
    late = result.doses[1]
    assert (late.reason, late.days, late.earliest) == ("too_early", 14, date(2021, 7, 27))
    assert late.words("en") == "Too early by 14 days: it could be given from 27/07/2021 on."
    assert late.words("vi") == "Tiêm sớm 14 ngày: được tiêm từ ngày 27/07/2021."
    assert not late.valid
    assert late.number == 0


def test_one_day_is_told_as_one() -> None:
    result = judged("1980-05-01", "2021-08-10 comirnaty, 2021-08-30 comirnaty", "2021-09-01")
    assert result.doses[1].words("en").startswith("Too early by 1 day:")


def test_an_invalid_dose_stays_and_the_next_one_counts_from_it() -> None:
    result = judged("1980-05-01", "2021-06-01 astrazeneca, 2021-07-13 astrazeneca", "2021-07-20")
    assert len(result.doses) == 2
    assert result.counted == 1
    assert result.next is not None
    assert result.next.number == 2
    assert result.next.earliest == date(2021, 9, 7)  # 13 July plus 8 weeks


def test_a_pack_may_count_from_the_last_counted_dose() -> None:
    # The measles-rubella pack says count_from = "last_counted": the wrong dose of 1 March moves nothing.
    result = judged("2025-01-10", "2026-02-10 measles-rubella, 2026-03-01 measles", "2026-03-02", "measles-rubella")
    assert reasons(result) == ["valid", "product_not_allowed"]
    assert result.next is not None
    assert result.next.earliest == date(2026, 7, 10)  # 18 months old


@pytest.mark.parametrize(
    ("second", "reason"),
    [("2021-09-19", "too_early"), ("2021-09-20", "valid"), ("2021-10-05", "valid")],
)
def test_a_dose_is_judged_by_the_rules_of_its_own_day(second: str, reason: str) -> None:
    # 8 weeks until 19/09/2021, 4 weeks from 20/09/2021 on, whatever the day of judging.
    result = judged("1980-05-01", f"2021-08-10 astrazeneca, {second} astrazeneca", "2026-11-21")
    assert result.doses[1].reason == reason


def test_product_not_allowed_names_the_one_before() -> None:
    result = judged("1980-05-01", "2021-08-01 vero-cell, 2021-09-12 comirnaty", "2021-10-01")
    assert result.doses[1].reason == "product_not_allowed"
    assert "Vero Cell (Sinopharm)" in result.doses[1].words("vi")
    assert "Comirnaty (Pfizer-BioNTech)" in result.doses[1].words("vi")
    first = judged("1980-05-01", "2021-08-01 sputnik-v-2", "2021-10-01").doses[0]
    assert first.reason == "product_not_allowed"
    assert first.words("en") == "Sputnik V, component II is not foreseen as dose 1 on that day."


def test_agreement_is_asked_for_where_the_rule_says_so() -> None:
    result = judged("1980-05-01", "2021-06-20 astrazeneca, 2021-08-20 comirnaty", "2021-09-01")
    assert result.doses[1].valid
    assert result.doses[1].agreement
    waiting = judged("1980-05-01", "2021-10-01 astrazeneca", "2021-10-02").next
    assert waiting is not None
    assert [(option.product, option.agreement) for option in waiting.options] == [
        ("astrazeneca", False),
        ("comirnaty", True),
        ("spikevax", True),
    ]
    assert waiting.preferred == ("astrazeneca",)
    assert not waiting.agreement
    assert (waiting.earliest, waiting.recommended, waiting.latest) == (
        date(2021, 10, 29),
        date(2021, 11, 26),
        date(2021, 12, 24),
    )


def test_other_reasons() -> None:
    assert reasons(judged("1980", "2021-05-10 comirnaty", "2021-10-01")) == ["not_approved"]
    assert reasons(judged("2008-03-01", "2021-09-20 comirnaty", "2021-10-01")) == ["wrong_age"]
    assert reasons(judged("2008-03-01", "2021-10-20 comirnaty", "2021-11-01")) == ["valid"]
    assert reasons(judged("1980", "2021-10-20 somevax", "2021-11-01")) == ["unknown_product"]
    assert reasons(judged("1980", "2021-11-20 comirnaty", "2021-11-01")) == ["in_future"]
    assert reasons(judged("1980", "1979-11-20 comirnaty", "2021-11-01")) == ["before_birth"]
    twice = judged("1980", "2021-08-10 comirnaty, 2021-08-10 comirnaty", "2021-11-01")
    assert reasons(twice) == ["valid", "duplicate"]
    assert twice.counted == 1
    more = judged("1980", "2021-08-01 comirnaty, 2021-08-22 comirnaty, 2021-10-30 comirnaty", "2021-11-01")
    assert reasons(more) == ["valid", "valid", "not_needed"]
    assert more.complete


def test_two_products_on_one_day_count_once_and_the_right_one() -> None:
    # The second product of the pack's order is the one that fits after the first dose.
    result = judged("1980", "2021-08-01 vero-cell, 2021-08-29 astrazeneca, 2021-08-29 vero-cell", "2021-11-01")
    assert [(verdict.product, verdict.reason) for verdict in result.doses] == [
        ("vero-cell", "valid"),
        ("astrazeneca", "duplicate"),
        ("vero-cell", "valid"),
    ]


def test_too_late_where_the_rule_ends() -> None:
    result = judged(
        "1980-05-01",
        "2022-06-01 alpha, 2022-06-22 alpha, 2027-06-23 alpha",
        "2027-07-01",
        "two-dose-grace",
    )
    assert reasons(result) == ["valid", "valid", "too_late"]
    assert result.doses[2].words("en") == "Too late: it could be given until 22/06/2027."


def test_grace_only_where_the_pack_states_it_and_marked() -> None:
    graced = judged("1980-05-01", "2022-06-01 alpha, 2022-06-18 alpha", "2022-06-30", "two-dose-grace").doses[1]
    assert (graced.valid, graced.reason, graced.within_grace, graced.days) == (True, "valid", True, 4)
    assert graced.words("en") == "Valid: 4 days early, within the days of grace."
    assert all(rule.grace_days == 0 and rule.age_grace_days == 0 for rule in pack().rules)


def test_the_same_case_is_right_in_one_year_and_wrong_in_the_next() -> None:
    before = judged("1980-05-01", "2021-06-01 alpha, 2021-06-17 alpha", "2023-01-01", "two-dose-grace")
    after = judged("1980-05-01", "2022-06-01 alpha, 2022-06-17 alpha", "2023-01-01", "two-dose-grace")
    assert reasons(before) == ["valid", "valid"]
    assert reasons(after) == ["valid", "too_early"]


def test_a_replacing_rule_counts_in_a_forecast_only_once_it_is_known() -> None:
    # The 4-week rule of 20/09/2021 was not known on 15/08/2021; on 21/09/2021 it was.
    unknown = judged("1980-05-01", "2021-08-10 astrazeneca", "2021-08-15").next
    known = judged("1980-05-01", "2021-08-10 astrazeneca", "2021-09-21").next
    assert unknown is not None
    assert known is not None
    assert unknown.earliest == date(2021, 10, 5)
    assert known.earliest == date(2021, 9, 20)
    # The test pack announces its rules a month ahead: known on 05/12/2021, not yet on 25/11/2021.
    announced = judged("1980-05-01", "2021-12-20 alpha", "2021-12-21", "two-dose-grace").next
    assert announced is not None
    assert announced.earliest == date(2022, 1, 10)
    early = judged("1980-05-01", "2021-11-20 alpha", "2021-11-25", "two-dose-grace").next
    assert early is not None
    assert early.earliest == date(2021, 12, 4)


def test_conditions_open_further_rules() -> None:
    doses = "2021-10-01 astrazeneca, 2021-12-01 astrazeneca, 2022-01-05 astrazeneca"
    assert reasons(judged("1970", doses, "2022-03-01"))[2] == "too_early"
    told = judged("1970", doses, "2022-03-01", conditions=("immunodeficiency",))
    assert told.doses[2].kind == "additional"
    assert (told.primary, told.additional, told.boosters) == (2, 1, 0)


def test_boosters_wait_for_their_letter_and_do_not_undo_completeness() -> None:
    doses = "2021-07-01 comirnaty, 2021-07-22 comirnaty"
    assert judged("1970", doses, "2021-11-30").next is None
    due = judged("1970", doses, "2021-12-20").next
    assert due is not None
    assert (due.kind, due.number, due.kind_number) == ("booster", 3, 1)
    assert judged("1970", doses, "2021-12-20").status == "complete"


def test_a_child_is_not_told_of_a_booster_years_ahead() -> None:
    assert judged("2014-02-10", "2022-04-20 comirnaty-10, 2022-05-18 comirnaty-10", "2022-06-01").next is None
    # but a first dose is waited for, however long
    baby = judged("2022-01-01", "", "2022-06-01").next
    assert baby is not None
    assert baby.earliest == date(2027, 1, 1)
    assert baby.products == ("comirnaty-10",)


@pytest.mark.parametrize(
    ("product", "number", "complete"),
    [("janssen", 1, True), ("astrazeneca", 1, False), ("abdala", 1, False)],
)
def test_green_means_the_course_of_the_product(product: str, number: int, complete: bool) -> None:
    result = judged("1980", f"2021-10-01 {product}", "2021-10-02")
    assert (result.counted, result.complete) == (number, complete)
    assert result.status == ("complete" if complete else "begun")


def test_status_in_words() -> None:
    campaign = pack()
    nothing = shown(campaign, judged("1980", "", "2021-10-02"))
    one = shown(campaign, judged("1980", "2021-08-01 comirnaty", "2021-10-02"))
    two = shown(campaign, judged("1980", "2021-08-01 comirnaty, 2021-08-22 comirnaty", "2021-10-02"))
    assert [(status.colour, status.shape) for status in (nothing, one, two)] == [
        ("black", "ring"),
        ("yellow", "half"),
        ("green", "disc"),
    ]
    assert one.words("vi") == "Đã tiêm 1 mũi"
    assert two.words("vi") == "Đã tiêm đủ 2 mũi"
    assert nothing.words("en") == "No valid dose"
    # A pack without colours still speaks.
    plain = shown(pack("two-dose-grace"), judged("1980", "2022-06-01 alpha", "2022-06-02", "two-dose-grace"))
    assert (plain.code, plain.colour) == ("begun", "")
    assert plain.words("en") == "The course has begun."


def test_another_disease_has_no_certificate_code() -> None:
    campaign = pack("measles-rubella")
    paper = campaign.paper("certificate", date(2026, 6, 1))
    assert paper is not None
    assert paper.code == "none"
    assert paper.no_code.vi
    assert not any(product.codes.complete_for_dcc for product in campaign.products.values())
    covid = pack().paper("certificate", date(2026, 6, 1))
    assert covid is not None
    assert (covid.code, covid.primary_columns, covid.additional_columns, covid.booster_columns) == ("hc1", 3, 1, 3)
    old = pack().paper("certificate", date(2021, 12, 31))
    assert old is not None
    assert old.id == "certificate-3588"


def test_a_span_since_the_first_dose() -> None:
    # A 0-2-6 month schedule: the third dose waits for the second one and for the first one.
    base = pack("two-dose-grace")
    source = base.rules[0].source
    every, months = frozenset({"alpha"}), partial(Duration, unit="months")
    rules = (
        DoseRule("one", source, "primary", 1, every),
        DoseRule("two", source, "primary", 2, every, interval=months(2)),
        DoseRule("three", source, "primary", 3, every, interval=months(3), since_first=months(6)),
    )
    campaign = replace(base, rules=rules, courses=(Course("three", source, every, 3),), examples=())

    def third(second: date, day: date) -> Evaluation:
        doses = [GivenDose(date(2022, 1, 10), "alpha"), GivenDose(second, "alpha"), GivenDose(day, "alpha")]
        return evaluate(campaign, PartialDate(1980), "", doses, date(2023, 1, 1))

    assert reasons(third(date(2022, 3, 10), date(2022, 7, 9)))[2] == "too_early"
    assert reasons(third(date(2022, 3, 10), date(2022, 7, 10)))[2] == "valid"
    assert reasons(third(date(2022, 5, 10), date(2022, 8, 9)))[2] == "too_early"
    assert third(date(2022, 5, 10), date(2022, 8, 10)).complete
    two = [GivenDose(date(2022, 1, 10), "alpha"), GivenDose(date(2022, 3, 10), "alpha")]
    upcoming = evaluate(campaign, PartialDate(1980), "", two, date(2022, 4, 1)).next
    assert upcoming is not None
    assert upcoming.earliest == date(2022, 7, 10)

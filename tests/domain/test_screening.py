"""Screening: the official rules of the adult and the child form, and what must hold for every form."""

from __future__ import annotations

from datetime import date

import pytest
from pack_samples import covid19, form

from vaxdesk.domain.screening import (
    NextList,
    Person,
    ScreeningResult,
    conclude,
    evaluate,
    form_for,
    nothing_found,
)
from vaxdesk.errors import FieldError, InputError

ADULT = form()
CHILD = form("child-5002")
WOMAN = Person(30, "female")
MAN = Person(30, "male")
WELL = {"temperature": 36.8}


def judge(product: str = "spikevax", person: Person = MAN, vitals: dict | None = None, **found: object):
    """The adult form with some findings (``q3b=True``); everything else on no."""
    answers = nothing_found(ADULT, product, person.sex)
    answers.update({key.removeprefix("q"): value for key, value in found.items()})
    return evaluate(ADULT, product, person, answers, WELL if vitals is None else vitals)


def codes(result: ScreeningResult) -> list[str]:
    return [outcome.code for outcome in result.outcomes]


def test_nothing_found_is_eligible_and_needs_no_reason() -> None:
    result = judge()
    assert codes(result) == ["eligible"]
    assert result.complete
    assert result.inject_here
    assert not result.reason_required
    assert result.next is NextList.INJECT


@pytest.mark.parametrize(
    ("item", "outcome", "following"),
    [
        ("1", "contraindicated", NextList.CONTRAINDICATED),
        ("2", "deferral", NextList.RECALL),
        ("4", "emergency-facility", NextList.REFER_HOSPITAL),
        ("5", "caution", NextList.INJECT),
        ("6", "caution", NextList.INJECT),
        ("7", "caution", NextList.INJECT),
        ("8", "caution", NextList.INJECT),
        ("9", "caution", NextList.INJECT),
        ("10", "physician", NextList.PHYSICIAN),
    ],
)
def test_each_item_has_its_outcome_and_next_list(item: str, outcome: str, following: NextList) -> None:
    result = judge(**{f"q{item}": True})
    assert codes(result) == [outcome]
    assert result.next is following
    assert result.reason_required


def test_caution_is_not_a_refusal() -> None:
    result = judge(q6="tôm")
    assert result.leading is not None
    assert result.leading.injectable
    assert result.inject_here


def test_pregnancy_from_13_weeks_is_caution_elsewhere_with_a_signed_paper() -> None:
    result = judge(person=WOMAN, q3b=True)
    assert codes(result) == ["caution"]
    assert [place.capability for place in result.places] == ["obstetric_emergency"]
    assert [paper.code for paper in result.papers] == ["pregnancy-commitment"]
    assert result.next is NextList.REFER_HOSPITAL
    assert not result.inject_here


def test_a_facility_with_obstetric_care_injects_itself() -> None:
    answers = {**nothing_found(ADULT, "spikevax", "female"), "3b": True}
    result = evaluate(ADULT, "spikevax", WOMAN, answers, WELL, None, frozenset({"obstetric_emergency"}))
    assert result.inject_here
    assert result.next is NextList.INJECT
    assert [place.code for place in result.places] == ["obstetric-facility"]


def test_severe_anaphylaxis_is_not_injected_at_a_station_but_at_an_equipped_place() -> None:
    answers = {**nothing_found(ADULT, "spikevax"), "4": "penicillin"}
    assert not evaluate(ADULT, "spikevax", MAN, answers, WELL).inject_here
    equipped = evaluate(ADULT, "spikevax", MAN, answers, WELL, None, frozenset({"anaphylaxis_emergency"}))
    assert equipped.inject_here
    assert equipped.next is NextList.INJECT


@pytest.mark.parametrize("item", ["3a", "3b", "breastfeeding"])
def test_sputnik_is_contraindicated_in_pregnancy_and_breastfeeding(item: str) -> None:
    sputnik = next(code for code, product in covid19().products.items() if product.family == "sputnik-v")
    answers = {**nothing_found(ADULT, sputnik, "female"), item: True}
    result = evaluate(ADULT, sputnik, WOMAN, answers, WELL)
    assert result.leading is not None
    assert result.leading.code == "contraindicated"
    other = evaluate(ADULT, "spikevax", WOMAN, answers, WELL)
    assert "contraindicated" not in codes(other)


def test_breastfeeding_is_asked_only_of_women_and_only_where_it_matters() -> None:
    sputnik = next(code for code, product in covid19().products.items() if product.family == "sputnik-v")
    asked = {question.id for question in ADULT.asked(sputnik, "female")}
    assert "breastfeeding" in asked
    assert "breastfeeding" not in {question.id for question in ADULT.asked("spikevax", "female")}
    assert "breastfeeding" not in {question.id for question in ADULT.asked(sputnik, "male")}


def test_several_outcomes_stand_gravest_first_and_the_gravest_leads() -> None:
    result = judge(q6=True, q2=True, q4="ong", q1=True)
    assert codes(result) == ["contraindicated", "deferral", "emergency-facility", "caution"]
    assert [item.item for item in result.triggered] == ["1", "2", "4", "6"]


def test_an_unanswered_question_is_named_and_nothing_is_concluded() -> None:
    answers = nothing_found(ADULT, "spikevax", "male")
    del answers["7"]
    result = evaluate(ADULT, "spikevax", MAN, answers, WELL)
    assert [item.id for item in result.missing] == ["7"]
    assert result.leading is None
    assert not result.inject_here
    with pytest.raises(FieldError) as refusal:
        conclude(ADULT, result)
    assert refusal.value.field == "7"
    assert "rối loạn đông máu" in refusal.value.words()


def test_an_empty_text_is_no_answer() -> None:
    assert [item.id for item in judge(q4="  ").missing] == ["4"]


def test_pregnancy_rows_are_asked_of_women_and_of_unknown_sex_only() -> None:
    answers = nothing_found(ADULT, "spikevax", "male")
    assert "3a" not in answers
    assert {"3a", "3b"} <= {item.id for item in evaluate(ADULT, "spikevax", WOMAN, answers, WELL).missing}
    assert {"3a", "3b"} <= {item.id for item in evaluate(ADULT, "spikevax", Person(), answers, WELL).missing}


def test_a_heading_on_no_answers_its_rows() -> None:
    answers = {**nothing_found(ADULT, "spikevax", "male"), "3": False}
    assert evaluate(ADULT, "spikevax", WOMAN, answers, WELL).complete


def test_who_is_not_pregnant_is_still_asked_about_breastfeeding() -> None:
    sputnik = next(code for code, product in covid19().products.items() if product.family == "sputnik-v")
    answers = {**nothing_found(ADULT, "spikevax", "male"), "3": False}
    assert [item.id for item in evaluate(ADULT, sputnik, WOMAN, answers, WELL).missing] == ["breastfeeding"]


def test_one_yes_below_a_heading_answers_its_rows() -> None:
    answers = nothing_found(ADULT, "spikevax", "male")
    result = evaluate(ADULT, "spikevax", WOMAN, {**answers, "3b": True}, WELL)
    assert result.complete


def test_breastfeeding_is_a_warning_while_the_sex_is_unknown() -> None:
    sputnik = next(code for code, product in covid19().products.items() if product.family == "sputnik-v")
    answers = nothing_found(ADULT, "spikevax")
    unknown = evaluate(ADULT, sputnik, Person(), answers, WELL)
    assert codes(unknown) == ["eligible"]
    assert [remark.subject for remark in unknown.warnings if remark.code == "not_asked"] == ["breastfeeding"]
    assert [item.id for item in evaluate(ADULT, sputnik, WOMAN, answers, WELL).missing] == ["breastfeeding"]


def test_a_pregnant_man_is_a_warning_and_still_counts() -> None:
    result = judge(q3a=True)
    assert codes(result) == ["deferral"]
    assert [remark.subject for remark in result.warnings if remark.code == "contradiction"] == ["3a"]


def test_temperature_is_measured_for_everyone() -> None:
    result = judge(vitals={})
    assert [item.id for item in result.missing] == ["temperature"]
    assert result.leading is None


@pytest.mark.parametrize(
    ("vitals", "abnormal"),
    [
        ({"temperature": 35.5}, False),
        ({"temperature": 35.4}, True),
        ({"temperature": 37.5}, False),
        ({"temperature": 37.6}, True),
        ({"pulse": 60}, False),
        ({"pulse": 59}, True),
        ({"pulse": 100}, False),
        ({"pulse": 101}, True),
        ({"blood_pressure": "90/60"}, False),
        ({"blood_pressure": "89/70"}, True),
        ({"blood_pressure": "120/59"}, True),
        ({"blood_pressure": "140/90"}, False),
        ({"blood_pressure": "141/80"}, True),
        ({"blood_pressure": "130/91"}, True),
        ({"blood_pressure": "130/80", "usual_systolic": 101}, False),
        ({"blood_pressure": "130/80", "usual_systolic": 100}, True),
        ({"breathing": 25}, False),
        ({"breathing": 26}, True),
    ],
)
def test_limits_of_the_vital_signs(vitals: dict, abnormal: bool) -> None:
    result = judge(vitals={**WELL, **vitals})
    assert codes(result) == (["caution"] if abnormal else ["eligible"])
    assert bool([remark for remark in result.warnings if remark.code == "contradiction"]) is abnormal


def test_an_abnormal_measurement_answers_its_question() -> None:
    answers = nothing_found(ADULT, "spikevax", "male")
    del answers["9"]
    result = evaluate(ADULT, "spikevax", MAN, answers, {"temperature": 38.4})
    assert codes(result) == ["caution"]
    assert result.complete
    assert result.triggered[0].value == "Nhiệt độ 38,4 °C"
    assert {remark.subject for remark in result.warnings if remark.code == "not_measured"} == {"pulse", "breathing"}


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (Person(65, "male"), set()),
        (Person(66, "male"), {"systolic", "diastolic"}),
        (Person(40, "male", frozenset({"hypertension"})), {"systolic", "diastolic"}),
        (Person(40, "male", frozenset({"hypotension"})), {"systolic", "diastolic"}),
        (Person(40, "male", frozenset({"heart-failure"})), {"pulse", "breathing"}),
        (Person(40, "male", frozenset({"chest-pain"})), {"pulse", "breathing"}),
    ],
)
def test_who_is_asked_for_pressure_pulse_and_breathing(person: Person, expected: set) -> None:
    result = judge(person=person)
    assert {remark.subject for remark in result.warnings} == expected
    assert codes(result) == ["eligible"]
    assert result.inject_here


def test_an_impossible_value_is_not_taken() -> None:
    result = judge(vitals={"temperature": 368})
    assert [item.id for item in result.missing] == ["temperature"]
    assert [remark.code for remark in result.warnings] == ["implausible"]
    assert "368" in result.warnings[0].words()


def test_item_10_is_for_the_screener_to_decide() -> None:
    answers = {**nothing_found(ADULT, "spikevax", "male"), "10": "vừa tiêm huyết thanh"}
    open_case = evaluate(ADULT, "spikevax", MAN, answers, WELL)
    assert codes(open_case) == ["physician"]
    assert "decision" in {remark.code for remark in open_case.warnings}
    decided = evaluate(ADULT, "spikevax", MAN, answers, WELL, {"10": "deferral"})
    assert codes(decided) == ["deferral"]
    with pytest.raises(InputError):
        evaluate(ADULT, "spikevax", MAN, answers, WELL, {"10": "eligible"})


def test_a_yes_without_details_is_warned_about() -> None:
    assert [remark.subject for remark in judge(q4=True).warnings] == ["4"]
    assert not judge(q4="tôm").warnings


@pytest.mark.parametrize(
    ("answers", "vitals"),
    [
        ({"11": True}, {}),
        ({"1": 3}, {}),
        ({}, {"spo2": 97}),
        ({}, {"temperature": "nóng"}),
        ({}, {"temperature": True}),
        ({}, {"blood_pressure": "120"}),
    ],
)
def test_what_the_form_does_not_have_is_bad_input(answers: dict, vitals: dict) -> None:
    with pytest.raises(InputError):
        evaluate(ADULT, "spikevax", MAN, answers, vitals)


def test_children_are_judged_by_their_own_form() -> None:
    answers = {**nothing_found(CHILD, "spikevax", "male"), "6": True, "3": True}
    result = evaluate(CHILD, "spikevax", Person(13, "male"), answers, {"temperature": 36.7, "pulse": 84})
    assert codes(result) == ["hospital", "caution"]
    assert result.next is NextList.REFER_HOSPITAL
    fever = evaluate(CHILD, "spikevax", Person(13, "male"), nothing_found(CHILD, "spikevax"), {"temperature": 38.2})
    assert codes(fever) == ["deferral"]
    assert [item.item for item in fever.triggered] == ["fever"]
    assert {remark.code for remark in fever.warnings} == {"contradiction", "not_measured"}
    # The row is not on the paper: the temperature answers it, nobody has to.
    alone = {str(number): False for number in range(1, 9)}
    assert codes(evaluate(CHILD, "spikevax", Person(13), alone, {"temperature": 38.2})) == ["deferral"]
    assert evaluate(CHILD, "spikevax", Person(13), alone, {"temperature": 37.5}).complete


def test_a_form_for_another_age_is_warned_about() -> None:
    result = evaluate(CHILD, "spikevax", Person(30), nothing_found(CHILD, "spikevax"), WELL)
    assert "age" in {remark.code for remark in result.warnings}


@pytest.mark.parametrize(
    ("age", "day", "expected"),
    [
        (18, date(2021, 8, 9), None),
        (18, date(2021, 8, 10), "adult-3802"),
        (40, date(2021, 9, 9), "adult-3802"),
        (40, date(2021, 9, 10), "adult-4355"),
        (40, date(2021, 12, 20), "adult-4355"),
        (40, date(2021, 12, 21), "adult-5785"),
        (90, date(2026, 11, 21), "adult-5785"),
        (17, date(2021, 10, 28), None),
        (17, date(2021, 10, 29), "child-5002"),
        (5, date(2022, 6, 1), "child-5002"),
    ],
)
def test_the_form_in_force_by_age_and_day(age: int, day: date, expected: str | None) -> None:
    found = form_for(covid19().screening_forms.values(), age, day)
    assert (found.id if found else None) == expected


def test_former_forms_defer_after_covid_and_number_one_higher() -> None:
    old = form("adult-4355")
    answers = {**nothing_found(old, "astrazeneca", "female"), "2": True, "4b": True}
    result = evaluate(old, "astrazeneca", WOMAN, answers, WELL)
    assert codes(result) == ["deferral", "caution"]
    assert [item.item for item in result.triggered] == ["2", "4b"]


def test_blood_pressure_was_a_must_under_3802() -> None:
    old = form("adult-3802")
    result = evaluate(old, "astrazeneca", MAN, nothing_found(old, "astrazeneca", "male"), WELL)
    assert [item.id for item in result.missing] == ["systolic", "diastolic"]


def test_closing_needs_the_reason_line_unless_plainly_eligible() -> None:
    assert conclude(ADULT, judge()).next is NextList.INJECT
    with pytest.raises(FieldError) as refusal:
        conclude(ADULT, judge(q2=True))
    assert refusal.value.field == "reason"
    closed = conclude(ADULT, judge(q2=True), reason="sốt xuất huyết")
    assert closed.outcome.code == "deferral"
    assert not closed.overridden


def test_an_override_is_allowed_with_its_reason() -> None:
    result = judge(q2=True)
    with pytest.raises(FieldError):
        conclude(ADULT, result, "eligible")
    closed = conclude(ADULT, result, "eligible", "bác sĩ khám lại, đã khỏi")
    assert closed.overridden
    assert closed.next is NextList.INJECT
    stricter = conclude(ADULT, judge(), "deferral", "người đến xin hoãn")
    assert stricter.next is NextList.RECALL
    elsewhere = judge(q4="ong")
    here = conclude(ADULT, elsewhere, reason="có bác sĩ cấp cứu tại chỗ", next_list=NextList.INJECT)
    assert here.overridden
    assert here.next is NextList.INJECT
    with pytest.raises(FieldError):
        conclude(ADULT, result, "no-such-outcome", "x")


def test_what_happened_on_paper_can_be_recorded_although_a_question_is_empty() -> None:
    answers = nothing_found(ADULT, "spikevax", "male")
    del answers["5"]
    result = evaluate(ADULT, "spikevax", MAN, answers, WELL)
    closed = conclude(ADULT, result, "eligible", "nhập lại từ phiếu giấy", despite_missing=True)
    assert closed.despite_missing == ("5",)


def test_remarks_speak_both_languages() -> None:
    remark = judge(person=Person(70, "male")).warnings[0]
    assert "Systolic pressure" in remark.words("en")
    assert "Huyết áp tối đa" in remark.words("vi")


def test_a_written_no_is_a_no_and_a_written_yes_has_no_details() -> None:
    assert codes(judge(q4="Không")) == ["eligible"]
    yes = judge(q4="có")
    assert codes(yes) == ["emergency-facility"]
    assert [remark.code for remark in yes.warnings] == ["detail"]
    assert codes(judge(q4="không rõ loại")) == ["emergency-facility"]

"""What holds for every screening form of the pack and any answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pack_samples import covid19

from vaxdesk.domain.screening import Kind, Person, ScreeningResult, evaluate

FORMS = list(covid19().screening_forms.values())
PRODUCTS = list(covid19().products)


@st.composite
def cases(draw: st.DrawFn) -> tuple:
    """A form, a product, a person, answers for some rows, and measurements."""
    chosen = draw(st.sampled_from(FORMS))
    product = draw(st.sampled_from(PRODUCTS))
    person = Person(draw(st.integers(0, 100)), draw(st.sampled_from(["", "male", "female"])))
    rows = [question.id for question in chosen.questions if question.kind is Kind.BOOL]
    answers = draw(st.dictionaries(st.sampled_from(rows), st.booleans() | st.just("ghi rõ")))
    vitals = draw(
        st.fixed_dictionaries(
            {},
            optional={vital.id: st.floats(*vital.plausible, allow_nan=False) for vital in chosen.vitals},
        )
    )
    return chosen, product, person, answers, vitals


def codes(result: ScreeningResult) -> list[str]:
    return [outcome.code for outcome in result.outcomes]


def weight(result: ScreeningResult) -> int:
    return result.leading.gravity if result.leading is not None else -1


@given(cases(), st.data())
def test_more_findings_never_make_the_leading_outcome_lighter(case: tuple, data: st.DataObject) -> None:
    chosen, product, person, answers, vitals = case
    before = evaluate(chosen, product, person, answers, vitals)
    rows = [question.id for question in chosen.questions if question.kind is Kind.BOOL]
    more = {**answers, data.draw(st.sampled_from(rows)): True}
    after = evaluate(chosen, product, person, more, vitals)
    assert weight(after) >= weight(before)
    assert {item.rule.id for item in before.triggered} <= {item.rule.id for item in after.triggered}
    assert len(after.missing) <= len(before.missing)


@given(cases(), st.data())
def test_an_abnormal_measurement_never_makes_it_lighter(case: tuple, data: st.DataObject) -> None:
    chosen, product, person, answers, vitals = case
    before = evaluate(chosen, product, person, answers, vitals)
    after = evaluate(chosen, product, person, answers, {**vitals, "temperature": data.draw(st.sampled_from([34, 41]))})
    assert weight(after) >= weight(before)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(case: tuple, chance: object) -> None:
    chosen, product, person, answers, vitals = case
    keys = list(answers)
    chance.shuffle(keys)
    turned = {key: answers[key] for key in keys}
    assert evaluate(chosen, product, person, turned, dict(reversed(vitals.items()))) == evaluate(
        chosen, product, person, answers, vitals
    )


@given(cases())
def test_outcomes_are_ordered_unique_and_never_eligible_with_a_finding(case: tuple) -> None:
    chosen, product, person, answers, vitals = case
    result = evaluate(chosen, product, person, answers, vitals)
    gravities = [outcome.gravity for outcome in result.outcomes]
    assert gravities == sorted(gravities, reverse=True)
    assert len(set(codes(result))) == len(result.outcomes)
    if result.triggered or result.missing:
        assert "eligible" not in codes(result)
    if result.inject_here:
        assert result.complete
        assert not result.elsewhere

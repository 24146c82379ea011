"""Consent: the text in force, who may answer, what an answer changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_samples import covid19

from vaxdesk import i18n
from vaxdesk.domain.consent import (
    HOW_WORDS,
    RELATIONS,
    STATUS_WORDS,
    WHO_WORDS,
    ConsentAnswer,
    ConsentStatus,
    How,
    Who,
    check_answer,
    check_dose,
    check_recent_dose,
    counts_as_refused,
    current,
    on_call_lists,
)
from vaxdesk.errors import FieldError

RULES = covid19().consents
assert RULES is not None
NOON = datetime(2022, 5, 1, 5, 0, tzinfo=UTC)
DAY = date(2022, 5, 1)
ADULT = RULES.text_for(40, DAY)
CHILD = RULES.text_for(8, DAY)
assert ADULT is not None
assert CHILD is not None
GIVEN = ConsentAnswer(ConsentStatus.GIVEN, NOON, text_id=ADULT.id, text_version=ADULT.version)
FOR_CHILD = ConsentAnswer(
    ConsentStatus.GIVEN,
    NOON,
    Who.GUARDIAN,
    How.PAPER,
    "Trần Thị Bưởi",
    "mother",
    CHILD.id,
    CHILD.version,
)


@pytest.mark.parametrize(
    ("age", "day", "expected"),
    [
        (18, date(2021, 7, 25), None),
        (18, date(2021, 7, 26), "adult-3588"),
        (40, date(2021, 9, 7), "adult-3588"),
        (40, date(2021, 9, 8), "adult-3588-mixed"),
        (40, date(2026, 11, 21), "adult-3588-mixed"),
        (14, date(2021, 10, 13), None),
        (14, date(2021, 10, 14), "child-8688"),
        (8, date(2022, 3, 27), None),
        (8, date(2022, 3, 28), "child-1535"),
        (14, date(2022, 3, 28), "child-1535"),
        (4, date(2022, 3, 28), None),
    ],
)
def test_the_text_by_age_and_day(age: int, day: date, expected: str | None) -> None:
    text = RULES.text_for(age, day)
    assert (text.id if text else None) == expected


def test_the_texts_have_three_statements_and_both_choices() -> None:
    for text in RULES.texts:
        assert len(text.statements) == 3
        assert text.agree.vi.startswith("Đồng ý")
        assert text.refuse.vi.startswith("Không đồng ý")
        assert text.guardian is (text.age_from < 18)


def test_the_added_sentence_stands_only_in_the_later_text() -> None:
    earlier, later = (RULES.text_for(40, day) for day in (date(2021, 9, 7), date(2021, 9, 8)))
    assert earlier is not None
    assert later is not None
    assert "AstraZeneca" not in earlier.statements[1].vi
    assert "Tiêm vắc xin mũi 2 do Pfizer sản xuất" in later.statements[1].vi


def test_an_adult_consents_for_herself() -> None:
    assert check_answer(RULES, GIVEN, 40, DAY) == ()


@pytest.mark.parametrize(
    ("change", "age", "field"),
    [
        ({"status": ConsentStatus.NOT_ASKED}, 40, "status"),
        ({"at": datetime(2022, 5, 1)}, 40, "at"),
        ({"text_id": "no-such-text"}, 40, "text_id"),
        ({"text_version": "1"}, 40, "text_id"),
        ({}, 17, "who"),
        ({"who": Who.GUARDIAN}, 17, "guardian_name"),
        ({"who": Who.GUARDIAN, "guardian_name": "Bưởi"}, 17, "relation"),
        ({"who": Who.GUARDIAN, "guardian_name": "Bưởi", "relation": "other"}, 17, "note"),
        ({"who": Who.GUARDIAN, "guardian_name": "Bưởi", "relation": "guardian"}, 40, "note"),
        ({"status": ConsentStatus.WITHDRAWN, "note": "đổi ý"}, 40, "status"),
    ],
)
def test_what_cannot_be_stored_names_its_field(change: dict, age: int, field: str) -> None:
    with pytest.raises(FieldError) as refusal:
        check_answer(RULES, replace(GIVEN, **change), age, DAY)
    assert refusal.value.field == field
    assert refusal.value.words() != str(refusal.value)


def test_a_guardian_answers_for_a_minor() -> None:
    assert check_answer(RULES, FOR_CHILD, 8, DAY) == ()


def test_a_refusal_needs_no_text_and_no_reason() -> None:
    assert check_answer(RULES, ConsentAnswer(ConsentStatus.REFUSED, NOON, how=How.SPOKEN), 40, DAY) == ()


def test_a_withdrawal_needs_a_consent_and_a_reason() -> None:
    withdrawn = replace(GIVEN, status=ConsentStatus.WITHDRAWN, at=NOON + timedelta(hours=1))
    with pytest.raises(FieldError) as refusal:
        check_answer(RULES, withdrawn, 40, DAY, [GIVEN])
    assert refusal.value.field == "note"
    assert check_answer(RULES, replace(withdrawn, note="lo ngại"), 40, DAY, [GIVEN]) == ()


def test_an_old_text_is_a_warning() -> None:
    old = RULES.text_for(40, date(2021, 8, 1))
    assert old is not None
    answer = replace(GIVEN, text_id=old.id, text_version=old.version)
    assert [remark.code for remark in check_answer(RULES, answer, 40, DAY)] == ["old_text"]


def test_the_14_days_are_declared_only_while_the_rule_held() -> None:
    in_2021 = date(2021, 8, 1)
    old = RULES.text_for(40, in_2021)
    assert old is not None
    answer = replace(GIVEN, text_id=old.id, text_version=old.version)
    assert [remark.subject for remark in check_answer(RULES, answer, 40, in_2021)] == ["no-vaccine-14-days"]
    declared = replace(answer, declared=frozenset({"no-vaccine-14-days"}))
    assert check_answer(RULES, declared, 40, in_2021) == ()
    assert RULES.declarations_on(DAY) == ()


@pytest.mark.parametrize(
    ("recent", "warned"),
    [
        (None, False),
        (date(2021, 8, 1), False),
        (date(2021, 8, 6), False),
        (date(2021, 8, 7), True),
        (date(2021, 8, 19), True),
        (date(2021, 8, 20), True),
        (date(2021, 8, 21), False),
    ],
)
def test_a_dose_inside_the_14_days_is_shown_with_both_dates(recent: date | None, warned: bool) -> None:
    session = date(2021, 8, 20)
    remark = check_recent_dose(RULES.declarations_on(session)[0], session, recent)
    assert (remark is not None) is warned
    if remark is not None and recent is not None:
        assert f"{recent:%d/%m/%Y}" in remark.words()
        assert "20/08/2021" in remark.words()


def test_the_declaration_no_longer_warns_after_its_last_day() -> None:
    declaration = RULES.declarations[0]
    assert check_recent_dose(declaration, date(2022, 5, 1), date(2022, 4, 28)) is None


@pytest.mark.parametrize(
    ("status", "called", "refused"),
    [
        (ConsentStatus.GIVEN, True, False),
        (ConsentStatus.NOT_ASKED, True, False),
        (ConsentStatus.REFUSED, False, True),
        (ConsentStatus.WITHDRAWN, False, True),
    ],
)
def test_a_refusal_leaves_the_call_lists_and_is_counted(status: ConsentStatus, called: bool, refused: bool) -> None:
    assert on_call_lists(status) is called
    assert counts_as_refused(status) is refused


def test_a_dose_against_the_consent_needs_a_reason_and_stays_red() -> None:
    assert check_dose(ConsentStatus.GIVEN) is None
    for status in (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN, ConsentStatus.NOT_ASKED):
        with pytest.raises(FieldError):
            check_dose(status, " ")
        remark = check_dose(status, "đã tiêm nhầm, ghi lại sự việc")
        assert remark is not None
        assert remark.code == f"consent_{status.value}"


def test_nobody_asked_is_a_state_of_its_own() -> None:
    assert current([]) is ConsentStatus.NOT_ASKED


answers = st.builds(
    ConsentAnswer,
    status=st.sampled_from([ConsentStatus.GIVEN, ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN]),
    at=st.datetimes(datetime(2021, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),
)


@given(st.lists(answers), st.randoms(use_true_random=False))
def test_the_state_does_not_depend_on_the_order_of_records(history: list, chance: object) -> None:
    turned = list(history)
    chance.shuffle(turned)
    assert current(turned) is current(history)


@given(st.lists(answers))
def test_a_withdrawal_counts_until_a_later_consent(history: list) -> None:
    last = max((answer.at for answer in history), default=datetime(2021, 1, 1, tzinfo=UTC))
    withdrawn = ConsentAnswer(ConsentStatus.WITHDRAWN, last)
    assert current([*history, withdrawn]) is ConsentStatus.WITHDRAWN
    again = ConsentAnswer(ConsentStatus.GIVEN, last + timedelta(seconds=1))
    assert current([*history, withdrawn, again]) is ConsentStatus.GIVEN


def test_every_state_and_relation_has_words_in_both_languages() -> None:
    for words in (*STATUS_WORDS.values(), *HOW_WORDS.values(), *WHO_WORDS.values(), *RELATIONS.values()):
        assert i18n.translate(words, "vi") != words

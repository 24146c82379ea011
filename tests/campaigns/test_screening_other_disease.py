"""No code knows Covid: a measles-rubella campaign for children is screened, asked, called, advised and printed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pypdfium2
import pytest

from vaxdesk import campaigns
from vaxdesk.documents import form_inputs, forms
from vaxdesk.domain.consent import ConsentAnswer, ConsentStatus, Who, check_answer
from vaxdesk.domain.eligibility import Due, Facts, Plan, eligible_list
from vaxdesk.domain.screening import NextList, Person, evaluate, form_for, nothing_found
from vaxdesk.errors import FieldError, InputError

DAY = date(2026, 11, 21)
PACK = campaigns.load(Path(__file__).parent / "packs" / "measles-rubella")
FORM = form_for(PACK.screening_forms.values(), 1, DAY)
assert FORM is not None
CHILD = Person(1, "female")
WELL = {"temperature": 36.9}


def judge(**found: object):
    answers = {**nothing_found(FORM, "measles-rubella"), "weight": 9.5, **found}
    return evaluate(FORM, "measles-rubella", CHILD, answers, WELL)


def test_its_form_is_judged_by_its_own_rules() -> None:
    assert judge().inject_here
    assert judge(anaphylaxis=True).next is NextList.CONTRAINDICATED
    assert judge(immunoglobulin=True).recall_days == 90
    both = judge(**{"anaphylaxis-2": True, "acute": True})
    assert [outcome.code for outcome in both.outcomes] == ["deferral", "hospital"]


def test_a_number_row_triggers_by_its_limit() -> None:
    assert judge(weight=1.9).next is NextList.REFER_HOSPITAL
    assert judge(weight=2).inject_here
    missing = evaluate(FORM, "measles", CHILD, nothing_found(FORM, "measles"), WELL)
    assert [item.id for item in missing.missing] == ["weight"]
    with pytest.raises(InputError):
        judge(weight="chín")


def test_a_text_row_is_optional_and_triggers_nothing() -> None:
    assert judge(remark="trẻ ngoan").inject_here


def test_fever_answers_the_row_on_illness() -> None:
    result = evaluate(FORM, "measles", CHILD, {**nothing_found(FORM, "measles"), "weight": 9}, {"temperature": 38.1})
    assert result.leading is not None
    assert result.leading.code == "deferral"


def test_only_a_guardian_consents() -> None:
    rules = PACK.consents
    assert rules is not None
    text = rules.text_for(1, DAY)
    assert text is not None
    answer = ConsentAnswer(
        ConsentStatus.GIVEN, datetime(2026, 11, 21, 2, tzinfo=UTC), text_id=text.id, text_version=text.version
    )
    with pytest.raises(FieldError):
        check_answer(rules, answer, 1, DAY)
    guardian = ConsentAnswer(
        ConsentStatus.GIVEN, answer.at, Who.GUARDIAN, answer.how, "Lò Văn Pó", "father", text.id, text.version
    )
    assert check_answer(rules, guardian, 1, DAY) == ()


def test_its_own_groups_order_its_list() -> None:
    priority = PACK.priority
    assert priority is not None
    due = (Due("measles-rubella", date(2026, 10, 1)),)
    people = [
        Facts("a", date(2025, 1, 1), "a", groups=frozenset({"remote"}), consent="given", number=2, due=due),
        Facts("b", date(2025, 1, 1), "b", groups=frozenset({"missed"}), consent="given", number=1, due=due),
    ]
    listed = eligible_list(people, Plan("measles-rubella", DAY), priority.ranks_on(DAY))
    assert [row.person_id for row in listed] == ["b", "a"]


def test_its_advice_and_its_paper_form() -> None:
    assert PACK.advice is not None
    slip = PACK.advice.slip_for(1, DAY)
    assert slip is not None
    assert "48 giờ" in slip.lines("vi")[0]
    person = form_inputs.PaperPerson(name="Lò Thị Mận", birth="02/10/2025", sex="female")
    document = pypdfium2.PdfDocument(
        forms.screening([form_inputs.screening_paper(FORM, "Trạm Y tế xã Mường Lạn", person)])
    )
    text = " ".join(document[0].get_textpage().get_text_bounded().split())
    document.close()
    assert "BẢNG KIỂM TRƯỚC TIÊM CHỦNG ĐỐI VỚI TRẺ EM" in text
    assert "Lò Thị Mận" in text
    assert "COVID" not in text

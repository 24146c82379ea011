"""``vaxdesk screening evaluate`` as others call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vaxdesk import assets, cli

COVID19 = str(assets.resource("campaigns", "covid19"))
NOTHING = {
    **dict.fromkeys(["1", "2", "3a", "3b", "4", "5", "6", "7", "8", "9", "10"], False),
}


def run(capsys: pytest.CaptureFixture, tmp_path: Path, case: object, *more: str) -> tuple[int, dict]:
    path = tmp_path / "case.json"
    path.write_text(case if isinstance(case, str) else json.dumps(case, ensure_ascii=False), encoding="utf-8")
    code = cli.main(["screening", "evaluate", str(path), "--campaign", COVID19, "--json", *more])
    return code, json.loads(capsys.readouterr().out)


def case(**changes: object) -> dict:
    return {
        "form": "adult-5785",
        "product": "astrazeneca",
        "answers": NOTHING,
        "vitals": {"temperature": 36.8},
        **changes,
    }


def test_nothing_found(capsys, tmp_path: Path) -> None:
    code, answer = run(capsys, tmp_path, case())
    assert code == 0
    assert answer["triggered"] == []
    assert [outcome["code"] for outcome in answer["outcomes"]] == ["eligible"]
    assert answer["leading"] == "eligible"
    assert answer["missing"] == []
    assert answer["next"] == "inject"
    assert answer["reason_required"] is False


def test_findings_outcomes_and_what_is_missing(capsys, tmp_path: Path) -> None:
    answers = {**NOTHING, "6": "tôm", "3b": True, "2": True}
    del answers["8"]
    code, answer = run(capsys, tmp_path, case(answers=answers, vitals={}))
    assert code == 0
    assert [item["item"] for item in answer["triggered"]] == ["2", "3b", "6"]
    assert [outcome["code"] for outcome in answer["outcomes"]] == ["deferral", "caution"]
    assert answer["leading"] == "deferral"
    assert answer["missing"] == ["8", "temperature"]
    assert [paper["code"] for paper in answer["papers"]] == ["pregnancy-commitment"]
    assert [place["code"] for place in answer["places"]] == ["obstetric-facility"]
    assert answer["triggered"][1]["source"] == "5785/QĐ-BYT"


def test_sputnik_by_its_family_name(capsys, tmp_path: Path) -> None:
    _code, answer = run(capsys, tmp_path, case(product="sputnik-v", answers={**NOTHING, "3b": True}, sex="female"))
    assert answer["leading"] == "contraindicated"


def test_the_form_may_be_named_by_its_decision_or_found_by_age_and_day(capsys, tmp_path: Path) -> None:
    assert run(capsys, tmp_path, case(form="5785/QĐ-BYT"))[1]["form"] == "adult-5785"
    found = {key: value for key, value in case().items() if key != "form"}
    old = {**NOTHING, "11": False, "4a": False, "4b": False}
    for key in ("3a", "3b"):
        del old[key]
    by_day = {**found, "answers": {**old, "3": False}, "birth_date": "1980", "date": "2021-10-01"}
    assert run(capsys, tmp_path, by_day)[1]["form"] == "adult-4355"


def test_conditions_decisions_and_capabilities(capsys, tmp_path: Path) -> None:
    answers = {**NOTHING, "10": "giảm tiểu cầu", "4": "ong"}
    _code, answer = run(
        capsys,
        tmp_path,
        case(
            answers=answers,
            age=70,
            conditions=["heart-failure"],
            decisions={"10": "deferral"},
            capabilities=["anaphylaxis_emergency"],
        ),
    )
    assert [outcome["code"] for outcome in answer["outcomes"]] == ["deferral", "emergency-facility"]
    assert {warning["subject"] for warning in answer["warnings"]} == {"systolic", "diastolic", "pulse", "breathing"}


def test_a_comment_in_a_case_is_left_alone(capsys, tmp_path: Path) -> None:
    plain = run(capsys, tmp_path, case())
    assert run(capsys, tmp_path, case(comment="by hand", description="x", answer="none", id=7)) == plain


def test_a_misspelt_key_is_named(capsys, tmp_path: Path) -> None:
    wrong = {key: value for key, value in case(Answers={}).items() if key != "answers"}
    code, answer = run(capsys, tmp_path, wrong)
    assert code == 2
    assert "Answers" in answer["error"]
    assert "“answers”" in answer["error"]


def test_words_for_people(capsys, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case(answers={**NOTHING, "2": True})), encoding="utf-8")
    assert cli.main(["screening", "evaluate", str(path), "--campaign", COVID19]) == 0
    out = capsys.readouterr().out
    assert "Đang mắc bệnh cấp tính" in out
    assert "Trì hoãn tiêm chủng" in out


@pytest.mark.parametrize(
    "wrong",
    [
        "{",
        "[]",
        case(form="no-such-form"),
        case(product="no-such-product"),
        case(product=None),
        case(answers=[]),
        case(answers={"77": True}),
        case(answers={"1": 1}),
        case(vitals={"temperature": "high"}),
        case(vitals={"spo2": 97}),
        case(age=-1),
        case(age=True),
        case(birth_date="yesterday"),
        case(date="21/12/2021"),
        case(sex="none"),
        case(conditions="heart-failure"),
        case(conditions=["asthma"]),
        case(decisions={"10": "eligible"}),
        {key: value for key, value in case(answer={}).items() if key != "answers"},
        {key: value for key, value in case().items() if key != "product"},
    ],
)
def test_bad_cases_are_bad_input_with_words(capsys, tmp_path: Path, wrong: object) -> None:
    code, answer = run(capsys, tmp_path, wrong)
    assert code == 2
    assert answer["error"]
    assert "{" not in answer["error"].replace("{", "", 0) or "form" in answer["error"]


def test_a_missing_file_or_pack_is_bad_input(capsys, tmp_path: Path) -> None:
    assert cli.main(["screening", "evaluate", str(tmp_path / "none.json"), "--campaign", COVID19, "--json"]) == 2
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case()), encoding="utf-8")
    assert cli.main(["screening", "evaluate", str(path), "--campaign", str(tmp_path), "--json"]) == 2


@pytest.mark.parametrize("product", [["astrazeneca"], {}, 3, True, "", None])
def test_a_product_of_the_wrong_kind_is_bad_input(capsys, tmp_path: Path, product: object) -> None:
    code, answer = run(capsys, tmp_path, case(product=product))
    assert code == 2
    assert "astrazeneca" in answer["error"]


def test_a_byte_order_mark_and_an_unknown_sex_are_taken(capsys, tmp_path: Path) -> None:
    code, answer = run(capsys, tmp_path, "\ufeff" + json.dumps(case(sex=None, product="EU/1/20/1528")))
    assert code == 0
    assert answer["product"] == "comirnaty"

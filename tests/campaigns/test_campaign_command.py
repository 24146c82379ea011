"""``vaxdesk campaign check`` and ``vaxdesk schedule evaluate`` as a user runs them."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.campaigns.cases import case_of
from vaxdesk.cli import main
from vaxdesk.errors import InputError

PACKS = Path(__file__).parent / "packs"
COVID = str(assets.resource("campaigns", "covid19"))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    try:
        code = main(["--language", "en", *arguments])
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def answer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, case: object, on: str, campaign: str = COVID
) -> tuple[int, Any]:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case), encoding="utf-8")
    code, out = run(capsys, "schedule", "evaluate", str(path), "--campaign", campaign, "--on", on, "--json")
    return code, json.loads(out)


def test_evaluate_answers_with_the_documented_keys(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = {
        "birth_date": "1956-07-03",
        "sex": "female",
        "doses": [{"date": "2021-06-01", "product": "astrazeneca"}, {"date": "2021-07-13", "cvx": "210"}],
    }
    code, found = answer(capsys, tmp_path, case, "2021-09-01")
    assert code == 0
    assert [
        (dose["date"], dose["product"], dose["valid"], dose["reason"], dose["days"]) for dose in found["doses"]
    ] == [
        ("2021-06-01", "astrazeneca", True, "valid", 0),
        ("2021-07-13", "astrazeneca", False, "too_early", 14),
    ]
    assert {key: found["next"][key] for key in ("number", "earliest", "recommended", "latest", "products")} == {
        "number": 2,
        "earliest": "2021-09-07",
        "recommended": "2021-09-07",
        "latest": "2021-10-05",
        "products": ["astrazeneca", "comirnaty"],
    }
    assert (found["complete"], found["status"], found["counted"]) == (False, "begun", 1)
    assert found["next"]["options"][1]["agreement"] is True


def test_a_comment_in_a_case_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = {"birth_date": "1956", "doses": [{"date": "2021-06-01", "product": "astrazeneca"}]}
    more = {**case, "comment": "by hand", "id": 7, "expected": {}, "dose": "two keys alike, both there"}
    more["doses"] = [{**case["doses"][0], "lot": "A1", "note": "x"}]
    assert answer(capsys, tmp_path, more, "2021-09-01") == answer(capsys, tmp_path, case, "2021-09-01")


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ({"birthdate": "1956", "doses": []}, "birth_date"),
        ({"birthDate": "1956", "doses": []}, "birth_date"),
        ({"dob": "1956", "doses": []}, "birth_date"),
        ({"birth_date": "1956", "dose": []}, "doses"),
        ({"birth_date": "1956", "vaccinations": []}, "doses"),
        ({"birth_date": "1956", "doses": [], "condition": ["x"]}, "conditions"),
        ({"birth_date": "1956", "doses": [], "Sex": "male"}, "sex"),
        ({"birth_date": None, "doses": []}, "birth_date"),
        ({"birth_date": "1956", "doses": [{"date": "2021-06-01", "prodcut": "astrazeneca"}]}, "product"),
        ({"birth_date": "1956", "doses": [{"day": "2021-06-01", "product": "astrazeneca"}]}, "date"),
    ],
)
def test_a_misspelt_key_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path, case: object, named: str) -> None:
    code, found = answer(capsys, tmp_path, case, "2021-09-01")
    assert code == 2
    assert named in found["error"]


def test_no_next_dose_is_null(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = {"birth_date": "1956", "doses": [{"date": "2021-08-01", "cvx": 212}]}
    code, found = answer(capsys, tmp_path, case, "2021-09-01")
    assert code == 0
    assert found["next"] is None
    assert found["complete"] is True


def test_a_code_of_several_products_is_taken_as_the_fitting_one() -> None:
    campaign = load(COVID)

    def products(*doses: tuple[str, dict[str, object]], birth: str = "1980-01-01") -> list[str]:
        case = {"birth_date": birth, "doses": [{"date": day, **name} for day, name in doses]}
        return [dose.product for dose in case_of(case, campaign).doses]

    assert products(("2021-05-01", {"cvx": 505}), ("2021-05-22", {"cvx": "505"})) == ["sputnik-v-1", "sputnik-v-2"]
    assert products(("2021-05-22", {"product": "sputnik-v"}), ("2021-05-01", {"product": "sputnik-v"})) == [
        "sputnik-v-1",
        "sputnik-v-2",
    ]
    assert products(("2022-05-01", {"product": "EU/1/20/1528"}), birth="2015-01-01") == ["comirnaty-10"]
    assert products(("2022-05-01", {"product": "EU/1/20/1528"})) == ["comirnaty"]
    assert products(("2022-05-01", {"cvx": "999"})) == ["cvx:999"]
    assert products(("2022-05-01", {"product": "other", "cvx": 207})) == ["spikevax"]
    measles = load(PACKS / "measles-rubella")
    found = case_of({"birth_date": "2024", "doses": [{"date": "2026-05-01", "cvx": 4}]}, measles)
    assert found.doses[0].product == "measles-rubella"  # CVX 04


@pytest.mark.parametrize(
    "case",
    [
        [],
        {},
        {"birth_date": "03/07/1956"},
        {"birth_date": 1956.5},
        {"birth_date": "1956", "sex": "none"},
        {"birth_date": "1956", "doses": {}},
        {"birth_date": "1956", "doses": ["astrazeneca"]},
        {"birth_date": "1956", "doses": [{"product": "astrazeneca"}]},
        {"birth_date": "1956", "doses": [{"date": "2021-13-01", "product": "astrazeneca"}]},
        {"birth_date": "1956", "doses": [{"date": "2021-12-01"}]},
        {"birth_date": "1956", "conditions": ["tall"]},
        {"birth_date": "1956", "conditions": "immunodeficiency"},
    ],
)
def test_a_bad_case_is_bad_input(capsys: pytest.CaptureFixture[str], tmp_path: Path, case: object) -> None:
    code, found = answer(capsys, tmp_path, case, "2021-09-01")
    assert code == 2
    assert found["error"]
    with pytest.raises(InputError):
        case_of(case, load(COVID))


def test_bad_arguments_and_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text("{", encoding="utf-8")
    assert run(capsys, "schedule", "evaluate", str(path), "--campaign", COVID)[0] == 2
    assert run(capsys, "schedule", "evaluate", str(tmp_path / "no.json"), "--campaign", COVID)[0] == 2
    path.write_text('{"birth_date": "1956", "doses": []}', encoding="utf-8")
    assert run(capsys, "schedule", "evaluate", str(path), "--campaign", str(tmp_path / "no"))[0] == 2
    assert run(capsys, "schedule", "evaluate", str(path), "--campaign", str(tmp_path))[0] == 2
    assert run(capsys, "schedule", "evaluate", str(path), "--campaign", COVID, "--on", "1/9/2021")[0] == 2
    assert run(capsys, "campaign", "check", str(tmp_path / "no"))[0] == 2


def test_words_without_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"birth_date": "1956", "doses": [{"date": "2021-10-01", "product": "abdala"}]}', encoding="utf-8")
    code, out = run(capsys, "schedule", "evaluate", str(path), "--campaign", COVID, "--on", "2021-10-02")
    assert code == 0
    assert out.splitlines() == [
        "✓ 01/10/2021  abdala: Valid.",
        "Next dose 2: from 15/10/2021, best on 15/10/2021: abdala.",
        "The course has begun.",
    ]


def test_today_is_the_default(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"birth_date": "1956", "doses": []}', encoding="utf-8")
    code, out = run(capsys, "schedule", "evaluate", str(path), "--campaign", COVID, "--json")
    assert code == 0
    assert date.fromisoformat(json.loads(out)["on"]) > date(2026, 1, 1)


def test_check_of_a_good_pack(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "campaign", "check", COVID, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["ok"], found["code"], found["problems"]) == (True, "covid19", [])
    assert {"file", "table", "source", "note"} == set(found["uncertain"][0])
    code, out = run(capsys, "campaign", "check", COVID)
    assert code == 0
    assert "The pack covid19" in out.splitlines()[-1]


def test_check_of_a_bad_pack(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pack = Path(shutil.copytree(PACKS / "two-dose-grace", tmp_path / "pack"))
    text = (pack / "schedule.toml").read_text(encoding="utf-8").replace('interval = "14 days"', 'interval = "soon"')
    (pack / "schedule.toml").write_text(text, encoding="utf-8")
    code, out = run(capsys, "campaign", "check", str(pack), "--json")
    found = json.loads(out)
    assert code == 1
    assert found["ok"] is False
    assert found["problems"][0] == {
        "file": "schedule.toml",
        "table": "rules[2] second-14-days",
        "key": "interval",
        "wrong": 'The value "soon" does not have the right form.',
        "expected": 'Expected a span like "28 days", "8 weeks", "3 months" or "18 years".',
        "severity": "error",
    }
    code, out = run(capsys, "campaign", "check", str(pack))
    assert code == 1
    assert out.startswith("error: schedule.toml [rules[2] second-14-days] interval: ")


@pytest.mark.parametrize(
    "dose",
    [
        {"date": "2021-09-01", "product": ["astrazeneca"]},
        {"date": "2021-09-01", "cvx": {"code": 210}},
        {"date": "2021-09-01", "cvx": True},
        {"date": 20210901, "product": "astrazeneca"},
        {"date": "20210901", "product": "astrazeneca"},
        {"date": "2021-W35-3", "product": "astrazeneca"},
    ],
)
def test_a_dose_of_the_wrong_kind_is_bad_input(
    dose: object, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, found = answer(capsys, tmp_path, {"birth_date": "1956", "doses": [dose]}, "2021-12-01")
    assert code == 2
    assert "1" in found["error"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_file_of_a_pack_that_is_no_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A device would be read for ever, a link to nowhere or a folder cannot be read."""
    pack = tmp_path / "pack"
    shutil.copytree(PACKS / "two-dose-grace", pack)
    (pack / "products.toml").unlink()
    for target in ("/dev/zero", "/nowhere"):
        (pack / "products.toml").symlink_to(target)
        code, out = run(capsys, "campaign", "check", str(pack), "--json")
        assert code == 1
        assert json.loads(out)["problems"][0]["file"] == "products.toml"
        (pack / "products.toml").unlink()

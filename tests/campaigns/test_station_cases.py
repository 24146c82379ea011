"""Histories and screening forms as a station meets them, each judged by hand from the documents and not by the engine.

``station/histories.json`` and ``station/screenings.json`` hold the cases in the form that the command line reads, so
that they can be tried from outside as well.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.campaigns.cases import case_of, result_as_json
from vaxdesk.campaigns.screening_command import judge
from vaxdesk.domain.campaign import Campaign

FOLDER = Path(__file__).parent / "station"


@cache
def pack() -> Campaign:
    return load(assets.resource("campaigns", "covid19"))


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


HISTORIES = cases("histories.json")
SCREENINGS = cases("screenings.json")


@pytest.mark.parametrize("told", HISTORIES, ids=[told["name"] for told in HISTORIES])
def test_a_history(told: dict[str, Any]) -> None:
    answer = result_as_json(pack(), case_of(told["case"], pack()), date.fromisoformat(told["on"]))
    verdicts = [
        f"{dose['reason']} {dose['days']}" if dose["reason"] == "too_early" else dose["reason"]
        for dose in answer["doses"]
    ]
    upcoming = answer["next"]
    assert verdicts == told["verdicts"]
    assert [dose["agreement"] for dose in answer["doses"]] == told["agreement"]
    assert answer["status"] == told["status"]
    assert answer["complete"] is (told["status"] == "complete")
    assert (upcoming and {key: upcoming[key] for key in told["next"] or ("number",)}) == told["next"]


@pytest.mark.parametrize("told", SCREENINGS, ids=[told["name"] for told in SCREENINGS])
def test_a_screening_form(told: dict[str, Any]) -> None:
    answer = judge(pack(), told["case"], date(2022, 7, 1))
    found = {
        "leading": answer["leading"],
        "outcomes": [outcome["code"] for outcome in answer["outcomes"]],
        "next": answer["next"],
        "inject_here": answer["inject_here"],
        "items": [item["item"] for item in answer["triggered"]],
        "places": [place["code"] for place in answer["places"]],
        "papers": [paper["code"] for paper in answer["papers"]],
        "missing": answer["missing"],
        "warnings": sorted({f"{warning['code']} {warning['subject']}" for warning in answer["warnings"]}),
    }
    assert found == {key: told[key] for key in found}


@pytest.mark.parametrize(
    ("day", "adult", "child"),
    [
        ("2021-08-09", None, None),
        ("2021-08-10", "adult-3802", None),
        ("2021-09-09", "adult-3802", None),
        ("2021-09-10", "adult-4355", None),
        ("2021-10-28", "adult-4355", None),
        ("2021-10-29", "adult-4355", "child-5002"),
        ("2021-12-20", "adult-4355", "child-5002"),
        ("2021-12-21", "adult-5785", "child-5002"),
        ("2022-12-31", "adult-5785", "child-5002"),
    ],
)
def test_which_form_is_used_on_a_day(day: str, adult: str | None, child: str | None) -> None:
    forms = pack().screening_forms.values()
    on = date.fromisoformat(day)
    used = {age: [f.id for f in forms if f.covers_age(age) and f.source.in_force(on)] for age in (18, 17, 5)}
    assert used == {18: [adult] if adult else [], 17: [child] if child else [], 5: [child] if child else []}


@pytest.mark.parametrize("number", [1, 2])
def test_boosters_of_moderna_take_half_a_dose(number: int) -> None:
    """Under 10225 the volume is not known; since 10722 every booster rule of the product says half a dose."""
    found = [
        rule.dose_ml
        for rule in pack().rules
        if rule.kind == "booster" and rule.number == number and "spikevax" in rule.products and "10225" not in rule.id
    ]
    assert found == [0.25] * 4


def test_what_a_rule_wants_told_stands_with_the_next_dose() -> None:
    case = case_of({"birth_date": "2015-02-03", "doses": [{"date": "2022-05-01", "product": "comirnaty-10"}]}, pack())
    option = result_as_json(pack(), case, date(2022, 6, 1))["next"]["options"][0]
    assert "tiêm sau khi mắc bệnh 3 tháng" in option["remark"]["vi"]
    assert "3 months after the illness" in option["remark"]["en"]
    assert option["dose_ml"] is None
    boosted = case_of({"birth_date": "1970", "doses": [{"date": "2022-02-01", "product": "janssen"}]}, pack())
    options = {each["product"]: each for each in result_as_json(pack(), boosted, date(2022, 6, 1))["next"]["options"]}
    assert options["spikevax"]["dose_ml"] == 0.25
    assert options["comirnaty"]["remark"] is None

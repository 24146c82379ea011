"""The engine against test cases of another authority: CDC's CDSi, version 4.8 (see ``cdsi/README.md``)."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from vaxdesk.campaigns import load
from vaxdesk.campaigns.cases import case_of
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.schedule import Evaluation, evaluate

CDSI = Path(__file__).parent / "cdsi"
NAMES = ("covid19", "mmr", "hpv")
#: Vaccines of other groups in the history: the group's pack does not judge them.
OTHERS = {"mmr": {"21"}}
#: Cases that a pack cannot say, and why.
BY_ANTIGEN = "each antigen of a combined vaccine has a history of its own; here a dose counts as a whole"
BACKWARDS = "the later dose makes the earlier one invalid; here a later dose never changes an earlier verdict"
UNSAID = {
    "mmr": dict.fromkeys(
        (f"2013-0{number}" for number in (528, 530, 531, 534, 535, 536, 537, 538, 539, 565)), BY_ANTIGEN
    ),
    "covid19": dict.fromkeys(("2021-0002", "2021-0003", "2021-0004"), BACKWARDS),
    "hpv": {},
}
GROUNDS = {
    "Valid": {"valid"},
    "Age": {"wrong_age"},
    "Interval": {"too_early"},
    "Live": {"too_early"},
    "Inadvertent": {"wrong_sex", "product_not_allowed"},
}


@cache
def pack(name: str) -> Campaign:
    return load(CDSI / name)


@cache
def rows(name: str) -> list[dict[str, str]]:
    with (CDSI / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def judged(name: str, row: dict[str, str]) -> Evaluation:
    given = [dose.split() for dose in filter(None, row["doses"].split("; "))]
    doses = [{"date": day, "cvx": cvx} for day, cvx, _verdict in given]
    campaign = pack(name)
    case = case_of({"birth_date": row["birth"], "sex": row["sex"], "doses": doses}, campaign)
    return evaluate(campaign, case.birth, case.sex, case.doses, date.fromisoformat(row["on"]), case.conditions)


def said(name: str, row: dict[str, str]) -> dict[str, object]:
    """What the case expects, in this program's words; CDC's past due is the day before ``latest``."""
    given = sorted(dose.split() for dose in filter(None, row["doses"].split("; ")))
    found: dict[str, object] = {
        "doses": [(day, verdict) for day, cvx, verdict in given if cvx not in OTHERS.get(name, ())],
        "complete": row["status"] == "Complete",
        "next": None,
    }
    if row["next"] != "-":
        number, earliest, recommended, past_due = row["next"].split()
        found["next"] = (int(number), earliest, recommended, past_due)
    return found


def found(name: str, row: dict[str, str], result: Evaluation) -> dict[str, object]:
    expected = said(name, row)["doses"]
    assert isinstance(expected, list)
    own = [verdict for verdict in result.doses if verdict.reason != "other_vaccine"]
    doses = []
    for verdict, (_day, ground) in zip(own, expected, strict=True):
        agreed = verdict.reason in GROUNDS[ground]
        doses.append((verdict.date.isoformat(), ground if agreed else verdict.reason))
    answer: dict[str, object] = {"doses": doses, "complete": result.complete, "next": None}
    due = result.next
    # "Aged out", "Immune" and "Complete" say that nothing more is due; a first booster is none of CDSi's matter then.
    if due is not None:
        past_due = "-" if due.latest is None else max(due.latest - timedelta(days=1), due.recommended).isoformat()
        answer["next"] = (due.number, due.earliest.isoformat(), due.recommended.isoformat(), past_due)
    return answer


CASES = [(name, row) for name in NAMES for row in rows(name)]


@pytest.mark.parametrize(("name", "row"), CASES, ids=[f"{name}-{row['id']}" for name, row in CASES])
def test_a_case_of_another_authority(name: str, row: dict[str, str]) -> None:
    if row["id"] in UNSAID[name]:
        # What cannot be said must not pass by chance either: then the list is wrong.
        with pytest.raises((AssertionError, KeyError, ValueError)):
            assert found(name, row, judged(name, row)) == said(name, row)
        return
    assert found(name, row, judged(name, row)) == said(name, row)


@pytest.mark.parametrize("number", sorted(UNSAID["covid19"]))
def test_one_dose_of_another_product_completes_all_the_same(number: str) -> None:
    # Only the verdict of the first dose differs from CDC's: the person is complete, nothing more is due.
    row = next(row for row in rows("covid19") if row["id"] == number)
    result = judged("covid19", row)
    assert (result.complete, result.next, [verdict.reason for verdict in result.doses]) == (True, None, ["valid"] * 2)


def test_how_many_there_are() -> None:
    assert {name: len(rows(name)) for name in NAMES} == {"covid19": 22, "mmr": 46, "hpv": 92}
    assert {name: len(UNSAID[name]) for name in NAMES} == {"covid19": 3, "mmr": 10, "hpv": 0}

"""``vaxdesk screening evaluate CASE.json --campaign DIR --json``: judge the answers of a screening form.

The case::

    {"form": "adult-5785",                    # or left out, with "age" or "birth_date", and "date"
     "product": "spikevax",               # a product of the pack, or a family of products
     "answers": {"1": false, "4": "tôm", …},  # question id: true, false, a text (yes with details) or a number
     "vitals": {"temperature": 36.8, "blood_pressure": "120/80"},
     "sex": "female", "age": 30, "conditions": ["hypertension"],   # optional
     "decisions": {"10": "deferral"},         # optional: the screener's choice where the form fixes none
     "capabilities": ["obstetric_emergency"]} # optional: what the facility has; a commune station has nothing
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from vaxdesk import clock, i18n
from vaxdesk.campaigns.cases import check_keys, day_of, products_named, read_json, sex_of
from vaxdesk.campaigns.load import load
from vaxdesk.domain.campaign import Campaign, LocalText
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.screening import Person, ScreeningForm, ScreeningResult, evaluate, form_for
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate

KEYS = (
    "form",
    "product",
    "answers",
    "vitals",
    "sex",
    "age",
    "birth_date",
    "date",
    "conditions",
    "decisions",
    "capabilities",
)


def add_parser(subparsers: Any) -> None:
    """Add ``screening evaluate``."""
    parser = subparsers.add_parser("screening", help=translate(N_("Judge the answers of a screening form")))
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    action = actions.add_parser("evaluate", help=translate(N_("say what follows from the answers and what is missing")))
    action.add_argument("case", type=Path, metavar="CASE.json", help=translate(N_("form, product, answers and vitals")))
    action.add_argument(
        "--campaign", type=Path, required=True, metavar="DIR", help=translate(N_("the folder of the campaign pack"))
    )


def run(args: argparse.Namespace) -> int:
    """Judge the case and print the answer; 0 when it could be judged."""
    campaign = load(args.campaign)
    answer = judge(campaign, read_case(args.case), clock.today(clock.SystemClock()))
    out = json.dumps(answer, ensure_ascii=False, indent=2) if args.json else "\n".join(lines(answer))
    sys.stdout.write(out + "\n")
    return 0


def read_case(path: Path) -> Mapping[str, Any]:
    """The case as an object. Raises InputError when the file cannot be read or holds something else."""
    case = read_json(path)
    if not isinstance(case, dict):
        raise InputError(N_("The file {file} holds no case: expected an object in braces."), file=path.name)
    check_keys(case, KEYS, needed=("product",))
    return case


def judge(campaign: Campaign, case: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The answer of the command for a case. Raises InputError naming what in the case is wrong."""
    day = _day(case.get("date"), today)
    age = _age(case, day)
    form = _form(campaign, case.get("form"), age, day)
    product = _product(campaign, case.get("product"))
    conditions = _texts(case, "conditions")
    known = [condition.id for condition in form.conditions]
    for condition in conditions:
        if condition not in known:
            raise InputError(
                N_("The form has no condition “{condition}”; it has {known}."),
                condition=condition,
                known=", ".join(known),
            )
    result = evaluate(
        form,
        product,
        Person(age, sex_of(case.get("sex")), frozenset(conditions)),
        _object(case, "answers"),
        _object(case, "vitals"),
        _object(case, "decisions"),
        frozenset(_texts(case, "capabilities")),
    )
    return as_json(form, result)


def as_json(form: ScreeningForm, result: ScreeningResult) -> dict[str, Any]:
    """A result as plain data: the findings in the form's order, the outcomes gravest first, what is missing."""
    return {
        "form": form.id,
        "product": result.product,
        "triggered": [
            {
                "item": item.item,
                "text": _both(item.question.text),
                "value": item.value,
                "rule": item.rule.id,
                "outcome": item.outcome.code,
                "place": item.place.code if item.place else None,
                "papers": [paper.code for paper in item.papers],
                "says": _both(item.rule.says) if item.rule.says else None,
                "source": item.rule.source.text.reference,
                "uncertain": _both(item.rule.doubt) if item.rule.doubt else None,
            }
            for item in result.triggered
        ],
        "outcomes": [
            {
                "code": outcome.code,
                "gravity": outcome.gravity,
                "label": _both(outcome.label),
                "next": outcome.next.value,
                "injectable": outcome.injectable,
            }
            for outcome in result.outcomes
        ],
        "leading": result.leading.code if result.leading else None,
        "next": result.next.value if result.next else None,
        "inject_here": result.inject_here,
        "reason_required": result.reason_required,
        "places": [{"code": place.code, "label": _both(place.label)} for place in result.places],
        "papers": [{"code": paper.code, "label": _both(paper.label)} for paper in result.papers],
        "recall_days": result.recall_days,
        "missing": [item.id for item in result.missing],
        "missing_labels": {item.id: _both(item.label) for item in result.missing},
        "warnings": [
            {"code": remark.code, "subject": remark.subject, "text": remark.words()} for remark in result.warnings
        ],
        "complete": result.complete,
    }


def lines(answer: Mapping[str, Any]) -> list[str]:
    """The answer for people."""
    language = i18n.language()
    told = [f"{item['item']}. {item['text'][language]} → {item['outcome']}" for item in answer["triggered"]]
    told += [f"= {outcome['label'][language]} → {outcome['next']}" for outcome in answer["outcomes"]]
    told += [f"@ {place['label'][language]}" for place in answer["places"]]
    told += [f"+ {paper['label'][language]}" for paper in answer["papers"]]
    told += [f"? {key}: {label[language]}" for key, label in answer["missing_labels"].items()]
    told += [f"! {warning['text']}" for warning in answer["warnings"]]
    return told


def _both(text: LocalText) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


def _form(campaign: Campaign, wanted: object, age: int | None, day: date) -> ScreeningForm:
    forms = campaign.screening_forms
    if wanted is None:
        found = form_for(forms.values(), age, day) if age is not None else None
        if found is None and len(forms) == 1:
            found = next(iter(forms.values()))
    else:
        found = forms.get(str(wanted)) or next((form for form in forms.values() if form.version == wanted), None)
    if found is None:
        raise InputError(N_("The case names no form of the pack; it has {known}."), known=", ".join(forms))
    return found


def _product(campaign: Campaign, wanted: object) -> str:
    """The product's code; a family or an EU product code stands for its first product."""
    found = products_named(campaign, wanted) if isinstance(wanted, str) else ()
    if not found:
        known = ", ".join(campaign.products)
        raise InputError(N_("The case names no product of the pack; it has {known}."), known=known)
    return found[0]


def _day(value: object, today: date) -> date:
    if value is None:
        return today
    try:
        return day_of(value)
    except ValueError as error:
        raise InputError(N_("“{key}” is not a day like 2021-12-17."), key="date") from error


def _age(case: Mapping[str, Any], day: date) -> int | None:
    age = case.get("age")
    if age is not None:
        if isinstance(age, bool) or not isinstance(age, int) or not 0 <= age <= 150:
            raise InputError(N_("“{key}” is not a number of years."), key="age")
        return age
    birth = case.get("birth_date")
    if birth is None:
        return None
    try:
        return PartialDate.parse(str(birth)).age_on(day)
    except (ValueError, InputError) as error:
        raise InputError(
            N_("“{key}” is not a birth date like 1956, 1956-07 or 1956-07-03."), key="birth_date"
        ) from error


def _object(case: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = case.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(N_("“{key}” is not an object in braces."), key=key)
    return value


def _texts(case: Mapping[str, Any], key: str) -> list[str]:
    value = case.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(N_("“{key}” is not a list of texts."), key=key)
    return value

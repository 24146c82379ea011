"""Reads a case for the schedule engine: a birth date, a sex and doses named by product or by CVX code.

The case::

    {"birth_date": "1956-07-03",            # or "1956-07" or "1956"
     "sex": "female",                       # male, female; anything unknown may be left out
     "doses": [{"date": "2021-09-01", "product": "CODE"},   # a product of the pack, or a family of products
               {"date": "2021-10-01", "cvx": "208"}],
     "conditions": ["immunodeficiency"]}    # optional: conditions of the pack that are known of the person

A CVX code or a family that stands for several products (strengths, components) is taken as the one that makes the
dose valid in its place of the history; where none does, as the first of the pack.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from vaxdesk import i18n
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import GivenDose, evaluate
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_

MAX_CASE_BYTES = 1_000_000
MAX_DOSES = 1000
SEXES = {"male": "male", "m": "male", "nam": "male", "female": "female", "f": "female", "nữ": "female"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
KEYS = ("birth_date", "sex", "doses", "conditions")
#: How like a key another one must be to be taken for a slip of the pen: "birthdate" is, "description" is not.
SLIP = 0.8
UNKNOWN_SEXES = ("", "unknown", "other", "u", "o", "x")


@dataclass(frozen=True)
class Case:
    """A history to be judged."""

    birth: PartialDate
    sex: str
    doses: tuple[GivenDose, ...]
    conditions: frozenset[str]


def read_case(path: Path, campaign: Campaign) -> Case:
    """The case in a JSON file. Raises InputError that names what is wrong."""
    return case_of(read_json(path), campaign)


def read_json(path: Path) -> object:
    """The JSON value in a file of at most :data:`MAX_CASE_BYTES`. Raises InputError where there is none."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CASE_BYTES + 1)
        if len(raw) > MAX_CASE_BYTES:
            raise InputError(N_("The file {file} is too big for a case."), file=path.name)
        return json.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise InputError(N_("The file {file} cannot be read."), file=path.name) from error
    except (ValueError, RecursionError) as error:
        raise InputError(N_("The file {file} is not JSON."), file=path.name) from error


def case_of(found: object, campaign: Campaign) -> Case:
    """The case in a JSON value. Raises InputError that names what is wrong."""
    if not isinstance(found, dict):
        raise InputError(N_("The case is not an object in braces."))
    check_keys(found, KEYS, needed=("birth_date", "doses"))
    birth = _birth(found.get("birth_date"))
    sex = sex_of(found.get("sex"))
    conditions = _list(found, "conditions")
    if not all(isinstance(item, str) for item in conditions):
        raise InputError(N_("“{key}” is not a list of texts."), key="conditions")
    for condition in conditions:
        if condition not in campaign.conditions:
            known = ", ".join(campaign.conditions)
            raise InputError(
                N_("The pack has no condition “{condition}”; it has: {known}."), condition=condition, known=known
            )
    doses = _list(found, "doses")
    if len(doses) > MAX_DOSES:
        raise InputError(N_("“{key}” is not a list of doses."), key="doses")
    named = [_dose(dose, place, campaign) for place, dose in enumerate(doses, start=1)]
    return Case(birth, sex, _resolve(campaign, birth, sex, named, conditions), frozenset(conditions))


def check_keys(found: Mapping[str, Any], known: Collection[str], needed: Collection[str]) -> None:
    """Refuse a case that lacks a needed key or holds a misspelt one; any other key (a comment) is left alone."""
    absent = [key for key in known if key not in found]
    for key in found:
        near = [] if key in known else difflib.get_close_matches(str(key).lower(), absent, 1, SLIP)
        if near:
            raise InputError(N_("The case has “{key}”: did you mean “{near}”?"), key=key, near=near[0])
    for key in needed:
        if key not in found:
            sentence = N_("The case lacks “{key}”; it has {present}.")
            raise InputError(sentence, key=key, present=", ".join(map(str, found)) or "-")


def day_of(written: object) -> date:
    """The day in a text like ``2021-12-17``. Raises ValueError for anything else."""
    if not isinstance(written, str) or _DAY.fullmatch(written) is None:
        raise ValueError(written)
    return date.fromisoformat(written)


def products_named(campaign: Campaign, name: str) -> Sequence[str]:
    """The products that a text can mean: a code of the pack, a family, or a code of the EU value set for products."""
    if name in campaign.products:
        return [name]
    products = campaign.products.values()
    for found in (
        [code for code in campaign.others if code == name],
        [product.code for product in products if product.family == name],
        [product.code for product in products if name and product.codes.mp == name],
    ):
        if found:
            return found
    return []


def _list(found: Mapping[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        sentence = N_("“{key}” is not a list of doses.") if key == "doses" else N_("“{key}” is not a list of texts.")
        raise InputError(sentence, key=key)
    return value


def _birth(value: object) -> PartialDate:
    try:
        return PartialDate.parse(value if isinstance(value, str) else str(value) if isinstance(value, int) else "")
    except ValueError as error:
        raise InputError(
            N_("“{key}” is not a birth date like 1956, 1956-07 or 1956-07-03."), key="birth_date"
        ) from error


def sex_of(value: object) -> str:
    """``male``, ``female`` or an empty text where it is not known. Raises InputError for anything else."""
    text = "" if value is None else str(value).strip().lower()
    if text in UNKNOWN_SEXES:
        return ""
    if text not in SEXES:
        raise InputError(N_("“{key}” is not one of: {known}."), key="sex", known="male, female")
    return SEXES[text]


def _dose(value: object, place: int, campaign: Campaign) -> tuple[date, Sequence[str]]:
    """The day of a dose and the products that it can be; an unknown one is kept by its name."""
    if not isinstance(value, dict):
        raise InputError(N_("Dose {place} is not an object in braces."), place=place)
    try:
        day = day_of(value.get("date"))
    except ValueError as error:
        raise InputError(N_("The date of dose {place} is not a day like 2021-12-17."), place=place) from error
    name, cvx = value.get("product"), value.get("cvx")
    if name is None and cvx is None:
        raise InputError(N_("Dose {place} has neither “product” nor “cvx”."), place=place)
    for key, code in (("product", name), ("cvx", cvx)):
        if code is not None and (isinstance(code, bool) or not isinstance(code, str | int)):
            raise InputError(N_("“{key}” of dose {place} is not a code."), key=key, place=place)
    found: Sequence[str] = [] if name is None else products_named(campaign, str(name))
    if not found and cvx is not None:
        wanted = _plain_cvx(cvx)
        known = [(vaccine.code, vaccine.cvx) for vaccine in campaign.products.values()]
        known += [(vaccine.code, vaccine.cvx) for vaccine in campaign.others.values()]
        found = [code for code, cvx in known if wanted and _plain_cvx(cvx) == wanted]
    return day, found or [str(name) if name is not None else f"cvx:{cvx}"]


def _plain_cvx(code: object) -> str:
    return str(code).strip().lstrip("0")


def _resolve(
    campaign: Campaign,
    birth: PartialDate,
    sex: str,
    named: Sequence[tuple[date, Sequence[str]]],
    conditions: Sequence[str],
) -> tuple[GivenDose, ...]:
    settled: list[GivenDose] = []
    for day, codes in sorted(named, key=lambda entry: (entry[0], tuple(entry[1]))):
        chosen = codes[0]
        for code in codes if len(codes) > 1 else ():
            tried = evaluate(campaign, birth, sex, [*settled, GivenDose(day, code)], day, conditions)
            if any(verdict.valid and verdict.date == day and verdict.product == code for verdict in tried.doses):
                chosen = code
                break
        settled.append(GivenDose(day, chosen))
    return tuple(settled)


def result_as_json(campaign: Campaign, case: Case, on: date) -> Mapping[str, Any]:
    """The engine's answer for a case as plain data."""
    result = evaluate(campaign, case.birth, case.sex, case.doses, on, case.conditions)
    upcoming = result.next
    status = campaign.statuses.get(result.status)
    return {
        "campaign": {"code": campaign.code, "version": campaign.version},
        "on": on.isoformat(),
        "doses": [
            {
                "date": verdict.date.isoformat(),
                "product": verdict.product,
                "valid": verdict.valid,
                "reason": verdict.reason,
                "days": verdict.days,
                "words": verdict.words(),
                "number": verdict.number or None,
                "kind": verdict.kind,
                "within_grace": verdict.within_grace,
                "agreement": verdict.agreement,
                "age_doubtful": verdict.age_doubtful,
                "rule": verdict.rule or None,
            }
            for verdict in result.doses
        ],
        "next": None
        if upcoming is None
        else {
            "number": upcoming.number,
            "kind": upcoming.kind,
            "earliest": upcoming.earliest.isoformat(),
            "recommended": upcoming.recommended.isoformat(),
            "latest": _iso(upcoming.latest),
            "products": list(upcoming.products),
            "preferred": list(upcoming.preferred),
            "agreement": upcoming.agreement,
            "options": [
                {
                    "product": option.product,
                    "earliest": option.earliest.isoformat(),
                    "recommended": option.recommended.isoformat(),
                    "latest": _iso(option.latest),
                    "agreement": option.agreement,
                    "preferred": option.preferred,
                    "rule": option.rule,
                    "dose_ml": option.dose_ml,
                    "remark": {"vi": option.remark.vi, "en": option.remark.en} if option.remark.vi else None,
                }
                for option in upcoming.options
            ],
        },
        "complete": result.complete,
        "status": result.status,
        "status_words": status.words.text(i18n.language()).format(doses=result.counted) if status else "",
        "counted": result.counted,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()

"""What a pack's schedule says, as plain frozen objects: courses, dose rules, spacings and worked examples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from vaxdesk.domain.campaign import NO_TEXT, DoseKind, Duration, LocalText, Source, StatusCode

NO_SPAN = Duration(0, "days")


@dataclass(frozen=True, slots=True)
class Course:
    """How many valid primary doses complete a course that began with one of ``products``.

    The course is chosen at the first counted dose: the first one of the pack whose products, days, age and
    conditions fit. ``conditions`` are facts about the person stated beside the doses (for example pregnancy).
    """

    id: str
    source: Source
    products: frozenset[str]
    doses: int
    min_age: Duration | None = None
    below_age: Duration | None = None
    sex: str = ""
    conditions: frozenset[str] = frozenset()
    born_from: date | None = None
    born_to: date | None = None


@dataclass(frozen=True, slots=True)
class DoseRule:
    """One way on: which dose may follow which, after how long, for whom, from when to when.

    ``number`` counts within ``kind`` (second primary, first booster); ``after`` holds the products of the last counted
    dose (empty: any). ``primary`` asks that all primary doses are of these products, ``mixed`` that they are (not) of
    several families, ``same_as`` for the family of the last counted dose or of all primary doses.
    ``interval`` is the least, ``recommended`` the wished span; after ``latest`` the dose is overdue yet still good;
    after ``maximum`` this rule no longer applies; ``since_first`` is the least span since the first counted dose.
    ``grace_days`` makes a dose that many days early still valid, ``absolute_interval`` one from that span on; for ages
    ``age_grace_days`` and ``absolute_min_age`` do. ``count_from`` says whether spans run from the last dose given,
    valid or not, or from the last counted one. ``recommended_since_first``, ``latest_since_first``,
    ``recommended_age`` and ``latest_age`` are the wished and the overdue day by the first counted dose and by age.

    A rule that is not ``offered`` only judges what was given and is never part of a forecast. ``repeats``: for every
    later number of the kind too. ``courses``: only for people on these courses; ``to_course``: a dose that counts by
    this rule brings the person to that course.
    ``born_from`` and ``born_to`` are the first and last birthday of the cohort it is for.
    """

    id: str
    source: Source
    kind: DoseKind
    number: int
    products: frozenset[str]
    after: frozenset[str] = frozenset()
    interval: Duration = NO_SPAN
    recommended: Duration | None = None
    latest: Duration | None = None
    maximum: Duration | None = None
    since_first: Duration | None = None
    min_age: Duration | None = None
    below_age: Duration | None = None
    sex: str = ""
    primary: frozenset[str] = frozenset()
    mixed: bool | None = None
    same_as: Literal["", "last", "primary"] = ""
    conditions: frozenset[str] = frozenset()
    agreement: bool = False
    preferred: bool = False
    dose_ml: float | None = None
    grace_days: int = 0
    age_grace_days: int = 0
    count_from: Literal["last_dose", "last_counted"] = "last_dose"
    remark: LocalText = NO_TEXT
    absolute_interval: Duration | None = None
    absolute_min_age: Duration | None = None
    recommended_since_first: Duration | None = None
    latest_since_first: Duration | None = None
    recommended_age: Duration | None = None
    latest_age: Duration | None = None
    born_from: date | None = None
    born_to: date | None = None
    offered: bool = True
    repeats: bool = False
    courses: frozenset[str] = frozenset()
    to_course: str = ""


@dataclass(frozen=True, slots=True)
class OtherVaccine:
    """A vaccine against another disease that a history may hold: never judged, only its day matters for a spacing."""

    code: str
    label: LocalText
    cvx: str = ""


@dataclass(frozen=True, slots=True)
class Spacing:
    """A span that ``products`` keep from an earlier day's dose of ``after``, valid or not; the same day is allowed.

    ``after`` may name other vaccines too. The pack's general grace does not apply here.
    """

    id: str
    source: Source
    products: frozenset[str]
    after: frozenset[str]
    interval: Duration
    grace_days: int = 0


@dataclass(frozen=True, slots=True)
class ExampleDose:
    """A dose of an example and what is to be said of it."""

    day: date
    product: str
    valid: bool
    reason: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """A worked case that proves rules of the pack; run when the pack is checked."""

    id: str
    rules: tuple[str, ...]
    birth: str
    sex: str
    on: date
    doses: tuple[ExampleDose, ...]
    conditions: frozenset[str]
    complete: bool
    status: StatusCode
    next_number: int | None
    next_earliest: date | None
    next_products: tuple[str, ...]
    next_recommended: date | None = None
    next_latest: date | None = None

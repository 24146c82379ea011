"""Reads ``schedule.toml``: defaults, conditions, courses, dose rules and worked examples."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from vaxdesk.campaigns.limits import either, rising
from vaxdesk.campaigns.products import SEXES, absolute_age
from vaxdesk.campaigns.tables import Table
from vaxdesk.domain.campaign import DoseKind, Duration, LocalText, StatusCode
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule_result import REASONS, TOO_EARLY, VALID
from vaxdesk.domain.schedule_rules import Course, DoseRule, Example, ExampleDose, Spacing
from vaxdesk.i18n import N_

FILE = "schedule.toml"
KINDS = ("primary", "additional", "booster")
STATUSES = ("none", "begun", "complete")
TABLES = ("defaults", "conditions", "courses", "rules", "spacing", "examples")
COUNT_FROM = ("last_dose", "last_counted")


@dataclass(frozen=True)
class Defaults:
    """What holds for every rule that does not say otherwise."""

    grace_days: int = 0
    age_grace_days: int = 0
    count_from: str = "last_dose"
    wait_for_age: Duration | None = None


@dataclass(frozen=True)
class Schedule:
    """The content of the file."""

    courses: tuple[Course, ...] = ()
    rules: tuple[DoseRule, ...] = ()
    examples: tuple[Example, ...] = ()
    conditions: Mapping[str, LocalText] = field(default_factory=dict)
    spacings: tuple[Spacing, ...] = ()
    wait_for_age: Duration | None = None


def defaults(root: Table | None) -> Defaults:
    """The table ``[defaults]``; grace must name its source."""
    table = None if root is None else root.table("defaults")
    if table is None:
        return Defaults()
    found = Defaults(
        table.whole("grace_days", maximum=31, default=0),
        table.whole("age_grace_days", maximum=31, default=0),
        table.choice("count_from", COUNT_FROM, default="last_dose"),
        table.optional_duration("wait_for_age"),
    )
    if found.grace_days or found.age_grace_days:
        table.law("grace_source")
    table.doubt()
    table.finish()
    return found


def read(root: Table | None, known: Defaults) -> Schedule:
    """The whole file; ``root`` is its root table, ``known`` what :func:`defaults` read from it."""
    if root is None:
        return Schedule()
    conditions = root.locals("conditions")
    courses = tuple(_course(table, conditions) for table in root.tables("courses", required=True))
    lengths = {course.id: course.doses for course in courses}
    rules = tuple(_rule(table, conditions, known, lengths) for table in root.tables("rules", required=True))
    spacings = tuple(_spacing(table) for table in root.tables("spacing"))
    named = [*(rule.id for rule in rules), *(spacing.id for spacing in spacings)]
    # A rule without a name is a fault of its own; examples that name it are then none.
    known_rules = named if all(named) and not root.strangers(*TABLES) else None
    examples = tuple(_example(table, conditions, known_rules) for table in root.tables("examples"))
    root.finish()
    _check_ids(root, courses=courses, rules=[*rules, *spacings], examples=examples)
    if not any(problem.severity == "error" for problem in root.folder.problems):
        _check_coverage(root, courses, rules, examples)
    return Schedule(courses, rules, examples, conditions, spacings, known.wait_for_age)


def _course(table: Table, conditions: Collection[str]) -> Course:
    course = Course(
        id=table.code("id"),
        source=table.source(),
        products=frozenset(table.products("products", required=True)),
        doses=table.whole("doses", minimum=1, maximum=20),
        min_age=table.optional_duration("min_age"),
        below_age=table.optional_duration("below_age"),
        sex=table.choice("sex", SEXES, default=""),
        conditions=frozenset(table.texts("conditions", choices=conditions)),
        born_from=table.optional_day("born_from"),
        born_to=table.optional_day("born_to"),
    )
    _check_people(table, course)
    table.finish()
    return course


def _spacing(table: Table) -> Spacing:
    spacing = Spacing(
        id=table.code("id"),
        source=table.source(),
        products=frozenset(table.products("products", required=True)),
        after=frozenset(table.products("after", required=True, others=True)),
        interval=table.duration("interval"),
        grace_days=table.whole("grace_days", maximum=31, default=0),
    )
    table.finish()
    return spacing


def _check_people(table: Table, limits: Course | DoseRule) -> None:
    rising(table, ("min_age", limits.min_age), ("below_age", limits.below_age), strictly=True)
    if limits.born_from is not None and limits.born_to is not None and limits.born_to < limits.born_from:
        wrong = N_("The last day lies before the first one.")
        table.refuse("born_to", wrong, N_("Expected a day from {day} on."), day=limits.born_from)


def _rule(table: Table, conditions: Collection[str], known: Defaults, courses: Mapping[str, int]) -> DoseRule:
    interval = table.optional_duration("interval")
    rule = DoseRule(
        id=table.code("id"),
        source=table.source(),
        kind=cast(DoseKind, table.choice("kind", KINDS, default="primary")),
        number=table.whole("number", minimum=1, maximum=20),
        products=frozenset(table.products("products", required=True)),
        after=frozenset(table.products("after")),
        interval=interval or Duration(0, "days"),
        recommended=table.optional_duration("recommended"),
        latest=table.optional_duration("latest"),
        maximum=table.optional_duration("maximum"),
        since_first=table.optional_duration("since_first"),
        min_age=table.optional_duration("min_age"),
        below_age=table.optional_duration("below_age"),
        sex=table.choice("sex", SEXES, default=""),
        primary=frozenset(table.products("primary")),
        mixed=table.flag("mixed") if "mixed" in table else None,
        same_as=cast(Literal["", "last", "primary"], table.choice("same_as", ("last", "primary"), default="")),
        conditions=frozenset(table.texts("conditions", choices=conditions)),
        agreement=table.flag("agreement"),
        preferred=table.flag("preferred"),
        dose_ml=table.optional_number("dose_ml", minimum=0.01, maximum=10),
        grace_days=table.whole("grace_days", maximum=31, default=known.grace_days),
        age_grace_days=table.whole("age_grace_days", maximum=31, default=known.age_grace_days),
        count_from=cast(
            Literal["last_dose", "last_counted"], table.choice("count_from", COUNT_FROM, default=known.count_from)
        ),
        remark=table.local("remark", required=False),
        absolute_interval=table.optional_duration("absolute_interval"),
        absolute_min_age=table.optional_duration("absolute_min_age"),
        recommended_since_first=table.optional_duration("recommended_since_first"),
        latest_since_first=table.optional_duration("latest_since_first"),
        recommended_age=table.optional_duration("recommended_age"),
        latest_age=table.optional_duration("latest_age"),
        born_from=table.optional_day("born_from"),
        born_to=table.optional_day("born_to"),
        offered=table.flag("offered", default=True),
        repeats=table.flag("repeats"),
        courses=frozenset(table.texts("courses", choices=list(courses))),
        to_course=table.choice("to_course", list(courses), default=""),
    )
    if "interval" not in table and (rule.number > 1 or rule.kind != "primary"):
        table.refuse(
            "interval",
            N_("The key is missing."),
            N_('Expected a span like "28 days", "8 weeks", "3 months" or "18 years".'),
        )
    _check_rule(table, rule, courses)
    table.finish()
    return rule


def _check_rule(table: Table, rule: DoseRule, courses: Mapping[str, int]) -> None:
    rising(
        table,
        ("absolute_interval", rule.absolute_interval),
        ("interval", rule.interval),
        ("recommended", rule.recommended),
        ("latest", rule.latest),
        ("maximum", rule.maximum),
    )
    rising(
        table,
        ("since_first", rule.since_first),
        ("recommended_since_first", rule.recommended_since_first),
        ("latest_since_first", rule.latest_since_first),
    )
    rising(table, ("min_age", rule.min_age), ("recommended_age", rule.recommended_age), ("latest_age", rule.latest_age))
    either(table, "absolute_interval", "grace_days")
    absolute_age(table, rule.min_age, rule.absolute_min_age)
    _check_people(table, rule)
    if rule.courses and (rule.kind, rule.number) == ("primary", 1):
        wrong = N_("Before the first dose nobody is on a course.")
        table.refuse("courses", wrong, N_("Expected it in rules for later doses."))
    if rule.to_course and rule.kind != "primary":
        table.refuse("to_course", N_("Only a primary dose brings a person to another course."))
    elif 0 < courses.get(rule.to_course, 0) < rule.number:
        wrong = N_("The course {value} has fewer doses than the rule's number.")
        table.refuse(
            "to_course",
            wrong,
            N_("Expected a course of {minimum} doses or more."),
            value=rule.to_course,
            minimum=rule.number,
        )


def _example(table: Table, conditions: Collection[str], rules: Collection[str] | None) -> Example:
    upcoming = table.table("next")
    birth = table.text("birth")
    try:
        PartialDate.parse(birth)
    except ValueError:
        wrong = N_("The value {value} does not have the right form.")
        table.refuse("birth", wrong, N_('Expected "1956", "1956-07" or "1956-07-03".'), value=birth)
        birth = "1900"
    number = earliest = recommended = latest = None
    products: tuple[str, ...] = ()
    if upcoming is not None:
        number = upcoming.whole("number", minimum=1, maximum=50)
        earliest = upcoming.day("earliest")
        recommended, latest = upcoming.optional_day("recommended"), upcoming.optional_day("latest")
        products = upcoming.products("products")
        upcoming.finish()
    example = Example(
        id=table.code("id"),
        rules=table.texts("rules", required=True, choices=rules),
        birth=birth,
        sex=table.choice("sex", SEXES, default=""),
        on=table.day("on"),
        doses=tuple(_example_dose(inner) for inner in table.tables("doses")),
        conditions=frozenset(table.texts("conditions", choices=conditions)),
        complete=table.flag("complete", default=None),
        status=cast(StatusCode, table.choice("status", STATUSES)),
        next_number=number,
        next_earliest=earliest,
        next_products=products,
        next_recommended=recommended,
        next_latest=latest,
    )
    table.finish()
    return example


def _example_dose(table: Table) -> ExampleDose:
    reason = table.choice("reason", REASONS, default=VALID)
    dose = ExampleDose(
        day=table.day("date"),
        product=table.text("product"),
        valid=reason == VALID,
        reason=reason,
        days=table.whole("days", maximum=40_000) if reason == TOO_EARLY else 0,
    )
    table.finish()
    return dose


def _check_ids(root: Table, **kinds: Collection[Course | DoseRule | Spacing | Example]) -> None:
    for name, things in kinds.items():
        seen: set[str] = set()
        for thing in things:
            if thing.id in seen:
                wrong = N_("The id {value} is used twice.")
                root.refuse(name, wrong, N_("Expected each id once."), value=thing.id)
            seen.add(thing.id)


def _check_coverage(
    root: Table, courses: Collection[Course], rules: Collection[DoseRule], examples: Collection[Example]
) -> None:
    """Warn of what is probably forgotten: a product that no rule or course names, a rule without an example."""
    begun = frozenset().union(*(rule.products for rule in rules if rule.kind == "primary" and rule.number == 1))
    covered = frozenset().union(*(course.products for course in courses))
    foreseen = frozenset().union(*(rule.products for rule in rules))
    for code in root.folder.products:
        if code not in foreseen:
            root.warn("rules", N_("No rule foresees the product {value}."), value=code)
        if code in begun - covered:
            root.warn("courses", N_("No course begins with the product {value}."), value=code)
    _check_numbers(root, courses, rules)
    shown = {name for example in examples for name in example.rules}
    for rule in rules:
        if rule.id not in shown:
            root.warn("examples", N_("No example shows the rule {value}."), value=rule.id)


def _check_numbers(root: Table, courses: Collection[Course], rules: Collection[DoseRule]) -> None:
    """Warn of a course that no rule leads to its end, and of a rule for a dose that no course has."""
    primary = [rule for rule in rules if rule.kind == "primary"]
    for course in courses:
        for number in range(1, course.doses + 1):
            if not any(
                (rule.number == number or (rule.repeats and rule.number < number))
                and (not rule.courses or course.id in rule.courses)
                for rule in primary
            ):
                wrong = N_("No rule foresees dose {number} of the course {value}.")
                root.warn(
                    "courses", wrong, N_("Expected a primary rule with this number."), value=course.id, number=number
                )
    most = max((course.doses for course in courses), default=0)
    for rule in primary:
        if rule.number > most:
            wrong = N_("No course has a dose {number}, so the rule {value} is never used.")
            root.warn("rules", wrong, N_("Expected a booster or a longer course."), value=rule.id, number=rule.number)

"""A campaign's schedule compiled for speed: days as ordinals, rules found by position instead of searched.

A *position* is where a person stands: the primary products counted so far, how many additional and booster doses, the
last counted product, sex and stated conditions. Everything about a rule that does not depend on a calendar day is
decided once for each position and kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from weakref import WeakKeyDictionary

from vaxdesk.domain.campaign import NO_TEXT, Approval, Campaign, DoseKind, Duration, LegalText, Product, Source
from vaxdesk.domain.schedule_rules import Course, DoseRule, Spacing
from vaxdesk.domain.schedule_spans import Ages, Dated, Span

_NOWHERE = Source(LegalText("", ""), date.min)


class CompiledApproval:
    """A product's approval for an age range."""

    __slots__ = ("ages", "dated", "sex")

    def __init__(self, approval: Approval) -> None:
        self.dated = Dated(approval.source)
        self.ages = Ages(approval.min_age, approval.below_age, approval.age_grace_days, approval.absolute_min_age)
        self.sex = approval.sex


class CompiledRule:
    """A :class:`DoseRule` ready to be asked about days."""

    __slots__ = (
        "absolute",
        "ages",
        "dated",
        "from_counted",
        "grace",
        "interval",
        "latest",
        "latest_age",
        "latest_since_first",
        "maximum",
        "plain",
        "recommended",
        "recommended_age",
        "recommended_since_first",
        "rule",
        "since_first",
        "terms",
    )

    def __init__(self, rule: DoseRule) -> None:
        self.rule = rule
        #: What it says, whatever its name, its document and its days: a rule may go on under a newer one.
        self.terms = replace(rule, id="", source=_NOWHERE, remark=NO_TEXT)
        self.dated = Dated(rule.source)
        limits = rule.min_age, rule.below_age, rule.born_from, rule.born_to
        self.ages = (
            None
            if limits == (None, None, None, None)
            else Ages(*limits[:2], rule.age_grace_days, rule.absolute_min_age, *limits[2:])
        )
        self.interval = Span(rule.interval)
        self.recommended = Span(rule.recommended or rule.interval)
        self.latest = _span(rule.latest)
        self.maximum = _span(rule.maximum)
        self.since_first = _span(rule.since_first)
        self.absolute = _span(rule.absolute_interval)
        self.recommended_since_first = _span(rule.recommended_since_first)
        self.latest_since_first = _span(rule.latest_since_first)
        self.recommended_age = _span(rule.recommended_age)
        self.latest_age = _span(rule.latest_age)
        #: Nothing is said of a wished or latest day but by ``recommended``.
        self.plain = not any(
            (
                *(self.latest, self.maximum, self.latest_since_first, self.latest_age),
                *(self.recommended_since_first, self.recommended_age),
            )
        )
        self.grace = rule.grace_days
        self.from_counted = rule.count_from == "last_counted"


def _span(duration: Duration | None) -> Span | None:
    return None if duration is None else Span(duration)


class CompiledSpacing:
    """A :class:`Spacing` ready to be asked about days."""

    __slots__ = ("after", "dated", "grace", "id", "interval")

    def __init__(self, spacing: Spacing) -> None:
        self.id = spacing.id
        self.dated = Dated(spacing.source)
        self.after = spacing.after
        self.interval = Span(spacing.interval)
        self.grace = spacing.grace_days


class CompiledProduct:
    """A product with its approvals; ``order`` is its place in the pack."""

    __slots__ = ("approvals", "order", "product")

    def __init__(self, product: Product, order: int) -> None:
        self.product = product
        self.order = order
        self.approvals = tuple(CompiledApproval(approval) for approval in product.approvals)
        ordered = sorted((approval.dated for approval in self.approvals), key=lambda dated: dated.start)
        for earlier, later in pairwise(ordered):
            if later.start == earlier.end + 1:
                earlier.replaced_known = later.known

    def approvals_for(self, sex: str) -> tuple[CompiledApproval, ...]:
        """The approvals that hold for a sex; an unknown sex is not held against anyone."""
        return tuple(a for a in self.approvals if not a.sex or not sex or a.sex == sex)


class Window:
    """The days from ``start`` to ``end`` on which a rule and an approval together let a product be given."""

    __slots__ = ("cohort", "end", "maximum", "minimum", "rule", "start")

    def __init__(self, rule: CompiledRule, approval: CompiledApproval, today: int) -> None:
        self.rule = rule
        self.start = max(rule.dated.start, approval.dated.start)
        self.end = min(rule.dated.end_known_on(today), approval.dated.end_known_on(today))
        both = [approval.ages] if rule.ages is None else [approval.ages, rule.ages]
        self.minimum = [ages.minimum for ages in both if ages.minimum is not None]
        self.maximum = [ages.below for ages in both if ages.below is not None]
        self.cohort = rule.ages if rule.ages is not None and rule.ages.cohort else None


Target = tuple[DoseKind, int]
#: What may come next at a position: a product, its approvals for the person's sex, the rules that foresee it.
Choice = tuple["CompiledProduct", tuple["CompiledApproval", ...], list["CompiledRule"]]
#: The same as it is known on one day: a product, when it may be given from that day on, and when it might have been.
Offer = tuple["CompiledProduct", list[Window], list[Window]]
#: How many days' offers a position keeps.
KEPT_DAYS = 32


class Position:
    """Where a person stands between two doses."""

    __slots__ = (
        "_offers",
        "additional",
        "boosters",
        "by_product",
        "children",
        "choices",
        "complete",
        "conditions",
        "course",
        "last",
        "primary",
        "program",
        "required",
        "sex",
        "targets",
    )

    def __init__(
        self,
        program: Program,
        primary: tuple[str, ...],
        additional: int,
        boosters: int,
        last: str,
        course: CompiledCourse | None,
        sex: str,
        conditions: frozenset[str],
    ) -> None:
        self.program = program
        self.primary = primary
        self.additional = additional
        self.boosters = boosters
        self.last = last
        self.course = course
        self.required = 0 if course is None else course.course.doses
        self.sex = sex
        self.conditions = conditions
        self.complete = course is not None and len(primary) >= self.required
        self.targets: tuple[Target, ...] = (
            (("primary", len(primary) + 1),)
            if not self.complete
            else (("booster", boosters + 1),)
            if boosters
            else (("additional", additional + 1), ("booster", 1))
        )
        self.children: dict[tuple[DoseKind, str, CompiledCourse], Position] = {}
        fitting = [(target, [r for r in program.rules if self._fits(r.rule, target)]) for target in self.targets]
        self.by_product: dict[str, tuple[CompiledRule, ...]] = {}
        self.choices: list[tuple[Target, list[Choice]]] = []
        self._offers: dict[int, list[tuple[Target, list[Offer]]]] = {}
        for target, rules in fitting:
            choices = []
            for code, product in program.products.items():
                mine = [rule for rule in rules if code in rule.rule.products and self._same(rule.rule, product)]
                if mine:
                    self.by_product[code] = (*self.by_product.get(code, ()), *mine)
                    choices.append((product, product.approvals_for(sex), mine))
            self.choices.append((target, choices))

    def _fits(self, rule: DoseRule, target: Target) -> bool:
        if rule.kind != target[0] or not (rule.number == target[1] or (rule.repeats and rule.number < target[1])):
            return False
        if rule.after and self.last not in rule.after:
            return False
        if rule.courses and (self.course is None or self.course.course.id not in rule.courses):
            return False
        if rule.sex and self.sex and rule.sex != self.sex:
            return False
        if not rule.conditions <= self.conditions:
            return False
        if rule.primary and not rule.primary.issuperset(self.primary):
            return False
        if rule.mixed is None:
            return True
        families = {self.program.products[code].product.family for code in self.primary}
        return rule.mixed is (len(families) > 1)

    def offers(self, today: int) -> list[tuple[Target, list[Offer]]]:
        """What may come next by the rules known on ``today``, each target with its products and windows."""
        found = self._offers.get(today)
        if found is None:
            if len(self._offers) >= KEPT_DAYS:
                self._offers.clear()
            found = self._offers[today] = [
                (target, [offer for offer in (_offer(choice, today) for choice in choices) if offer[1]])
                for target, choices in self.choices
            ]
        return found

    def _same(self, rule: DoseRule, product: CompiledProduct) -> bool:
        if not rule.same_as:
            return True
        before = (self.last,) if rule.same_as == "last" else self.primary
        family = product.product.family
        return all(code and self.program.products[code].product.family == family for code in before)

    def next_number(self, kind: DoseKind) -> int:
        """The number within its kind of a dose that counts here."""
        return 1 + {"primary": len(self.primary), "additional": self.additional, "booster": self.boosters}[kind]

    def rule_in_force(self, day: int) -> bool:
        """Whether any rule foresees a dose from here on ``day``, whatever the product."""
        return any(r.dated.start <= day <= r.dated.end for rules in self.by_product.values() for r in rules)

    def step(self, kind: DoseKind, product: str, course: CompiledCourse) -> Position:
        """The position after a counted dose."""
        key = kind, product, course
        found = self.children.get(key)
        if found is None:
            found = Position(
                self.program,
                (*self.primary, product) if kind == "primary" else self.primary,
                self.additional + (kind == "additional"),
                self.boosters + (kind == "booster"),
                product,
                course,
                self.sex,
                self.conditions,
            )
            self.children[key] = found
        return found


def _offer(choice: Choice, today: int) -> Offer:
    product, approvals, rules = choice
    known = [approval for approval in approvals if approval.dated.known <= today]
    offered = [rule for rule in rules if rule.rule.offered and rule.dated.known <= today]
    windows = [Window(rule, approval, today) for rule in offered for approval in known]
    windows = [window for window in windows if window.start <= window.end]
    return product, [w for w in windows if w.end >= today], [w for w in windows if w.end < today]


class CompiledCourse:
    """A :class:`Course` ready to be asked."""

    __slots__ = ("ages", "course", "dated")

    def __init__(self, course: Course) -> None:
        self.course = course
        self.dated = Dated(course.source)
        self.ages = Ages(course.min_age, course.below_age, born_from=course.born_from, born_to=course.born_to)


class Program:
    """A campaign's schedule, compiled. Kept for each campaign object by :func:`program_of`."""

    def __init__(self, campaign: Campaign) -> None:
        self.products = {
            code: CompiledProduct(product, order) for order, (code, product) in enumerate(campaign.products.items())
        }
        self.rules = [CompiledRule(rule) for rule in campaign.rules]
        self.courses = [CompiledCourse(course) for course in campaign.courses]
        self.others = frozenset(campaign.others)
        self.wait_for_age = _span(campaign.wait_for_age)
        self.spacings: dict[str, list[CompiledSpacing]] = {}
        for spacing in campaign.spacings:
            compiled = CompiledSpacing(spacing)
            for code in sorted(spacing.products):
                self.spacings.setdefault(code, []).append(compiled)
        self._unnamed: dict[str, CompiledCourse] = {}
        self._starts: dict[tuple[str, frozenset[str]], Position] = {}
        for kind, number in {(r.rule.kind, r.rule.number) for r in self.rules}:
            same = [r for r in self.rules if (r.rule.kind, r.rule.number) == (kind, number)]
            for earlier in same:
                followers = [
                    later.dated.known
                    for later in same
                    if later.dated.start == earlier.dated.end + 1
                    and later.rule.products & earlier.rule.products
                    and (not later.rule.after or not earlier.rule.after or later.rule.after & earlier.rule.after)
                ]
                earlier.dated.replaced_known = min(followers, default=0)

    def start(self, sex: str, conditions: Iterable[str]) -> Position:
        """Where a person without a counted dose stands."""
        key = sex, frozenset(conditions)
        found = self._starts.get(key)
        if found is None:
            found = self._starts[key] = Position(self, (), 0, 0, "", None, *key)
        return found

    def course(
        self, position: Position, product: str, day: int, first: int, last: int, named: str = ""
    ) -> CompiledCourse:
        """The course that begins with ``product`` on ``day``, or the ``named`` one as it is on that day."""
        of_name = [compiled for compiled in self.courses if compiled.course.id == named] if named else []
        for compiled in of_name:
            if compiled.dated.start <= day <= compiled.dated.end:
                return compiled
        if of_name:
            return of_name[0]
        for compiled in self.courses:
            course = compiled.course
            if (
                product in course.products
                and compiled.dated.start <= day <= compiled.dated.end
                and course.conditions <= position.conditions
                and (not course.sex or not position.sex or course.sex == position.sex)
                and compiled.ages.fits(day, first, last)
            ):
                return compiled
        # The pack's check warns of such a gap; what the rules foresee is then the best answer.
        if product not in self._unnamed:
            numbers = [r.rule.number for r in self.rules if r.rule.kind == "primary" and product in r.rule.products]
            course = Course("", _NOWHERE, frozenset((product,)), max(numbers, default=1))
            self._unnamed[product] = CompiledCourse(course)
        return self._unnamed[product]


_programs: WeakKeyDictionary[Campaign, Program] = WeakKeyDictionary()


def program_of(campaign: Campaign) -> Program:
    """The compiled schedule of a campaign; compiled at the first call for that object."""
    found = _programs.get(campaign)
    if found is None:
        found = _programs[campaign] = Program(campaign)
    return found

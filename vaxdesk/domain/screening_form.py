"""The screening form as data: what a campaign pack states about questions, measurements, rules and outcomes.

Nothing here knows a disease. A pack's form is read into these objects (``vaxdesk.campaigns.screening``) and judged
by :func:`vaxdesk.domain.screening.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaxdesk.domain.campaign import LocalText, Source


class Kind(StrEnum):
    """What a row of the form takes."""

    HEADING = "heading"
    BOOL = "bool"
    TEXT = "text"
    NUMBER = "number"


class NextList(StrEnum):
    """The list a person stands on after the outcome: each outcome says one."""

    INJECT = "inject"
    RECALL = "recall"
    REFER_HOSPITAL = "refer_hospital"
    CONTRAINDICATED = "contraindicated_same_product"
    PHYSICIAN = "physician_decides"


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A line above the questions. ``kind`` is ``text``, ``date``, ``sex``, ``phone`` or ``doses``."""

    id: str
    label: LocalText
    kind: str = "text"
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Question:
    """A row of part I.

    ``number`` is what stands before it on paper ("3a"); ``parent`` names its heading row; ``sexes`` and ``products``
    narrow whom it is asked (empty: everybody). ``detail`` is the label of the free text a *yes* asks for.
    ``decision`` lists the outcomes among which the screener chooses where the form fixes none. A question with
    ``printed`` false is asked by the program only: the official paper has no such row. ``earlier_dose``: a *yes* speaks
    of a dose given before, so a contraindication that comes of it concerns the families of those doses as well.
    """

    id: str
    number: str
    text: LocalText
    kind: Kind = Kind.BOOL
    parent: str = ""
    detail: LocalText | None = None
    sexes: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    decision: tuple[str, ...] = ()
    footnotes: tuple[str, ...] = ()
    printed: bool = True
    required: bool = True
    earlier_dose: bool = False

    def asked_for(self, product: str, sex: str) -> bool:
        """Whether the row is put to a person of this sex for this product; an unknown sex is asked everything."""
        if self.products and product not in self.products:
            return False
        return not (self.sexes and sex and sex not in self.sexes)


@dataclass(frozen=True, slots=True)
class VitalAsked:
    """When a measurement is asked for: of everybody as a must (``always``) or with a warning (``expected``), over an
    age in years, with one of the conditions, or once its question is answered *yes*."""

    always: bool = False
    expected: bool = False
    over_age: int | None = None
    conditions: frozenset[str] = frozenset()
    on_finding: bool = False


@dataclass(frozen=True, slots=True)
class Vital:
    """A measurement: ``low`` and ``high`` are still normal; outside ``plausible`` it is a slip of the pen.

    ``usual`` and ``usual_excess``: a value that many units above the person's usual one is abnormal as well
    (pressure of a treated hypertensive). ``question`` is the row which an abnormal value answers with *yes*; empty
    where the form has none: then the value is only warned about.
    """

    id: str
    label: LocalText
    unit: str
    low: float | None
    high: float | None
    plausible: tuple[float, float]
    question: str
    asked: VitalAsked
    usual_excess: float | None = None
    decimals: int = 0
    footnotes: tuple[str, ...] = ()

    @property
    def usual(self) -> str:
        """The id under which the person's usual value is given."""
        return f"usual_{self.id}"

    def normal(self, value: float, usual: float | None) -> bool:
        """Whether the value lies within the limits (both ends are normal) and not far above the usual one."""
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return False
        return not (self.usual_excess is not None and usual is not None and value - usual >= self.usual_excess)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something in the person's history or look that decides what is measured (heart failure, chest pain …)."""

    id: str
    label: LocalText


@dataclass(frozen=True, slots=True)
class Outcome:
    """A box of part II. ``gravity`` orders them (higher is graver); ``next`` is where the person stands afterwards.

    ``injectable`` tells that the person may still be injected today: "thận trọng" is not a refusal.
    """

    code: str
    gravity: int
    label: LocalText
    rule_text: LocalText
    next: NextList
    injectable: bool
    eligible: bool
    printed: bool = True
    doubt: LocalText | None = None

    @property
    def reason_required(self) -> bool:
        """The line "Lý do" must be filled whenever the outcome is not plain eligibility."""
        return not self.eligible


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding sends a person; ``capability`` is what a facility must have to be that place itself."""

    code: str
    label: LocalText
    capability: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper a finding asks for before the injection (a signed commitment …)."""

    code: str
    label: LocalText


@dataclass(frozen=True, slots=True)
class Rule:
    """Item and product to outcome. ``products`` empty means every product, less those in ``except_products``.

    Numbers (``kind = number`` rows) trigger below ``below`` or above ``above``; every other row on *yes*.
    ``recall_days`` proposes when to come back where the outcome is a deferral (None: the screener says). ``says`` is
    told beside the finding; ``doubt`` is what of the rule could not be read for certain (None: sure).
    """

    id: str
    item: str
    outcome: str
    source: Source
    products: frozenset[str] = frozenset()
    except_products: frozenset[str] = frozenset()
    place: str = ""
    papers: tuple[str, ...] = ()
    says: LocalText | None = None
    below: float | None = None
    above: float | None = None
    recall_days: int | None = None
    doubt: LocalText | None = None

    def covers(self, product: str) -> bool:
        """Whether the rule speaks about this product."""
        return product not in self.except_products and (not self.products or product in self.products)


@dataclass(frozen=True, slots=True)
class Example:
    """A case that proves rules: ``answers`` and ``vitals`` are what differs from "nothing found"; run on load."""

    id: str
    rules: tuple[str, ...]
    product: str
    answers: Mapping[str, object]
    vitals: Mapping[str, object]
    leading: str
    sex: str = ""
    age: int | None = None


@dataclass(frozen=True)
class ScreeningForm:
    """One version of a screening form; ``source`` holds the legal text and the days on which it is in force."""

    id: str
    version: str
    title: LocalText
    source: Source
    age_from: int
    age_to: int | None
    header: tuple[HeaderField, ...]
    questions: tuple[Question, ...]
    vitals: tuple[Vital, ...]
    conditions: tuple[Condition, ...]
    outcomes: Mapping[str, Outcome]
    places: Mapping[str, Place]
    papers: Mapping[str, Paper]
    rules: tuple[Rule, ...]
    footnotes: Mapping[str, LocalText]
    reason_label: LocalText
    signature: LocalText
    part_questions: LocalText
    part_conclusion: LocalText
    examples: tuple[Example, ...] = ()
    by_id: Mapping[str, Question] = field(init=False, repr=False, compare=False)
    children: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {question.id: question for question in self.questions})
        children: dict[str, tuple[str, ...]] = {}
        for question in self.questions:
            if question.parent:
                children[question.parent] = (*children.get(question.parent, ()), question.id)
        object.__setattr__(self, "children", children)

    @property
    def eligible(self) -> Outcome:
        """The outcome when nothing is found."""
        return next(outcome for outcome in self.outcomes.values() if outcome.eligible)

    def asked(self, product: str, sex: str = "") -> tuple[Question, ...]:
        """The rows put to a person of this sex for this product, headings included, in the form's order."""
        return tuple(question for question in self.questions if question.asked_for(product, sex))

    def covers_age(self, age: int) -> bool:
        """Whether the form is meant for that age in completed years."""
        return self.age_from <= age and (self.age_to is None or age <= self.age_to)


def form_for(forms: Iterable[ScreeningForm], age: int, day: date) -> ScreeningForm | None:
    """The form in force on ``day`` for a person of ``age`` completed years; of several the one that began last.

    None when no form is stated for that age and day (children before the children's form, days before the first).
    """
    fitting = [form for form in forms if form.source.in_force(day) and form.covers_age(age)]
    return max(fitting, key=lambda form: (form.source.start, form.id), default=None)

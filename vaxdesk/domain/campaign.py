"""What a campaign pack says, as plain frozen objects: no file is read and no rule is applied here.

The schedule's rules stand in ``schedule_rules``. A pack is read by ``vaxdesk.campaigns``; the rules are applied by
``domain.schedule``, ``domain.screening``, ``domain.consent`` and ``domain.priority``. Nothing here knows a disease, a
product or a country.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vaxdesk.domain.advice import Advice
    from vaxdesk.domain.consent import Consent
    from vaxdesk.domain.priority import Priority
    from vaxdesk.domain.schedule_rules import Course, DoseRule, Example, OtherVaccine, Spacing
    from vaxdesk.domain.screening import ScreeningForm

Unit = Literal["days", "weeks", "months", "years"]
DoseKind = Literal["primary", "additional", "booster"]
StatusCode = Literal["none", "begun", "complete"]

_DURATION = re.compile(r"(\d{1,4}) (day|week|month|year)s?(?: (\d{1,4}) (day|week)s?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text of the pack in both languages (Vietnamese first)."""

    vi: str
    en: str

    def text(self, language: str) -> str:
        """The text in ``vi`` or ``en``; the other one where it is empty."""
        return (self.en or self.vi) if language == "en" else (self.vi or self.en)


NO_TEXT = LocalText("", "")


@dataclass(frozen=True, slots=True)
class LegalText:
    """A document that rules rest on: a decision, a circular, an official letter, a leaflet."""

    id: str
    reference: str
    title: LocalText = NO_TEXT
    day: date | None = None
    issuer: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where one rule comes from and when it holds.

    ``start`` and ``end`` are the first and the last day on which it is in force (``end`` None: still is).
    ``announced`` is the day since when it is known, where that lies before ``start``.
    ``uncertain`` marks what could not be confirmed; ``note`` says what exactly, for the manager.
    """

    text: LegalText
    start: date
    end: date | None = None
    uncertain: bool = False
    note: LocalText = NO_TEXT
    announced: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on ``day`` (both ends included)."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A place of the pack that is marked uncertain: listed for the manager."""

    file: str
    table: str
    reference: str
    note: LocalText


@dataclass(frozen=True, slots=True)
class Duration:
    """A calendar span: ``28 days``, ``8 weeks``, ``3 months``, ``18 years``, or a sum: ``16 months 4 weeks``.

    Days and weeks are counted. Months and years keep the day of the month; where that day does not exist (31 August
    plus 6 months, 29 February plus 1 year) the date is the *first day of the next month*: the full span has passed
    only then. ``more`` is the second part of a sum in days, counted after the first part.
    """

    count: int
    unit: Unit
    more: int = 0

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read ``"<number> day(s)|week(s)|month(s)|year(s)"``, where wished with a second part in days or weeks.

        Raises ValueError for anything else.
        """
        found = _DURATION.fullmatch(text)
        if found is None:
            raise ValueError(text)
        units: dict[str, Unit] = {"day": "days", "week": "weeks", "month": "months", "year": "years"}
        more = 0 if found[3] is None else int(found[3]) * (7 if found[4] == "week" else 1)
        return cls(int(found[1]), units[found[2]], more)

    def after(self, start: date) -> date:
        """The first day on which the span since ``start`` has fully passed."""
        if self.unit == "days":
            return start + timedelta(days=self.count + self.more)
        if self.unit == "weeks":
            return start + timedelta(days=7 * self.count + self.more)
        return self._month_later(start) + timedelta(days=self.more)

    def _month_later(self, start: date) -> date:
        months = self.count if self.unit == "months" else 12 * self.count
        years, month = divmod(start.month - 1 + months, 12)
        try:
            return date(start.year + years, month + 1, start.day)
        except ValueError:
            # Only days 29-31 fail, so the month that lacks them is never December.
            return date(start.year + years, month + 2, 1)

    def __str__(self) -> str:
        first = f"{self.count} {self.unit if self.count != 1 else self.unit[:-1]}"
        return first if not self.more else f"{first} {self.more} {'day' if self.more == 1 else 'days'}"


@dataclass(frozen=True, slots=True)
class ProductCodes:
    """Codes of a product in other code systems; an empty text where none is known.

    ``vp``, ``mp`` and ``ma`` are the EU DCC value sets' codes for vaccine, product and holder.
    ``uncertain`` names those that could not be confirmed.
    """

    cvx: str = ""
    vp: str = ""
    mp: str = ""
    ma: str = ""
    icd11: str = ""
    uncertain: tuple[str, ...] = ()

    @property
    def complete_for_dcc(self) -> bool:
        """Whether a DCC can name the product."""
        return bool(self.vp and self.mp and self.ma)


@dataclass(frozen=True, slots=True)
class Approval:
    """A product may be given to an age range while ``source`` holds: from ``min_age`` to before ``below_age``.

    ``age_grace_days`` before ``min_age``, or from ``absolute_min_age`` on, a dose that was given still counts.
    """

    source: Source
    min_age: Duration | None = None
    below_age: Duration | None = None
    dose_ml: float | None = None
    sex: str = ""
    age_grace_days: int = 0
    absolute_min_age: Duration | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """One way to keep unopened vials: limits in °C and how long, where limited."""

    label: LocalText
    min_celsius: float
    max_celsius: float
    life: Duration | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A vaccine product (or one of its components or presentations) as it is recorded for a dose.

    ``family`` joins components and presentations of one brand; it equals ``code`` where there is only one.
    ``dose_ml`` in mL; ``opened_minutes`` is the life of an opened or diluted vial, None where it is used at once.
    """

    code: str
    family: str
    name: str
    label: LocalText
    manufacturer: str
    codes: ProductCodes
    approvals: tuple[Approval, ...]
    doses_per_vial: int
    dose_ml: float
    route: str
    sites: tuple[str, ...]
    storage: tuple[Storage, ...]
    opened_minutes: int | None = None
    diluent_ml: float | None = None
    component: str = ""
    notes: tuple[LocalText, ...] = ()

    @property
    def label_vi(self) -> str:
        """The name as Vietnamese papers print it."""
        return self.label.vi

    @property
    def cvx(self) -> str:
        """The CVX code, or an empty text."""
        return self.codes.cvx

    @property
    def icd11(self) -> str:
        """The WHO ICD-11 code, or an empty text."""
        return self.codes.icd11

    @property
    def dcc(self) -> tuple[str, str, str]:
        """``(vp, mp, ma)`` for a DCC; empty texts where no code is known."""
        return self.codes.vp, self.codes.mp, self.codes.ma

    def approved_on(self, day: date) -> bool:
        """Whether the product was approved for anyone on ``day``."""
        return any(approval.source.in_force(day) for approval in self.approvals)


@dataclass(frozen=True, slots=True)
class StatusRule:
    """How a status is shown: the seeds' colour, a shape and words, so that colour never speaks alone.

    ``words`` may hold ``{doses}``, the number of counted doses.
    """

    code: StatusCode
    colour: str
    shape: str
    words: LocalText
    source: Source


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that the campaign issues, as its form stood between two days.

    ``code`` is ``hc1`` where it carries a signed code and ``none`` where the paper has only the personal code;
    ``no_code`` then says why. The columns are the room for doses of each kind.
    """

    id: str
    kind: str
    source: Source
    title: LocalText
    statement: LocalText
    code: Literal["hc1", "none"]
    no_code: LocalText
    primary_columns: int
    additional_columns: int
    booster_columns: int
    fields: tuple[str, ...]
    needs_complete: bool = False


@dataclass(frozen=True, slots=True)
class Disease:
    """The disease a campaign is against: its name and codes (SNOMED CT as in DCC's ``tg``, ICD-11)."""

    name: LocalText
    dcc_target: str = ""
    icd11: str = ""


@dataclass(frozen=True, eq=False)
class Campaign:
    """A whole pack, read and checked. Compared by identity: what is compiled from a pack is kept by it.

    ``wait_for_age``: an additional dose or a booster that waits longer than this for an age is not foreseen; None: it
    is, however long.
    """

    code: str
    version: str
    name: LocalText
    disease: Disease
    country: str
    authority: LocalText
    valid_from: date
    sources: Mapping[str, LegalText]
    products: Mapping[str, Product]
    courses: tuple[Course, ...]
    rules: tuple[DoseRule, ...]
    statuses: Mapping[str, StatusRule] = field(default_factory=dict)
    papers: tuple[Paper, ...] = ()
    examples: tuple[Example, ...] = ()
    conditions: Mapping[str, LocalText] = field(default_factory=dict)
    screening_forms: Mapping[str, ScreeningForm] = field(default_factory=dict)
    consents: Consent | None = None
    priority: Priority | None = None
    advice: Advice | None = None
    uncertain: tuple[Uncertainty, ...] = ()
    others: Mapping[str, OtherVaccine] = field(default_factory=dict)
    spacings: tuple[Spacing, ...] = ()
    wait_for_age: Duration | None = None

    def by_cvx(self, cvx: str) -> Sequence[Product]:
        """The products with a CVX code, in the order of the pack."""
        return [product for product in self.products.values() if cvx and product.cvx == cvx]

    def paper(self, kind: str, day: date) -> Paper | None:
        """The paper of a kind whose form is in force on ``day``."""
        for paper in self.papers:
            if paper.kind == kind and paper.source.in_force(day):
                return paper
        return None

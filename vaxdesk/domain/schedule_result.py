"""What the schedule says about a history: a verdict with a reason for each dose, and the next dose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from vaxdesk.domain.campaign import NO_TEXT, DoseKind, LocalText, StatusCode
from vaxdesk.domain.dates import format_date
from vaxdesk.i18n import N_, translate
from vaxdesk.i18n import language as current_language

VALID = "valid"
TOO_EARLY = "too_early"
TOO_LATE = "too_late"
WRONG_AGE = "wrong_age"
NOT_ALLOWED = "product_not_allowed"
NOT_APPROVED = "not_approved"
NOT_NEEDED = "not_needed"
DUPLICATE = "duplicate"
IN_FUTURE = "in_future"
BEFORE_BIRTH = "before_birth"
UNKNOWN_PRODUCT = "unknown_product"
WRONG_SEX = "wrong_sex"
OTHER_VACCINE = "other_vaccine"

#: Each reason code with its sentence.
REASONS: Mapping[str, str] = {
    VALID: N_("Valid."),
    TOO_EARLY: N_("Too early by {days} days: it could be given from {earliest} on."),
    TOO_LATE: N_("Too late: it could be given until {latest}."),
    WRONG_AGE: N_("{product} was not for this age on that day."),
    WRONG_SEX: N_("{product} was not for this sex on that day."),
    NOT_ALLOWED: N_("{product} is not foreseen as dose {number} after {after} on that day."),
    NOT_APPROVED: N_("{product} was not approved on that day."),
    NOT_NEEDED: N_("The course was already complete and no rule of that day asks for another dose."),
    DUPLICATE: N_("Another dose of the same day counts already."),
    IN_FUTURE: N_("The day lies in the future: an error in the record."),
    BEFORE_BIRTH: N_("The day lies before the birth: an error in the record."),
    UNKNOWN_PRODUCT: N_("The product {product} is not known to this campaign."),
    OTHER_VACCINE: N_("A vaccine against another disease: only its day matters here."),
}
_ONE_DAY = N_("Too early by {days} day: it could be given from {earliest} on.")
_FIRST = N_("{product} is not foreseen as dose {number} on that day.")
_GRACE = N_("Valid: {days} days early, within the days of grace.")
_ONE_DAY_GRACE = N_("Valid: {days} day early, within the days of grace.")

#: The kinds of dose in words.
KINDS: Mapping[DoseKind, str] = {
    "primary": N_("primary dose"),
    "additional": N_("additional dose"),
    "booster": N_("booster dose"),
}


@dataclass(frozen=True, slots=True)
class GivenDose:
    """A dose in a person's record: the calendar day and the product's code in the campaign."""

    date: dt.date
    product: str


@dataclass(frozen=True, slots=True)
class DoseVerdict:
    """What is to be said of one dose.

    ``number`` counts the counted doses and ``kind_number`` those of ``kind``; both are 0 where the dose does not count.
    ``days`` is how many days too early it was, by interval or by age (also within grace), ``earliest`` when the
    interval was over.
    ``agreement``: the rule asks for the person's written agreement. ``age_doubtful``: the birth date is not known
    exactly enough to be sure of the age. ``rule`` is the id of the rule that decided, ``to_course`` the course
    that it brings the person to (empty: it stays).
    """

    date: dt.date
    product: str
    valid: bool
    reason: str
    days: int = 0
    number: int = 0
    kind: DoseKind | None = None
    kind_number: int = 0
    within_grace: bool = False
    agreement: bool = False
    age_doubtful: bool = False
    rule: str = ""
    earliest: dt.date | None = None
    to_course: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def words(self, language: str | None = None) -> str:
        """The reason as a sentence in the user's (or the given) language."""
        shown = language or current_language()
        values = {
            key: value.text(shown) if isinstance(value, LocalText) else value for key, value in self.values.items()
        }
        values["days"] = self.days
        if self.earliest is not None:
            values["earliest"] = format_date(self.earliest)
        if self.reason == TOO_EARLY:
            sentence = translate(_ONE_DAY if self.days == 1 else REASONS[TOO_EARLY], language)
        elif self.within_grace:
            sentence = translate(_ONE_DAY_GRACE if self.days == 1 else _GRACE, language)
        elif self.reason == NOT_ALLOWED and "after" not in values:
            sentence = translate(_FIRST, language)
        else:
            sentence = translate(REASONS[self.reason], language)
        return sentence.format_map(values)


@dataclass(frozen=True, slots=True)
class NextOption:
    """One product that the next dose may be, with the days of the one rule ``rule``: earliest <= recommended <= latest.

    ``earliest`` is the first day on which that rule lets it be given; it may lie in the past. After ``latest`` it is
    overdue. ``dose_ml`` is set where the volume differs from the product's; ``remark`` is what the rule wants told.
    """

    product: str
    earliest: dt.date
    recommended: dt.date
    latest: dt.date | None
    agreement: bool
    preferred: bool
    rule: str
    dose_ml: float | None = None
    remark: LocalText = NO_TEXT


@dataclass(frozen=True, slots=True)
class NextDose:
    """The next dose by the rules known on the day of asking.

    ``number`` counts the counted doses plus one; ``earliest``, ``recommended`` and ``latest`` are those of the leading
    option (preferred first, then earliest) and so of one rule. ``agreement``: every option needs it.
    """

    number: int
    kind: DoseKind
    kind_number: int
    earliest: dt.date
    recommended: dt.date
    latest: dt.date | None
    options: tuple[NextOption, ...]

    @property
    def products(self) -> tuple[str, ...]:
        """The allowed products, the leading one first."""
        return tuple(option.product for option in self.options)

    @property
    def preferred(self) -> tuple[str, ...]:
        """The preferred products."""
        return tuple(option.product for option in self.options if option.preferred)

    @property
    def agreement(self) -> bool:
        """Whether whatever is given needs the person's written agreement."""
        return all(option.agreement for option in self.options)

    def option(self, product: str) -> NextOption | None:
        """The option with this product, or None where it is not allowed next."""
        for option in self.options:
            if option.product == product:
                return option
        return None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The judged history, in the order of days. ``counted`` is the number of valid doses."""

    doses: tuple[DoseVerdict, ...]
    next: NextDose | None
    complete: bool
    status: StatusCode
    counted: int = 0
    primary: int = 0
    additional: int = 0
    boosters: int = 0
    required: int = 0

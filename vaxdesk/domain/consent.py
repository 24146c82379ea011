"""Consent to a vaccination: the texts in force, the answer with by whom, how and when, and what it changes.

A refusal is a normal end: it removes the person from call lists and is counted. A withdrawal is seen at every later
step. What really happened can always be recorded: a dose against a refusal or a withdrawal needs a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from vaxdesk.domain.dates import format_date
from vaxdesk.domain.screening_form import HeaderField
from vaxdesk.domain.screening_result import Remark
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_

if TYPE_CHECKING:
    from vaxdesk.domain.campaign import LocalText, Source


class ConsentStatus(StrEnum):
    """The four states; "not asked" is a state of its own, never a silent yes."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOT_ASKED = "not_asked"


class Who(StrEnum):
    """Who answered."""

    SELF = "self"
    GUARDIAN = "guardian"


class How(StrEnum):
    """How the answer was given."""

    PAPER = "paper"
    SPOKEN = "spoken"
    PORTAL = "portal"


#: The words of each state, channel and relation, as message ids.
STATUS_WORDS = {
    ConsentStatus.GIVEN: N_("Consent given"),
    ConsentStatus.REFUSED: N_("Vaccination refused"),
    ConsentStatus.WITHDRAWN: N_("Consent withdrawn"),
    ConsentStatus.NOT_ASKED: N_("Not asked yet"),
}
WHO_WORDS = {Who.SELF: N_("The person"), Who.GUARDIAN: N_("A guardian")}
HOW_WORDS = {How.PAPER: N_("On signed paper"), How.SPOKEN: N_("Spoken"), How.PORTAL: N_("On the portal")}
#: Who may stand for a minor. "other" is explained in the note.
RELATIONS = {
    "father": N_("Father"),
    "mother": N_("Mother"),
    "grandparent": N_("Grandparent"),
    "sibling": N_("Adult brother or sister"),
    "guardian": N_("Legal guardian"),
    "other": N_("Another adult"),
}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A dated extra declaration beside the consent ("no vaccination in the past 14 days").

    ``days`` is the length of the window before the session; a vaccination inside it raises a warning with both dates.
    """

    id: str
    text: LocalText
    question: LocalText
    days: int
    source: Source


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of a consent form. ``guardian`` tells that a guardian answers and signs."""

    id: str
    version: str
    title: LocalText
    statements: tuple[LocalText, ...]
    lead_in: LocalText
    agree: LocalText
    refuse: LocalText
    fields: tuple[HeaderField, ...]
    place_date: LocalText
    signature: LocalText
    guardian: bool
    age_from: int
    age_to: int | None
    source: Source

    def fits(self, age: int, day: date) -> bool:
        """Whether the text is the one for that age on that day."""
        return self.source.in_force(day) and self.age_from <= age and (self.age_to is None or age <= self.age_to)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a campaign pack says about consent."""

    texts: tuple[ConsentText, ...]
    declarations: tuple[Declaration, ...]
    adult_age: int = 18

    def text_for(self, age: int, day: date) -> ConsentText | None:
        """The text in force for that age; of several the one that began last. None when none is stated."""
        fitting = [text for text in self.texts if text.fits(age, day)]
        return max(fitting, key=lambda text: (text.source.start, text.id), default=None)

    def text(self, identifier: str, version: str) -> ConsentText | None:
        """A text by id and version, whether still in force or not (for old records)."""
        return next((t for t in self.texts if (t.id, t.version) == (identifier, version)), None)

    def declarations_on(self, day: date) -> tuple[Declaration, ...]:
        """The declarations asked on that day."""
        return tuple(declaration for declaration in self.declarations if declaration.source.in_force(day))


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """One recorded answer: an append-only fact. ``at`` is aware UTC; the latest one counts."""

    status: ConsentStatus
    at: datetime
    who: Who = Who.SELF
    how: How = How.PAPER
    guardian_name: str = ""
    relation: str = ""
    text_id: str = ""
    text_version: str = ""
    declared: frozenset[str] = frozenset()
    note: str = ""


def check_answer(
    rules: Consent, answer: ConsentAnswer, age: int, day: date, earlier: Sequence[ConsentAnswer] = ()
) -> tuple[Remark, ...]:
    """Whether an answer can be stored. Returns warnings; raises FieldError for what cannot be.

    A minor's answer comes from a guardian with name and relation; a withdrawal needs something to withdraw and a
    note why; a given consent names the text that was read. ``age``: completed years on ``day``.
    """
    if answer.at.tzinfo is None:
        raise FieldError("at", N_("The time of the answer is missing its time zone"))
    if answer.status is ConsentStatus.NOT_ASKED:
        raise FieldError("status", N_("Choose: given, refused or withdrawn"))
    minor = age < rules.adult_age
    if minor and answer.who is not Who.GUARDIAN:
        raise FieldError("who", N_("Under {age} years a parent or guardian answers"), age=rules.adult_age)
    if answer.who is Who.GUARDIAN:
        if not answer.guardian_name.strip():
            raise FieldError("guardian_name", N_("Enter the guardian's full name"))
        if answer.relation not in RELATIONS:
            raise FieldError("relation", N_("Choose how the guardian is related to the person"))
        if (answer.relation == "other" or not minor) and not answer.note.strip():
            raise FieldError("note", N_("Write why this person answers"))
    if answer.status is ConsentStatus.WITHDRAWN:
        if current(earlier) is not ConsentStatus.GIVEN:
            raise FieldError("status", N_("There is no consent to withdraw; record a refusal instead"))
        if not answer.note.strip():
            raise FieldError("note", N_("Write why the consent is withdrawn"))
    warnings = []
    if answer.status is ConsentStatus.GIVEN:
        text = rules.text(answer.text_id, answer.text_version)
        if text is None:
            raise FieldError("text_id", N_("Choose the consent text that was read"))
        if text is not rules.text_for(age, day):
            warnings.append(
                Remark(
                    "old_text", "text_id", N_("The consent text {text} is not the one in force"), {"text": text.title}
                )
            )
        for declaration in rules.declarations_on(day):
            if declaration.id not in answer.declared:
                warnings.append(
                    Remark(
                        "not_declared",
                        declaration.id,
                        N_("Not declared: {declaration}"),
                        {"declaration": declaration.text},
                    )
                )
    return tuple(warnings)


def current(history: Iterable[ConsentAnswer]) -> ConsentStatus:
    """The state that counts: the latest answer; *not asked* without any. Of two at the same moment the stricter."""
    strict = {ConsentStatus.WITHDRAWN: 2, ConsentStatus.REFUSED: 1}
    latest = max(history, key=lambda answer: (answer.at, strict.get(answer.status, 0)), default=None)
    return latest.status if latest is not None else ConsentStatus.NOT_ASKED


def on_call_lists(status: ConsentStatus) -> bool:
    """Whether a person of that state may be called: a refusal and a withdrawal take the person off."""
    return status in (ConsentStatus.GIVEN, ConsentStatus.NOT_ASKED)


def counts_as_refused(status: ConsentStatus) -> bool:
    """Whether the person stands in the column "Số không đồng ý tiêm chủng" of the daily report."""
    return status in (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN)


def check_dose(status: ConsentStatus, reason: str = "") -> Remark | None:
    """Whether a dose may be recorded on this consent.

    Returns a red warning for a withdrawal or refusal (with its reason written down), a plain one where nobody was
    asked, None for a given consent. Raises FieldError("reason") when a reason is needed and empty.
    """
    if status is ConsentStatus.GIVEN:
        return None
    if status is ConsentStatus.NOT_ASKED:
        remark = Remark("consent_not_asked", "consent", N_("Consent is not recorded: ask, or write why not"))
    elif status is ConsentStatus.WITHDRAWN:
        remark = Remark("consent_withdrawn", "consent", N_("Consent was withdrawn: do not inject"))
    else:
        remark = Remark("consent_refused", "consent", N_("Vaccination was refused: do not inject"))
    if not reason.strip():
        raise FieldError("reason", N_("A dose without consent needs a reason: write what happened"))
    return remark


def check_recent_dose(declaration: Declaration, session: date, recent: date | None) -> Remark | None:
    """A warning with both dates when a vaccination lies inside the declaration's window before the session.

    The window: ``session - days`` is outside already, the day after it inside.
    """
    if recent is None or not declaration.source.in_force(session) or recent > session:
        return None
    if session - recent >= timedelta(days=declaration.days):
        return None
    return Remark(
        "recent_dose",
        declaration.id,
        N_("Vaccinated on {recent}, {days} days before {session}; declared were none in {window} days"),
        {
            "recent": format_date(recent),
            "session": format_date(session),
            "days": (session - recent).days,
            "window": declaration.days,
        },
    )

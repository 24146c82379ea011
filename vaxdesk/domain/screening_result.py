"""What a judged screening form says, and how the screener closes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vaxdesk import i18n
from vaxdesk.domain.screening_form import NextList, Outcome, Paper, Place, Question, Rule, ScreeningForm
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_

if TYPE_CHECKING:
    from vaxdesk.domain.campaign import LocalText


@dataclass(frozen=True, slots=True)
class Person:
    """What of a person the rules look at: completed years (None when unknown), sex, conditions of the form."""

    age: int | None = None
    sex: str = ""
    conditions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning beside the form: ``subject`` is the question or measurement it belongs to."""

    code: str
    subject: str
    message_id: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def words(self, language: str | None = None) -> str:
        """The sentence in the current (or the given) language."""
        return i18n.translate(self.message_id, language).format_map(
            {key: _words(value, language) for key, value in self.values.items()}
        )


@dataclass(frozen=True, slots=True)
class Missing:
    """An unanswered question or a measurement not made. ``label`` is its official wording."""

    id: str
    number: str
    label: LocalText
    measurement: bool = False


@dataclass(frozen=True, slots=True)
class Triggered:
    """One finding and what follows from it. ``value`` is the answer or what was measured, as text."""

    item: str
    question: Question
    rule: Rule
    outcome: Outcome
    value: str
    place: Place | None
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """The judgement of one form. ``outcomes`` stand gravest first; ``leading`` is None while nothing can be said."""

    form_id: str
    product: str
    triggered: tuple[Triggered, ...]
    outcomes: tuple[Outcome, ...]
    missing: tuple[Missing, ...]
    warnings: tuple[Remark, ...]
    papers: tuple[Paper, ...]
    places: tuple[Place, ...]
    elsewhere: tuple[Place, ...]
    recall_days: int | None

    @property
    def leading(self) -> Outcome | None:
        """The gravest outcome."""
        return self.outcomes[0] if self.outcomes else None

    @property
    def complete(self) -> bool:
        """Whether every question that is asked has its answer."""
        return not self.missing

    @property
    def inject_here(self) -> bool:
        """Whether the person may be injected at this very facility today."""
        leading = self.leading
        return self.complete and leading is not None and leading.injectable and not self.elsewhere

    @property
    def next(self) -> NextList | None:
        """The list the person stands on next. Who may be injected is referred where a finding asks for another place,
        and injected here where this facility is that place."""
        leading = self.leading
        if leading is None:
            return None
        if leading.injectable:
            return NextList.REFER_HOSPITAL if self.elsewhere else NextList.INJECT
        return leading.next

    @property
    def reason_required(self) -> bool:
        """Whether the line "Lý do" must be filled."""
        return self.leading is not None and self.leading.reason_required


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the screener signs: the outcome taken, the list that follows, and why it differs from the rules if so."""

    outcome: Outcome
    next: NextList
    reason: str
    overridden: bool
    despite_missing: tuple[str, ...] = ()


def conclude(
    form: ScreeningForm,
    result: ScreeningResult,
    outcome: str = "",
    reason: str = "",
    next_list: NextList | None = None,
    despite_missing: bool = False,
) -> Conclusion:
    """Close the form with the leading outcome, or with another one, or another next list, against a reason.

    Warn, do not forbid: what really happened can be recorded. Raises FieldError naming the first unanswered question
    (unless ``despite_missing`` and a reason is given, for what happened on paper), for an unknown outcome, or when
    the line "Lý do" must be filled and is empty.
    """
    reason = reason.strip()
    if result.missing and not (despite_missing and reason):
        first = result.missing[0]
        raise FieldError(first.id, N_("Not answered yet: {question}"), question=first.label.text(i18n.language()))
    taken = form.outcomes.get(outcome) if outcome else (result.leading or form.eligible)
    if taken is None:
        raise FieldError("outcome", N_("The form knows no outcome “{outcome}”"), outcome=outcome)
    same = taken is result.leading
    usual = result.next if same and result.next is not None else taken.next
    following = next_list or usual
    overridden = not same or following is not usual
    if not reason and (taken.reason_required or overridden):
        raise FieldError("reason", N_("Write the reason: not plainly eligible, or not what the rules say"))
    return Conclusion(taken, following, reason, overridden, tuple(missing.id for missing in result.missing))


def _words(value: object, language: str | None) -> object:
    text = getattr(value, "text", None)
    return text(language or i18n.language()) if callable(text) else value

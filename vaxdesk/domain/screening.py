"""Judging a filled screening form: which findings, which outcomes, where the person goes, what is still missing.

Pure. The result does not depend on the order of the answers, and a further finding never makes the leading outcome
lighter. "Thận trọng" (caution) is not a refusal. An unanswered question is named, never taken for *no*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vaxdesk.domain.screening_form import (
    Condition,
    Example,
    HeaderField,
    Kind,
    NextList,
    Outcome,
    Paper,
    Place,
    Question,
    Rule,
    ScreeningForm,
    Vital,
    VitalAsked,
    form_for,
)
from vaxdesk.domain.screening_result import (
    Conclusion,
    Missing,
    Person,
    Remark,
    ScreeningResult,
    Triggered,
    conclude,
)
from vaxdesk.domain.screening_vitals import answer_by_vitals, measure, not_measured
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_

__all__ = [
    "Conclusion",
    "Condition",
    "Example",
    "HeaderField",
    "Kind",
    "Missing",
    "NextList",
    "Outcome",
    "Paper",
    "Person",
    "Place",
    "Question",
    "Remark",
    "Rule",
    "ScreeningForm",
    "ScreeningResult",
    "Triggered",
    "Vital",
    "VitalAsked",
    "conclude",
    "evaluate",
    "form_for",
    "nothing_found",
]


def evaluate(
    form: ScreeningForm,
    product: str,
    person: Person,
    answers: Mapping[str, object],
    vitals: Mapping[str, object],
    decisions: Mapping[str, str] | None = None,
    capabilities: frozenset[str] = frozenset(),
) -> ScreeningResult:
    """Judge a form for one product.

    ``answers``: question id to True/False, a number, or a text (a text on a yes/no row is *yes* with its detail;
    an empty text is no answer). A heading answered False answers its rows. ``vitals``: id to number, and
    ``blood_pressure`` as "120/80". ``decisions``: row id to the outcome that the screener chose where the form fixes
    none. ``capabilities``: what this facility has (a commune station: nothing), so that it need not send people to
    itself. Raises InputError for a question, measurement or decision that the form does not have.
    """
    given = _spread(form, answers)
    measured, warnings = measure(form, vitals)
    decided = _checked_decisions(form, decisions or {})
    texts: dict[str, str] = {}
    found: dict[str, str] = {}

    for question in form.questions:
        value = given.get(question.id)
        if question.kind is Kind.HEADING or value is None:
            continue
        if question.kind is Kind.BOOL and value is not False:
            detail = value.strip() if isinstance(value, str) else ""
            found[question.id], texts[question.id] = detail, detail
            if question.sexes and person.sex and person.sex not in question.sexes:
                warnings.append(
                    Remark(
                        "contradiction",
                        question.id,
                        N_("Question {number} does not fit the person's sex; check both"),
                        {"number": question.number or question.id},
                    )
                )
        elif question.kind in (Kind.NUMBER, Kind.TEXT):
            found[question.id] = str(value)

    abnormal = answer_by_vitals(form, measured, given, found, warnings)
    triggered = _apply_rules(form, product, given, found, decided, abnormal)
    missing = _missing(form, product, person, given, measured, found, warnings)
    warnings += _detail_warnings(form, product, triggered, texts, measured)
    warnings += not_measured(form, person, measured, triggered)
    if person.age is not None and not form.covers_age(person.age):
        warnings.append(
            Remark("age", "", N_("This form is not meant for a person of {age} years"), {"age": person.age})
        )

    outcomes = {item.outcome.code: item.outcome for item in triggered}
    if not outcomes and not missing:
        outcomes = {form.eligible.code: form.eligible}
    ordered = tuple(sorted(outcomes.values(), key=lambda outcome: (-outcome.gravity, outcome.code)))
    places = _unique(item.place for item in triggered if item.place is not None)
    recalls = [item.rule.recall_days for item in triggered if item.rule.recall_days is not None]
    return ScreeningResult(
        form_id=form.id,
        product=product,
        triggered=triggered,
        outcomes=ordered,
        missing=missing,
        warnings=tuple(warnings),
        papers=_unique(paper for item in triggered for paper in item.papers),
        places=places,
        elsewhere=tuple(place for place in places if place.capability not in capabilities),
        recall_days=max(recalls, default=None),
    )


#: What people write into the line for details instead of ticking: it is the answer itself, no detail.
_SAID = {"không": False, "khong": False, "no": False, "false": False, "có": True, "co": True, "yes": True, "true": True}


def nothing_found(form: ScreeningForm, product: str, sex: str = "") -> dict[str, object]:
    """The answers of "nothing found": every yes/no row that is asked on *no*. One act on the screen."""
    return {q.id: False for q in form.asked(product, sex) if q.kind is Kind.BOOL}


def _spread(form: ScreeningForm, answers: Mapping[str, object]) -> dict[str, object]:
    """The answers by row, empty ones left out, a heading's *no* handed down to its rows."""
    given: dict[str, object] = {}
    for key, value in answers.items():
        question = form.by_id.get(key)
        if question is None:
            raise InputError(
                N_("The form {form} has no question “{question}”; it has {known}"),
                form=form.id,
                question=key,
                known=", ".join(form.by_id),
            )
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if question.kind in (Kind.BOOL, Kind.HEADING) and not isinstance(value, bool | str):
            raise InputError(N_("Question {question} takes true, false or a text"), question=key)
        if question.kind is Kind.BOOL and isinstance(value, str):
            value = _SAID.get(value.strip().casefold(), value)
        if question.kind is Kind.NUMBER and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise InputError(N_("Question {question} takes a number"), question=key)
        given[key] = value
    for key in [key for key, value in given.items() if value is False]:
        for child in form.children.get(key, ()):
            given.setdefault(child, False)
    return given


def _checked_decisions(form: ScreeningForm, decisions: Mapping[str, str]) -> Mapping[str, str]:
    for key, code in decisions.items():
        question = form.by_id.get(key)
        if question is None or code not in question.decision:
            raise InputError(
                N_("Question {question}: choose one of {known}"),
                question=key,
                known=", ".join(question.decision) if question else "-",
            )
    return decisions


def _apply_rules(
    form: ScreeningForm,
    product: str,
    given: Mapping[str, object],
    found: Mapping[str, str],
    decided: Mapping[str, str],
    abnormal: Mapping[str, str],
) -> tuple[Triggered, ...]:
    triggered = []
    order = {question.id: index for index, question in enumerate(form.questions)}
    for rule in form.rules:
        question = form.by_id[rule.item]
        if rule.item not in found or not rule.covers(product):
            continue
        if question.kind is Kind.TEXT or (question.kind is Kind.NUMBER and not _outside(rule, given[rule.item])):
            continue
        code = decided.get(rule.item, rule.outcome) if question.decision else rule.outcome
        triggered.append(
            Triggered(
                item=rule.item,
                question=question,
                rule=rule,
                outcome=form.outcomes[code],
                value=found[rule.item] or abnormal.get(rule.item, ""),
                place=form.places[rule.place] if rule.place else None,
                papers=tuple(form.papers[paper] for paper in rule.papers),
            )
        )
    triggered.sort(key=lambda item: (order[item.item], -item.outcome.gravity, item.rule.id))
    return tuple(triggered)


def _outside(rule: Rule, value: object) -> bool:
    assert isinstance(value, int | float)
    return (rule.below is not None and value < rule.below) or (rule.above is not None and value > rule.above)


def _missing(
    form: ScreeningForm,
    product: str,
    person: Person,
    given: Mapping[str, object],
    measured: Mapping[str, float],
    found: Mapping[str, str],
    warnings: list[Remark],
) -> tuple[Missing, ...]:
    """What is still to be asked. Of the rows below one heading a single *yes* is enough (13 weeks are passed or not);
    a row that paper does not have is a must only for whom it is meant, and a warning while the sex is unknown."""
    missing = []
    answered = {question.parent for question in form.questions if question.parent and question.id in found}
    for question in form.asked(product, person.sex):
        done = question.id in given or question.id in found or question.parent in answered
        if question.kind is Kind.HEADING or not question.required or done:
            continue
        if not question.printed and question.sexes and not person.sex:
            warnings.append(Remark("not_asked", question.id, N_("Not asked: {question}"), {"question": question.text}))
            continue
        missing.append(Missing(question.id, question.number, question.text))
    missing += [
        Missing(vital.id, "", vital.label, measurement=True)
        for vital in form.vitals
        if vital.asked.always and vital.id not in measured
    ]
    return tuple(missing)


def _detail_warnings(
    form: ScreeningForm,
    product: str,
    triggered: tuple[Triggered, ...],
    texts: Mapping[str, str],
    measured: Mapping[str, float],
) -> list[Remark]:
    """A *yes* that asks for details without any, and a row whose outcome the screener has still to choose."""
    warnings = []
    by_question = {vital.question for vital in form.vitals if vital.id in measured}
    for item in triggered:
        question = item.question
        if question.detail is not None and not texts.get(item.item) and item.item not in by_question:
            warnings.append(
                Remark(
                    "detail",
                    item.item,
                    N_("Question {number}: write the details ({detail})"),
                    {"number": question.number, "detail": question.detail},
                )
            )
        if question.decision and item.outcome.next is NextList.PHYSICIAN:
            warnings.append(
                Remark(
                    "decision",
                    item.item,
                    N_("Question {number}: the form fixes no outcome, the screener decides"),
                    {"number": question.number},
                )
            )
    return warnings


def _unique(things: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(things))

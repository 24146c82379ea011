"""From a campaign's forms and a person's facts to papers that can be printed, filled or blank.

Printed papers are Vietnamese: they are official forms and go to people, whatever the window's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from vaxdesk.clock import VIET_NAM
from vaxdesk.documents import kit
from vaxdesk.documents.forms import (
    ConclusionRow,
    ConsentPaper,
    Field,
    QuestionRow,
    Reading,
    ScreeningPaper,
    Tick,
)
from vaxdesk.documents.slips import AdviceSlip
from vaxdesk.documents.words import load
from vaxdesk.domain import advice, consent
from vaxdesk.domain.screening_form import HeaderField, Kind, Outcome, Question, ScreeningForm, Vital


@dataclass(frozen=True)
class PaperPerson:
    """A person as printed forms show one: plain words. ``sex`` is ``male``, ``female`` or empty.

    ``doses`` are (product label, date as dd/MM/yyyy), oldest first; ``doses_known`` tells that the station knows the
    history, so that "Chưa tiêm" is ticked for nobody whose history it does not know.
    """

    name: str = ""
    birth: str = ""
    sex: str = ""
    identity: str = ""
    phone: str = ""
    address: str = ""
    guardian: str = ""
    guardian_phone: str = ""
    occupation: str = ""
    workplace: str = ""
    doses: tuple[tuple[str, str], ...] = ()
    doses_known: bool = False


@dataclass(frozen=True)
class FilledScreening:
    """What was answered: as ``screening.evaluate`` takes it, with the outcomes to tick and who signed when."""

    answers: Mapping[str, object] = field(default_factory=dict)
    vitals: Mapping[str, float] = field(default_factory=dict)
    outcomes: frozenset[str] = frozenset()
    reason: str = ""
    at: datetime | None = None
    signer: str = ""


def screening_paper(
    form: ScreeningForm,
    station: str,
    person: PaperPerson | None = None,
    filled: FilledScreening | None = None,
    list_number: str = "",
    practice: bool = False,
) -> ScreeningPaper:
    """The form on paper: blank, with the person's head filled, or wholly filled."""
    person = person or PaperPerson()
    given = filled or FilledScreening()
    rows = {row.id for row in form.questions if row.printed}
    loose = tuple(vital for vital in form.vitals if vital.question not in rows)
    moment = given.at.astimezone(VIET_NAM) if given.at else None
    return ScreeningPaper(
        station=station,
        title=form.title.vi,
        lines=_head_lines(form.header, person),
        parts=(form.part_questions.vi, form.part_conclusion.vi),
        readings=_readings(loose, given.vitals),
        questions=tuple(_question(form, row, given) for row in form.questions if row.printed),
        conclusions=tuple(
            ConclusionRow(outcome.label.vi, outcome.rule_text.vi, outcome.code in given.outcomes)
            for outcome in _printed_outcomes(form)
        ),
        reason_label=form.reason_label.vi,
        signature=form.signature.vi,
        reason=given.reason,
        footnotes=tuple((mark, text.vi) for mark, text in form.footnotes.items()),
        at=_parts(moment, "%H %M %d %m %Y"),
        signer=given.signer,
        version=form.version,
        list_number=list_number,
        practice=practice,
    )


def consent_paper(
    text: consent.ConsentText,
    station: str,
    person: PaperPerson | None = None,
    declarations: Sequence[consent.Declaration] = (),
    place: str = "",
    day: date | None = None,
    agreed: bool | None = None,
    list_number: str = "",
    practice: bool = False,
) -> ConsentPaper:
    """A consent form with the person filled in; ``agreed`` stays None where the person still has to tick."""
    known = person or PaperPerson()
    return ConsentPaper(
        station=station,
        title=text.title.vi,
        statements=tuple(statement.vi for statement in text.statements),
        lead_in=text.lead_in.vi,
        agree=text.agree.vi,
        refuse=text.refuse.vi,
        fields=tuple(Field(entry.label.vi, _value(entry, known, text.guardian)) for entry in text.fields),
        signature=text.signature.vi,
        place=place,
        date=_parts(day, "%d %m %Y"),
        agreed=agreed,
        declarations=tuple(Tick(declaration.text.vi) for declaration in declarations),
        version=text.version,
        list_number=list_number,
        practice=practice,
    )


def advice_slip(
    slip: advice.AdviceSlip,
    reactions: Sequence[advice.OrdinaryReaction],
    station: str,
    phones: tuple[tuple[str, str], ...],
    name: str = "",
    injected: str = "",
    stay_until: str = "",
    next_step: str = "",
    practice: bool = False,
) -> AdviceSlip:
    """The campaign's advice with its numbers filled in. ``phones`` are pairs of (whom, number)."""
    return AdviceSlip(
        station=station,
        title=slip.title.vi,
        paragraphs=slip.lines("vi"),
        signs=tuple((place, seen) for place, _colon, seen in (line.partition(": ") for line in slip.sign_lines("vi"))),
        phones=phones,
        name=name,
        injected=injected,
        stay_until=stay_until,
        ordinary=tuple(reaction.label.vi for reaction in reactions),
        next_step=next_step,
        practice=practice,
    )


def _printed_outcomes(form: ScreeningForm) -> list[Outcome]:
    """The boxes of part II in the forms' order: fit first, then by the last question that leads to each.

    Rules for single products and rows that paper does not have are not on it and do not count.
    """
    place = {question.id: index for index, question in enumerate(form.questions)}
    last: dict[str, int] = {}
    for rule in form.rules:
        if not rule.products and form.by_id[rule.item].printed:
            last[rule.outcome] = max(last.get(rule.outcome, 0), place.get(rule.item, 0))
    printed = [outcome for outcome in form.outcomes.values() if outcome.printed]
    return sorted(printed, key=lambda found: (not found.eligible, last.get(found.code, len(place))))


def _parts(moment: date | datetime | None, pattern: str) -> tuple[str, ...]:
    return tuple(moment.strftime(pattern).split()) if moment else ()


def _value(entry: HeaderField, person: PaperPerson, guardian_signs: bool = False) -> str:
    values = {
        "name": person.name,
        "birth": person.birth,
        "identity": kit.grouped(person.identity),
        "phone": (person.guardian_phone or person.phone) if guardian_signs else person.phone,
        "address": person.address,
        "guardian": person.guardian,
        "guardian_phone": person.guardian_phone,
        "occupation": person.occupation,
        "workplace": person.workplace,
    }
    return values.get(entry.id, "")


def _head_lines(header: Sequence[HeaderField], person: PaperPerson) -> tuple[tuple[Field, ...], ...]:
    """The head's fields in order; date, sex and phone stand on the line of the field before, as on the forms."""
    words = load("forms")
    lines: list[tuple[Field, ...]] = []
    for entry in header:
        if entry.kind == "doses":
            lines += _dose_lines(entry, person)
        elif entry.kind == "sex":
            ticks = tuple(Tick(words[sex].vi, person.sex == sex) for sex in ("male", "female"))
            _beside(lines, Field("", "", ticks, 0.5))
        elif entry.kind in ("date", "phone"):
            _beside(lines, Field(entry.label.vi, _value(entry, person), share=0.75))
        else:
            lines.append((Field(entry.label.vi, _value(entry, person), share=1.25),))
    return tuple(lines)


def _beside(lines: list[tuple[Field, ...]], found: Field) -> None:
    if lines and len(lines[-1]) < 3:
        lines[-1] = (*lines[-1], found)
    else:
        lines.append((found,))


def _dose_lines(entry: HeaderField, person: PaperPerson) -> list[tuple[Field, ...]]:
    """Never vaccinated, then a line for each dose the form has room for, and for each more that the person has."""
    words = load("forms")
    none = Tick(words["not_vaccinated"].vi, person.doses_known and not person.doses)
    lines: list[tuple[Field, ...]] = [(Field(entry.label.vi, "", (none,)),)]
    for number in range(1, max(entry.rows, len(person.doses)) + 1):
        product, day = person.doses[number - 1] if number <= len(person.doses) else ("", "")
        text = f"{words['vaccinated'].vi} {words['dose'].vi.format(number=number)}"
        lines.append(
            (
                Field("", "", (Tick(text, bool(product or day)),), 0.62),
                Field(words["product"].vi, product, share=1.25),
                Field(words["dose_date"].vi, day, share=0.85),
            )
        )
    return lines


def _question(form: ScreeningForm, row: Question, filled: FilledScreening) -> QuestionRow:
    given = filled.answers.get(row.id)
    detail = given if isinstance(given, str) else ""
    if row.kind is Kind.NUMBER and isinstance(given, (int, float)) and not isinstance(given, bool):
        detail = f"{given:g}".replace(".", ",")
    answer = None if given is None else bool(detail) if not isinstance(given, bool) else given
    written = f"{row.detail.vi}: {detail}" if detail and row.detail else detail
    vitals = tuple(vital for vital in form.vitals if vital.question == row.id)
    return QuestionRow(
        number=row.number,
        text=row.text.vi,
        answer=answer,
        detail=written,
        heading=row.kind is Kind.HEADING,
        child=bool(row.parent),
        marks="".join(f"({mark})" for mark in row.footnotes),
        readings=_readings(vitals, filled.vitals),
    )


def _readings(vitals: Sequence[Vital], values: Mapping[str, float]) -> tuple[Reading, ...]:
    """The measurements; the two pressures stand together, as every form and every device shows them."""
    found: list[Reading] = []
    by_id = {vital.id: vital for vital in vitals}
    for vital in vitals:
        marks = "".join(f"({mark})" for mark in vital.footnotes)
        lower = by_id.get("diastolic")
        if vital.id == "systolic" and lower is not None:
            pair = [_number(each, values) for each in (vital, lower)]
            shared = [a for a, b in zip(vital.label.vi.split(), lower.label.vi.split(), strict=False) if a == b]
            label = " ".join(shared[:2]) or vital.label.vi
            found.append(Reading(label, vital.unit, "/".join(pair) if all(pair) else "", marks))
        elif not (vital.id == "diastolic" and "systolic" in by_id):
            found.append(Reading(vital.label.vi, vital.unit, _number(vital, values), marks))
    return tuple(found)


def _number(vital: Vital, values: Mapping[str, float]) -> str:
    value = values.get(vital.id)
    return "" if value is None else f"{value:.{vital.decimals}f}".replace(".", ",")

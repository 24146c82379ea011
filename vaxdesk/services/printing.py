"""Prints the campaign's paper forms: screening and consent, filled or blank, in list order; advice slips.

The pack says what stands on a form, the file says who; nothing of a form is kept on disk. Each act of printing is
noted, since a printed form carries personal data; a look on the screen before it (``note=False``) is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from vaxdesk import clock
from vaxdesk.db.audit import Said
from vaxdesk.db.tables import Print
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.documents import form_inputs, forms, slips
from vaxdesk.domain.advice import times
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.consent import ConsentText
from vaxdesk.domain.dates import PartialDate, format_date, format_time
from vaxdesk.domain.screening_form import ScreeningForm, form_for
from vaxdesk.domain.screening_vitals import answer_by_vitals, measure
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import papers
from vaxdesk.services.context import Context
from vaxdesk.services.short_writes import in_short_writes

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]
ROLES = ("register", "screen", "inject", "manage")
#: Prints noted with one statement.
TOGETHER = 50
#: More blank copies in one act are a slip of the finger.
MAX_COPIES = 500


@dataclass(frozen=True)
class Printed:
    """A finished print. ``skipped`` are the people for whom no form is in force (too young, before its first day)."""

    data: bytes
    pages: int
    skipped: tuple[str, ...] = ()


def people_of_session(ctx: Context, session_id: str) -> list[str]:
    """The ids of a session's people in list order: what the functions below take."""
    with ctx.database.reader() as conn:
        return papers.people_of_session(conn, session_id)


def screening_forms(
    ctx: Context,
    person_ids: Sequence[str],
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    *,
    note: bool = True,
) -> Printed:
    """Screening forms with the head filled, one page a person, in the given order with its numbers.

    :raises RefusedError: nobody on the list has a form, or the print was cancelled.
    """
    ctx.require(*ROLES)
    campaign, day = ctx.campaign(), ctx.today()
    rows = _people(ctx, person_ids, campaign)
    pages, skipped = [], []
    for number, row in enumerate(rows, start=1):
        form = form_for(campaign.screening_forms.values(), _age(row.birth_date, day), day)
        if form is None:
            skipped.append(row.person_id)
            continue
        pages.append(
            form_inputs.screening_paper(
                form, ctx.station.name, _person(campaign, row), None, _list_number(number, row), ctx.station.practice
            )
        )
    _some(pages)
    data = forms.screening(pages, progress, cancelled)
    if note:
        _note(ctx, "screening-form", [row.person_id for row in rows if row.person_id not in skipped])
    return Printed(data, len(pages), tuple(skipped))


def filled_screening_forms(
    ctx: Context,
    visit_ids: Sequence[str],
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    *,
    note: bool = True,
) -> Printed:
    """The recorded screenings of some visits as official forms, filled; visits without a screening are skipped.

    A form is drawn as it stood when it was filled, from the pack of that day.

    :raises RefusedError: none of them was screened, or the print was cancelled.
    """
    ctx.require(*ROLES)
    with ctx.database.reader() as conn:
        screenings = papers.screenings(conn, visit_ids)
    people = {
        row.person_id: row for row in _people(ctx, [found.person_id for found in screenings.values()], ctx.campaign())
    }
    pages, skipped = [], []
    for number, visit_id in enumerate(visit_ids, start=1):
        found = screenings.get(visit_id)
        campaign = ctx.campaign(day=clock.local_date(found.at)) if found is not None else ctx.campaign()
        form = campaign.screening_forms.get(found.form) if found is not None else None
        if found is None or form is None or found.person_id not in people:
            skipped.append(visit_id)
            continue
        measured = measure(form, found.vitals)[0]
        # What was measured outside its limits answers its row, also against a written "no".
        abnormal = answer_by_vitals(form, measured, {}, {}, [])
        filled = form_inputs.FilledScreening(
            answers={**found.answers, **{row: True for row in abnormal if not found.answers.get(row)}},
            vitals=measured,
            outcomes=frozenset([found.outcome] if found.overridden else found.outcomes),
            reason=found.reason,
            at=found.at,
            signer=found.signer,
        )
        row = people[found.person_id]
        person, place = _person(campaign, _before(row, clock.local_date(found.at))), _list_number(number, row)
        pages.append(form_inputs.screening_paper(form, ctx.station.name, person, filled, place, ctx.station.practice))
    _some(pages)
    data = forms.screening(pages, progress, cancelled)
    if note:
        _note(ctx, "screening-form", [screenings[key].person_id for key in visit_ids if key not in skipped])
    return Printed(data, len(pages), tuple(skipped))


def consent_forms(
    ctx: Context,
    person_ids: Sequence[str],
    size: str = "A5",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    *,
    note: bool = True,
) -> Printed:
    """Consent forms with the person filled in and both boxes empty, in the given order with its numbers.

    :raises RefusedError: nobody on the list has a form, or the print was cancelled.
    """
    ctx.require(*ROLES)
    campaign, day = ctx.campaign(), ctx.today()
    rules = campaign.consents
    rows = _people(ctx, person_ids, campaign)
    pages, skipped = [], []
    for number, row in enumerate(rows, start=1):
        text = rules.text_for(_age(row.birth_date, day), day) if rules is not None else None
        if rules is None or text is None:
            skipped.append(row.person_id)
            continue
        pages.append(
            form_inputs.consent_paper(
                text,
                ctx.station.name,
                _person(campaign, row),
                rules.declarations_on(day),
                ctx.station.commune_name,
                list_number=_list_number(number, row),
                practice=ctx.station.practice,
            )
        )
    _some(pages)
    data = forms.consent(pages, size, progress, cancelled)
    if note:
        _note(ctx, "consent-form", [row.person_id for row in rows if row.person_id not in skipped])
    return Printed(data, len(pages), tuple(skipped))


def blank_screening_form(ctx: Context, age: int, copies: int = 1) -> Printed:
    """Empty screening forms for an age, for a day without electricity.

    :raises KnownError: no form is in force for that age, or too many copies.
    """
    ctx.require(*ROLES)
    form = form_for(ctx.campaign().screening_forms.values(), age, ctx.today())
    return Printed(forms.screening([_blank(ctx, form, age)] * _copies(copies)), copies)


def blank_consent_form(ctx: Context, age: int, copies: int = 1, size: str = "A5") -> Printed:
    """Empty consent forms for an age.

    :raises KnownError: no text is in force for that age, or too many copies.
    """
    ctx.require(*ROLES)
    rules, day = ctx.campaign().consents, ctx.today()
    text: ConsentText | None = rules.text_for(age, day) if rules is not None else None
    if rules is None or text is None:
        raise KnownError(_NO_FORM, age=age)
    declarations = rules.declarations_on(day)
    paper = form_inputs.consent_paper(text, ctx.station.name, None, declarations, practice=ctx.station.practice)
    return Printed(forms.consent([paper] * _copies(copies), size), copies)


def advice_slips(
    ctx: Context, visit_ids: Sequence[str], next_steps: Sequence[str] = (), *, note: bool = True
) -> Printed:
    """The advice slip of each visit's dose: danger signs, how long to watch, the station's and the hospital's number.

    ``next_steps``: the appointment in words for each visit, where known. Visits without a dose are skipped.

    :raises RefusedError: no dose was given at any of them.
    """
    ctx.require(*ROLES)
    campaign, station = ctx.campaign(), ctx.station
    with ctx.database.reader() as conn:
        doses = papers.doses_of_visits(conn, visit_ids)
    phones = ((station.name, station.phone), (station.referral_name, station.referral_phone))
    pages, skipped = [], []
    for place, visit_id in enumerate(visit_ids):
        dose = doses.get(visit_id)
        slip = None
        if dose is not None and campaign.advice is not None:
            day = clock.local_date(dose.given_at) if dose.given_at else PartialDate.parse(dose.occurred).latest()
            slip = campaign.advice.slip_for(_age(dose.birth_date, day), day)
        if dose is None or slip is None or campaign.advice is None:
            skipped.append(visit_id)
            continue
        pages.append(
            form_inputs.advice_slip(
                slip,
                campaign.advice.reactions,
                station.name,
                tuple((whom, number) for whom, number in phones if number),
                dose.full_name,
                _injected(campaign, dose),
                format_time(times(slip, dose.given_at)["stay_until"]) if dose.given_at else "",
                next_steps[place] if place < len(next_steps) else "",
                station.practice,
            )
        )
    _some(pages)
    data = slips.advice(pages)
    if note:
        _note(ctx, "advice-slip", [doses[key].person_id for key in visit_ids if key not in skipped])
    return Printed(data, len(pages), tuple(skipped))


_NO_FORM = N_("No form is in force today for the age of {age} years.")
#: Printed papers are Vietnamese, whatever the window's language.
_INJECTED = N_("Dose {number}, {product}, {time} on {day}")


def _injected(campaign: Campaign, dose: papers.DoseGiven) -> str:
    day = clock.local_date(dose.given_at) if dose.given_at else None
    return translate(_INJECTED, "vi").format(
        number=dose.dose_number,
        product=_label(campaign, dose.product_code),
        time=format_time(dose.given_at) if dose.given_at else "…",
        day=format_date(day) if day else PartialDate.parse(dose.occurred).vietnamese(),
    )


def _people(ctx: Context, person_ids: Sequence[str], campaign: Campaign) -> list[papers.PaperRow]:
    with ctx.database.reader() as conn:
        return papers.people(conn, person_ids, campaign.code)


def _person(campaign: Campaign, row: papers.PaperRow) -> form_inputs.PaperPerson:
    return form_inputs.PaperPerson(
        name=row.full_name,
        birth=PartialDate.parse(row.birth_date).vietnamese(),
        sex=row.sex,
        identity=row.identity,
        phone=row.phone,
        address=row.address,
        guardian=row.guardian_name,
        guardian_phone=row.guardian_phone,
        occupation=row.occupation,
        workplace=row.employer,
        doses=tuple(
            (_label(campaign, product), PartialDate.parse(occurred).vietnamese()) for product, occurred in row.doses
        ),
        doses_known=bool(row.doses) or row.no_dose_yet,
    )


def _before(row: papers.PaperRow, day: date) -> papers.PaperRow:
    """The person as she was when a form was filled: a dose of that day or after it was not given yet."""
    doses = tuple(dose for dose in row.doses if PartialDate.parse(dose[1]).earliest() < day)
    return replace(row, doses=doses, no_dose_yet=not doses and (row.no_dose_yet or bool(row.doses)))


def _list_number(number: int, row: papers.PaperRow) -> str:
    """The place in the list and the personal code: a form that fell out of the pile finds its person again."""
    return f"{number} – {row.code}"


def _label(campaign: Campaign, product_code: str) -> str:
    product = campaign.products.get(product_code)
    return product.label_vi if product is not None else product_code


def _age(birth_date: str, day: date) -> int:
    return PartialDate.parse(birth_date).age_on(day)


def _blank(ctx: Context, form: ScreeningForm | None, age: int) -> forms.ScreeningPaper:
    if form is None:
        raise KnownError(_NO_FORM, age=age)
    return form_inputs.screening_paper(form, ctx.station.name, practice=ctx.station.practice)


def _copies(copies: int) -> int:
    if not 1 <= copies <= MAX_COPIES:
        raise KnownError(N_("Print from 1 to {limit} copies at a time."), limit=MAX_COPIES)
    return copies


def _some(pages: Sequence[object]) -> None:
    if not pages:
        raise RefusedError(N_("There is nothing to print: nobody on the list has such a paper."))


def _note(ctx: Context, kind: str, person_ids: Sequence[str]) -> None:
    note_prints(ctx, kind, person_ids)


def note_prints(ctx: Context, kind: str, person_ids: Sequence[str]) -> None:
    """One line a page in the print log and one entry a page in the audit, which names whose paper it was; thousands
    in short transactions."""

    def note(uow: UnitOfWork, people: Sequence[str]) -> None:
        uow.session.add_all(
            Print(kind=kind, person_id=person_id, pages=1, at=uow.now, user_id=uow.user_id) for person_id in people
        )
        uow.audit_all([Said("print", "person", person_id, {"paper": kind}) for person_id in people])

    in_short_writes(ctx, [person_ids[at : at + TOGETHER] for at in range(0, len(person_ids), TOGETHER)], note)

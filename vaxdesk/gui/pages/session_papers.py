"""Which papers may be printed on the session page: of one person at a stage, of the list, and empty forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from vaxdesk.domain.campaign import Campaign
from vaxdesk.gui.dialogs.pages import Order, Paper
from vaxdesk.i18n import _
from vaxdesk.queries.session_list import ListRow, SessionList, Wanted
from vaxdesk.queries.sessions import SessionRow
from vaxdesk.queries.visits import VisitRow
from vaxdesk.services import printing, session_lists, visit_papers
from vaxdesk.services.printing import Printed
from vaxdesk.services.session_plan import plan_of

if TYPE_CHECKING:
    from vaxdesk.services.context import Context

CONSENT_SIZES = ("A5", "A4")
#: So many empty forms lie ready unless somebody says otherwise.
_USUAL_COPIES = 10
#: How many rows fill the first page of a list.
_FIRST_PAGE = 40


def of_visit(visit: VisitRow) -> tuple[Paper, ...]:
    """The papers of one person, the one that her stage needs first."""
    consent = Paper(_("Consent form"), partial(_consent, visit), "consent", CONSENT_SIZES)
    screened = bool(visit.screening_outcome)
    words = _("Screening form, filled") if screened else _("Screening form")
    screening = Paper(words, partial(_screening, visit), "screening")
    if visit.immunization_id:
        advice = Paper(_("Advice after the injection"), partial(_advice, visit), "advice", ("A5",))
        return (advice, screening, consent)
    return (consent, screening) if visit.stage == "consent" else (screening, consent)


@dataclass(frozen=True)
class Listed:
    """The part of a list that is printed: the choice made on the screen, ``matching`` people of it."""

    source: SessionList
    session: SessionRow
    wanted: Wanted
    matching: int
    listed: int


Make = Callable[[Listed, "Context", Order], Printed]
MakeBlank = Callable[["Context", Order], Printed]


def of_list(listed: Listed) -> tuple[Paper, ...]:
    """The papers of a list, in its order: door list, call list, consent and screening forms."""
    total, usual = listed.matching, min(listed.matching, listed.session.capacity)

    def paper(label: str, make: Make, job: str, sample: int, sizes: tuple[str, ...] = ("A4",)) -> Paper:
        return Paper(label, partial(make, listed), job, sizes, "", total, usual, sample)

    return (
        paper(_("Door list"), partial(_list, "door"), "door", _FIRST_PAGE),
        paper(_("Call list"), partial(_list, "call"), "call", _FIRST_PAGE),
        paper(_("Consent forms, in the order of the list"), _consents, "consent", 1, CONSENT_SIZES),
        paper(_("Screening forms, in the order of the list"), _screenings, "screening", 1),
    )


def blank(campaign: Campaign, day: date) -> tuple[Paper, ...]:
    """The campaign's forms without a name, for a day without electricity: one a form in force."""
    papers = []
    for form in campaign.screening_forms.values():
        if form.source.in_force(day):
            label = _("Empty screening form, {ages} ({form})").format(
                ages=_ages(form.age_from, form.age_to), form=form.version
            )
            papers.append(_copies(label, partial(_blank_screening, form.age_from), "screening"))
    for text in campaign.consents.texts if campaign.consents is not None else ():
        if campaign.consents is not None and campaign.consents.text_for(text.age_from, day) is text:
            label = _("Empty consent form, {ages} ({form})").format(
                ages=_ages(text.age_from, text.age_to), form=text.version
            )
            papers.append(_copies(label, partial(_blank_consent, text.age_from), "consent", CONSENT_SIZES))
    return tuple(papers)


def _ages(youngest: int, oldest: int | None) -> str:
    if oldest is None:
        return _("from {age} years").format(age=youngest)
    if not youngest:
        return _("under {age} years").format(age=oldest + 1)
    return _("{youngest} to {oldest} years").format(youngest=youngest, oldest=oldest)


def _copies(label: str, make: MakeBlank, job: str, sizes: tuple[str, ...] = ("A4",)) -> Paper:
    return Paper(label, make, job, sizes, "", printing.MAX_COPIES, _USUAL_COPIES, 1, copies=True)


def _blank_screening(age: int, ctx: Context, order: Order) -> Printed:
    return printing.blank_screening_form(ctx, age, order.count)


def _blank_consent(age: int, ctx: Context, order: Order) -> Printed:
    return printing.blank_consent_form(ctx, age, order.count, order.size)


def _consent(visit: VisitRow, ctx: Context, order: Order) -> Printed:
    return printing.consent_forms(ctx, [visit.person_id], order.size, note=order.log)


def _screening(visit: VisitRow, ctx: Context, order: Order) -> Printed:
    screened = bool(visit.screening_outcome)
    return visit_papers.screening_form(ctx, visit.person_id, visit.visit_id, screened=screened, note=order.log)


def _advice(visit: VisitRow, ctx: Context, order: Order) -> Printed:
    return visit_papers.advice_slip(ctx, visit.visit_id, note=order.log)


def _list(kind: str, listed: Listed, ctx: Context, order: Order) -> Printed:
    wanted = session_lists.ListPrint(kind, listed.session, _rows(listed, ctx, order), listed.listed)
    return session_lists.session_list(ctx, wanted, order.progress, order.cancelled, note=order.log)


def _consents(listed: Listed, ctx: Context, order: Order) -> Printed:
    ids = [row.person_id for row in _rows(listed, ctx, order)]
    return printing.consent_forms(ctx, ids, order.size, order.progress, order.cancelled, note=order.log)


def _screenings(listed: Listed, ctx: Context, order: Order) -> Printed:
    ids = [row.person_id for row in _rows(listed, ctx, order)]
    return printing.screening_forms(ctx, ids, order.progress, order.cancelled, note=order.log)


def _rows(listed: Listed, ctx: Context, order: Order) -> tuple[ListRow, ...]:
    campaign = ctx.campaign(day=listed.session.day)
    return listed.source.rows(campaign, plan_of(listed.session), listed.session.id, listed.wanted, order.count)

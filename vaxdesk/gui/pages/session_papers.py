"""Which papers may be printed on the session page: of one person at a stage, and of the list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

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

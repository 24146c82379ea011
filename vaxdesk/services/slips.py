"""Prints the slip that a person takes home: the personal code, how far she is, and the next step (R-12, R-60)."""

from __future__ import annotations

from collections.abc import Sequence

from vaxdesk.documents import slips
from vaxdesk.domain import phones, status
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate, format_date, format_datetime
from vaxdesk.domain.schedule import Evaluation
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import desk_view, people
from vaxdesk.queries.people import PersonCard
from vaxdesk.services.context import Context
from vaxdesk.services.printing import ROLES, Printed, note_prints

#: Printed papers are Vietnamese, whatever the window's language.
_FIRST = N_("First dose: at the next session of this station")
_NOW = N_("Dose {number}: due now ({products})")
_LATER = N_("Dose {number}: not before {day} ({products})")
_NO_MORE = N_("No further dose is foreseen.")
_BRING = N_("Bring this slip and your identity card. Nobody needs a phone.")


def appointment_slips(ctx: Context, person_ids: Sequence[str]) -> Printed:
    """One slip a person, in the given order; people who are gone are skipped.

    :raises RefusedError: none of them is there.
    """
    ctx.require(*ROLES)
    campaign, today = ctx.campaign(), ctx.today()
    pages, skipped = [], []
    with ctx.database.reader() as conn:
        for person_id in person_ids:
            card = people.card(conn, person_id)
            if card is None:
                skipped.append(person_id)
                continue
            _doses, evaluation = desk_view.judged(conn, campaign, card, today)
            pages.append(_slip(ctx, campaign, card, evaluation))
    if not pages:
        raise RefusedError(N_("There is nothing to print: nobody on the list has such a paper."))
    data = slips.appointments(pages)
    note_prints(ctx, "slip", [person_id for person_id in person_ids if person_id not in skipped])
    return Printed(data, len(pages), tuple(skipped))


def _slip(ctx: Context, campaign: Campaign, card: PersonCard, evaluation: Evaluation) -> slips.AppointmentSlip:
    shown = status.shown(campaign, evaluation)
    station = ctx.station
    whom = ((station.name, station.phone), (station.referral_name, station.referral_phone))
    birth = card.details.birth or PartialDate(1900)
    return slips.AppointmentSlip(
        station=station.name,
        name=card.details.full_name,
        birth=birth.vietnamese(),
        code=card.code,
        status_words=shown.words("vi"),
        next_step=next_step(campaign, evaluation, ctx),
        colour=shown.colour or "black",
        shape=shown.shape or "ring",
        doses=shown.doses,
        place=station.name,
        phone=phones.shown(card.details.phone),
        bring=translate(_BRING, "vi"),
        phones=tuple((name, number) for name, number in whom if number),
        printed_on=format_datetime(ctx.now()),
        practice=station.practice,
    )


def next_step(campaign: Campaign, evaluation: Evaluation, ctx: Context) -> str:
    """What comes next, in Vietnamese."""
    due = evaluation.next
    if due is None:
        return translate(_NO_MORE if evaluation.counted else _FIRST, "vi")
    if due.number == 1:
        return translate(_FIRST, "vi")
    products = ", ".join(campaign.products[code].label_vi for code in due.products[:3] if code in campaign.products)
    sentence = _NOW if due.earliest <= ctx.today() else _LATER
    return translate(sentence, "vi").format(number=due.number, day=format_date(due.earliest), products=products)

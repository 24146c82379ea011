"""Papers of one visit: the screening as it was answered, and the advice slip with what comes next."""

from __future__ import annotations

from vaxdesk.errors import KnownError
from vaxdesk.queries import desk_view
from vaxdesk.services import printing, slips
from vaxdesk.services.context import Context
from vaxdesk.services.printing import Printed


def advice_slip(ctx: Context, visit_id: str, *, note: bool = True) -> Printed:
    """The advice slip of a visit's dose, with the next step.

    :raises KnownError: the person is not in the session any more. :raises RefusedError: no dose was given.
    """
    campaign = ctx.campaign()
    with ctx.database.reader() as conn:
        facts = desk_view.visit_facts(conn, campaign, visit_id, ctx.today())
    if facts is None:
        raise KnownError("The person is not in this session any more. Refresh the list.")
    step = slips.next_step(campaign, facts.evaluation, ctx)
    return printing.advice_slips(ctx, [visit_id], [step], note=note)


def screening_form(ctx: Context, person_id: str, visit_id: str, *, screened: bool, note: bool = True) -> Printed:
    """The screening form: filled with the visit's answers where there are any, else with the person's head alone."""
    if screened:
        return printing.filled_screening_forms(ctx, [visit_id], note=note)
    return printing.screening_forms(ctx, [person_id], note=note)

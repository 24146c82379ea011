"""On a person's page: a dose that was entered wrongly is taken back, and the new paper is offered at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from vaxdesk.domain.campaign import Campaign
from vaxdesk.gui import person_words
from vaxdesk.gui.dialogs.paper import show_paper
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.i18n import N_, _
from vaxdesk.queries.desk_view import JudgedDose
from vaxdesk.queries.person_view import PersonFacts
from vaxdesk.services import certificates, doses
from vaxdesk.services.certificates import Issued

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

QUICK = (N_("Wrong person"), N_("Wrong day"), N_("Wrong vaccine or lot"), N_("Entered twice"))


def may_be_taken_back(facts: PersonFacts) -> list[JudgedDose]:
    """The doses that were entered here: what the portal recorded is corrected where it came from."""
    return [dose for dose in facts.doses if dose.row.status == "completed" and dose.row.origin != "portal"]


def chosen(facts: PersonFacts, current: object) -> JudgedDose | None:
    """The dose that is meant: the one chosen in the list, or the only one."""
    doses = may_be_taken_back(facts)
    if isinstance(current, JudgedDose) and current in doses:
        return current
    return doses[0] if len(doses) == 1 and current is None else None


def ask_reason(parent: QWidget, campaign: Campaign, name: str, dose: JudgedDose) -> str:
    """Why the dose is taken back; empty where nobody says so."""
    row = dose.row
    product = person_words.product_name(campaign, row.product_code)
    about = " · ".join(part for part in (name, person_words.day(row.occurred), product, row.lot_number) if part)
    title = _("Take a dose back that was entered wrongly")
    dialog = ReasonDialog(parent, title, about, [_(words) for words in QUICK])
    return dialog.words() if dialog.exec() else ""


def take_back(record_id: str, reason: str, ctx: Context) -> None:
    """The dose does not hold; papers that name it are revoked."""
    doses.withdraw(ctx, record_id, reason)


def something_to_certify(facts: PersonFacts) -> bool:
    """Whether a dose is left that a paper could name."""
    return any(dose.row.status == "completed" for dose in facts.doses)


def paper_note(facts: PersonFacts) -> str:
    """What is to be said where the paper that a person carries no longer holds and no newer one was issued."""
    revoked = [row for row in facts.papers if row.state == "revoked"]
    if not revoked or any(row.state == "valid" for row in facts.papers):
        return ""
    paper = max(revoked, key=lambda row: (row.at, row.number))
    said = _("Certificate no. {number} was revoked: {reason}.").format(
        number=paper.number, reason=paper.reason.rstrip(".")
    )
    if something_to_certify(facts):
        return f"{said} {_('Take it back and print the new one.')}"
    return f"{said} {_('Take it back: no dose is left to certify.')}"


def issue(parent: QWidget, desk: Desk, facts: PersonFacts, failed: object) -> None:
    """Issue the new paper and show it for printing."""
    desk.act(
        partial(_issue, facts.card.id),
        partial(_issued, parent, desk, facts.card.details.full_name),
        areas={"certificates", "people"},
        owner=parent,
        failed=failed,
    )


def _issue(person_id: str, ctx: Context) -> Issued:
    return certificates.issue(ctx, person_id)


def _issued(parent: QWidget, desk: Desk, name: str, issued: Issued) -> None:
    show_paper(parent, desk, issued, name)

"""The tables of one person's page: doses with source and verdict, the history, certificates and papers."""

from __future__ import annotations

from vaxdesk.clock import VIET_NAM
from vaxdesk.domain.campaign import Campaign
from vaxdesk.gui import event_words, person_words
from vaxdesk.gui.models.table import Column
from vaxdesk.i18n import N_, _
from vaxdesk.queries.desk_view import JudgedDose
from vaxdesk.queries.person_view import PaperRow
from vaxdesk.queries.timeline import Event

_EVIDENCE_TONES = {"here": "", "portal": "info", "paper": "", "spoken": "warn"}
_PAPER_STATES = {
    "valid": (N_("valid"), "ok"),
    "replaced": (N_("replaced"), ""),
    "revoked": (N_("revoked"), "bad"),
    "earlier": (N_("earlier paper"), ""),
}


def doses(campaign: Campaign) -> tuple[Column[JudgedDose], ...]:
    """A dose a row: day, vaccine with its source, lot, and whether it counts."""
    return (
        Column[JudgedDose](N_("Day"), lambda dose: person_words.day(dose.row.occurred), width=112),
        Column[JudgedDose](
            N_("Vaccine"),
            lambda dose: person_words.product_name(campaign, dose.row.product_code),
            bold=True,
            badges=_dose_badges,
            tip=lambda dose: "\n".join([dose.row.place, *person_words.reactions(campaign, dose)]).strip(),
        ),
        Column[JudgedDose](N_("Lot"), lambda dose: dose.row.lot_number or "–", width=90),
        Column[JudgedDose](N_("Counts?"), _verdict, width=136, tip=_verdict),
    )


def events(campaign: Campaign) -> tuple[Column[Event], ...]:
    """An event a row: when, what, who."""
    return (
        Column[Event](N_("When"), lambda event: f"{event.at.astimezone(VIET_NAM):%d/%m/%Y %H:%M}", width=164),
        Column[Event](
            N_("What"),
            lambda event: event_words.words(event, campaign),
            badges=_event_badges,
            tip=lambda event: event_words.words(event, campaign),
        ),
        Column[Event](N_("Who"), _who, width=168, tip=_who),
    )


def papers() -> tuple[Column[PaperRow], ...]:
    """A paper a row: day, number, state."""
    return (
        Column[PaperRow](N_("Day"), lambda row: f"{row.at.astimezone(VIET_NAM):%d/%m/%Y}", width=114),
        Column[PaperRow](N_("Number"), lambda row: row.number, badges=_paper_badges, tip=_paper_tip),
    )


def _paper_tip(row: PaperRow) -> str:
    return " – ".join(part for part in (row.number, row.reason) if part)


def _dose_badges(dose: JudgedDose) -> tuple[tuple[str, str], ...]:
    badges = [(_(person_words.EVIDENCE.get(dose.row.evidence, dose.row.evidence)), _EVIDENCE_TONES[dose.row.evidence])]
    if dose.row.status == "entered-in-error":
        badges.append((_("entered in error"), "bad"))
    elif dose.row.status == "not-done":
        badges.append((_("not given"), "warn"))
    if dose.reactions:
        severe = any(reaction.severity == "severe" for reaction in dose.reactions)
        badges.append((_("severe reaction"), "bad") if severe else (_("reaction"), "warn"))
    return tuple(badges)


def _verdict(dose: JudgedDose) -> str:
    if dose.row.status == "not-done":
        return dose.row.not_done_reason
    if dose.verdict is None:
        return "–"
    return dose.verdict.words()


def _event_badges(event: Event) -> tuple[tuple[str, str], ...]:
    return ((_("from the portal"), "info"),) if event.origin == "portal" else ()


def _who(event: Event) -> str:
    desk = _("desk {number}").format(number=event.desk) if event.desk else ""
    return " · ".join(part for part in (event.who, desk) if part) or "–"


def _paper_badges(row: PaperRow) -> tuple[tuple[str, str], ...]:
    words, tone = _PAPER_STATES[row.state]
    return ((_(words), tone),)

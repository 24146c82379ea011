"""What one person's page says beside the tables: particulars, groups, conditions, and what to look at."""

from __future__ import annotations

from datetime import date
from html import escape

from vaxdesk import i18n
from vaxdesk.domain import identity, phones
from vaxdesk.domain import people as rules
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.consent import RELATIONS
from vaxdesk.domain.countries import VIET_NAM, country_name
from vaxdesk.domain.dates import format_date
from vaxdesk.domain.people import PersonDetails
from vaxdesk.gui import person_words, style
from vaxdesk.gui.person_words import SEXES
from vaxdesk.i18n import _, ngettext
from vaxdesk.queries.person_view import PersonFacts

#: Another vaccine counts as recent for so many days (R-11).
RECENT_DAYS = 14


def particulars(facts: PersonFacts) -> str:
    """A table of what is known and does not stand in the banner, as rich text."""
    details = facts.card.details
    place = " · ".join(part for part in (details.village, details.commune_name, details.province_name) if part)
    rows = [
        (_("Personal number"), identity.grouped(details.national_id)),
        (_("Old number (CMND)"), identity.grouped(details.old_id)),
        (_("Passport"), details.passport),
        (_("Health insurance no."), details.insurance_no),
        (_("Phone"), phones.shown(details.phone)),
        (_("Address"), place),
        (_("On the card"), details.address if details.address != place else ""),
        (_("Occupation"), " · ".join(part for part in (details.occupation, details.employer) if part)),
        (_("Nationality"), _nationality(details.nationality)),
        (_("Ethnic group"), details.ethnicity),
        (_("E-mail"), details.email),
        (_("Parent or guardian"), _guardian(details)),
        (_("Allergies"), details.allergies),
        (_("Household"), ", ".join(name for _id, name in facts.household)),
        (_("Portal no."), facts.card.portal_number),
    ]
    return table(rows)


def table(rows: list[tuple[str, str]]) -> str:
    """Pairs of label and value as rich text; pairs without a value are left out."""
    muted = style.color("muted").name()
    cells = "".join(
        f'<tr><td style="color:{muted};padding:2px 12px 2px 0">{escape(words)}</td>'
        f'<td style="padding:2px 0"><b>{escape(value)}</b></td></tr>'
        for words, value in rows
        if value
    )
    return f'<table cellspacing="0">{cells}</table>'


def _guardian(details: PersonDetails) -> str:
    relation = RELATIONS.get(details.guardian_relation, "")
    parts = (details.guardian_name, _(relation) if relation else "", phones.shown(details.guardian_phone))
    return " · ".join(part for part in parts if part)


def groups(facts: PersonFacts, campaign: Campaign) -> str:
    """The priority groups, confirmed ones first, each with its state, as rich text."""
    confirmed = set(facts.card.confirmed_groups)
    lines = []
    for code in dict.fromkeys((*facts.card.confirmed_groups, *facts.card.stated_groups)):
        state = _("confirmed") if code in confirmed else _("stated")
        lines.append(f"<b>{escape(group_label(campaign, code))}</b> ({escape(state)})")
    if facts.card.groups_checked and not confirmed:
        lines.append(escape(_("Checked: no group holds.")))
    return "<br>".join(lines) or escape(_("No group is stated."))


def group_label(campaign: Campaign, code: str) -> str:
    """A group's code and words."""
    group = campaign.priority.group(code) if campaign.priority is not None else None
    return f"{code} · {group.label.text(i18n.language())}" if group is not None else code


def known_conditions(campaign: Campaign) -> dict[str, str]:
    """The lasting conditions that the campaign asks about, by code."""
    language = i18n.language()
    known = {code: label.text(language) for code, label in campaign.conditions.items()}
    for form in campaign.screening_forms.values():
        known |= {each.id: each.label.text(language) for each in form.conditions if each.id not in known}
    return known


def conditions(facts: PersonFacts, campaign: Campaign) -> str:
    """The person's lasting conditions in words."""
    known = known_conditions(campaign)
    return ", ".join(known.get(code, code) for code in facts.card.conditions) or _("None known.")


def card_differs(stored: PersonDetails, card: PersonDetails) -> list[str]:
    """Where a scanned card and the book disagree about who somebody is: both values, a line each."""
    birth = (card.birth.vietnamese() if card.birth else "", stored.birth.vietnamese() if stored.birth else "")
    pairs = [
        (_("Full name"), card.full_name, stored.full_name),
        (_("Birth date"), *birth),
        (_("Sex"), _(SEXES[card.sex]) if card.sex else "", _(SEXES[stored.sex])),
        (_("Personal number"), identity.grouped(card.national_id), identity.grouped(stored.national_id)),
        (_("Old number (CMND)"), identity.grouped(card.old_id), identity.grouped(stored.old_id)),
    ]
    sentence = _("{field}: the card says {card}, the book says {stored}.")
    return [
        sentence.format(field=field, card=said, stored=held or "–")
        for field, said, held in pairs
        if said and said != held
    ]


def notes(facts: PersonFacts, today: date) -> list[str]:
    """What to look at: an open registration, doubts, a recent vaccine, what is missing (R-14)."""
    lines = []
    if facts.waiting:
        lines.append(_("The registration from the portal still waits for approval."))
    problems = rules.check(facts.card.details, today)
    lines += [p.words() for p in problems if p.field in facts.card.identity_doubts and p.code != "missing"]
    lines += person_words.twice(facts.doses)
    other = facts.other_vaccine_on
    if other is not None and 0 <= (today - other).days <= RECENT_DAYS:
        days = (today - other).days
        ago = ngettext("{count} day ago", "{count} days ago", days).format(count=days)
        lines.append(_("Another vaccine on {day}, {ago}.").format(day=format_date(other), ago=ago))
    missing = [problem.words() for problem in problems if problem.code == "missing"]
    if missing:
        lines.append(" ".join(missing))
    return lines


def _nationality(code: str) -> str:
    """Said where it is another one: nearly everybody's goes without saying."""
    return "" if code == VIET_NAM else country_name(code, i18n.language())

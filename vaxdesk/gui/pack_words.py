"""What of a pack could not be confirmed, in words that a manager understands: which rule of which part it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vaxdesk import i18n
from vaxdesk.domain.campaign import Campaign, Uncertainty
from vaxdesk.domain.schedule_rules import DoseRule
from vaxdesk.i18n import N_, _

#: The parts of a pack by the beginning of their file's name, those that decide about doses first.
TOPICS = {
    "schedule": N_("Schedule"),
    "screening": N_("Screening"),
    "products": N_("Vaccines"),
    "consent": N_("Consent"),
    "priority": N_("Priority groups"),
    "advice": N_("Advice after the injection"),
    "statuses": N_("Status"),
    "papers": N_("Papers"),
    "campaign": N_("Documents"),
}
KINDS = {
    "primary": N_("dose {number}"),
    "additional": N_("additional dose"),
    "booster": N_("booster {number}"),
}
#: So many products of a rule are named.
NAMED = 2


@dataclass(frozen=True)
class Doubt:
    """One place that is not confirmed. ``topic`` and ``name`` say what it is about, ``place`` where it stands."""

    topic: str
    name: str
    note: str
    reference: str
    place: str


def doubts(campaign: Campaign) -> list[Doubt]:
    """What the pack marks as not confirmed: what decides about doses first, then in the order of the pack."""
    language = i18n.language()
    order = list(TOPICS)
    found = []
    for one in campaign.uncertain:
        part = _part(one)
        doubt = Doubt(
            _(TOPICS[part]) if part in TOPICS else one.file,
            _name(campaign, one, part),
            one.note.text(language),
            one.reference,
            " · ".join(piece for piece in (one.file, one.table) if piece),
        )
        found.append((order.index(part) if part in TOPICS else len(order), doubt))
    return [doubt for _order, doubt in sorted(found, key=lambda pair: pair[0])]


def _part(one: Uncertainty) -> str:
    return re.split(r"[-.]", one.file, maxsplit=1)[0]


def _name(campaign: Campaign, one: Uncertainty, part: str) -> str:
    """The thing that the table describes, by the words of the desks; the table's own name where there are none."""
    table, _space, ident = one.table.partition(" ")
    key = table.partition(".")[2].partition(".")[0]
    plain = ident or key or table or one.reference
    if part == "schedule":
        rule = next((each for each in campaign.rules if each.id == ident), None)
        return rule_name(campaign, rule) if rule else _("rules for all doses") if table == "defaults" else plain
    if part == "screening":
        return _of_screening(campaign, one, ident, plain)
    if part == "products" and key in campaign.products:
        label = campaign.products[key].label.text(i18n.language())
        if table.endswith(".codes"):
            return _("{vaccine}: codes").format(vaccine=label)
        return _("{vaccine}: ages").format(vaccine=label) if ".approvals" in table else label
    if part == "campaign" and key in campaign.sources:
        return campaign.sources[key].reference
    return _of_texts(campaign, table) or plain


def rule_name(campaign: Campaign, rule: DoseRule) -> str:
    """A rule of the schedule as people speak of it: which dose, of what, after what."""
    kind = _(KINDS[rule.kind]).format(number=rule.number)
    given = _labels(campaign, [code for code in campaign.products if code in rule.products])
    before = _labels(campaign, [code for code in campaign.products if code in rule.after])
    sentence = _("{dose}: {vaccines} after {before}") if before and before != given else _("{dose}: {vaccines}")
    return sentence.format(dose=kind, vaccines=given, before=before)


def _labels(campaign: Campaign, codes: Sequence[str]) -> str:
    """The labels of products; of many the first ones with dots."""
    if len(codes) == len(campaign.products):
        return _("any vaccine")
    language = i18n.language()
    # "Brand (maker)": the brand is enough here.
    names = [campaign.products[code].label.text(language).partition(" (")[0] for code in codes[:NAMED]]
    return ", ".join(names) + (" …" if len(codes) > NAMED else "")


def _of_screening(campaign: Campaign, one: Uncertainty, ident: str, plain: str) -> str:
    """The form, and the row or the conclusion of it."""
    language = i18n.language()
    form = next((each for each in campaign.screening_forms.values() if one.file == f"screening-{each.id}.toml"), None)
    if form is None:
        return plain
    outcome = form.outcomes.get(one.table.removeprefix("outcomes."))
    if outcome is not None:
        return f"{form.version}: {outcome.label.text(language)}"
    rule = next((each for each in form.rules if each.id == ident), None)
    return f"{form.version}: {form.by_id[rule.item].text.text(language)}" if rule else form.version


def _of_texts(campaign: Campaign, table: str) -> str:
    """The title of a consent text, a list, a group, a slip or a status."""
    language = i18n.language()
    texts: dict[str, str] = {}
    if campaign.consents is not None:
        texts |= {f"texts.{each.id}": each.version for each in campaign.consents.texts}
        texts |= {f"declarations.{each.id}": each.question.text(language) for each in campaign.consents.declarations}
    if campaign.priority is not None:
        texts |= {f"lists.{each.id}": each.title.text(language) for each in campaign.priority.lists}
        texts |= {
            f"groups[{place}]": each.label.text(language)
            for place, each in enumerate(campaign.priority.groups, start=1)
        }
    if campaign.advice is not None:
        texts |= {f"slips.{each.id}": each.title.text(language) for each in campaign.advice.slips}
    texts |= {
        f"statuses.{code}": status.words.text(language).replace("{doses}", "…")
        for code, status in campaign.statuses.items()
    }
    return texts.get(table, "")

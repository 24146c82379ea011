"""How a person and a history are said on every screen: birth with age, grouped numbers, status words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from vaxdesk import i18n
from vaxdesk.domain import identity
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.schedule import Evaluation
from vaxdesk.gui import style
from vaxdesk.gui.widgets.banner import BannerFacts
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries.desk_view import JudgedDose

SEXES = {"male": N_("Male"), "female": N_("Female"), "": N_("Sex not known")}
#: Children younger than so many years are counted in months, as vaccination books do.
MONTHS_UNTIL = 3
EVIDENCE = {
    "here": N_("here"),
    "portal": N_("from the portal"),
    "paper": N_("seen on paper"),
    "spoken": N_("said by the person"),
}


def birth(value: PartialDate | None, today: date) -> str:
    """``03/07/1956 (70)``, or the year alone where only that is known; small children are counted in months."""
    if value is None:
        return "–"
    if value.is_full and value.age_on(today) < MONTHS_UNTIL:
        born = value.earliest()
        months = 12 * (today.year - born.year) + today.month - born.month - (today.day < born.day)
        counted = ngettext("{birth} ({months} month)", "{birth} ({months} months)", months)
        return counted.format(birth=value.vietnamese(), months=months)
    return _("{birth} (age {age})").format(birth=value.vietnamese(), age=value.age_on(today))


def number(details: PersonDetails) -> str:
    """The best identity number, grouped; empty without one."""
    ident = details.national_id or details.old_id or details.passport
    return identity.grouped(ident) if ident.isdigit() else ident


def status_words(campaign: Campaign, evaluation: Evaluation) -> str:
    """The campaign's words for where the person stands."""
    rule = campaign.statuses.get(evaluation.status)
    return rule.words.text(i18n.language()).format(doses=evaluation.counted) if rule else ""


def banner(campaign: Campaign, details: PersonDetails, evaluation: Evaluation, today: date) -> BannerFacts:
    """The person banner that stands on every screen that can write."""
    parts = [
        (_("Born"), birth(details.birth, today)),
        ("", _(SEXES[details.sex])),
    ]
    if number(details):
        parts.append((_("No."), number(details)))
    if details.village:
        parts.append(("", details.village))
    warnings = [(_("Allergy: {what}").format(what=details.allergies), "bad")] if details.allergies else []
    return BannerFacts(
        details.full_name,
        tuple(parts),
        evaluation.status,
        status_words(campaign, evaluation),
        tuple(warnings),
    )


def product_name(campaign: Campaign, code: str) -> str:
    """The product's label in the user's language, its code where the pack does not know it."""
    product = campaign.products.get(code)
    return product.label.text(i18n.language()) if product else code


def day(text: str) -> str:
    """A stored day (or month, year) as people here write it."""
    return PartialDate.parse(text).vietnamese()


def dose_line(campaign: Campaign, dose: JudgedDose) -> str:
    """One earlier dose in one line, with its source."""
    row = dose.row
    parts = [day(row.occurred), product_name(campaign, row.product_code)]
    if row.lot_number:
        parts.append(row.lot_number)
    parts.append(_(EVIDENCE.get(row.evidence, row.evidence)))
    if row.status == "not-done":
        parts.append(_("not given: {reason}").format(reason=row.not_done_reason))
    return " · ".join(part for part in parts if part)


def verdict(dose: JudgedDose) -> tuple[str, str]:
    """What the schedule says of a dose in a word or a sentence, with its tone; empty for what is not judged."""
    if dose.row.status == "entered-in-error":
        return _("entered in error"), ""
    if dose.verdict is None:
        return "", ""
    return (_("valid"), "ok") if dose.verdict.valid else (_("does not count"), "warn")


def why_not(doses: Sequence[JudgedDose]) -> list[str]:
    """Why each dose that does not count does not, with its day: a table has no room for it."""
    return [
        f"{day(dose.row.occurred)}: {dose.verdict.words()}"
        for dose in doses
        if dose.verdict is not None and not dose.verdict.valid
    ]


def _signs(campaign: Campaign) -> dict[str, str]:
    """The pack's words for ordinary reactions and danger signs, by code."""
    if campaign.advice is None:
        return {}
    language = i18n.language()
    found = {
        sign.id: line
        for slip in campaign.advice.slips
        for sign, line in zip(slip.signs, slip.sign_lines(language), strict=True)
    }
    return found | {each.code: each.label.text(language) for each in campaign.advice.reactions}


def reactions(campaign: Campaign, dose: JudgedDose) -> list[str]:
    """The reactions after a dose, one line each."""
    signs = _signs(campaign)
    lines = []
    for found in dose.reactions:
        severe = found.severity == "severe"
        words = ", ".join(part for part in (*(signs.get(sign, sign) for sign in found.signs), found.note) if part)
        sentence = _("Severe reaction: {what}") if severe else _("Reaction: {what}")
        lines.append(sentence.format(what=words or "–"))
    return lines


def twice(doses: Sequence[JudgedDose]) -> list[str]:
    """Dose numbers that were recorded more than once, with their days and where each is known from (G9)."""
    numbered: dict[int, list[JudgedDose]] = {}
    for dose in doses:
        if dose.row.status == "completed" and dose.row.dose_number:
            numbered.setdefault(dose.row.dose_number, []).append(dose)
    sentence = _("Dose {number} is recorded {times} times: {doses}. Compare with the papers.")
    return [
        sentence.format(
            number=number,
            times=len(those),
            doses=", ".join(f"{day(each.row.occurred)} ({_(EVIDENCE[each.row.evidence])})" for each in those),
        )
        for number, those in sorted(numbered.items())
        if len(those) > 1
    ]


def history(campaign: Campaign, doses: Sequence[JudgedDose]) -> str:
    """The earlier doses as rich text: date, vaccine, lot, where it is known from, whether it counts, reactions."""
    lines = []
    for dose in doses:
        words, tone = verdict(dose)
        colour = style.color(tone or "muted").name()
        line = escape(dose_line(campaign, dose))
        if words and not (dose.verdict is not None and not dose.verdict.valid):
            line += f' · <b style="color:{colour}">{escape(words)}</b>'
        elif dose.verdict is not None and not dose.verdict.valid:
            line += f' · <b style="color:{colour}">{escape(words)}: {escape(dose.verdict.words())}</b>'
        lines.append(line)
        lines += [
            f'<span style="color:{style.color("bad").name()}">{escape(text)}</span>'
            for text in reactions(campaign, dose)
        ]
    warn = style.color("warn").name()
    lines += [f'<b style="color:{warn}">{escape(words)}</b>' for words in twice(doses)]
    return "<br>".join(lines)


def next_dose(campaign: Campaign, evaluation: Evaluation, today: date) -> str:
    """When the next dose is due, in words, and what the rule behind it wants told."""
    due = evaluation.next
    if due is None:
        return _("No further dose is foreseen.") if evaluation.counted else ""
    if not evaluation.counted:
        words = (
            _("No valid dose yet; the first one is possible today.")
            if due.earliest <= today
            else _("No valid dose yet; the first one is possible from {day}.").format(day=format_date(due.earliest))
        )
    else:
        sentence = (
            _("Dose {number} since {day}: due today") if due.earliest <= today else _("Dose {number} not before {day}")
        )
        names = ", ".join(product_name(campaign, code) for code in due.products[:3])
        words = f"{sentence.format(number=due.number, day=format_date(due.earliest))} ({names})"
    remark = due.options[0].remark.text(i18n.language())
    return f"{words.removesuffix('.')}. {remark}" if remark else words

"""How a judged screening is said: what to do about each finding, warnings, and the list that follows."""

from __future__ import annotations

from datetime import date

from vaxdesk import i18n
from vaxdesk.domain.dates import format_date
from vaxdesk.domain.screening import NextList, Outcome, ScreeningResult
from vaxdesk.gui.person_facts import RECENT_DAYS
from vaxdesk.i18n import N_, _, ngettext

#: Where a person stands after an outcome, in words.
NEXT_WORDS = {
    NextList.INJECT: N_("Next: injection"),
    NextList.RECALL: N_("Next: called again later"),
    NextList.REFER_HOSPITAL: N_("Next: sent to a hospital"),
    NextList.CONTRAINDICATED: N_("Next: no more of this vaccine"),
    NextList.PHYSICIAN: N_("Next: the physician decides"),
}


def next_list(following: NextList) -> str:
    """The list that the person stands on next."""
    return _(NEXT_WORDS[following])


def outcome(result: ScreeningResult, of: Outcome) -> str:
    """An outcome with the rows that lead to it."""
    rows = [item.question.number for item in result.triggered if item.outcome.code == of.code and item.question.number]
    words = of.label.text(i18n.language())
    if not rows:
        return words
    return _("{outcome} (row {rows})").format(outcome=words, rows=", ".join(dict.fromkeys(rows)))


def notes(result: ScreeningResult, recent: date | None, today: date) -> list[str]:
    """What the screener should know and do: what rules say, where to send, papers, warnings, a recent vaccination."""
    language = i18n.language()
    lines = [f"{item.question.number}. {item.value}" for item in result.triggered if item.value]
    lines += [item.rule.says.text(language) for item in result.triggered if item.rule.says is not None]
    lines += [_("To: {place}").format(place=place.label.text(language)) for place in result.elsewhere]
    lines += [_("Paper: {paper}").format(paper=paper.label.text(language)) for paper in result.papers]
    lines += [warning.words() for warning in result.warnings]
    warned = any(warning.code == "recent_dose" for warning in result.warnings)
    if not warned and recent is not None and 0 <= (today - recent).days < RECENT_DAYS:
        lines.append(recent_vaccination(recent, today))
    return list(dict.fromkeys(lines))


def recent_vaccination(recent: date, today: date) -> str:
    """A vaccination of any kind so shortly before, with both dates (R-11)."""
    days = (today - recent).days
    sentence = ngettext(
        "Vaccinated on {recent}, {days} day before today, {today}",
        "Vaccinated on {recent}, {days} days before today, {today}",
        days,
    )
    return sentence.format(recent=format_date(recent), days=days, today=format_date(today))

"""The lines of the reports: each a number with the people behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from vaxdesk.domain.campaign import Campaign
from vaxdesk.gui import person_words, words
from vaxdesk.gui.dialogs.people_behind import Behind
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.queries.daily import DayPerson, GivenRow
from vaxdesk.queries.decisions import Decision
from vaxdesk.queries.figures import Figures
from vaxdesk.reports.daily import DailyReport

#: The lines of the day: column of the report, words, whether people are counted (else doses), indent.
_DAY = (
    ("people", N_("People of the day"), True, False),
    ("given", N_("Injected"), True, False),
    ("dose_1", N_("first dose"), True, True),
    ("dose_2", N_("second dose"), True, True),
    ("dose_more", N_("another primary dose"), True, True),
    ("dose_additional", N_("additional dose"), True, True),
    ("dose_booster", N_("booster dose"), True, True),
    ("hospital", N_("Sent to a hospital"), True, False),
    ("refused", N_("Refused"), True, False),
    ("deferred", N_("Deferred"), True, False),
    ("contraindicated", N_("Contraindicated"), True, False),
    ("open", N_("Not finished yet"), True, False),
    ("used", N_("Doses used"), False, False),
    ("wasted", N_("Doses destroyed"), False, False),
    ("ordinary", N_("Ordinary reactions"), True, False),
    ("severe", N_("Severe events"), True, False),
)
#: The figures of the campaign: attribute, words, unit, the list of people behind it.
_CAMPAIGN = (
    ("registered", N_("Registered"), True, "registered"),
    ("people_begun", N_("At least one valid dose"), True, "begun"),
    ("people_complete", N_("Complete course"), True, "complete"),
    ("people_without", N_("Without a dose"), True, "without"),
    ("people_due_next", N_("Waiting for the next dose"), True, "due_next"),
    ("people_due_now", N_("Next dose due today"), True, "due_now"),
    ("doubtful", N_("Identity in doubt"), True, "doubtful"),
    ("doses_given", N_("Doses recorded, given anywhere"), False, ""),
    ("doses_received", N_("Doses received"), False, ""),
    ("doses_used", N_("Doses used here"), False, ""),
    ("doses_wasted", N_("Doses destroyed"), False, ""),
    ("doses_left", N_("Doses left"), False, ""),
)


@dataclass(frozen=True)
class ReportRow:
    """One line. ``people`` are shown at once, ``list_of`` names a list of the people page; neither: doses only."""

    key: str
    name: str
    second: str
    count: int
    unit: str
    people: tuple[Behind, ...] = ()
    list_of: str = ""
    value: str = ""
    tone: str = ""

    @property
    def has_people(self) -> bool:
        """Whether people stand behind the number."""
        return bool(self.people or self.list_of)


def of_day(report: DailyReport) -> list[ReportRow]:
    """The daily report line by line, over all places."""
    rows = []
    for column, label, counts_people, indent in _DAY:
        if column == "given":
            behind = [person for person in report.people("people") if person.end == "given"]
            count = report.injected
        elif counts_people:
            behind, count = list(report.people(column)), report.total(column)
        else:
            behind, count = [], report.total(column)
        if indent and not count:
            continue
        name = f"      {_(label)}" if indent else _(label)
        tone = {"severe": "bad", "open": "warn"}.get(column, "") if count else ""
        rows.append(
            ReportRow(column, name, "", count, _unit(count, counts_people), tuple(map(_day_person, behind)), tone=tone)
        )
    return rows


#: What was decided about a person, in words.
_DECIDED = {
    "dose": N_("Dose: {reason}"),
    "screening": N_("Screening: {reason}"),
    "refused": N_("Refused: {reason}"),
    "withdrawn": N_("Withdrew: {reason}"),
}


def of_decisions(against: Sequence[Decision], away: Sequence[Decision]) -> list[ReportRow]:
    """Two lines that the official form does not have: decisions against a warning, and refusals of who did not come."""
    lines = (
        ("against-rules", N_("Decided against a warning, with a reason"), against, "warn"),
        ("refused-away", N_("Refused without coming"), away, ""),
    )
    rows = []
    for key, label, those, tone in lines:
        behind = tuple(
            Behind(
                one.person_id,
                one.full_name,
                one.birth_date,
                one.village,
                one.phone,
                _(_DECIDED[one.kind]).format(reason=one.reason or "–"),
            )
            for one in those
        )
        count = len({one.person_id for one in those})
        rows.append(ReportRow(key, _(label), "", count, _unit(count, True), behind, tone=tone if count else ""))
    return rows


def _day_person(person: DayPerson) -> Behind:
    detail = " · ".join(part for part in (person.place, person.lot_number) if part)
    return Behind(person.person_id, person.full_name, person.birth_date, person.village, person.phone, detail)


def tally(given: Iterable[GivenRow], campaign: Campaign) -> list[ReportRow]:
    """Doses by product, lot and injector."""
    groups: dict[tuple[str, str, str], list[GivenRow]] = {}
    for row in given:
        groups.setdefault((row.product_code, row.lot_number, row.performer), []).append(row)
    rows = []
    for (product, lot, performer), those in groups.items():
        count = len(those)
        rows.append(
            ReportRow(
                f"{product}/{lot}/{performer}",
                person_words.product_name(campaign, product),
                " · ".join(part for part in (lot, performer) if part),
                count,
                _unit(count, counts_people=False),
                tuple(
                    Behind(row.person_id, row.full_name, row.birth_date, row.village, row.phone, _day_text(row.day))
                    for row in those
                ),
            )
        )
    return rows


def _day_text(day: str) -> str:
    return person_words.day(day)


def of_campaign(figures: Figures) -> list[ReportRow]:
    """The campaign's figures, then coverage by village, the lowest first."""
    rows = [
        ReportRow(
            name, _(label), "", getattr(figures, name), _unit(getattr(figures, name), counts_people), list_of=behind
        )
        for name, label, counts_people, behind in _CAMPAIGN
    ]
    for village in figures.villages:
        share = round(100 * village.begun / village.people) if village.people else 0
        second = _("{share} % with a dose, {complete} complete").format(
            share=share, complete=words.number(village.complete)
        )
        rows.append(
            ReportRow(
                f"village/{village.village}",
                village.village,
                second,
                village.people,
                _unit(village.people, counts_people=True),
                list_of="village",
                value=village.village,
            )
        )
    return rows


def _unit(count: int, counts_people: bool) -> str:
    """The unit alone: people and doses are never mixed."""
    if counts_people:
        return ngettext("person counted", "people counted", count)
    return ngettext("dose counted", "doses counted", count)


def agreement(report: DailyReport) -> tuple[str, str]:
    """Whether the day's figures agree, in words with a tone."""
    if not report.rows:
        return "", ""
    if report.agrees:
        return _("All figures of the day agree."), "ok"
    if report.total("used") != report.injected:
        sentence = _("{used} doses left the stock, {given} people were injected: look for the difference.")
        return sentence.format(used=report.total("used"), given=report.injected), "bad"
    return _("The ends do not add up to the people of the day."), "bad"


def day_words(day: date, today: date) -> str:
    """A day for the choice: today by name."""
    shown = f"{day:%d/%m/%Y}"
    return _("Today, {day}").format(day=shown) if day == today else shown

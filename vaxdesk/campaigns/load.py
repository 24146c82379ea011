"""Reads a whole pack: ``load`` gives the campaign or refuses it, ``check`` lists everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from vaxdesk.campaigns import advice, consent, papers, priority, products, schedule, screening
from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.problems import Problem
from vaxdesk.campaigns.tables import Table
from vaxdesk.domain import schedule as engine
from vaxdesk.domain.campaign import Campaign, Disease, LegalText, LocalText
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule_rules import Example
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_

FILE = "campaign.toml"
VERSION = r"\d{1,4}(?:\.\d{1,4}){0,3}"


class PackError(InputError):
    """A pack that cannot be used; ``problems`` names every file, table and key."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = [problem for problem in problems if problem.severity == "error"]
        super().__init__(
            N_("The campaign pack has {count} errors. The first one: {first}"),
            count=len(errors),
            first=errors[0].words() if errors else "",
        )
        self.problems = tuple(problems)


def load(path: Path | str) -> Campaign:
    """Read and check a pack; raises :class:`PackError` with every problem when it has an error."""
    campaign, problems = read(Folder.open(Path(path)))
    if campaign is None:
        raise PackError(problems)
    return campaign


def check(path: Path | str) -> list[Problem]:
    """Every error and warning of a pack; worked examples are run too. An empty list: the pack is good."""
    return read(Folder.open(Path(path)))[1]


def read(folder: Folder) -> tuple[Campaign | None, list[Problem]]:
    """The campaign (None when there is an error) and all problems of an opened pack."""
    root = folder.file(FILE, required=True)
    if root is None:
        return None, folder.problems
    folder.sources.update(_sources(root))
    plan = folder.file(schedule.FILE, required=True)
    known = schedule.defaults(plan)
    folder.products.update(products.read(folder, known.age_grace_days))
    timetable = schedule.read(plan, known)
    campaign = _campaign(root, folder, timetable)
    folder.finish()
    if not _errors(folder.problems) and plan is not None:
        _run_examples(campaign, plan)
    return (None if _errors(folder.problems) else campaign), folder.problems


def _errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _sources(root: Table) -> Mapping[str, LegalText]:
    found = {}
    named = root.named("sources", required=True)
    if not named or root.strangers("campaign", "disease", "sources"):
        root.folder.lost.add("sources")
    for name, table in named.items():
        found[name] = LegalText(
            id=name,
            reference=table.text("reference"),
            title=table.local("title", required=False),
            day=table.optional_day("day"),
            issuer=table.text("issuer", default=""),
            address=table.text("address", default=""),
        )
        table.doubt()
        table.finish()
    return found


def _campaign(root: Table, folder: Folder, timetable: schedule.Schedule) -> Campaign:
    code = version = ""
    name, authority, disease = LocalText("", ""), LocalText("", ""), Disease(LocalText("", ""))
    valid_from = date.min
    country = ""
    table = root.table("campaign", required=True)
    if table is not None:
        code = table.code("code")
        version = table.text("version", pattern=VERSION)
        name = table.local("name")
        authority = table.local("authority")
        country = table.text("country", pattern="[A-Z]{2}")
        valid_from = table.day("valid_from")
        table.finish()
    inner = root.table("disease", required=True)
    if inner is not None:
        disease = Disease(inner.local("name"), inner.text("dcc_target", default=""), inner.text("icd11", default=""))
        inner.doubt()
        inner.finish()
    root.finish()
    return Campaign(
        code=code,
        version=version,
        name=name,
        disease=disease,
        country=country,
        authority=authority,
        valid_from=valid_from,
        sources=dict(folder.sources),
        products=dict(folder.products),
        courses=timetable.courses,
        rules=timetable.rules,
        statuses=papers.read_statuses(folder),
        papers=papers.read_papers(folder),
        examples=timetable.examples,
        conditions=timetable.conditions,
        screening_forms=screening.read(folder),
        consents=consent.read(folder),
        priority=priority.read(folder),
        advice=advice.read(folder),
        uncertain=tuple(folder.uncertain),
        others=dict(folder.others),
        spacings=timetable.spacings,
        wait_for_age=timetable.wait_for_age,
    )


def _run_examples(campaign: Campaign, plan: Table) -> None:
    """Run each worked example; what differs is an error of the pack."""
    for example in campaign.examples:
        for key, expected, found in differences(campaign, example):
            plan.refuse(
                f"examples {example.id} {key}",
                N_("The example gives {value}."),
                N_("Expected {expected}, as the example states."),
                value=found,
                expected=expected,
            )


def differences(campaign: Campaign, example: Example) -> list[tuple[str, str, str]]:
    """Where an example's result differs from what it states: ``(key, stated, found)``; empty when all agree."""
    result = engine.evaluate(
        campaign,
        PartialDate.parse(example.birth),
        example.sex,
        [engine.GivenDose(dose.day, dose.product) for dose in example.doses],
        example.on,
        example.conditions,
    )
    order = list(campaign.products)
    stated = sorted(
        example.doses, key=lambda d: (d.day, order.index(d.product) if d.product in order else len(order), d.product)
    )
    pairs: list[tuple[str, object, object]] = [
        ("complete", example.complete, result.complete),
        ("status", example.status, result.status),
    ]
    for place, (said, verdict) in enumerate(zip(stated, result.doses, strict=True), start=1):
        days = verdict.days if not verdict.valid else 0
        pairs.append((f"doses[{place}]", f"{said.reason} {said.days}", f"{verdict.reason} {days}"))
    upcoming = result.next
    number, earliest = (None, None) if upcoming is None else (upcoming.number, upcoming.earliest)
    pairs += [("next.number", example.next_number, number), ("next.earliest", example.next_earliest, earliest)]
    if example.next_recommended is not None:
        pairs.append(("next.recommended", example.next_recommended, upcoming.recommended if upcoming else None))
    if example.next_latest is not None:
        pairs.append(("next.latest", example.next_latest, upcoming.latest if upcoming else None))
    if example.next_products:
        offered = () if upcoming is None else upcoming.products
        pairs.append(("next.products", sorted(example.next_products), sorted(offered)))
    used = {verdict.rule for verdict in result.doses}
    used |= {option.rule for option in upcoming.options} if upcoming is not None else set()
    pairs += [("rules", rule, rule if rule in used else "") for rule in example.rules]
    return [(key, str(said), str(found)) for key, said, found in pairs if said != found]

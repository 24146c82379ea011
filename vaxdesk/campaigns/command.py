"""``vaxdesk campaign check DIR`` and ``vaxdesk schedule evaluate CASE.json --campaign DIR --on DATE --json``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from vaxdesk import clock, i18n
from vaxdesk.campaigns.cases import day_of, read_case, result_as_json
from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.load import load, read
from vaxdesk.domain.dates import format_date
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate

DONE, REFUSED = 0, 1


def add_parser(subparsers: Any) -> None:
    """Add ``campaign check`` and ``schedule evaluate``."""
    add_campaign(subparsers)
    add_schedule(subparsers)


def add_campaign(subparsers: Any) -> Any:
    """Add ``campaign`` with ``check``; its actions, for further ones."""
    campaign = subparsers.add_parser("campaign", help=translate(N_("Check a campaign pack")))
    actions = campaign.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check", help=translate(N_("name every fault of a pack: file, table, key, what is wrong"))
    )
    check.add_argument("folder", type=Path, metavar="DIR", help=translate(N_("the folder of the campaign pack")))
    return actions


def add_schedule(subparsers: Any) -> None:
    """Add ``schedule evaluate``."""
    schedule = subparsers.add_parser("schedule", help=translate(N_("Judge doses and find the next one")))
    actions = schedule.add_subparsers(dest="action", metavar="ACTION", required=True)
    evaluate = actions.add_parser("evaluate", help=translate(N_("judge every dose of a case and find the next one")))
    evaluate.add_argument("case", type=Path, metavar="CASE.json", help=translate(N_("birth date, sex and doses")))
    evaluate.add_argument(
        "--campaign", type=Path, required=True, metavar="DIR", help=translate(N_("the folder of the campaign pack"))
    )
    evaluate.add_argument(
        "--on",
        type=_day,
        default=None,
        metavar="DATE",
        help=translate(N_("the day of judging, like 2021-12-17 (today)")),
    )


def run(args: argparse.Namespace) -> int:
    """Run the chosen action; 0 when all is well, 1 when a pack has an error."""
    if args.command == "campaign":
        return _check(args.folder, args.json)
    campaign = load(_folder(args.campaign))
    on = args.on or clock.today(clock.SystemClock())
    answer = result_as_json(campaign, read_case(args.case, campaign), on)
    _say(json.dumps(answer, ensure_ascii=False, indent=2) if args.json else _told(answer))
    return DONE


def _check(path: Path, as_json: bool) -> int:
    campaign, problems = read(Folder.open(_folder(path)))
    if as_json:
        answer = {
            "ok": campaign is not None,
            "code": campaign.code if campaign else None,
            "version": campaign.version if campaign else None,
            "problems": [problem.as_json() for problem in problems],
            "uncertain": [
                {"file": doubt.file, "table": doubt.table, "source": doubt.reference, "note": _both(doubt.note)}
                for doubt in (campaign.uncertain if campaign else ())
            ],
        }
        _say(json.dumps(answer, ensure_ascii=False, indent=2))
        return DONE if campaign else REFUSED
    labels = {"error": translate(N_("error")), "warning": translate(N_("warning"))}
    for problem in problems:
        _say(f"{labels[problem.severity]}: {problem.words()}")
    if campaign is None:
        return REFUSED
    for doubt in campaign.uncertain:
        _say(f"{translate(N_('uncertain'))}: {doubt.file} [{doubt.table}] {doubt.note.text(i18n.language())}")
    sentence = translate(
        N_("The pack {code} {version} is good: {products} products, {rules} rules, {examples} examples agree.")
    )
    _say(
        sentence.format(
            code=campaign.code,
            version=campaign.version,
            products=len(campaign.products),
            rules=len(campaign.rules),
            examples=len(campaign.examples),
        )
    )
    return DONE


def _told(answer: Mapping[str, Any]) -> str:
    """The answer for people."""
    mark = {True: "✓", False: "✗"}
    lines = [
        f"{mark[dose['valid']]} {_shown(dose['date'])}  {dose['product']}: {dose['words']}" for dose in answer["doses"]
    ]
    upcoming = answer["next"]
    if upcoming is None:
        lines.append(translate(N_("No further dose is foreseen.")))
    else:
        sentence = translate(N_("Next dose {number}: from {earliest}, best on {recommended}: {products}."))
        lines.append(
            sentence.format(
                number=upcoming["number"],
                earliest=_shown(upcoming["earliest"]),
                recommended=_shown(upcoming["recommended"]),
                products=", ".join(upcoming["products"]),
            )
        )
        lines += _remarks(upcoming["options"])
    words = {
        "none": translate(N_("No valid dose.")),
        "begun": translate(N_("The course has begun.")),
        "complete": translate(N_("The course is complete.")),
    }
    return "\n".join([*lines, words[answer["status"]]])


def _remarks(options: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the rules want told about the next dose, each remark once with the products it is for."""
    told: dict[str, list[str]] = {}
    for option in options:
        if option["remark"]:
            told.setdefault(option["remark"][i18n.language()], []).append(option["product"])
    return [f"  {', '.join(products)}: {remark}" for remark, products in told.items()]


def _shown(iso: str) -> str:
    return format_date(date.fromisoformat(iso))


def _both(text: Any) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise InputError(N_("There is no folder {folder}."), folder=path)
    return path


def _day(text: str) -> date:
    try:
        return day_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(translate(N_("not a day like 2021-12-17"))) from error


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")

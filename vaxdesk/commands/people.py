"""``vaxdesk search`` and ``vaxdesk generate``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from vaxdesk.commands.common import add_station_options, answer, station
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.generate import generate
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import people as queries
from vaxdesk.services import imports


def add_parser(subparsers: Any) -> None:
    """Add both commands."""
    search = subparsers.add_parser("search", help=translate(N_("Find people")))
    search.add_argument("text", nargs="+", metavar="TEXT")
    add_station_options(search)
    search.set_defaults(act=_search)
    make = subparsers.add_parser("generate", help=translate(N_("Fill a practice file with invented people")))
    make.add_argument("--people", type=int, default=1000, metavar="N")
    make.add_argument("--seed", type=int, default=1, metavar="S")
    add_station_options(make)
    make.set_defaults(act=_generate)


def run(args: argparse.Namespace) -> int:
    """Run the chosen one."""
    return int(args.act(args))


def _search(args: argparse.Namespace) -> int:
    with station(args) as ctx, ctx.database.reader() as conn:
        rows = queries.search(conn, " ".join(args.text))
    lines = [
        f"{row.code}  {row.full_name}  {PartialDate.parse(row.birth_date).vietnamese()}  {row.village}" for row in rows
    ]
    answer(args, [asdict(row) for row in rows], "\n".join(lines))
    return 0 if rows else 1


def _generate(args: argparse.Namespace) -> int:
    with station(args) as ctx:
        made = imports.add_invented(ctx, generate(people=args.people, seed=args.seed))
    answer(args, {"people": made}, translate(N_("{n} invented people were added.")).format(n=made))
    return 0

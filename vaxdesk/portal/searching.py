"""Search: by id, identifier, person, status, day and ``_lastUpdated``, in the order of commits, page by page.

The cursor in ``next`` holds the number of the last row given. Rows that change while a client reads move behind it,
so a reader of all pages misses nothing, whatever the clock or the order of commits does.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection, and_, exists, func, select
from sqlalchemy.sql import ColumnElement

from vaxdesk.clock import local_date
from vaxdesk.portal.outcomes import FhirProblem, bad_request
from vaxdesk.portal.records import answer_of, visible_to
from vaxdesk.portal.rules import CONTROL, check_type, moment_range
from vaxdesk.portal.shapes import SHAPES
from vaxdesk.portal.store import milliseconds
from vaxdesk.portal.tables import Identifier, Resource

DEFAULT_COUNT = 50
PERSONAL = frozenset(kind for kind, shape in SHAPES.items() if shape.person) | {"Appointment"}
PREFIXES = ("eq", "ge", "gt", "le", "lt")


@dataclass(frozen=True)
class Query:
    """A search as understood."""

    kind: str
    conditions: tuple[ColumnElement[bool], ...]
    count: int
    newest_first: bool
    after: int | None
    only_count: bool
    #: What the links repeat, without the cursor.
    pairs: tuple[tuple[str, str], ...]


def parse(kind: str, query: str, largest: int) -> Query:
    """Understand a query string. ``largest`` bounds ``_count``.

    :raises FhirProblem: 400 for an unknown parameter or a value that cannot be meant; 404 for an unknown type.
    """
    check_type(kind)
    conditions: list[ColumnElement[bool]] = [Resource.type == kind]
    count, newest_first, after, only_count = DEFAULT_COUNT, False, None, False
    kept = []
    # A bare + of a zone such as +07:00 arrives as a blank.
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=30):
        if name != "_cursor":
            kept.append((name, value))
        if not value or CONTROL.search(value):
            raise bad_request(f"The parameter {name[:40]} is empty, or holds control characters.", "invalid")
        if name == "_id":
            conditions.append(Resource.id.in_(value.split(",")[:200]))
        elif name == "identifier":
            conditions.append(_identifier(value))
        elif name in ("patient", "subject") and kind in PERSONAL:
            conditions.append(Resource.patient == value.removeprefix("Patient/"))
        elif name == "status":
            conditions.append(Resource.status.in_(value.split(",")[:20]))
        elif name == "_lastUpdated":
            conditions.append(_last_updated(value))
        elif (name == "date" and SHAPES[kind].day) or (name == "birthdate" and kind == "Patient"):
            conditions.append(_day(value))
        elif name == "_count" and value.isdecimal() and len(value) < 7:
            count = min(int(value), largest)
            only_count = count == 0
        elif name == "_sort" and value in ("_lastUpdated", "-_lastUpdated"):
            newest_first = value.startswith("-")
        elif name == "_cursor":
            after = _read_cursor(value)
        elif name == "_summary" and value in ("count", "false"):
            only_count = value == "count"
        elif name == "_format" and value.replace(" ", "+") in ("json", "application/json", "application/fhir+json"):
            pass
        elif name not in ("_total", "_pretty"):
            raise bad_request(
                f"The parameter {name[:40]} is not supported here, or not with this value.", "not-supported"
            )
    return Query(kind, tuple(conditions), count, newest_first, after, only_count, tuple(kept))


def run(connection: Connection, station: str, query: Query, base: str) -> str:
    """The searchset Bundle as JSON text. ``base`` is the server's FHIR base address."""
    where = and_(*query.conditions, visible_to(station))
    address = f"{base}/{query.kind}"
    own = f"{address}?{urlencode(query.pairs)}" if query.pairs else address
    if query.only_count:
        total = connection.execute(select(func.count()).select_from(Resource).where(where)).scalar_one()
        return f'{{"resourceType":"Bundle","type":"searchset","total":{total},"link":[{_link("self", own)}]}}'
    order = Resource.seq.desc() if query.newest_first else Resource.seq
    if query.after is not None:
        where = and_(where, Resource.seq < query.after if query.newest_first else Resource.seq > query.after)
    rows = connection.execute(select(Resource.__table__).where(where).order_by(order).limit(query.count + 1)).all()
    links = [_link("self", own)]
    if len(rows) > query.count:
        rows = rows[: query.count]
        following = urlencode([*query.pairs, ("_cursor", _cursor(rows[-1].seq))])
        links.append(_link("next", f"{address}?{following}"))
    entries = ",".join(
        f'{{"fullUrl":{json.dumps(f"{address}/{row.id}")},"resource":{answer_of(row).body},"search":{{"mode":"match"}}}}'
        for row in rows
    )
    body = f',"entry":[{entries}]' if rows else ""
    return f'{{"resourceType":"Bundle","type":"searchset","link":[{",".join(links)}]{body}}}'


def _link(relation: str, url: str) -> str:
    return f'{{"relation":"{relation}","url":{json.dumps(url)}}}'


def _identifier(value: str) -> ColumnElement[bool]:
    system, bar, number = value.partition("|")
    if not bar:
        system, number = "", value
    if not number:
        raise bad_request("identifier needs a value.", "invalid")
    conditions = [Identifier.type == Resource.type, Identifier.id == Resource.id, Identifier.value == number]
    if bar:
        conditions.append(Identifier.system == system)
    return exists().where(and_(*conditions))


def _split_prefix(value: str) -> tuple[str, str]:
    return (value[:2], value[2:]) if value[:2] in PREFIXES else ("eq", value)


def _range(name: str, value: str) -> tuple[str, tuple[datetime, datetime]]:
    prefix, text = _split_prefix(value)
    found = moment_range(text.replace(" ", "+"))
    if found is None:
        raise bad_request(f"{name} needs a date or a time, with eq, ge, gt, le or lt.", "value")
    return prefix, found


def _last_updated(value: str) -> ColumnElement[bool]:
    prefix, (start_moment, end_moment) = _range("_lastUpdated", value)
    start, end = milliseconds(start_moment), milliseconds(end_moment)
    end = max(end, start + 1)
    if prefix == "ge":
        return Resource.updated >= start
    if prefix == "gt":
        return Resource.updated >= end
    if prefix == "le":
        return Resource.updated < end
    if prefix == "lt":
        return Resource.updated < start
    return and_(Resource.updated >= start, Resource.updated < end)


def _day(value: str) -> ColumnElement[bool]:
    prefix, (start_moment, end_moment) = _range("date", value)
    start, end = local_date(start_moment).isoformat(), local_date(end_moment).isoformat()
    if prefix == "ge":
        return Resource.day >= start
    if prefix == "gt":
        return Resource.day >= end
    if prefix == "le":
        return Resource.day < end
    if prefix == "lt":
        return Resource.day < start
    return and_(Resource.day >= start, Resource.day < end)


def _cursor(seq: int) -> str:
    return base64.urlsafe_b64encode(seq.to_bytes(8, "big")).decode().rstrip("=")


def _read_cursor(text: str) -> int:
    try:
        return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)[:8], "big")
    except (ValueError, binascii.Error) as error:
        raise FhirProblem.one(400, "invalid", "This page link is not one of ours.") from error

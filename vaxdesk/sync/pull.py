"""Brings down what changed at the portal, page by page, without ever covering local work that is not accepted.

The mark is the greatest ``lastUpdated`` seen in answers, never this PC's clock, and is saved in the transaction of
the records that it belongs to. Each run looks back 150 s, since commits become visible out of order.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from vaxdesk.db.tables import Person, SyncMark
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.i18n import N_
from vaxdesk.services import national
from vaxdesk.services.context import Context
from vaxdesk.services.short_writes import in_short_writes
from vaxdesk.sync.apply import Applier, PullResult
from vaxdesk.sync.client import Answer, FhirClient, Offline, Stopped
from vaxdesk.sync.fhir import inbound

__all__ = ["Pull", "PullResult"]

#: People before what points to them. What this station sent comes back too: only that confirms it.
TYPES = (
    "Patient",
    "Appointment",
    "Encounter",
    "Consent",
    "QuestionnaireResponse",
    "Immunization",
    "AdverseEvent",
    "DocumentReference",
)
OVERLAP = timedelta(seconds=150)
COUNT = 200
MOST_PAGES = 10_000
#: Records applied in one short transaction at most.
CHUNK = 50
#: A server's own clock cannot be further ahead of its ``Date`` header than this.
AHEAD = timedelta(minutes=5)


class Pull:
    """One run with one connection. ``ctx`` acts as the program."""

    def __init__(self, ctx: Context, client: FhirClient) -> None:
        self.ctx = ctx
        self.client = client
        self.result = PullResult()
        self.applier = Applier(ctx, self.result)

    def run(self, cancelled: Callable[[], bool] | None = None) -> PullResult:
        """Pull every type to its end.

        :raises Offline: the line broke; what was saved is saved and the next run goes on from there.
        :raises Stopped: the server does not let this station read.
        """
        begun = self.ctx.now()
        self.ctx.campaign()  # perhaps read from files: not while a page is applied
        for kind in TYPES:
            if kind in (self.client.probe().types or TYPES):
                self._pull(kind, cancelled)
        self.result.applied += national.take_waiting(self.ctx, begun)
        return self.result

    def _pull(self, kind: str, cancelled: Callable[[], bool] | None) -> None:
        with self.ctx.database.reader() as conn:
            row = conn.get(SyncMark, kind)
            mark = row.mark if row else ""
        params = {"_sort": "_lastUpdated", "_count": str(COUNT)}
        since = inbound.moment(mark) if mark else None
        if since is not None and since <= self._latest():  # a mark in the future would hide every change until then
            params["_lastUpdated"] = "ge" + (since - OVERLAP).isoformat(timespec="milliseconds")
        answer = self.client.get(kind, params)
        seen: set[str] = set()
        for _page in range(MOST_PAGES):
            bundle = read_page(answer)
            self._apply_page(kind, [entry.get("resource") for entry in inbound.dicts(bundle.get("entry"))])
            following = next(
                (str(link.get("url")) for link in inbound.dicts(bundle.get("link")) if link.get("relation") == "next"),
                None,
            )
            if following is None or following in seen or (cancelled and cancelled()):
                return
            seen.add(following)
            answer = self.client.get(following)

    def _apply_page(self, kind: str, resources: list[Any]) -> None:
        """A page in short transactions, each with the mark up to which everything is taken."""
        found = [
            item
            for item in inbound.dicts(resources)
            if item.get("id")
            and isinstance(item.get("meta"), dict)
            and item.get("resourceType") == kind
            and _writable(item)
        ]
        self.result.odd += len(resources) - len(found)
        missing = self._missing_people(kind, found)
        # Of those who were asked for apart no mark is kept.
        moments = [*(None for _one in missing), *(self._moment(item) for item in found)]

        def save_mark(uow: UnitOfWork, count: int) -> None:
            done = [moment for moment in moments[:count] if moment is not None]
            left = [moment for moment in moments[count:] if moment is not None]
            self._save_mark(uow, kind, done, left)

        in_short_writes(self.ctx, [*missing, *found], self.applier.apply, save_mark, most=CHUNK)

    def _moment(self, resource: dict[str, Any]) -> datetime | None:
        """When the server says that it changed; nothing that lies in the server's own future."""
        moment = inbound.moment(str(resource["meta"].get("lastUpdated", "")))
        return None if moment is None or moment > self._latest() else moment

    def _latest(self) -> datetime:
        """The latest moment of a change that can be: by the server's clock, or by this PC's where it tells none."""
        return (self.client.server_time or self.ctx.now()) + AHEAD

    def _save_mark(self, uow: UnitOfWork, kind: str, done: list[datetime], left: list[datetime]) -> None:
        """The mark only rises (except out of the future), and never past a record of the page not taken yet."""
        if not done:
            return
        greatest = min([max(done), *left])
        row = uow.get(SyncMark, kind)
        text = greatest.isoformat(timespec="microseconds")
        before = inbound.moment(row.mark) if row is not None else None
        if row is None:
            uow.add(SyncMark(resource_type=kind, mark=text, saved_at=uow.now))
        elif before is None or greatest > before or before > self._latest():
            row.mark, row.saved_at = text, uow.now

    def _missing_people(self, kind: str, resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The Patients that a page points to and that are not here yet: asked for one by one."""
        if kind == "Patient":
            return []
        wanted = dict.fromkeys(reference for item in resources if (reference := inbound.person_of(item)))
        with self.ctx.database.reader() as conn:
            missing = [ident for ident in wanted if conn.get(Person, ident) is None]
        answers = [self.client.get(f"Patient/{ident}") for ident in missing]
        return [
            answer.body
            for answer in answers
            if answer.status == 200
            and isinstance(answer.body, dict)
            and answer.body.get("resourceType") == "Patient"
            and answer.body.get("id")
            and _writable(answer.body)
        ]


def _writable(resource: dict[str, Any]) -> bool:
    """Whether the record can be stored: halves of letters have no UTF-8."""
    try:
        json.dumps(resource, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def read_page(answer: Answer) -> dict[str, Any]:
    """A search's page.

    :raises Stopped: the server refuses the question. :raises Offline: this is no such page; nothing of it is taken.
    """
    if answer.status in (403, 404, 405):
        raise Stopped(
            N_("The portal does not let this station read ({status}). Ask who looks after it."), status=answer.status
        )
    bundle = answer.body
    if (
        answer.status != 200
        or not isinstance(bundle, dict)
        or bundle.get("resourceType") != "Bundle"
        or bundle.get("type") != "searchset"
        or not isinstance(bundle.get("entry", []), list)
    ):
        raise Offline(N_("The portal's answer could not be read; nothing of it was taken."))
    return bundle

"""Sends what the outbox owes: one visit a transaction, visits in batches, every answer judged entry by entry.

Nothing that is odd ever counts as success, and nothing of one record stops the others: what the server cannot get
through is set aside with its own waiting time as long as the server answers otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from vaxdesk import settings
from vaxdesk.db.tables import OPEN_STATES, Outbox, Person
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import outbox
from vaxdesk.services.context import Context, store_setting
from vaxdesk.services.short_writes import in_short_writes
from vaxdesk.sync import merge, owed, wire
from vaxdesk.sync.client import FhirClient, Offline, Stopped, TooLarge
from vaxdesk.sync.fhir import inbound
from vaxdesk.sync.owed import MOST_VISITS, Unit
from vaxdesk.sync.wire import Item, outcome_words, response_of, same_content, status_of

#: So many records in a row on which a server failed that answers otherwise, and it counts as failing as a whole.
STRIKES = 3
#: While nothing is to be sent, how often the moment when all was sent is noted again.
SENT_AGAIN = timedelta(hours=1)
#: Ids asked for in one look-up.
ASKED = 40


@dataclass
class PushResult:
    """What one run did, in records."""

    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    left: int = 0


class Push:
    """One run over the outbox with one connection. ``ctx`` acts as the program."""

    def __init__(self, ctx: Context, client: FhirClient) -> None:
        self.ctx = ctx
        self.client = client
        self.result = PushResult()
        self.strikes = 0

    def run(self, cancelled: Callable[[], bool] | None = None) -> PushResult:
        """Send until nothing is due.

        :raises Offline: the line or the server as a whole failed; what was under way is looked up before it is sent
            again. :raises SignInNeeded: the station's key is not taken. :raises Stopped: this is no place to send to.
        """
        profile = self.client.probe()
        if not profile.update_create:
            raise RefusedError(N_("This server gives records its own numbers. Such servers are not supported yet."))
        self.visits = max(1, min(profile.visits, MOST_VISITS))
        self.most = MOST_VISITS
        with self.ctx.database.reader() as conn:
            before = outbox.status(conn)
        try:
            owed.recover(self.ctx)
            self._look_up()
            while not (cancelled and cancelled()):
                units = owed.claim(self.ctx, self.visits)
                if not units:
                    break
                self._send(units)
        finally:
            if self.client.profile is not None:
                self.client.profile = replace(self.client.profile, visits=self.visits)
            with self.ctx.database.reader() as conn:
                self.result.left = outbox.status(conn).unsent
        # An idle exchange writes nothing: every write makes open windows read again.
        last = datetime.fromisoformat(before.last_sent) if before.last_sent else None
        if self.result.left == 0 and (
            before.unsent or self.result.accepted or last is None or self.ctx.now() - last >= SENT_AGAIN
        ):
            with self.ctx.write() as uow:
                store_setting(uow, settings.LAST_SENT, uow.now.isoformat())
                uow.commit()
        return self.result

    # sending

    def _send(self, units: list[Unit]) -> None:
        items = [item for unit in units for item in unit.items]
        try:
            self._post(items, "transaction" if len(units) == 1 else "batch")
            self.visits = min(self.visits * 2, self.most)
            self.strikes = 0
        except TooLarge as error:
            self._halve(units, error)
        except Offline as error:
            self._doubt(items, error)
        except KnownError:
            owed.release(self.ctx, [item.seq for item in items])
            raise

    def _doubt(self, items: Sequence[Item], error: Offline) -> None:
        """No usable answer. Where the server lives otherwise, only these entries wait, and the run goes on."""
        seqs = [item.seq for item in items]
        if not error.sent:
            owed.release(self.ctx, seqs)
            raise error
        if error.blame:
            self.visits = max(1, self.visits // 2)
        alive = error.blame and self.strikes < STRIKES and self._alive()
        self.result.unknown += owed.doubt(self.ctx, seqs, error.values.get("status"), alive)
        if not alive:
            raise error
        self.strikes += 1

    def _alive(self) -> bool:
        try:
            return self.client.get("metadata").status == 200
        except KnownError:
            return False

    def _halve(self, units: list[Unit], error: TooLarge) -> None:
        """Fewer visits, then single records; a single record that is too large is refused in words."""
        self.visits = self.most = max(1, len(units) // 2)
        if len(units) > 1:
            middle = len(units) // 2
            parts = [units[:middle], units[middle:]]
        elif len(units[0].items) > 1:
            parts = [[Unit([item])] for item in units[0].items]
        else:
            self._park(units[0].items[0], 413, error.words())
            return
        for place, part in enumerate(parts):
            try:
                self._send(part)
            except KnownError:
                rest = [item.seq for later in parts[place + 1 :] for unit in later for item in unit.items]
                owed.release(self.ctx, rest)
                raise

    def _post(self, items: Sequence[Item], kind: str) -> None:
        """Send and judge; an answer that refuses everything is taken apart until the record at fault is found."""
        items = self._still_under_way(items)
        if not items:
            return
        answer = self.client.post_bundle(wire.bundle(kind, items, self.client.base))
        if answer.status < 400:
            self._judge(items, answer.body)
        elif kind == "transaction":
            # Refused as a whole: as a batch each entry gets its own answer.
            self._post(items, "batch")
        elif answer.status in (403, 404, 405, 406, 415, 501):
            raise Stopped(
                N_("The portal does not let this station send ({status}). Ask who looks after it; all is kept."),
                status=answer.status,
            )
        elif len(items) > 1:
            middle = len(items) // 2
            self._post(items[:middle], "batch")
            self._post(items[middle:], "batch")
        else:
            self._park(items[0], answer.status, outcome_words(answer.body))

    def _still_under_way(self, items: Sequence[Item]) -> list[Item]:
        """Without what was parked meanwhile behind a refused parent."""
        with self.ctx.database.reader() as conn:
            return [item for item in items if (row := conn.get(Outbox, item.seq)) and row.state == "sending"]

    # judging

    def _judge(self, items: Sequence[Item], body: Any) -> None:
        answers = body.get("entry") if isinstance(body, dict) and body.get("resourceType") == "Bundle" else None
        misfit = N_("The portal's answer does not fit what was sent. It is looked up and sent again.")
        if not isinstance(answers, list) or len(answers) != len(items):
            raise Offline(misfit, blame=True)
        responses = [response_of(given) for given in answers]
        if any(
            wire.speaks_of_another(response, item, n)
            for n, (item, response) in enumerate(zip(items, responses, strict=True))
        ):
            raise Offline(misfit, blame=True)
        judged = [(item, response, status_of(response)) for item, response in zip(items, responses, strict=True)]
        if not any(status is not None and 200 <= status < 500 and status not in _LATER for _i, _r, status in judged):
            statuses = {status for _item, _response, status in judged}
            waiting = N_("The portal did not take everything now. The rest is sent later.")
            raise Offline(waiting, sent=statuses != {429}, blame=not statuses <= {429, 502, 503})
        taken = {item.id for item, _response, status in judged if status in (200, 201)}
        in_short_writes(self.ctx, judged, lambda uow, one: self._judge_one(uow, *one, taken))
        for item, response, status in judged:
            if status in (409, 412) or (status == 400 and item.tries > 1):
                self._settle(item, status, outcome_words(response.get("outcome")))

    def _judge_one(
        self, uow: UnitOfWork, item: Item, response: dict[str, Any], status: int | None, taken: set[str]
    ) -> None:
        row = uow.get(Outbox, item.seq)
        if row is None or row.state != "sending":
            return
        if status in (200, 201):
            owed.accept(uow, row, str(response.get("etag", "")))
            self.result.accepted += 1
        elif status in (409, 412) or (status == 400 and item.tries > 1):
            return  # looked up below, outside of the transaction
        elif status is None or status in _LATER or not 400 <= status < 500:
            # Only this entry: 429 says that it was not done, of all else nothing is known.
            row.state = "ready" if status == 429 else "unknown"
            row.last_status, row.next_at = status, uow.now + owed.backoff(row.attempts)
            self.result.unknown += row.state == "unknown"
        elif item.tries == 1 and {item.person_id, item.visit_id} & (taken - {item.id}):
            # A server may do the entries of a batch in any order: its parent is there only now.
            row.state = "ready"
        elif owed.refuse(uow, row, status, outcome_words(response.get("outcome"))):
            self.result.refused += 1

    def _park(self, item: Item, status: int, words: str) -> None:
        with self.ctx.write() as uow:
            row = uow.get(Outbox, item.seq)
            if row is not None and row.state == "sending" and owed.refuse(uow, row, status, words):
                self.result.refused += 1
            uow.commit()

    def _settle(self, item: Item, status: int, words: str) -> None:
        """The server holds something else, or refused what it may have taken before: look, then decide."""
        answer = self.client.get(f"{item.kind}/{item.id}")
        held = answer.body if answer.status == 200 and isinstance(answer.body, dict) else None
        with self.ctx.write() as uow:
            row = uow.get(Outbox, item.seq)
            if row is not None and row.state == "sending":
                if held is not None and same_content(held, json.loads(item.body)):
                    owed.accept(uow, row, wire.weak(wire.version_of(held)))
                    self.result.accepted += 1
                elif held is None or status == 400:
                    self.result.refused += owed.refuse(uow, row, status, words)
                else:
                    self._meet(uow, row, held, status)
            uow.commit()

    def _meet(self, uow: UnitOfWork, row: Outbox, held: dict[str, Any], status: int) -> None:
        """Somebody else changed the record at the portal: people are merged field by field, all else is decided."""
        person = uow.get(Person, row.resource_id) if row.resource_type == "Patient" else None
        if person is not None and person.merged_into is None and inbound.patient(held) is not None:
            try:
                merge.meet(uow, person, held)
                return
            except FieldError:
                pass
        words = translate(N_("The portal holds another version of this record."))
        entries = [
            entry
            for entry in uow.find(Outbox, resource_type=row.resource_type, resource_id=row.resource_id)
            if entry.state in OPEN_STATES
        ]
        merge.note(uow, row.resource_type, row.resource_id, held, entries, "record")
        self.result.refused += owed.refuse(uow, row, status, words)

    # after an unknown try

    def _look_up(self) -> None:
        """Before anything unknown is sent again, see whether the server has it with the same content."""
        with self.ctx.database.reader() as conn:
            unknown = outbox.unknown(conn, self.ctx.now())
        kinds = dict.fromkeys(kind for _seq, kind, _id in unknown)
        for kind in kinds:
            of_kind = [(seq, ident) for seq, name, ident in unknown if name == kind]
            for start in range(0, len(of_kind), ASKED):
                part = of_kind[start : start + ASKED]
                self._compare(part, self._held(kind, [ident for _seq, ident in part]))

    def _held(self, kind: str, idents: list[str]) -> dict[str, Any]:
        """The server's copies of some records by id: in one search, or one by one where it cannot search by id."""
        try:
            answer = self.client.get(kind, {"_id": ",".join(dict.fromkeys(idents)), "_count": "200"})
        except TooLarge:
            answer = None
        if answer is not None and answer.status == 200 and _is_page(answer.body):
            resources = [entry.get("resource") for entry in inbound.dicts(answer.body.get("entry"))]
            return {str(item.get("id")): item for item in inbound.dicts(resources) if item.get("resourceType") == kind}
        found = {}
        for ident in dict.fromkeys(idents):
            single = self.client.get(f"{kind}/{ident}")
            if single.status == 200:
                found[ident] = single.body
        return found

    def _compare(self, part: list[tuple[int, str]], held: dict[str, Any]) -> None:
        def compare(uow: UnitOfWork, one: tuple[int, str]) -> None:
            seq, ident = one
            row = uow.get(Outbox, seq)
            if row is None or row.state != "unknown":
                return
            if ident in held and row.body is not None and same_content(held[ident], json.loads(row.body)):
                owed.accept(uow, row, wire.weak(wire.version_of(held[ident])))
                self.result.accepted += 1
            else:
                row.state, row.next_at = "ready", None

        in_short_writes(self.ctx, part, compare)


#: Statuses of an entry that say "later", not "no".
_LATER = (408, 425, 429)


def _is_page(body: Any) -> bool:
    return isinstance(body, dict) and body.get("resourceType") == "Bundle" and body.get("type") == "searchset"

"""Sends what the outbox owes: one visit a transaction, every answer judged entry by entry.

An entry is ``ready``, then ``sending`` with its body frozen, then ``accepted``, ``refused`` (with its dependants
``blocked``), or ``unknown`` when no answer can be relied on. Nothing that is odd ever counts as success.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from vaxdesk import settings
from vaxdesk.db.tables import OPEN_STATES, Outbox, PortalCopy
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.i18n import N_, translate
from vaxdesk.services.context import Context, store_setting
from vaxdesk.sync.client import FhirClient, Offline, TooLarge
from vaxdesk.sync.fhir.outbound import Outbound

#: Parents first: the order within a unit, and the reason why a child waits for its parent.
ORDER = (
    "Organization",
    "Location",
    "Practitioner",
    "Patient",
    "Encounter",
    "Consent",
    "QuestionnaireResponse",
    "Immunization",
    "AdverseEvent",
    "DocumentReference",
    "Provenance",
)
#: One visit is one transaction of at most this many entries: every server seen takes them.
UNIT = 8
MOST_VISITS, FIRST_VISITS = 50, 20
#: A common limit of bodies, raw.
MOST_BYTES = 1_000_000
MOST_WAIT = timedelta(minutes=15)


@dataclass
class PushResult:
    """What one run did, in records."""

    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    left: int = 0


@dataclass
class Unit:
    """Entries that travel together: a visit, or one record without a visit."""

    entries: list[tuple[int, str, str, bytes, str]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of the bodies."""
        return sum(len(entry[3]) for entry in self.entries)


class Push:
    """One run over the outbox with one connection. ``ctx`` acts as the program."""

    def __init__(self, ctx: Context, client: FhirClient) -> None:
        self.ctx = ctx
        self.client = client
        self.visits = FIRST_VISITS
        self.result = PushResult()

    def run(self, cancelled: Any = None) -> PushResult:
        """Send until nothing is ready.

        :raises Offline: no usable answer; what was under way is ``unknown`` and is looked up before it is sent again.
        :raises SignInNeeded: the station's key is not taken.
        """
        self.client.probe()
        self._recover()
        self._look_up_unknown()
        while not (cancelled and cancelled()):
            units = self._next_units()
            if not units:
                break
            self._send(units)
        with self.ctx.database.reader() as conn:
            from vaxdesk.queries import outbox

            self.result.left = outbox.status(conn).unsent
        if self.result.left == 0:
            with self.ctx.write() as uow:
                store_setting(uow, settings.LAST_SENT, uow.now.isoformat())
                uow.commit()
        return self.result

    # choosing

    def _recover(self) -> None:
        """What was *sending* when the program ended is unknown."""
        with self.ctx.write() as uow:
            for entry in uow.find(Outbox, state="sending"):
                entry.state = "unknown"
            uow.commit()

    def _next_units(self) -> list[Unit]:
        """Freeze the bodies of the next units, in one short transaction, and mark them as sending."""
        with self.ctx.write() as uow:
            now = uow.now
            ready = [
                entry
                for entry in uow.find(Outbox, Outbox.seq, state="ready")
                if entry.ready_at <= now and (entry.next_at is None or entry.next_at <= now)
            ]
            open_entries = [entry for state in OPEN_STATES for entry in uow.find(Outbox, state=state)]
            owed = {(entry.resource_type, entry.resource_id, entry.seq) for entry in open_entries}
            ready = self._with_parents(uow, ready, open_entries)
            chosen = self._group(ready, owed)
            outbound = Outbound(uow, lambda code: self.ctx.campaign(code))
            units: list[Unit] = []
            size = 0
            for rows in chosen[: self.visits]:
                unit = Unit([self._freeze(uow, outbound, row) for row in rows])
                if units and size + unit.size > MOST_BYTES:
                    break
                size += unit.size
                units.append(unit)
                for row in rows:
                    row.state = "sending"
                    row.attempts += 1
            uow.commit()
        return units

    @staticmethod
    def _with_parents(uow: UnitOfWork, ready: Sequence[Outbox], open_entries: Sequence[Outbox]) -> list[Outbox]:
        """Without the entries whose person or visit is not at the portal yet and does not travel with them.

        A parent can be behind its child: a visit's later version still stands in its undo window.
        """
        travelling = {entry.seq for entry in ready}
        behind = {
            entry.resource_id
            for entry in open_entries
            if entry.resource_type in ("Patient", "Encounter")
            and entry.seq not in travelling
            and uow.first(Outbox, resource_type=entry.resource_type, resource_id=entry.resource_id, state="accepted")
            is None
        }
        return [
            entry for entry in ready if entry.resource_id in behind or not {entry.person_id, entry.visit_id} & behind
        ]

    def _group(self, ready: Sequence[Outbox], owed: set[tuple[str, str, int]]) -> list[list[Outbox]]:
        """Ready entries by visit (else by person, else alone), parents first; a later version waits for the earlier."""
        waiting: dict[str, list[Outbox]] = {}
        patients = {row.resource_id: row for row in ready if row.resource_type == "Patient"}
        taken: set[int] = set()
        for row in ready:
            earlier = any(
                kind == row.resource_type and ident == row.resource_id and seq < row.seq for kind, ident, seq in owed
            )
            if row.seq in taken or earlier:
                continue
            key = row.visit_id or row.person_id or f"{row.resource_type}/{row.resource_id}"
            unit = waiting.setdefault(key, [])
            patient = patients.get(row.person_id)
            if patient is not None and patient.seq not in taken and patient is not row:
                unit.append(patient)
                taken.add(patient.seq)
            if row.seq not in taken:
                unit.append(row)
                taken.add(row.seq)
        rank = {name: i for i, name in enumerate(ORDER)}
        units: list[list[Outbox]] = []
        for rows in waiting.values():
            rows.sort(key=lambda row: (rank.get(row.resource_type, 99), row.seq))
            units += [rows[i : i + UNIT] for i in range(0, len(rows), UNIT)]
        units.sort(key=lambda rows: (min(rank.get(row.resource_type, 99) for row in rows) > 2, rows[0].seq))
        return units

    @staticmethod
    def _freeze(uow: UnitOfWork, outbound: Outbound, row: Outbox) -> tuple[int, str, str, bytes, str]:
        if row.body is None:
            body = outbound.body(row.resource_type, row.resource_id)
            row.body = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
            row.body_sha256 = hashlib.sha256(row.body).hexdigest()
        return row.seq, row.resource_type, row.resource_id, row.body, row.body_sha256

    # sending

    def _send(self, units: list[Unit]) -> None:
        try:
            if len(units) == 1:
                self._post(units[0].entries, "transaction")
            else:
                self._post([entry for unit in units for entry in unit.entries], "batch")
            self.visits = min(self.visits * 2, MOST_VISITS)
        except TooLarge as error:
            self._halve(units, error)
        except Offline as error:
            self._wait([entry[0] for unit in units for entry in unit.entries], error)
            raise

    def _halve(self, units: list[Unit], error: TooLarge) -> None:
        """Fewer visits, then single records; a single record that is too large is refused in words."""
        self.visits = max(1, len(units) // 2)
        if len(units) > 1:
            middle = len(units) // 2
            self._send(units[:middle])
            self._send(units[middle:])
        elif len(units[0].entries) > 1:
            for entry in units[0].entries:
                self._send([Unit([entry])])
        else:
            with self.ctx.write() as uow:
                self._refuse(uow, units[0].entries[0][0], 413, error.words())
                uow.commit()

    def _post(self, entries: list[tuple[int, str, str, bytes, str]], kind: str) -> None:
        profile = self.client.probe()
        bundle = {
            "resourceType": "Bundle",
            "type": kind,
            "entry": [
                {
                    "fullUrl": f"urn:uuid:{ident}",
                    "resource": json.loads(body),
                    "request": {"method": "PUT", "url": f"{name}/{ident}"}
                    if profile.update_create
                    else {
                        "method": "POST",
                        "url": name,
                        "ifNoneExist": f"identifier=urn:vaxdesk:record|{ident}",
                    },
                }
                for _seq, name, ident, body, _hash in entries
            ],
        }
        answer = self.client.post_bundle(bundle)
        body = answer.body
        if answer.status >= 400:
            # A transaction refused as a whole says which entry; alone, each entry gets its own answer.
            if len(entries) > 1:
                for entry in entries:
                    self._post_if_still_owed(entry)
                return
            with self.ctx.write() as uow:
                self._refuse(uow, entries[0][0], answer.status, outcome_words(body))
                uow.commit()
            return
        answers = body.get("entry") if isinstance(body, dict) and body.get("resourceType") == "Bundle" else None
        if not isinstance(answers, list) or len(answers) != len(entries):
            raise Offline(N_("The portal's answer does not fit what was sent. It is looked up and sent again."))
        self._judge(entries, answers)

    def _post_if_still_owed(self, entry: tuple[int, str, str, bytes, str]) -> None:
        with self.ctx.database.reader() as conn:
            row = conn.get(Outbox, entry[0])
            owed = row is not None and row.state == "sending"
        if owed:
            self._post([entry], "transaction")

    def _judge(self, entries: Sequence[tuple[int, str, str, bytes, str]], answers: Iterable[Any]) -> None:
        wait: Offline | None = None
        with self.ctx.write() as uow:
            for (seq, name, _ident, _body, _digest), given in zip(entries, answers, strict=True):
                response = given.get("response") if isinstance(given, dict) else None
                status = status_of(response)
                if status in (200, 201):
                    self._accept(uow, seq, str((response or {}).get("etag", "")))
                elif status in (400, 403, 404, 405, 410, 413, 422):
                    self._refuse(uow, seq, status, outcome_words((response or {}).get("outcome")))
                elif status in (409, 412):
                    self._refuse(
                        uow, seq, status, translate(N_("The portal holds another version of {what}.")).format(what=name)
                    )
                else:
                    self._unknown(uow, seq, status)
                    wait = Offline(N_("The portal did not take everything now. The rest is sent later."))
            uow.commit()
        if wait is not None:
            raise wait

    # states

    def _accept(self, uow: UnitOfWork, seq: int, etag: str) -> None:
        row = uow.get(Outbox, seq)
        if row is None:
            return
        row.state, row.accepted_at, row.last_status, row.last_outcome = "accepted", uow.now, 200, ""
        row.base_version = etag
        row.blocked_by = None
        for child in uow.find(Outbox, blocked_by=seq, state="blocked"):
            child.state, child.blocked_by = "ready", None
        self.result.accepted += 1

    def _refuse(self, uow: UnitOfWork, seq: int, status: int, words: str) -> None:
        """Park the record in words, and what depends on it; everything else goes on.

        A child that was refused beside its refused parent waits for the parent and is not blamed itself.
        """
        row = uow.get(Outbox, seq)
        if row is None or row.state == "blocked":
            return
        row.state, row.last_status, row.last_outcome = "refused", status, words
        self.result.refused += 1
        rank = {name: i for i, name in enumerate(ORDER)}
        parent = rank.get(row.resource_type, 99)
        for state in ("ready", "sending", "unknown"):
            for child in uow.find(Outbox, state=state, person_id=row.person_id):
                depends = row.resource_type == "Patient" or (
                    row.resource_type == "Encounter" and child.visit_id == row.visit_id
                )
                if row.person_id and depends and rank.get(child.resource_type, 99) > parent:
                    child.state, child.blocked_by = "blocked", seq

    def _unknown(self, uow: UnitOfWork, seq: int, status: int | None, seconds: float | None = None) -> None:
        row = uow.get(Outbox, seq)
        if row is None or row.state != "sending":
            return
        row.state, row.last_status = "unknown", status
        wait = timedelta(seconds=seconds) if seconds is not None else timedelta(seconds=2 ** min(row.attempts, 10))
        row.next_at = uow.now + min(wait, MOST_WAIT)
        self.result.unknown += 1

    def _wait(self, seqs: Iterable[int], error: Offline) -> None:
        with self.ctx.write() as uow:
            for seq in seqs:
                self._unknown(uow, seq, error.values.get("status"), error.retry_after)
            uow.commit()

    # after an unknown try

    def _look_up_unknown(self) -> None:
        """Before anything unknown is sent again, see whether the server has it with the same content."""
        with self.ctx.write() as uow:
            unknown = [
                (row.seq, row.resource_type, row.resource_id, row.body or b"", row.body_sha256)
                for row in uow.find(Outbox, Outbox.seq, state="unknown")
            ]
            uow.commit()
        for seq, name, ident, body, _digest in unknown:
            answer = self.client.get(f"{name}/{ident}")
            held = answer.body if answer.status == 200 else None
            with self.ctx.write() as uow:
                row = uow.get(Outbox, seq)
                if row is not None and row.state == "unknown":
                    if held is not None and same_content(held, json.loads(body)):
                        self._accept(uow, seq, str(answer.headers.get("ETag", "")))
                        remember(uow, held)
                    else:
                        row.state, row.next_at = "ready", None
                uow.commit()


def status_of(response: Any) -> int | None:
    """The number of an entry's status (``"201 Created"``), or None for what is none."""
    text = str(response.get("status", "")) if isinstance(response, dict) else ""
    return int(text[:3]) if text[:3].isdigit() else None


def outcome_words(outcome: Any) -> str:
    """What an OperationOutcome says, with the field it points to; never more than a few lines."""
    issues = outcome.get("issue", []) if isinstance(outcome, dict) else []
    lines = []
    for issue in issues[:5] if isinstance(issues, list) else []:
        if isinstance(issue, dict):
            where = ", ".join(str(item) for item in issue.get("expression", [])[:3])
            said = str(issue.get("diagnostics") or (issue.get("details") or {}).get("text") or issue.get("code", ""))
            lines.append(f"{where}: {said}" if where else said)
    return "\n".join(lines)[:1000]


def same_content(held: Any, sent: Any) -> bool:
    """Whether the server's copy says what was sent; its own version, time and narrative do not count."""

    def core(resource: Any) -> Any:
        if not isinstance(resource, dict):
            return resource
        kept = {key: value for key, value in resource.items() if key not in ("meta", "text")}
        tags = (resource.get("meta") or {}).get("tag")
        return {**kept, "tag": tags} if tags else kept

    return bool(core(held) == core(sent))


def remember(uow: UnitOfWork, resource: Any) -> None:
    """Keep the server's copy, whole."""
    meta = resource.get("meta") or {}
    key = (str(resource["resourceType"]), str(resource["id"]))
    row = uow.get(PortalCopy, key)
    values = {
        "version_id": str(meta.get("versionId", "")),
        "last_updated": str(meta.get("lastUpdated", "")),
        "body": resource,
        "seen_at": uow.now,
    }
    if row is None:
        uow.add(PortalCopy(resource_type=key[0], resource_id=key[1], **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)

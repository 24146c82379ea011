"""Keeping and reading single records: versions, repeats, owners, and who may see whom."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Connection, Row, and_, bindparam, exists, insert, or_, select, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.sql import ColumnElement

from vaxdesk.clock import local_date
from vaxdesk.portal.outcomes import FhirProblem, Issue, bad_request, invalid, not_found
from vaxdesk.portal.rules import ID, check, check_type, moment_range, reference_of, references
from vaxdesk.portal.shapes import SHAPES, SHARED
from vaxdesk.portal.store import Write, instant
from vaxdesk.portal.tables import PORTAL, Identifier, Resource, Superseded, Visibility

# Statements that every record needs, made once: a batch has hundreds.
_RESOURCE: Any = Resource.__table__
_VISIBILITY: Any = Visibility.__table__
_IDENTIFIER: Any = Identifier.__table__
_CURRENT = select(_RESOURCE).where(_RESOURCE.c.type == bindparam("kind"), _RESOURCE.c.id == bindparam("record"))
_GRANTED = select(_VISIBILITY.c.patient).where(
    _VISIBILITY.c.patient == bindparam("person"), _VISIBILITY.c.station == bindparam("by")
)
_NEW_RESOURCE = insert(_RESOURCE)
_NEW_IDENTIFIER = insert(_IDENTIFIER)
_NEW_VISIBILITY = insert(_VISIBILITY)


@dataclass(frozen=True)
class Answer:
    """What became of one record. ``body`` is its FHIR JSON."""

    status: int
    kind: str
    id: str
    version: int
    updated: int
    body: str

    @property
    def etag(self) -> str:
        """The weak ETag of this version."""
        return f'W/"{self.version}"'

    @property
    def location(self) -> str:
        """The version's address below the base."""
        return f"{self.kind}/{self.id}/_history/{self.version}"


def split(resource: dict[str, Any]) -> tuple[str, str, str]:
    """Digest of the content, the sender's own meta, and the body without id and meta."""
    meta = {key: value for key, value in resource.get("meta", {}).items() if key not in ("versionId", "lastUpdated")}
    body = {key: value for key, value in resource.items() if key not in ("id", "meta", "resourceType")}
    content = json.dumps([meta, body], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return (
        hashlib.sha256(content.encode()).hexdigest(),
        _compact(meta)[1:-1],
        _compact(body)[1:-1],
    )


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def render(kind: str, id_: str, version: int, updated: int, meta: str, body: str) -> str:
    """The full FHIR JSON of a kept version, without parsing it."""
    own = f'"versionId":"{version}","lastUpdated":"{instant(updated)}"' + (f",{meta}" if meta else "")
    return f'{{"resourceType":"{kind}","id":"{id_}","meta":{{{own}}}' + (f",{body}}}" if body else "}")


def answer_of(row: Row[Any], status: int = 200) -> Answer:
    """The answer that shows a stored row."""
    text = render(row.type, row.id, row.version, row.updated, row.meta, row.body)
    return Answer(status, row.type, row.id, row.version, row.updated, text)


def visible_to(station: str) -> ColumnElement[bool]:
    """The condition under which a station may see a row of ``resource``."""
    if station == PORTAL:
        return Resource.id.is_not(None)
    person = exists().where(and_(Visibility.patient == Resource.patient, Visibility.station == station))
    own = and_(Resource.patient.is_(None), Resource.owner == station)
    return or_(Resource.type.in_(SHARED), own, person)


def read(connection: Connection, station: str, kind: str, id_: str, version: str | None = None) -> Answer:
    """One record, or one earlier version of it.

    :raises FhirProblem: 404 also where the station may not see it.
    """
    check_type(kind)
    row = None
    if ID.match(id_):
        condition = and_(Resource.type == kind, Resource.id == id_, visible_to(station))
        row = connection.execute(select(Resource.__table__).where(condition)).first()
    if row is None:
        raise not_found(f"This {kind} is not known to this station.")
    if version is None or version == str(row.version):
        return answer_of(row)
    old = None
    if version.isdecimal() and len(version) < 10:
        where = and_(Superseded.type == kind, Superseded.id == id_, Superseded.version == int(version))
        old = connection.execute(select(Superseded.__table__).where(where)).first()
    if old is None:
        raise not_found(f"This {kind} has no such version.")
    return answer_of(old)


def if_none_exist(query: str) -> tuple[str, str]:
    """System and value of an ``identifier=system|value`` condition; nothing else is taken, and nothing empty."""
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    if len(pairs) == 1 and pairs[0][0] == "identifier":
        system, bar, value = pairs[0][1].partition("|")
        if bar and system and value:
            return system, value
    raise FhirProblem.one(412, "invalid", "ifNoneExist takes identifier=system|value, neither of them empty.")


class Records:
    """Writes for one station within one transaction."""

    def __init__(self, write: Write, station: str) -> None:
        self.write = write
        self.station = station
        self.connection = write.connection
        self.now = datetime.fromtimestamp(write.updated / 1000, UTC)
        self.forget()

    def forget(self) -> None:
        """Drop what was remembered of this transaction: after a part of it was rolled back."""
        self._known: set[tuple[str, str]] = set()
        self._seen: set[str] = set()

    def expect(self, targets: set[tuple[str, str]]) -> None:
        """References to these are good: they are written in this same transaction, or nothing is."""
        self._known |= targets

    def put(
        self, kind: str, id_: str, resource: Any, if_match: str | None = None, if_none_match: str | None = None
    ) -> Answer:
        """Create or update under the sender's own id. The same content again changes nothing.

        :raises FhirProblem: 400, 403 (another station's), 404, 412 (version), 422 (field).
        """
        check(resource, kind, self.now)
        if resource.get("id") != id_ or not ID.match(id_):
            raise bad_request("The id in the body and the id in the address must be the same.", "invalid", f"{kind}.id")
        row = self._row(kind, id_)
        self._check_scope(kind, id_, resource, row)
        digest, meta, body = split(resource)
        if row is None:
            if if_match is not None:
                raise FhirProblem.one(412, "conflict", "There is no such record yet, so no version to match.")
            return self._insert(kind, id_, resource, digest, meta, body)
        if if_none_match == "*":
            raise FhirProblem.one(412, "duplicate", "The record exists already.")
        if row.digest == digest:
            return answer_of(row)
        if if_match is not None and _version(if_match) != str(row.version):
            raise FhirProblem.one(412, "conflict", f"The record is at version {row.version}.")
        if if_match is None and self._was_kept(kind, id_, digest):
            return answer_of(row)  # an old request that arrived late: it must not undo the newer version
        return self._replace(row, resource, digest, meta, body)

    def post(self, kind: str, resource: Any, condition: str | None = None, new_id: str | None = None) -> Answer:
        """Create under a new id, unless ``condition`` (ifNoneExist) finds the record.

        :raises FhirProblem: 400, 404, 412 (several match), 422.
        """
        check(resource, kind, self.now)
        if condition is not None:
            found = self.find(kind, *if_none_exist(condition))
            if len(found) > 1:
                raise FhirProblem.one(412, "multiple-matches", "Several records have this identifier.")
            if found:
                return answer_of(found[0])
        id_ = new_id or str(uuid.uuid4())
        self._check_scope(kind, id_, resource, None)
        return self._insert(kind, id_, resource, *split(resource))

    def find(self, kind: str, system: str, value: str) -> list[Row[Any]]:
        """The visible records that carry an identifier (two at most)."""
        match = exists().where(
            and_(
                Identifier.type == Resource.type,
                Identifier.id == Resource.id,
                Identifier.system == system,
                Identifier.value == value,
            )
        )
        where = and_(Resource.type == kind, match, visible_to(self.station))
        return list(self.connection.execute(select(Resource.__table__).where(where).limit(2)))

    # Scope

    def _check_scope(self, kind: str, id_: str, resource: dict[str, Any], row: Row[Any] | None) -> None:
        if row is not None and not self._may_write(row, resource):
            raise FhirProblem(403, [Issue("forbidden", "This record belongs to another station.", kind)])
        if kind == "Patient" and self.station != PORTAL:
            manager = reference_of(resource.get("managingOrganization"))
            if manager not in ("", f"Organization/{self.station}") and not (row and manager == _manager(row)):
                field = "Patient.managingOrganization.reference"
                raise invalid(field, "A station registers people for itself only.", "business-rule")
        self._check_references(kind, id_, resource)

    def _may_write(self, row: Row[Any], resource: dict[str, Any]) -> bool:
        if self.station in (PORTAL, row.owner):
            return True
        if row.type == "Organization" and row.id == self.station:
            return True
        if row.owner != PORTAL or not row.patient or not self._may_see(row.patient):
            return False
        # What a citizen sent through the public page is the station's to complete.
        return row.type == "Appointment" or (row.type == "Patient" and _manager(row) == f"Organization/{self.station}")

    def _may_see(self, patient: str) -> bool:
        if self.station == PORTAL or patient in self._seen:
            return True
        if self.connection.execute(_GRANTED, {"person": patient, "by": self.station}).first():
            self._seen.add(patient)
            return True
        return False

    def _check_references(self, kind: str, id_: str, resource: dict[str, Any]) -> None:
        issues = []
        wanted: dict[tuple[str, str], str] = {}
        for path, text, _holder in references(resource, kind):
            if text.startswith(("#", "http://", "https://")):
                continue
            target, _slash, rest = text.partition("/")
            target_id = rest.partition("/_history/")[0]
            if target not in SHAPES or not ID.match(target_id):
                issues.append(Issue("value", "The reference cannot be resolved.", path))
            elif (target, target_id) != (kind, id_) and (target, target_id) not in self._known:
                wanted[target, target_id] = path
        for target in {target for target, _id in wanted}:
            ids = [found for name, found in wanted if name == target]
            where = and_(Resource.type == target, Resource.id.in_(ids), visible_to(self.station))
            self._known.update((target, row.id) for row in self.connection.execute(select(Resource.id).where(where)))
        for key, path in wanted.items():
            if key not in self._known:
                issues.append(Issue("not-found", f"{key[0]} of this reference is not here (yet).", path))
        if issues:
            raise FhirProblem(422, issues)

    # Rows

    def _row(self, kind: str, id_: str) -> Row[Any] | None:
        return self.connection.execute(_CURRENT, {"kind": kind, "record": id_}).first()

    def _was_kept(self, kind: str, id_: str, digest: str) -> bool:
        where = and_(Superseded.type == kind, Superseded.id == id_, Superseded.digest == digest)
        return self.connection.execute(select(Superseded.version).where(where)).first() is not None

    def _columns(self, kind: str, id_: str, resource: dict[str, Any]) -> dict[str, Any]:
        shape = SHAPES[kind]
        found = moment_range(resource.get(shape.day)) if shape.day else None
        return {
            "patient": _patient(kind, id_, resource),
            "day": local_date(found[0]).isoformat() if found else None,
            "status": resource.get("status") if isinstance(resource.get("status"), str) else None,
            "seq": self.write.next_seq(),
            "updated": self.write.updated,
        }

    def _insert(self, kind: str, id_: str, resource: dict[str, Any], digest: str, meta: str, body: str) -> Answer:
        values = self._columns(kind, id_, resource) | {"digest": digest, "meta": meta, "body": body}
        self.connection.execute(_NEW_RESOURCE, {"type": kind, "id": id_, "version": 1, "owner": self.station, **values})
        self._index(kind, id_, resource, values["patient"])
        text = render(kind, id_, 1, self.write.updated, meta, body)
        return Answer(201, kind, id_, 1, self.write.updated, text)

    def _replace(self, row: Row[Any], resource: dict[str, Any], digest: str, meta: str, body: str) -> Answer:
        old = {name: getattr(row, name) for name in Superseded.__table__.columns.keys()}  # noqa: SIM118 - not a dict
        self.connection.execute(insert(Superseded).values(**old))
        values = self._columns(row.type, row.id, resource)
        where = and_(Resource.type == row.type, Resource.id == row.id)
        values |= {"version": row.version + 1, "digest": digest, "meta": meta, "body": body}
        self.connection.execute(update(Resource).where(where).values(**values))
        same = and_(Identifier.type == row.type, Identifier.id == row.id)
        self.connection.execute(delete_rows(Identifier).where(same))
        self._index(row.type, row.id, resource, values["patient"])
        text = render(row.type, row.id, row.version + 1, self.write.updated, meta, body)
        return Answer(200, row.type, row.id, row.version + 1, self.write.updated, text)

    def _index(self, kind: str, id_: str, resource: dict[str, Any], patient: str | None) -> None:
        found = resource.get("identifier", [])
        items = {
            (str(item.get("system", "")), item["value"]) for item in (found if isinstance(found, list) else [found])
        }
        if items:
            rows = [{"type": kind, "id": id_, "system": system, "value": value} for system, value in sorted(items)]
            self.connection.execute(_NEW_IDENTIFIER, rows)
        self._known.add((kind, id_))
        if patient is not None:
            for station in self._entitled(kind, resource):
                self._grant(patient, station, kind)

    def _entitled(self, kind: str, resource: dict[str, Any]) -> set[str]:
        stations = {self.station} - {PORTAL}
        if kind == "Patient":
            stations.add(reference_of(resource.get("managingOrganization")).removeprefix("Organization/"))
        if kind == "Appointment":
            actors = (reference_of(item.get("actor")) for item in resource["participant"])
            stations |= {actor.removeprefix("Organization/") for actor in actors if actor.startswith("Organization/")}
        return stations - {""}

    def _grant(self, patient: str, station: str, kind: str) -> None:
        if station == self.station and patient in self._seen:
            return
        if self.connection.execute(_GRANTED, {"person": patient, "by": station}).first():
            return
        self.connection.execute(_NEW_VISIBILITY, {"patient": patient, "station": station})
        if station == self.station:
            self._seen.add(patient)
        # Records from before would lie behind the station's pull mark: they move to the end of the order.
        older = and_(Resource.patient == patient, Resource.updated < self.write.updated)
        for row in self.connection.execute(
            select(Resource.type, Resource.id).where(older).order_by(Resource.seq)
        ).all():
            same = and_(Resource.type == row.type, Resource.id == row.id)
            moved = {"seq": self.write.next_seq(), "updated": self.write.updated}
            self.connection.execute(update(Resource).where(same).values(**moved))


def _version(if_match: str) -> str:
    """The version in ``W/"3"``; several or none match nothing."""
    text = if_match.strip().removeprefix("W/")
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text


def _manager(row: Row[Any]) -> str:
    return reference_of(json.loads(f"{{{row.body}}}").get("managingOrganization"))


def _patient(kind: str, id_: str, resource: dict[str, Any]) -> str | None:
    if kind == "Patient":
        return id_
    person = SHAPES[kind].person
    text = reference_of(resource.get(person)) if person else ""
    if kind == "Appointment":
        actors = (reference_of(item.get("actor")) for item in resource["participant"])
        text = next((actor for actor in actors if actor.startswith("Patient/")), "")
    return text.removeprefix("Patient/").partition("/")[0] if text.startswith("Patient/") else None

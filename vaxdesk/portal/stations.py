"""Stations of the portal: enrolling, one-time codes, sync tokens and their withdrawal."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from vaxdesk.errors import InputError
from vaxdesk.portal.records import Records
from vaxdesk.portal.rules import ID
from vaxdesk.portal.store import Store, Write
from vaxdesk.portal.tables import PORTAL, EnrolmentCode, Resource, Station, Token

FACILITY_SYSTEM = "http://fhir.ehealth.gov.vn/core/sid/provider-medical-license-number"
CODE_LIFE = timedelta(days=7)
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class StationFacts:
    """What the portal knows of a station."""

    id: str
    name: str
    province: str = ""
    commune: str = ""
    code: str = ""

    @property
    def facility(self) -> str:
        """The facility code; a station that was added by hand has its code for an id."""
        return self.code or self.id


def digest(secret: str) -> str:
    """The form in which tokens and codes are kept: they are random, so one SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def register(store: Store, facts: StationFacts) -> None:
    """Add a station, or bring its name and place up to date; its Organization is written too.

    :raises InputError: when the code cannot be a FHIR id, or the name is empty.
    """
    if not ID.match(facts.id) or facts.id == PORTAL:
        raise InputError(
            "The station code {code} is not usable: letters, digits, hyphens and points only.", code=facts.id
        )
    if not facts.name.strip():
        raise InputError("The station needs a name.")
    with store.writing() as write:
        values = {
            "code": facts.facility[:20],
            "name": facts.name[:200],
            "province": facts.province[:100],
            "commune": facts.commune[:100],
        }
        known = write.connection.execute(select(Station.id).where(Station.id == facts.id)).first()
        if known:
            write.connection.execute(update(Station).where(Station.id == facts.id).values(active=True, **values))
        else:
            row = {"id": facts.id, "enrolled": write.updated, "active": True, "listed": True, **values}
            write.connection.execute(insert(Station).values(**row))
        _organization(write, facts)


def _organization(write: Write, facts: StationFacts) -> None:
    organization: dict[str, Any] = {
        "resourceType": "Organization",
        "id": facts.id,
        "identifier": [{"system": FACILITY_SYSTEM, "value": facts.facility}],
        "active": True,
        "name": facts.name,
    }
    address = {"city": facts.province, "district": facts.commune, "country": "VN"}
    if facts.province:
        organization["address"] = [{key: value for key, value in address.items() if value}]
    same = and_(Resource.type == "Organization", Resource.id == facts.id)
    write.connection.execute(update(Resource).where(same).values(owner=PORTAL))
    if write.connection.execute(select(Resource.id).where(same)).first() is None:
        Records(write, PORTAL).put("Organization", facts.id, organization)


def new_token(store: Store, station: str) -> str:
    """A further token for a station. Only its hash is kept; show it once."""
    token = secrets.token_urlsafe(32)
    with store.writing() as write:
        _require(write.connection, station)
        write.connection.execute(insert(Token).values(digest=digest(token), station=station, made=write.updated))
    return token


def new_code(store: Store, station: str) -> str:
    """A one-time code (58 random bits, seven days) with which the station fetches a token."""
    code = "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(3))
    with store.writing() as write:
        _require(write.connection, station)
        expires = write.updated + int(CODE_LIFE.total_seconds() * 1000)
        write.connection.execute(insert(EnrolmentCode).values(digest=digest(code), station=station, expires=expires))
    return code


def redeem(store: Store, station: str, code: str) -> str | None:
    """The token for a one-time code, or None when code and station do not fit, or it is used or too old."""
    token = secrets.token_urlsafe(32)
    with store.writing() as write:
        where = and_(
            EnrolmentCode.digest == digest(code.strip().upper()),
            EnrolmentCode.station == station,
            EnrolmentCode.used.is_(None),
            EnrolmentCode.expires > write.updated,
        )
        if write.connection.execute(update(EnrolmentCode).where(where).values(used=write.updated)).rowcount != 1:
            return None
        write.connection.execute(insert(Token).values(digest=digest(token), station=station, made=write.updated))
    return token


def revoke(store: Store, station: str, keep_station: bool = False) -> int:
    """Withdraw all tokens and open codes of a station, and close it unless ``keep_station``; how many tokens fell."""
    with store.writing() as write:
        _require(write.connection, station)
        mine = and_(Token.station == station, Token.revoked.is_(None))
        fallen = write.connection.execute(update(Token).where(mine).values(revoked=write.updated)).rowcount
        unused = and_(EnrolmentCode.station == station, EnrolmentCode.used.is_(None))
        write.connection.execute(update(EnrolmentCode).where(unused).values(used=write.updated))
        if not keep_station:
            write.connection.execute(update(Station).where(Station.id == station).values(active=False))
    return int(fallen)


def station_of(connection: Connection, token: str) -> str | None:
    """The active station whose token this is."""
    where = and_(Token.digest == digest(token), Token.revoked.is_(None), Station.active)
    return connection.execute(select(Station.id).join(Token, Token.station == Station.id).where(where)).scalar()


def listed(connection: Connection, word: str = "") -> list[StationFacts]:
    """The stations that take registrations, by place and name."""
    where = and_(Station.active, Station.listed)
    if word:
        where = and_(where, or_(Station.code == word, Station.name.contains(word, autoescape=True)))
    rows = connection.execute(
        select(Station.__table__).where(where).order_by(Station.province, Station.name).limit(2000)
    )
    return [StationFacts(row.id, row.name, row.province, row.commune, row.code) for row in rows]


def find(store: Store, code: str) -> StationFacts:
    """The station with this id or facility code; of several with one code the newest that is active.

    :raises InputError: there is none.
    """
    with store.reading() as connection:
        where = or_(Station.id == code, Station.code == code)
        order = (Station.active.desc(), Station.enrolled.desc())
        row = connection.execute(select(Station.__table__).where(where).order_by(*order).limit(1)).first()
    if row is None:
        raise InputError("No station has the code {code}. Enrol it first.", code=code)
    return StationFacts(row.id, row.name, row.province, row.commune, row.code)


def _require(connection: Connection, station: str) -> None:
    if connection.execute(select(Station.id).where(Station.id == station)).first() is None:
        raise InputError("No station has the code {code}. Enrol it first.", code=station)

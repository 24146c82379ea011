"""A day's work of one station, sent to the real portal and read back.

Measured on two shared cores at a load of about five: 182 visits (914 records: Patient, Encounter, Consent,
QuestionnaireResponse and Immunization each) in 9 posts and 24 requests in all, 386 bytes a visit compressed (5,679
raw), 10.3 s of which the station's processor worked 4.9 s, with 910 of the records confirmed by reading them back. An
exchange with nothing to do right after it took 0.95 s. Over 64 kbit/s with 600 ms a round trip: 23 s (computed).
"""

from __future__ import annotations

import gzip
import json
import time
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.exchange import differences, status
from support.fault_proxy import fault_proxy
from support.portal import running_portal
from support.station import TestStation, make_station

from vaxdesk import settings
from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import (
    Base,
    Consent,
    Immunization,
    Outbox,
    Person,
    Release,
    Screening,
    Visit,
    new_id,
)
from vaxdesk.services.context import store_setting
from vaxdesk.sync.once import sync_once

pytestmark = pytest.mark.long
VISITS = 182
FAMILY = ("Lò", "Vì", "Nguyễn", "Quàng", "Cà", "Hoàng", "Tòng", "Lường")
GIVEN = ("An", "Bình", "Cả", "Dọn", "Én", "Hặc", "Ín", "Lả", "Mai", "Nọi", "Pản", "Xuân")


def copy_of(row: Base, **changes: object) -> Base:
    """Another row with the same values."""
    values = {column.key: deepcopy(getattr(row, column.key)) for column in type(row).__table__.columns}
    return type(row)(**{**values, **changes})


def copies(station: TestStation, person_id: str, visit_id: str, count: int) -> None:
    """The person's visit again for other people: rows and what is owed of them, as the services write them."""
    with station.ctx.write() as uow:
        person, visit = uow.get(Person, person_id), uow.find(Visit, record_id=visit_id)[0]
        facts = [uow.find(table, person_id=person_id)[0] for table in (Consent, Screening, Immunization, Release)]
        owed = [row for row in uow.find(Outbox, Outbox.seq, person_id=person_id) if row.state == "ready"]
        for number in range(count):
            ids = {person_id: new_id(), visit_id: new_id()}
            name = f"{FAMILY[number % 8]} Văn {GIVEN[number % 12]} {GIVEN[number // 12 % 12]}"
            uow.session.add(
                copy_of(
                    person, id=ids[person_id], code=new_id(), full_name=name, national_id="", birth_date="1961-02-03"
                )
            )
            uow.session.flush()
            record = ids[visit_id]
            uow.session.add(copy_of(visit, id=new_id(), record_id=record, person_id=ids[person_id], number=number + 2))
            for fact in facts:
                ids[fact.record_id] = new_id()
                changes = {"id": new_id(), "record_id": ids[fact.record_id], "person_id": ids[person_id]}
                uow.session.add(copy_of(fact, **changes, visit_id=record))
            for row in owed:
                uow.session.add(
                    copy_of(
                        row,
                        seq=None,
                        resource_id=ids[row.resource_id],
                        person_id=ids[person_id],
                        visit_id=ids.get(row.visit_id, ""),
                    )
                )
        uow.commit()


def test_a_day_of_visits(tmp_path: Path) -> None:
    Authority.create(tmp_path / "keys", "Trung tâm Y tế")
    with running_portal(tmp_path, authority=tmp_path / "keys") as portal:
        station = make_station(tmp_path, moment=datetime.now(UTC) + timedelta(minutes=1))
        station.enrol_at(portal, tmp_path)
        lot = station.lot(doses=900)
        done = station.through(station.session(lot), lot, national_id="", full_name="Lò Văn Một")
        copies(station, done.person_id, done.visit_id, VISITS - 1)
        station.clock.advance(timedelta(seconds=11))
        with fault_proxy(portal.url) as line:
            with station.ctx.write() as uow:
                store_setting(uow, settings.PORTAL_URL, line.url)
                uow.commit()
            began, worked = time.perf_counter(), time.process_time()
            result = sync_once(station.ctx)
            seconds, processor = time.perf_counter() - began, time.process_time() - worked
            posts = [seen for seen in line.seen if seen.pushes and len(seen.body) > 200]
            sent = sum(len(seen.body) for seen in posts)
            raw = sum(
                len(gzip.decompress(seen.body) if seen.headers.get("Content-Encoding") == "gzip" else seen.body)
                for seen in posts
            )
            requests = len(line.seen)
            began = time.perf_counter()
            sync_once(station.ctx)
            idle = time.perf_counter() - began
        figures = {
            "records": result.pushed.accepted,
            "bytes_per_visit": round(sent / VISITS),
            "raw_per_visit": round(raw / VISITS),
            "posts": len(posts),
            "requests": requests,
            "seconds": round(seconds, 1),
            "processor_seconds": round(processor, 1),
            "idle_seconds": round(idle, 2),
            "confirmed": result.pulled.confirmed,
            "at_64_kbit": round(sent * 8 / 64_000 + requests * 0.6, 1),
        }
        print(json.dumps(figures))
        assert status(station).all_sent
        assert differences(station, portal.fhir) == []
        assert figures["bytes_per_visit"] < 1.5 * 326, "1.5 times the gzip-fifties row of the reference"
        assert figures["at_64_kbit"] < 60, "a day over 64 kbit/s and 600 ms in under a minute"
        station.database.close()

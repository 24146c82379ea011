"""The lists of the certificates' page say what the records say, person by person, however many people wait."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from support.station import TestStation, make_station

from vaxdesk.db.tables import Certificate, Immunization, Person, Print, Release
from vaxdesk.queries import certificates, owed_papers, worklist

DAYS = ("2021-08-01", "2021-10-01", "2022-01-15")


@pytest.fixture
def station(tmp_path):
    station = make_station(tmp_path)
    yield station
    station.database.close()


def fill(station: TestStation, seed: int, size: int) -> None:
    """People with doses of every fate and papers of every fate."""
    chance = random.Random(seed)
    now = station.clock.now()
    rows: dict[type, list[dict[str, Any]]] = {
        table: [] for table in (Person, Immunization, Release, Certificate, Print)
    }
    fact = {"recorded_at": now, "recorded_by": "", "desk": "01", "version": 1}
    for number in range(size):
        person = f"p{number}"
        rows[Person].append(
            {
                "id": person,
                "code": person,
                "full_name": f"Lò {number}",
                "name_key": f"lo {number % 7} {number}",
                "birth_date": "1980",
                "birth_year": 1980,
                "village": chance.choice(("Bản A", "Bản B", "")),
                "identity_doubts": [],
                "created_at": now,
                "updated_at": now,
                "merged_into": "p0" if number and chance.random() < 0.05 else None,
            }
        )
        doses = []
        for place, day in enumerate(DAYS[: chance.randrange(4)]):
            dose = f"d{number}-{place}"
            doses.append(dose)
            rows[Immunization].append(
                {
                    "id": dose,
                    "record_id": dose,
                    "person_id": person,
                    "visit_id": f"v{number}-{place}",
                    "campaign": chance.choice(("covid19",) * 9 + ("other",)),
                    "product_code": "astrazeneca",
                    "occurred": day,
                    "dose_number": place + 1,
                    "evidence": chance.choice(("here", "here", "here", "paper")),
                    "current": chance.random() < 0.9,
                    "status": chance.choice(("completed",) * 9 + ("entered-in-error",)),
                    **fact,
                }
            )
            if chance.random() < 0.9:
                current, status = chance.random() < 0.9, "completed"
                release = {"person_id": person, "visit_id": f"v{number}-{place}", "released_at": now, **fact}
                rows[Release].append(
                    {"id": f"r{number}-{place}", "record_id": "r", "current": current, "status": status, **release}
                )
        for place in range(chance.choice((0, 1, 1, 1, 2))):
            paper = f"c{number}-{place}"
            rows[Certificate].append(
                {
                    "id": paper,
                    "person_id": person,
                    "campaign": chance.choice(("covid19",) * 9 + ("other",)),
                    "number": paper,
                    "desk": "01",
                    "kind": chance.choice(("station", "station", "paper", "national")),
                    "no_code_reasons": [],
                    "content": {"long": "x" * 3000},
                    "dose_records": [[dose, 1] for dose in doses[: chance.randrange(4)]],
                    "issued_at": now - timedelta(minutes=chance.randrange(100_000)),
                    "issued_by": "",
                    "code_until": now + timedelta(days=chance.randrange(-10, 100)),
                    "replaced_by": chance.choice((None, None, None, "later")),
                    "revoked_at": chance.choice((None, None, None, now - timedelta(minutes=number))),
                }
            )
            for copy in range(chance.randrange(3)):
                prints = {"kind": "certificate", "pages": 1, "at": now, "user_id": ""}
                rows[Print].append({"id": f"{paper}-{copy}", "certificate_id": paper, "person_id": person, **prints})
    with station.database.writer() as conn:
        for table, values in rows.items():
            conn.execute(insert(table), values)
        conn.commit()


def plain(station: TestStation) -> tuple[dict[str, tuple[str, str, int]], set[str]]:
    """Who waits for a print (with why, the dose and how often the paper was printed), and who for a reprint."""
    waiting, corrected = {}, set()
    with station.database.reader() as conn:
        released = {row.visit_id for row in conn.scalars(select(Release)) if row.current and row.status == "completed"}
        for person in conn.scalars(select(Person).where(Person.merged_into.is_(None))):
            papers = [
                row
                for row in conn.scalars(select(Certificate).where(Certificate.person_id == person.id))
                if row.campaign == "covid19"
            ]
            standing = [row for row in papers if row.revoked_at is None and row.replaced_by is None]
            revoked = any(row.revoked_at is not None for row in papers)
            if revoked and not standing:
                corrected.add(person.id)
            prints = {row.id: 0 for row in papers}
            for row in conn.scalars(select(Print).where(Print.person_id == person.id)):
                if row.certificate_id in prints:
                    prints[row.certificate_id] += 1
            doses = [
                row
                for row in conn.scalars(select(Immunization).where(Immunization.person_id == person.id))
                if (row.campaign, row.current, row.status, row.evidence) == ("covid19", True, "completed", "here")
                and row.visit_id in released
            ]
            for dose in sorted(doses, key=lambda row: row.occurred, reverse=True):
                naming = [row for row in standing if dose.record_id in {record for record, _v in row.dose_records}]
                if any(row.kind == "national" or prints[row.id] for row in naming) or (revoked and not standing):
                    continue
                why = "not_printed" if naming else "new_dose" if standing else "no_paper"
                waiting[person.id] = (why, dose.occurred, 0 if naming else -1)
                break
    return waiting, corrected


@pytest.mark.parametrize("few", [6000, 3])
@pytest.mark.parametrize("seed", range(3))
def test_who_waits_for_a_paper(station: TestStation, seed: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed_papers, "_FEW", few)
    fill(station, seed, 150)
    waiting, corrected = plain(station)
    assert {why for why, _day, _prints in waiting.values()} == {"no_paper", "new_dose", "not_printed"}
    with station.database.reader() as conn:
        rows = certificates.to_print(conn, "covid19")
        again = certificates.to_reprint(conn, "covid19")
        assert certificates.counts(conn, "covid19") == (len(waiting), len(corrected))
    assert {row.person_id: (row.why, row.dose_day) for row in rows} == {
        key: (why, day) for key, (why, day, _prints) in waiting.items()
    }
    assert all(row.prints == 0 for row in rows if row.why == "not_printed")
    assert all(bool(row.certificate_id) is (row.why != "no_paper") for row in rows)
    keys = [(row.village, f"lo {int(row.person_id[1:]) % 7} {row.person_id[1:]}") for row in rows]
    assert keys == sorted(keys)
    assert {row.person_id for row in again} == corrected
    assert [row.revoked_at for row in again] == sorted((row.revoked_at for row in again), reverse=True)


def test_of_many_who_wait_the_first_by_village_are_shown_and_all_are_counted(
    station: TestStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(station, 5, 150)
    with station.database.reader() as conn:
        whole = certificates.to_print(conn, "covid19")
        monkeypatch.setattr(owed_papers, "_FEW", 3)
        monkeypatch.setattr(certificates, "_MOST", 20)
        assert certificates.to_print(conn, "covid19") == whole[:20]
        assert certificates.counts(conn, "covid19")[0] == len(whole)
        found = worklist.today(conn, "covid19", station.ctx.today(), station.clock.now(), 30)
    counted = {item.kind: item.count for item in found.items}
    assert counted["unprinted"] == len(whole)


def test_what_was_issued_is_told_newest_first_with_its_fate_and_prints(station: TestStation) -> None:
    fill(station, 6, 60)
    now = station.clock.now()
    with station.database.reader() as conn:
        rows = certificates.issued(conn, now - timedelta(days=40), now)
        held = {row.id: row for row in conn.scalars(select(Certificate))}
        prints = [row.certificate_id for row in conn.scalars(select(Print))]
        inside = {key for key, row in held.items() if now - timedelta(days=40) <= row.issued_at < now}
        one = certificates.of_person(conn, rows[0].person_id)
        assert rows[0] in one
    assert {row.certificate_id for row in rows} == inside
    assert [row.issued_at for row in rows] == sorted((row.issued_at for row in rows), reverse=True)
    for row in rows:
        paper = held[row.certificate_id]
        assert row.prints == prints.count(paper.id)
        assert row.why == ("revoked" if paper.revoked_at else "replaced" if paper.replaced_by else "issued")


def test_codes_that_end_soon_or_could_be_had_are_told(station: TestStation) -> None:
    fill(station, 8, 150)
    now = station.clock.now()
    with station.database.reader() as conn:
        rows = certificates.code_work(conn, "covid19", now, can_sign=True)
        unsigned = certificates.code_work(conn, "covid19", now, can_sign=False)
        alive = {row.id for row in conn.scalars(select(Person).where(Person.merged_into.is_(None)))}
        printed = set(conn.scalars(select(Print.certificate_id)))
        expected = {
            row.id: row.kind
            for row in conn.scalars(select(Certificate))
            if row.person_id in alive
            and row.campaign == "covid19"
            and row.revoked_at is None
            and row.replaced_by is None
            and (
                row.kind == "paper"
                or (row.kind == "national" and row.id not in printed)
                or (row.kind == "station" and row.code_until <= now + certificates.SOON)
            )
        }
    assert {row.certificate_id: row.kind for row in rows} == expected
    assert {row.why for row in rows} == {"national", "expired", "expiring", "possible"}
    assert [row for row in rows if row.why != "possible"] == list(unsigned)

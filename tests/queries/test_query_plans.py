"""No list reads whole tables: what SQLite means to do with the statements that the big lists send."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from support.station import TestStation, make_station

from vaxdesk.domain.eligibility import Plan
from vaxdesk.queries import certificates, owed_papers, worklist
from vaxdesk.queries.eligibility import Eligible
from vaxdesk.queries.session_list import SessionList, Wanted

#: Tables with a row or more for each person; their indexes are named after them.
BIG = {
    *("person", "person_group", "person_token", "registration", "visit", "consent", "screening", "immunization"),
    *("release", "certificate", "print_log", "stock_movement", "outbox", "audit_entry"),
}
_SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")


@pytest.fixture
def station(tmp_path):
    station = make_station(tmp_path)
    lot = station.lot()
    session = station.session(lot)
    for number in range(3):
        station.through(session, lot, full_name=f"Lò Văn {number}", national_id="", groups=("9",))
    yield station
    station.database.close()


@contextmanager
def plans(station: TestStation) -> Iterator[list[str]]:
    """The steps of the plans of all statements sent within the block."""
    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    found: list[str] = []
    event.listen(station.database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(station.database.engine, "before_cursor_execute", note)
    raw = station.database.engine.raw_connection()
    try:
        for statement, parameters in sent:
            if statement.lstrip().startswith("SELECT"):
                found += [row[-1] for row in raw.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    finally:
        raw.close()


def scanned(steps: list[str]) -> set[str]:
    """Which big tables or whole indexes of them are walked from end to end."""
    found = set()
    for step in steps:
        match = _SCAN.match(step)
        if match is not None and (match[1] in BIG or match[2]):
            found.add(match[2] or match[1])
    return found


def used(steps: list[str]) -> set[str]:
    """The indexes that anything is looked up in."""
    return {match[1] for step in steps if (match := re.search(r"INDEX (\w+)", step)) is not None}


ASKED: dict[str, tuple[Callable[[TestStation, Session], Any], set[str]]] = {
    "who waits for a paper": (lambda _station, conn: certificates.to_print(conn, "covid19"), set()),
    "how many wait": (lambda _station, conn: certificates.counts(conn, "covid19"), set()),
    "who waits for a reprint": (lambda _station, conn: certificates.to_reprint(conn, "covid19"), set()),
    "codes to renew": (
        lambda station, conn: certificates.code_work(conn, "covid19", station.clock.now(), can_sign=True),
        set(),
    ),
    "papers of a day": (
        lambda station, conn: certificates.issued(conn, station.clock.now() - timedelta(days=1)),
        set(),
    ),
    "the first by village where many wait": (
        lambda _station, conn: owed_papers._first(conn, "covid19", 50),
        # Walked in the order of the list, and no further than the list goes.
        {"ix_person_village"},
    ),
}


@pytest.mark.parametrize("asked", ASKED)
def test_the_lists_of_papers_read_indexes_only(station: TestStation, asked: str) -> None:
    act, allowed = ASKED[asked]
    with plans(station) as steps, station.database.reader() as conn:
        act(station, conn)
    assert steps
    assert scanned(steps) == allowed


def test_papers_are_looked_for_without_reading_their_content(station: TestStation) -> None:
    with plans(station) as steps, station.database.reader() as conn:
        owed_papers.count(conn, "covid19")
    papers = [step for step in steps if "ix_certificate" in step or "certificate_1" in step]
    assert papers
    assert all("COVERING" in step for step in papers), papers
    assert any("ix_immunization_here" in step for step in steps)
    assert any("COVERING INDEX ix_print_log_certificate_id" in step for step in steps)


def test_the_work_list_walks_no_big_table(station: TestStation) -> None:
    with plans(station) as steps, station.database.reader() as conn:
        worklist.today(conn, "covid19", station.ctx.today(), station.clock.now(), 30)
    assert scanned(steps) <= {"ix_outbox_state", "ix_stock_movement_lot"}  # sums of everything, out of an index
    assert all("COVERING" in step for step in steps if step.startswith("SCAN") and "_lot" in step)
    assert {"ix_immunization_here", "ix_immunization_portal", "ix_certificate_revoked"} <= used(steps)


def test_everybody_is_read_from_covering_indexes(station: TestStation) -> None:
    campaign, plan = station.ctx.campaign(), Plan("astrazeneca", station.ctx.today())
    source = Eligible(station.database)
    with plans(station) as steps:
        source.facts(campaign, plan.day)
    for index in ("ix_person_listed", "ix_immunization_person", "ix_person_group_person_id", "ix_consent_person"):
        assert any(f"COVERING INDEX {index}" in step for step in steps), index
    assert scanned(steps) <= {"ix_screening_person"}  # who was deferred, referred, or must not have a product
    assert not any("AUTOMATIC" in step for step in steps)


def test_after_a_change_and_for_a_first_page_nothing_is_walked(station: TestStation) -> None:
    campaign = station.ctx.campaign()
    called = Plan("astrazeneca", station.ctx.today(), frozenset(("9",)))
    source, shown = Eligible(station.database), SessionList(station.database)
    source.listed(campaign, called)
    station.person(national_id="", groups=("9",))
    with plans(station) as steps:
        assert source.listed(campaign, called) is not None
    assert steps
    assert scanned(steps) == set()
    with plans(station) as steps:
        shown.first(campaign, called, "session")
    assert any("ix_person_group_group_code" in step for step in steps)
    assert scanned(steps) <= {"ix_screening_person"}
    shown.page(campaign, called, "session", Wanted())
    with plans(station) as steps:
        shown.page(campaign, called, "session", Wanted())
    assert scanned(steps) == set()

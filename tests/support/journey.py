"""The main journey as steps that a process of its own takes, so that its power can be cut at any moment.

:func:`work` runs in the child: it opens the station where there is one, says what it finds, and then takes the steps
that it is told, one answer a step. A step that is told again does only what is not done yet: that is what a person
does after a power cut, who looks and then goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import select
from support.journey_look import look

from vaxdesk.clock import FixedClock
from vaxdesk.db import keyslots
from vaxdesk.db.tables import (
    Certificate,
    Consent,
    Immunization,
    Lot,
    Release,
    Screening,
    User,
    VaccinationSession,
    Visit,
)
from vaxdesk.domain.cards import read_scan
from vaxdesk.domain.screening import nothing_found
from vaxdesk.paths import StationPaths
from vaxdesk.queries import outbox
from vaxdesk.services import (
    accounts,
    certificates,
    consents,
    doses,
    enrolment,
    observation,
    packs,
    people,
    screenings,
    sessions,
    setup,
    signing,
    stock,
    upkeep,
)
from vaxdesk.services.accounts import NewUser
from vaxdesk.services.context import ROLES, Context
from vaxdesk.sync.once import sync_once

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"
PASSPHRASE = "bốn từ dễ nhớ"
PRODUCT = "astrazeneca"
RECEIVED = 100

load_campaign = packs.loader()
#: Read once in the process from which the children are forked.
load_campaign("covid19", date(2026, 1, 1))


@dataclass
class Desk:
    """The child's hands: the folder, the open station, and what the parent told beside the step."""

    folder: Path
    code: str
    clock: FixedClock
    ctx: Context | None = None

    @property
    def paths(self) -> StationPaths:
        """The station's files."""
        return StationPaths(self.folder / "station")

    @property
    def open(self) -> Context:
        """The open station."""
        assert self.ctx is not None
        return self.ctx

    def first(self, table: Any, **equal: Any) -> Any:
        """The first current row with these values."""
        return next(iter(self.all(table, **equal)), None)

    def all(self, table: Any, **equal: Any) -> list[Any]:
        """All rows with these values."""
        with self.open.database.reader() as conn:
            return list(conn.scalars(select(table).filter_by(**equal)))


def set_up(desk: Desk, _told: Any) -> str:
    """A new station; after a cut it is begun anew, or it is there."""
    if not desk.paths.key_slots.exists():
        manager = NewUser("mai", "Lò Thị Mai", frozenset(ROLES), PASSPHRASE)
        command = setup.SetUp(
            code=desk.code,
            name="Trạm Y tế xã Mường Lạn",
            province_code="14",
            commune_code="03895",
            province_name="Sơn La",
            commune_name="Xã Mường Lạn",
            manager=manager,
        )
        desk.ctx, _recovery = setup.set_up_station(desk.paths, command, load_campaign, desk.clock)
    return desk.open.station.id


def request_key(desk: Desk, _told: Any) -> str:
    """The request file for the authority."""
    setup.write_key_request(desk.open, signing.add_key(desk.open))
    return desk.paths.key_request.read_text(encoding="utf-8")


def enrol(desk: Desk, answer: dict[str, Any]) -> str:
    """The authority's answer, from its file."""
    found = enrolment.look(desk.open, answer)
    enrolment.import_answer(desk.open, answer, found.root_fingerprint)
    return found.certificate.kid.hex()


def receive(desk: Desk, _told: Any) -> str:
    """A lot comes in."""
    held = desk.first(Lot, number="ABX3107")
    if held is not None:
        return str(held.id)
    expiry = (desk.clock.now() + timedelta(days=120)).date()
    return stock.receive(desk.open, stock.ReceiveLot(PRODUCT, "ABX3107", expiry, RECEIVED))


def plan(desk: Desk, _told: Any) -> str:
    """Today's session."""
    held = desk.first(VaccinationSession)
    if held is not None:
        return str(held.id)
    lot = desk.first(Lot).id
    command = sessions.PlanSession(desk.open.today(), "day", "Trạm Y tế xã Mường Lạn", PRODUCT, lot, 120)
    return sessions.plan(desk.open, command)


def register(desk: Desk, _told: Any) -> str:
    """A person from a card scan, checked in."""
    held = desk.first(Visit)
    if held is not None:
        return str(held.record_id)
    scan = read_scan(CARD)
    command = people.RegisterPerson(
        scan.details().with_(groups=("15",)), session_id=desk.first(VaccinationSession).id, identity_how="card"
    )
    return people.register(desk.open, command).visit_id


def consent(desk: Desk, _told: Any) -> str:
    """She agrees."""
    if desk.first(Consent) is None:
        visit = desk.first(Visit)
        given = consents.ConsentStatus.GIVEN
        consents.record(desk.open, consents.RecordConsent(visit.person_id, given, visit_id=visit.record_id))
    return str(desk.first(Consent).record_id)


def screen(desk: Desk, _told: Any) -> str:
    """Nothing is found."""
    if desk.first(Screening) is None:
        form = desk.open.campaign().screening_forms["adult-5785"]
        answers = nothing_found(form, PRODUCT, "male")
        visit = desk.first(Visit).record_id
        screenings.record(
            desk.open, screenings.RecordScreening(visit, form.id, PRODUCT, answers, {"temperature": 36.6})
        )
    return str(desk.first(Screening).record_id)


def dose(desk: Desk, _told: Any) -> str:
    """The dose."""
    held = desk.first(Immunization, current=True, status="completed")
    if held is not None:
        return str(held.record_id)
    command = doses.RecordDose(desk.first(Visit).record_id, PRODUCT, desk.first(Lot).id)
    return doses.record(desk.open, command).immunization_id


def undo_and_again(desk: Desk, _told: Any) -> str:
    """The dose is taken back, and recorded once more."""
    if not desk.all(Immunization, status="entered-in-error"):
        doses.withdraw(desk.open, desk.first(Immunization, current=True).record_id, "nhầm tay")
    return dose(desk, None)


def release(desk: Desk, _told: Any) -> str:
    """Thirty minutes later she goes."""
    if desk.first(Release) is None:
        observation.release(desk.open, desk.first(Visit).record_id)
    return str(desk.first(Release).record_id)


def issue(desk: Desk, _told: Any) -> str:
    """The certificate with its code."""
    visit = desk.first(Visit)
    issued = certificates.issue(desk.open, visit.person_id, visit.record_id)
    assert issued.no_code_reasons == ()
    return issued.number


def print_paper(desk: Desk, _told: Any) -> str:
    """The paper."""
    row = desk.first(Certificate)
    data = certificates.pdf(desk.open, [row.id], "A5")
    keyslots.write_atomically(desk.folder / "paper.pdf", data)
    return str(row.uvci)


def exchange(desk: Desk, _told: Any) -> str:
    """The network comes on."""
    result = sync_once(desk.open)
    assert result.status is not None
    with desk.open.database.reader() as conn:
        left = [row for row in outbox.entries(conn) if row.state != "accepted"]
    assert result.status.all_sent, left
    return "sent"


def back_up(desk: Desk, _told: Any) -> str:
    """The day's backup."""
    upkeep.back_up(desk.open, desk.folder / "disk" / "copy.db")
    return "copied"


def add_user(desk: Desk, _told: Any) -> str:
    """A second user."""
    held = desk.first(User, name="hoa")
    slots = {slot.name for slot in keyslots.read(desk.paths.key_slots)}
    if held is None or "hoa" not in slots:
        accounts.add_user(desk.open, NewUser("hoa", "Vì Thị Hoa", frozenset({"register"}), "một cụm từ khác hẳn"))
    return str(desk.first(User, name="hoa").id)


def remove_user(desk: Desk, _told: Any) -> str:
    """She leaves, and the file gets another key."""
    row = desk.first(User, name="hoa")
    if row.active:
        accounts.remove_user(desk.open, row.id)
    assert "hoa" not in {slot.name for slot in keyslots.read(desk.paths.key_slots)}
    return "removed"


Step = Callable[[Desk, Any], str]
STEPS: dict[str, Step] = {
    "set-up": set_up,
    "key request": request_key,
    "enrolment": enrol,
    "stock": receive,
    "session": plan,
    "registration": register,
    "consent": consent,
    "screening": screen,
    "dose": dose,
    "undo and again": undo_and_again,
    "release": release,
    "certificate": issue,
    "print": print_paper,
    "backup": back_up,
    "user added": add_user,
    "user removed": remove_user,
    "sync": exchange,
}
#: Minutes after the start at which a step is taken.
MINUTES = {
    "release": 40,
    "certificate": 41,
    "print": 41,
    "backup": 46,
    "user added": 47,
    "user removed": 48,
    "sync": 50,
}


def work(folder: Path, code: str, moment: datetime, line: Connection) -> None:
    """The child's main function."""
    desk = Desk(folder, code, FixedClock(moment))
    if desk.paths.key_slots.exists():
        desk.ctx = accounts.sign_in(desk.paths, "mai", PASSPHRASE, load_campaign, desk.clock)
        line.send(look(desk.open, RECEIVED))
    else:
        line.send({})
    while True:
        name, told = line.recv()
        desk.clock.moment = moment + timedelta(minutes=MINUTES.get(name, 5))
        line.send(STEPS[name](desk, told))

"""A station for tests: a real encrypted file in a folder, a clock that stands, an authority in another folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from support.portal import PortalProcess

from vaxdesk.certificates.authority import Authority
from vaxdesk.clock import VIET_NAM, FixedClock
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Base, User
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.people import PersonDetails
from vaxdesk.domain.screening import nothing_found
from vaxdesk.paths import StationPaths
from vaxdesk.services import (
    consents,
    doses,
    enrolment,
    observation,
    packs,
    people,
    screenings,
    sessions,
    setup,
    stock,
)
from vaxdesk.services.accounts import NewUser
from vaxdesk.services.context import ROLES, Context, actor_of

#: A Saturday morning in Viet Nam.
MORNING = datetime(2026, 11, 21, 8, 0, tzinfo=VIET_NAM)
PASSPHRASE = "bốn từ dễ nhớ"
PRODUCT = "astrazeneca"
Row = TypeVar("Row", bound=Base)

_load = packs.loader()


@dataclass
class TestStation:
    """An open station with its authority and its clock."""

    __test__ = False

    ctx: Context
    clock: FixedClock
    authority: Authority
    recovery: str
    set_up: setup.SetUp

    @property
    def database(self) -> Database:
        return self.ctx.database

    def enrol(self, portal_url: str = "", token: str = "") -> None:
        """The authority answers the request file, and the answer is imported."""
        import json

        request = json.loads(self.ctx.paths.key_request.read_text(encoding="utf-8"))
        answer = self.authority.answer(request, sync={"portal_url": portal_url, "token": token}, at=self.clock.now())
        found = enrolment.look(self.ctx, answer)
        enrolment.import_answer(self.ctx, answer, found.root_fingerprint)

    def enrol_at(self, portal: PortalProcess, folder: Path) -> None:
        """The district's running portal answers the request file; the answer file is imported."""
        import json

        out = folder / "answer.json"
        portal.admin("station", "answer", str(self.ctx.paths.key_request), "--out", str(out), "--url", portal.url)
        document = json.loads(out.read_text(encoding="utf-8"))
        enrolment.import_answer(self.ctx, document, enrolment.look(self.ctx, document).root_fingerprint)

    def vaccinated(self, *days: date, **changes: object) -> str:
        """A person with doses seen on paper on these days; her id."""
        person = self.person(**changes)
        for day in days:
            known = PartialDate(day.year, day.month, day.day)
            doses.record_earlier(self.ctx, doses.EarlierDose(person.person_id, PRODUCT, known, "paper", "ABX1000"))
        return person.person_id

    def lot(self, number: str = "ABX3107", doses: int = 100, product: str = PRODUCT) -> str:
        expiry = (self.clock.now() + timedelta(days=120)).date()
        return stock.receive(self.ctx, stock.ReceiveLot(product, number, expiry, doses))

    def session(self, lot_id: str, product: str = PRODUCT) -> str:
        return sessions.plan(
            self.ctx,
            sessions.PlanSession(self.ctx.today(), "morning", "Trạm Y tế xã Mường Lạn", product, lot_id, 120),
        )

    def person(self, session_id: str = "", **changes: object) -> people.Registered:
        return people.register(self.ctx, people.RegisterPerson(details(**changes), session_id=session_id))

    def consent(self, person_id: str, visit_id: str) -> None:
        consents.record(self.ctx, consents.RecordConsent(person_id, consents.ConsentStatus.GIVEN, visit_id=visit_id))

    def screen(self, visit_id: str, product: str = PRODUCT, **found: object) -> str:
        form = self.ctx.campaign().screening_forms["adult-5785"]
        return screenings.record(
            self.ctx,
            screenings.RecordScreening(
                visit_id,
                form.id,
                product,
                {**nothing_found(form, product, "male"), **found},
                {"temperature": 36.6},
            ),
        ).value

    def dose(self, visit_id: str, lot_id: str, product: str = PRODUCT, reason: str = "") -> doses.DoseRecorded:
        return doses.record(self.ctx, doses.RecordDose(visit_id, product, lot_id, reason=reason))

    def release(self, visit_id: str) -> None:
        self.clock.advance(timedelta(minutes=31))
        observation.release(self.ctx, visit_id)

    def acting(self, *roles: str, name: str = "hoa") -> Context:
        """The open station with another user, who has these roles and no passphrase."""
        with self.ctx.write() as uow:
            row = uow.first(User, name=name)
            if row is None:
                row = uow.add(User(name=name, full_name="Vì Thị Hoa", roles=[], created_at=uow.now))
            row.roles = sorted(roles)
            actor = actor_of(row)
            uow.commit()
        return replace(self.ctx, user=actor, views=[])

    def row(self, table: type[Row], **equal: object) -> Row:
        """The one row with these values."""
        (found,) = self.rows(table, **equal)
        return found

    def rows(self, table: type[Row], **equal: object) -> list[Row]:
        """All rows with these values."""
        with self.database.reader() as conn:
            return list(conn.scalars(select(table).filter_by(**equal)))

    def through(self, session_id: str, lot_id: str, **changes: object) -> people.Registered:
        """One person through the whole session."""
        person = self.person(session_id, **changes)
        self.consent(person.person_id, person.visit_id)
        self.screen(person.visit_id)
        self.dose(person.visit_id, lot_id)
        self.release(person.visit_id)
        return person


def details(**changes: object) -> PersonDetails:
    """The person of the journey."""
    return PersonDetails(
        full_name="Nguyễn Văn Anh",
        birth=PartialDate(1990, 1, 1),
        sex="male",
        national_id="014090123456",
        province_name="Sơn La",
        commune_name="Mường Lạn",
        village="Bản Nà Khi",
        groups=("15",),
    ).with_(**changes)


@dataclass(frozen=True)
class Template:
    """A station that was set up and enrolled once and is closed; tests work on copies of its folder."""

    folder: Path
    key: bytes
    context: Context
    authority: Authority
    recovery: str
    set_up: setup.SetUp


def make_template(folder: Path, practice: bool = False) -> Template:
    """Set a station up, enrol it, and close it."""
    made = make_station(folder, practice)
    made.enrol()
    made.database.close()
    return Template(made.ctx.paths.data_dir, made.database.key, made.ctx, made.authority, made.recovery, made.set_up)


def copied_station(template: Template, folder: Path) -> TestStation:
    """An open copy in ``folder``, in milliseconds: no key is derived and nothing is migrated."""
    paths = StationPaths(Path(shutil.copytree(template.folder, folder / "station")))
    clock = FixedClock(MORNING)
    made = template.context
    ctx = Context(Database(paths.database, template.key), paths, clock, made.station, made.user, _load)
    return TestStation(ctx, clock, template.authority, template.recovery, template.set_up)


def make_station(
    folder: Path,
    practice: bool = False,
    moment: datetime = MORNING,
    authority: Authority | None = None,
    code: str = "118",
) -> TestStation:
    """Set a station up, not yet enrolled; ``authority`` is an existing one, else its own is made."""
    clock = FixedClock(moment)
    command = setup.SetUp(
        code=code,
        name="Trạm Y tế xã Mường Lạn",
        province_code="14",
        commune_code="03895",
        province_name="Sơn La",
        commune_name="Xã Mường Lạn",
        authority_line="UBND xã Mường Lạn",
        manager=NewUser("mai", "Lò Thị Mai", frozenset(ROLES), PASSPHRASE),
        practice=practice,
    )
    ctx, recovery = setup.set_up_station(StationPaths(folder / "station"), command, _load, clock)
    if authority is None:
        authority = Authority.create(folder / "authority", "Sở Y tế Sơn La", practice, at=moment)
    return TestStation(ctx, clock, authority, recovery, command)

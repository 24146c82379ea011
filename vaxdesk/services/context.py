"""What a use case needs besides its command: the open file, who acts, the clock, the station, the campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from vaxdesk import clock as clocks
from vaxdesk import settings
from vaxdesk.clock import Clock
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Setting as SettingRow
from vaxdesk.db.tables import Station, User
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_, translate
from vaxdesk.paths import StationPaths
from vaxdesk.services import group_book

if TYPE_CHECKING:
    from vaxdesk.domain.campaign import Campaign

T = TypeVar("T")

#: The four roles; one person may hold several.
ROLES: dict[str, str] = {
    "register": N_("Register"),
    "screen": N_("Screen"),
    "inject": N_("Inject"),
    "manage": N_("Manage"),
}


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in user, or the program itself (sync, migration)."""

    id: str
    name: str
    full_name: str
    roles: frozenset[str]


#: The program acting by itself: sync and automatic backup.
PROGRAM = Actor("program", "program", "VaxDesk", frozenset())


@dataclass(frozen=True)
class StationInfo:
    """The station as the rest of the program sees it."""

    id: str
    code: str
    name: str
    desk: str
    authority_line: str
    province_code: str
    commune_code: str
    province_name: str
    commune_name: str
    phone: str
    referral_name: str
    referral_phone: str
    practice: bool
    campaign: str


@dataclass
class Context:
    """An open station with an acting user. The database key in it never leaves memory."""

    database: Database
    paths: StationPaths
    clock: Clock
    station: StationInfo
    user: Actor
    load_campaign: Callable[[str, date], Campaign]
    views: list[tuple[str, datetime]] = field(default_factory=list)

    def now(self) -> datetime:
        """The present moment, UTC."""
        return self.clock.now()

    def today(self) -> date:
        """The calendar day in Viet Nam."""
        return clocks.today(self.clock)

    def campaign(self, code: str | None = None, day: date | None = None) -> Campaign:
        """The campaign pack in force on a day (today when not given), with the groups added at this station."""
        campaign = self.load_campaign(code or self.station.campaign, day or self.today())
        return group_book.with_added(self.database, campaign)

    def require(self, *roles: str) -> Actor:
        """The acting user, who must hold one of the roles.

        :raises RefusedError: she holds none of them.
        """
        if not self.user.roles.intersection(roles):
            raise RefusedError(
                "{name} may not do this: it needs the role {roles}. Switch the user.",
                name=self.user.full_name,
                roles=" / ".join(translate(ROLES[role]) for role in roles),
            )
        return self.user

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """One transaction; the caller commits. Views that wait are written with it, or wait on where it is not.

        Every transaction of a user is a time that this station has seen: a clock before it is doubted. The program's
        own are none: an exchange that finds nothing new writes nothing at all.
        """
        with UnitOfWork(self.database, self.clock, desk=self.station.desk, user_id=self.user.id) as uow:
            if self.user.id != PROGRAM.id:
                see_time(uow)
            views = []
            while self.views:  # one by one: the window may note another one meanwhile
                views.append(self.views.pop(0))
            try:
                for person_id, at in views:
                    uow.audit("view", "person", person_id, {"at": at.isoformat()})
                yield uow
            finally:
                if not uow.committed:
                    self.views[:0] = views

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A consistent state to look at with the functions that also write; nothing can be committed."""
        uow = UnitOfWork(self.database, self.clock, desk=self.station.desk, user_id=self.user.id, read_only=True)
        with uow:
            yield uow

    def viewed(self, person_id: str) -> None:
        """Note that a person was opened; written with the next save or by :func:`flush_views`."""
        if not self.views or self.views[-1][0] != person_id:
            self.views.append((person_id, self.now()))

    def flush_views(self) -> None:
        """Write the views that still wait (the window calls it five seconds after the last one)."""
        if self.views:
            with self.write() as uow:
                uow.commit()

    def setting(self, option: settings.Setting[T]) -> T:
        """A setting's value, its default where none is stored or a stored one no longer fits."""
        with self.database.reader() as session:
            row = session.get(SettingRow, option.key)
        return option.default if row is None else option.fitting(row.value)


def store_setting(uow: UnitOfWork, option: settings.Setting[Any], value: Any, audited: bool = False) -> None:
    """Store a setting in the caller's transaction; the value never goes into the audit (it may be a secret)."""
    option.accept(value)
    row = uow.get(SettingRow, option.key)
    if row is None:
        uow.add(SettingRow(key=option.key, value=value, changed_at=uow.now))
    else:
        row.value = value
        row.changed_at = uow.now
    if audited:
        uow.audit("change", "setting", option.key)


def change_setting(ctx: Context, option: settings.Setting[Any], value: Any) -> None:
    """A manager changes a setting; it is never sent.

    :raises RefusedError: the user may not manage. :raises ValueError: the value does not fit.
    """
    ctx.require("manage")
    with ctx.write() as uow:
        store_setting(uow, option, value, audited=True)
        uow.commit()


#: The latest time is not written more often than this; a clock may lag behind it by twice as much.
SEEN_STEP = timedelta(minutes=1)


def see_time(uow: UnitOfWork, moment: datetime | None = None) -> None:
    """Keep the latest time ever seen: a clock before it is doubted (certificates, verification)."""
    moment = moment or uow.now
    row = uow.get(SettingRow, settings.LATEST_TIME.key)
    if row is None or datetime.fromisoformat(row.value) + SEEN_STEP <= moment:
        store_setting(uow, settings.LATEST_TIME, moment.isoformat())


def clock_in_doubt(ctx: Context, grace: timedelta = timedelta(hours=1)) -> bool:
    """True when the PC's clock is earlier than a time already seen (J2)."""
    latest = ctx.setting(settings.LATEST_TIME)
    return bool(latest) and ctx.now() + grace < datetime.fromisoformat(latest)


def station_info(row: Station) -> StationInfo:
    """The frozen picture of the station's row."""
    return StationInfo(**{name: getattr(row, name) for name in StationInfo.__dataclass_fields__})


def actor_of(row: User) -> Actor:
    """The frozen picture of a user's row."""
    return Actor(row.id, row.name, row.full_name, frozenset(row.roles))

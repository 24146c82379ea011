"""What a page may do: ask queries, call services, speak to the user, go elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from vaxdesk.errors import KnownError
from vaxdesk.gui import bridges
from vaxdesk.gui.bridges import ChangeBridge
from vaxdesk.gui.main_window import MainWindow
from vaxdesk.gui.tasks import Lane, Task, Tasks

if TYPE_CHECKING:
    from vaxdesk import settings
    from vaxdesk.domain.campaign import Campaign
    from vaxdesk.services.at_hand import AtHand
    from vaxdesk.services.context import Context

T = TypeVar("T")

#: A view that no save carried along is written after this time (DESIGN.md section 4).
VIEW_MS = 5000
#: How often other processes' writes are looked for: a withdrawn consent is seen at every desk within a second (E2).
WATCH_MS = 800


class Desk(QObject):
    """One signed-in window. Pages hold it; ``ctx`` changes when the user is switched.

    Settings and campaign are asked of the desk, which has them in memory, not of ``ctx``, which reads the file.
    """

    user_changed = Signal()
    #: An exchange with the portal has ended: what came of it (``bridges.ExchangeEnd``).
    exchanged = Signal(object)

    def __init__(self, window: MainWindow, tasks: Tasks, ctx: Context, at_hand: AtHand) -> None:
        super().__init__(window)
        self.window = window
        self.tasks = tasks
        self.ctx = ctx
        self._at_hand = at_hand
        self.changes = ChangeBridge(self)
        self.changes.changed.connect(window.take_changes)
        #: Exchanges with the portal now; the program puts its worker here, which exchanges by itself as well.
        self.exchange: Callable[[], None] = self._exchange_here
        self._views = QTimer(self)
        self._views.setSingleShot(True)
        self._views.setInterval(VIEW_MS)
        self._views.timeout.connect(self._write_views)
        self._seen_version: int | None = None
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_MS)
        self._watch.timeout.connect(self._look_for_other_writers)

    # Time

    def now(self) -> datetime:
        """The present moment, UTC."""
        return self.ctx.now()

    def today(self) -> date:
        """The calendar day in Viet Nam."""
        return self.ctx.today()

    # At hand

    def setting(self, option: settings.Setting[T]) -> T:
        """A setting's value, from memory."""
        return self._at_hand.setting(option)

    def campaign(self, day: date | None = None) -> Campaign:
        """The campaign as it stands today, or on another day, from memory."""
        return self._at_hand.campaign if day is None or day == self.today() else self._at_hand.campaign_on(day)

    # Work

    def ask(
        self,
        query: Callable[[Any], T],
        done: Callable[[T], None],
        *,
        owner: QObject | None = None,
        key: str = "",
        failed: Callable[[KnownError], None] | None = None,
    ) -> Task:
        """Run ``query(conn)`` on a connection of its own; ``done`` gets its frozen rows.

        Of several questions with the same ``key`` only the newest one's answer counts.
        """
        work = partial(_read, self.ctx, query)
        return self.tasks.start(Lane.READING, work, done, owner=owner, key=key, failed=failed)

    def act(
        self,
        service: Callable[[Context], T],
        done: Callable[[T], None] | None = None,
        *,
        areas: Iterable[str] = (),
        owner: QObject | None = None,
        failed: Callable[[KnownError], None] | None = None,
    ) -> Task:
        """Call ``service(ctx)`` in the writing lane.

        When it has committed, the pages that show ``areas`` are told, then ``done`` is called.
        """
        told = frozenset(areas)
        finish = partial(self._acted, told, done)
        work = partial(_call, self.ctx, service, "settings" in told)
        return self.tasks.start(Lane.WRITING, work, finish, owner=owner, failed=failed)

    def _acted(
        self, areas: frozenset[str], done: Callable[[Any], None] | None, outcome: tuple[Any, AtHand | None]
    ) -> None:
        # Our own write changes the file's version too; pages are told of it here and not once more.
        self._seen_version = None
        result, at_hand = outcome
        self._at_hand = at_hand or self._at_hand
        if areas:
            self.changes.notify(areas | {"outbox"})
        if done is not None:
            done(result)

    def viewed(self, person_id: str) -> None:
        """A person was opened: noted for the audit, written with the next save or after five seconds."""
        self.ctx.viewed(person_id)
        self._views.start()

    def _write_views(self) -> None:
        self.act(_flush_views)

    # Other processes

    def watch_other_writers(self) -> None:
        """Tell every page when another process (sync, import, a second desk's hub) has written."""
        self._watch.start()

    def _look_for_other_writers(self) -> None:
        self.tasks.start(Lane.READING, partial(_look_around, self.ctx), self._take_look, owner=self, key="look-around")

    def _take_look(self, seen: tuple[int, AtHand]) -> None:
        version, at_hand = seen
        another = at_hand.campaign is not self._at_hand.campaign
        self._at_hand = at_hand
        if another:  # a new day has begun, or a pack has come
            self.changes.notify({"settings"})
        if self._seen_version is not None and version != self._seen_version:
            self.changes.notify({"people", "session", "stock", "certificates", "outbox", "settings"})
        self._seen_version = version

    # The portal

    def _exchange_here(self) -> None:
        work = partial(_exchange, self.ctx)
        self.tasks.start(Lane.NETWORK, work, self.exchanged.emit, failed=self._exchange_failed, owner=self)

    def _exchange_failed(self, error: KnownError) -> None:
        self.exchanged.emit(bridges.exchange_end(error, self.now()))

    # Words to the user

    def toast(self, text: str, undo: Callable[[], None] | None = None, tone: str = "ok") -> None:
        """One line of what happened (already translated), with undo for ten seconds."""
        self.window.toast.say(text, undo, tone)

    def tell(self, error: KnownError) -> None:
        """A dialog with the error's own words."""
        self.tasks.on_known_error(error)

    def go_to(self, name: str, target: object = None) -> bool:
        """Bring a page to the front."""
        return self.window.go_to(name, target)

    def pages_anew(self) -> None:
        """Throw the pages away and begin with the first: they were made for another campaign."""
        from vaxdesk.gui.pages import registry

        self.window.set_pages(registry.makers(self))
        self.go_to("today")

    def switch(self, ctx: Context) -> None:
        """Another user acts from now on."""
        self.ctx = ctx
        self.user_changed.emit()

    def close(self) -> None:
        """Stop the timers; views that wait are written."""
        self._watch.stop()
        self._views.stop()
        self.ctx.flush_views()


def _read(ctx: Context, query: Callable[[Any], T], _task: Task) -> T:
    with ctx.database.reader() as session:
        return query(session)


def _call(
    ctx: Context, service: Callable[[Context], T], changes_settings: bool, _task: Task
) -> tuple[T, AtHand | None]:
    result = service(ctx)
    return result, _read_at_hand(ctx) if changes_settings else None


def _exchange(ctx: Context, _task: Task) -> bridges.ExchangeEnd:
    return bridges.exchange(ctx)


def _flush_views(ctx: Context) -> None:
    ctx.flush_views()


def _look_around(ctx: Context, _task: Task) -> tuple[int, AtHand]:
    # The version first: what is written in between is seen at the next look.
    return ctx.database.data_version(), _read_at_hand(ctx)


def _read_at_hand(ctx: Context) -> AtHand:
    from vaxdesk.services import at_hand

    return at_hand.read(ctx)

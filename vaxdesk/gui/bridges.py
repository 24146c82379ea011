"""Change notices of services and workers (plain calls from any thread) as signals on the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from vaxdesk.errors import KnownError

if TYPE_CHECKING:
    from vaxdesk.services.context import Context
    from vaxdesk.sync.views import EntryText, Sides

#: How long notices are gathered before pages are told, so that a batch refreshes a page once.
GATHER_MS = 60


class ChangeBridge(QObject):
    """Call :meth:`notify` from anywhere with the names of what changed; :attr:`changed` tells pages soon after."""

    changed = Signal(frozenset)
    _noticed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._areas: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GATHER_MS)
        self._timer.timeout.connect(self.tell_now)
        self._noticed.connect(self._begin, Qt.ConnectionType.QueuedConnection)

    def notify(self, areas: Iterable[str]) -> None:
        """Something changed in these areas ("people", "session", "stock", "outbox" …)."""
        with self._lock:
            self._areas.update(areas)
        self._noticed.emit()

    @Slot()
    def _begin(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def tell_now(self) -> None:
        """Tell what has gathered."""
        with self._lock:
            areas = frozenset(self._areas)
            self._areas.clear()
        if areas:
            self.changed.emit(areas)


class WorkerBridge(QObject):
    """States of a long-lived plain worker (sync) as a signal on the window's thread."""

    told = Signal(object)
    _came = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._came.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)

    def tell(self, state: object) -> None:
        """Give the worker this method as its callback; it may be called from any thread."""
        self._came.emit(state)

    @Slot(object)
    def _pass_on(self, state: object) -> None:
        self.told.emit(state)


@dataclass(frozen=True)
class ExchangeEnd:
    """What an exchange with the portal did, in records; ``error`` where it came to no good end.

    ``skew``: seconds that this PC's clock is ahead of the portal's; ``chain_faults``: the desks whose journal the
    portal knows otherwise.
    """

    at: datetime
    sent: int = 0
    refused: int = 0
    unknown: int = 0
    received: int = 0
    conflicts: int = 0
    skew: float = 0.0
    chain_faults: tuple[str, ...] = ()
    error: KnownError | None = None
    #: Versions of the rules that have come and wait for the manager, and what kept others from coming.
    rules: tuple[str, ...] = ()
    rules_changed: bool = False
    rules_error: KnownError | None = None


def exchange_end(told: object, at: datetime) -> ExchangeEnd:
    """What the worker told, as the window shows it."""
    from vaxdesk.sync.once import SyncResult

    if isinstance(told, SyncResult):
        pushed, pulled = told.pushed, told.pulled
        return ExchangeEnd(
            at,
            pushed.accepted,
            pushed.refused,
            pushed.unknown,
            pulled.applied,
            pulled.conflicts,
            told.skew,
            tuple(fault.desk for fault in told.chain_faults),
            rules=tuple(one.version for one in told.packs.waiting),
            rules_changed=bool(told.packs.waiting or told.packs.refused or told.packs.withdrawn),
            rules_error=told.packs.error,
        )
    return ExchangeEnd(at, error=told if isinstance(told, KnownError) else None)


def exchange(ctx: Context) -> ExchangeEnd:
    """One whole exchange, in the network lane.

    :raises KnownError: the station is not enrolled, or the line or the portal failed.
    """
    from vaxdesk.sync.once import sync_once

    return exchange_end(sync_once(ctx), ctx.now())


def enrol_by_code(ctx: Context, url: str, code: str) -> None:
    """Enrol at a portal with a one-time code, in the network lane.

    :raises KnownError: the address or the code does not hold, or the portal cannot be reached.
    """
    from vaxdesk.sync.once import enrol_by_code as enrol

    enrol(ctx, url, code)


def entry_text(ctx: Context, seq: int) -> EntryText:
    """The exact content of an entry of the outbox."""
    from vaxdesk.sync import views

    return views.entry_text(ctx, seq)


def resend(ctx: Context, seq: int) -> None:
    """Send a refused entry again as its record stands now."""
    from vaxdesk.sync import views

    views.resend(ctx, seq)


def conflict_sides(ctx: Context, conflict_id: str) -> Sides:
    """Both sides of a conflict."""
    from vaxdesk.sync import views

    return views.sides(ctx, conflict_id)


def decide_conflict(ctx: Context, conflict_id: str, take: frozenset[str], whole: bool = False) -> None:
    """Decide a conflict: the fields (or the whole dose) in which the portal's side holds."""
    from vaxdesk.sync import views

    views.decide(ctx, conflict_id, take, whole)

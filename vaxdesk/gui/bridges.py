"""Change notices of services and workers (plain calls from any thread) as signals on the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

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

"""Work beside the window: three lanes, the answer back on the window's thread.

*Reading* has its own connections and never waits for a writer, *writing* is one at a time, *network* may be slow
without holding up the others. The GUI thread itself never waits for disk or wire.
"""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from vaxdesk.errors import KnownError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

log = logging.getLogger(__name__)
T = TypeVar("T")


class Lane(enum.Enum):
    """Where work runs; each lane has its own threads."""

    READING = "reading"
    WRITING = "writing"
    NETWORK = "network"


_THREADS = {Lane.READING: 2, Lane.WRITING: 1, Lane.NETWORK: 1}


class Cancelled(Exception):
    """Raised inside work when its task has been cancelled."""


@dataclass(eq=False)
class Task:
    """One piece of work under way. ``work`` receives it to tell progress and to learn of a cancel."""

    lane: Lane
    done: Callable[[Any], None] | None
    failed: Callable[[KnownError], None] | None
    progressed: Callable[[int, int], None] | None
    owner: QObject | None
    key: str = ""
    generation: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _report: Callable[[Task, int, int], None] | None = None
    finished: bool = False

    def cancel(self) -> None:
        """Ask the work to stop; its answer is dropped in any case."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._stop.is_set()

    def check(self) -> None:
        """Called by long work between steps: raises ``Cancelled`` after a cancel."""
        if self.cancelled:
            raise Cancelled

    def progress(self, done: int, total: int) -> None:
        """Called by long work, from its own thread; also checks for a cancel."""
        self.check()
        if self._report is not None:
            self._report(self, done, total)


class Tasks(QObject):
    """Runs work in lanes. Every callback comes on the thread that this object lives in.

    A ``key`` makes answers exclusive: an answer is dropped when newer work with the same key was begun meanwhile.
    An ``owner`` that is gone (a closed page) drops its answers too. Errors of the world go to ``failed`` or, without
    one, to ``on_known_error``; every other exception goes to ``on_bug`` with its traceback.
    With ``inline`` the work runs at once on the calling thread: for tests.
    """

    _answered = Signal(object, object, object)
    _progressed = Signal(object, int, int)
    idle = Signal()

    def __init__(self, *, inline: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inline = inline
        self._generations: dict[str, int] = {}
        self._running: set[Task] = set()
        self.on_known_error: Callable[[KnownError], None] = _log_known_error
        self.on_bug: Callable[[BaseException], None] = _log_bug
        self._pools: dict[Lane, ThreadPoolExecutor] = {}
        self._closed = False
        self._answered.connect(self._take_answer, Qt.ConnectionType.QueuedConnection)
        self._progressed.connect(self._take_progress, Qt.ConnectionType.QueuedConnection)

    def read(self, work: Callable[[], T], done: Callable[[T], None], **options: Any) -> Task:
        """Run a query; see :meth:`start` for the options."""
        return self.start(Lane.READING, lambda _task: work(), done, **options)

    def write(self, work: Callable[[], T], done: Callable[[T], None] | None = None, **options: Any) -> Task:
        """Run a service; one at a time, in the order asked."""
        return self.start(Lane.WRITING, lambda _task: work(), done, **options)

    def network(self, work: Callable[[], T], done: Callable[[T], None] | None = None, **options: Any) -> Task:
        """Run something that talks to the network."""
        return self.start(Lane.NETWORK, lambda _task: work(), done, **options)

    def start(
        self,
        lane: Lane,
        work: Callable[[Task], Any],
        done: Callable[[Any], None] | None = None,
        *,
        failed: Callable[[KnownError], None] | None = None,
        progressed: Callable[[int, int], None] | None = None,
        owner: QObject | None = None,
        key: str = "",
    ) -> Task:
        """Run ``work(task)`` in a lane and return its task.

        After :meth:`close` nothing is read any more: nobody is there to see it.
        """
        generation = 0
        if key:
            generation = self._generations.get(key, 0) + 1
            self._generations[key] = generation
        task = Task(lane, done, failed, progressed, owner, key, generation, _report=self._report_progress)
        if self._closed and lane is Lane.READING:
            task.cancel()
            return task
        self._running.add(task)
        if self._inline:
            self._take_answer(task, *_run(task, work))
        else:
            self._pool(lane).submit(self._work_outside, task, work)
        return task

    def _pool(self, lane: Lane) -> ThreadPoolExecutor:
        """A lane's threads, begun with its first work: the first paint waits for no thread."""
        if lane not in self._pools:
            from concurrent.futures import ThreadPoolExecutor

            self._pools[lane] = ThreadPoolExecutor(_THREADS[lane], thread_name_prefix=f"vaxdesk-{lane.value}")
        return self._pools[lane]

    def busy(self) -> bool:
        """Whether any work is under way."""
        return bool(self._running)

    def close(self) -> None:
        """Cancel what has not begun, let what runs come to its end, and stop the threads."""
        self._closed = True
        for task in list(self._running):
            task.cancel()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
        self._running.clear()

    def _work_outside(self, task: Task, work: Callable[[Task], Any]) -> None:
        value, error = _run(task, work)
        if shiboken6.isValid(self):
            self._answered.emit(task, value, error)

    def _report_progress(self, task: Task, done: int, total: int) -> None:
        if self._inline:
            self._take_progress(task, done, total)
        else:
            self._progressed.emit(task, done, total)

    @Slot(object, object, object)
    def _take_answer(self, task: Task, value: object, error: BaseException | None) -> None:
        self._running.discard(task)
        task.finished = True
        try:
            if self._stale(task) or isinstance(error, Cancelled):
                return
            if error is None:
                if task.done is not None:
                    task.done(value)
            elif isinstance(error, KnownError):
                (task.failed or self.on_known_error)(error)
            else:
                self.on_bug(error)
        finally:
            if not self._running:
                self.idle.emit()

    @Slot(object, int, int)
    def _take_progress(self, task: Task, done: int, total: int) -> None:
        if task.progressed is not None and not self._stale(task):
            task.progressed(done, total)

    def _stale(self, task: Task) -> bool:
        if task.cancelled:
            return True
        if task.key and self._generations.get(task.key) != task.generation:
            return True
        return task.owner is not None and not shiboken6.isValid(task.owner)


def _run(task: Task, work: Callable[[Task], Any]) -> tuple[object, BaseException | None]:
    try:
        task.check()
        return work(task), None
    except Exception as error:  # noqa: BLE001 - the thread's boundary: reported on the window's thread
        return None, error


def _log_known_error(error: KnownError) -> None:
    log.warning("%s", error.message_id)


def _log_bug(error: BaseException) -> None:
    log.error("fault in background work: %s", type(error).__name__)

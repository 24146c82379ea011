"""The window's entry point: shows the window first, imports what it needs afterwards, wires the rooms."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from vaxdesk import i18n, paths, settings
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.gui import application, state
from vaxdesk.gui.bridges import ExchangeEnd, WorkerBridge, exchange_end
from vaxdesk.gui.dialogs.preparing import PreparingPage
from vaxdesk.gui.flow import Flow
from vaxdesk.gui.main_window import MainWindow
from vaxdesk.gui.single import OneWindow
from vaxdesk.gui.tasks import Lane, Task, Tasks
from vaxdesk.i18n import _

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.practice import PracticePortal
    from vaxdesk.services.context import Context
    from vaxdesk.sync.worker import SyncWorker

#: After a save, a little longer than its undo window.
NUDGE_MS = 11_000
#: After sign-in, before anything is done that the first page does not need.
CALM_MS = 1500
#: Screens up to this height are filled.
SMALL_SCREEN = 900


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window; returns the process's exit code (1: another window is open, 2: bad arguments)."""
    began = time.perf_counter()
    os.umask(0o077)  # whatever is written, log and saved pages included, is its owner's alone
    arguments = _parse(list(sys.argv[1:] if argv is None else argv))
    data_dir = arguments.data_dir or paths.default_data_dir(arguments.practice)
    station = paths.StationPaths(data_dir)
    remembered = state.read(data_dir)
    language = arguments.language or remembered.language
    qt = application.create([sys.argv[0]], practice=arguments.practice, language=language)
    lock = OneWindow(station.window_lock)
    try:
        lock.take()
    except RefusedError as refused:
        if arguments.quit_after_first_paint:
            sys.stderr.write(f"{refused}\n")
        else:
            QMessageBox.warning(None, "VaxDesk", refused.words())
        return 1
    _log_to(station.log)
    program = Program(station, practice=arguments.practice)
    if arguments.quit_after_first_paint:
        program.after_first_paint(partial(_print_and_quit, began))
    else:
        program.errors.install()
        program.after_first_paint(program.begin_work)
    program.show()
    code = qt.exec()
    program.close()
    lock.release()
    return code


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vaxdesk-window", description="VaxDesk, the vaccination desk.")
    parser.add_argument("--practice", action="store_true", help="open the practice station with invented people")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="the station's folder")
    parser.add_argument("--language", choices=i18n.LANGUAGES, help="the language of the window")
    parser.add_argument(
        "--quit-after-first-paint",
        action="store_true",
        help="print when the first window was painted as JSON (milliseconds since main, wall clock), and quit",
    )
    return parser.parse_args(argv)


class Program(QObject):
    """The window with everything wired."""

    def __init__(self, station: paths.StationPaths, *, practice: bool) -> None:
        super().__init__()
        self.window = MainWindow(practice=practice)
        self.tasks = Tasks(parent=self)
        self.flow = Flow(self.window, self.tasks, station, practice=practice)
        self.errors = application.ErrorGate(self._show_known, self._show_bug)
        self.tasks.on_known_error = self._show_known
        self.tasks.on_bug = self.errors.take
        self._painted: _FirstPaint | None = None
        self._station = station
        self._portal: PracticePortal | None = None
        self._worker: SyncWorker | None = None
        self._sync = WorkerBridge(self)
        self._sync.told.connect(self._take_exchange)
        self.flow.opened.connect(self._begin_exchange)

    def show(self) -> None:
        """Show the gate; practice asks nothing, so its gate only says that the station is being made."""
        if self.window.practice:
            self._preparing = PreparingPage()
            self.window.show_gate(self._preparing)
        else:
            self.flow.begin()
        # A desk's screen is small and the program is all that it shows; a larger screen keeps the window's own size.
        if self.window.screen().availableSize().height() <= SMALL_SCREEN:
            self.window.showMaximized()
        else:
            self.window.show()

    def after_first_paint(self, then: Callable[[], None]) -> None:
        """Call ``then`` once, when the window has been painted."""
        self._painted = _FirstPaint(self.window, then)

    def begin_work(self) -> None:
        """What waits until the window stands."""
        if self.window.practice:
            self.tasks.start(
                Lane.WRITING,
                partial(_open_practice, self._station),
                self._practice_open,
                progressed=self._preparing.show_progress,
                owner=self,
            )
        else:
            self.flow.warm_up()

    def _practice_open(self, opened: tuple[Context, PracticePortal | None]) -> None:
        ctx, self._portal = opened
        self.flow.open(ctx)

    # Sending by itself

    def _begin_exchange(self, desk: Desk) -> None:
        """Exchange while somebody is signed in; a lock does not stop it.

        What an exchange needs takes longer to import than all that the first page needs: it waits until that page
        stands, and is imported beside the window.
        """
        desk.exchanged.connect(self._exchange_ended)
        QTimer.singleShot(CALM_MS, desk, partial(self._import_exchange, desk))

    def _import_exchange(self, desk: Desk) -> None:
        self.tasks.start(Lane.NETWORK, _worker_class, partial(self._start_exchange, desk), owner=desk)
        self.tasks.start(Lane.READING, partial(_back_up, desk.ctx), owner=self)

    def _start_exchange(self, desk: Desk, worker: type[SyncWorker]) -> None:
        if self._worker is None and desk.setting(settings.AUTO_SYNC):
            self._worker = worker(desk.ctx, self._sync.tell)
            self._worker.start()
            desk.changes.changed.connect(self._nudge)
        if self._worker is not None:
            desk.exchange = self._worker.nudge

    def _nudge(self, areas: frozenset[str]) -> None:
        """Something to send was written: exchange when its undo window has passed."""
        if "outbox" in areas:
            QTimer.singleShot(NUDGE_MS, self._nudge_now)

    def _nudge_now(self) -> None:
        if self._worker is not None:
            self._worker.nudge(urgent=False)

    def _take_exchange(self, told: object) -> None:
        """The worker has told what came of an exchange."""
        if self.flow.desk is not None:
            self.flow.desk.exchanged.emit(exchange_end(told, self.flow.desk.now()))

    def _exchange_ended(self, end: ExchangeEnd) -> None:
        self.flow.set_online(end.error is None)
        desk = self.flow.desk
        if desk is None or end.error is not None:
            return
        self.flow.refresh_facts()
        if end.received:
            desk.changes.notify({"people", "session", "certificates", "sync"})
        elif end.sent or end.refused or end.conflicts:
            desk.changes.notify({"sync"})
        if end.rules_changed:
            desk.changes.notify({"settings", "sync"})
        if end.rules:
            # Its room of words needs the database's library; by now an exchange has imported it, the start must not.
            from vaxdesk.gui.sync_words import rules_come

            desk.toast(rules_come(end), tone="warn")

    def close(self) -> None:
        """The window is closed: stop the exchange, the desk and the practice portal."""
        if self._worker is not None:
            self._worker.stop()
        self.flow.close()
        if self._portal is not None:
            self._portal.stop()

    def _show_known(self, error: KnownError) -> None:
        QMessageBox.warning(self.window, "VaxDesk", error.words())

    def _show_bug(self, report: str) -> None:
        words = _(
            "The program made a mistake. What was confirmed before is saved. "
            "The report below names no person; give it to whoever looks after the program."
        )
        box = QMessageBox(QMessageBox.Icon.Critical, "VaxDesk", words, parent=self.window)
        box.setDetailedText(report)
        box.exec()


def _open_practice(station: paths.StationPaths, task: Task) -> tuple[Context, PracticePortal | None]:
    """Make and open the practice station, with its portal where that starts."""
    from vaxdesk import practice

    station.data_dir.mkdir(parents=True, exist_ok=True)
    practice.prepare(station, task.progress)
    ctx = practice.open_station(station)
    try:
        portal = practice.start_portal(station)
        practice.connect(ctx, portal)
    except KnownError as error:
        logging.getLogger(__name__).warning("%s", error.message_id)
        return ctx, None
    return ctx, portal


def _worker_class(_task: Task) -> type[SyncWorker]:
    """Imports what an exchange needs."""
    from vaxdesk.sync.worker import SyncWorker

    return SyncWorker


def _back_up(ctx: Context, _task: Task) -> None:
    """The day's backup, and the request for a new signing key where one is due; one that fails is told in the status
    line by its age. Pages that an earlier run handed to a printer as files are deleted."""
    from vaxdesk.devices import printed_files
    from vaxdesk.services import accounts, key_renewal, upkeep

    printed_files.discard_left()
    program = accounts.as_program(ctx)
    for work in (upkeep.back_up_when_due, key_renewal.prepare_when_due):
        try:
            work(program)
        except KnownError as error:
            logging.getLogger(__name__).warning("%s", error.message_id)


class _FirstPaint(QObject):
    """Sees the window's first paint."""

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then = then
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The first paint of the window ends the start-up."""
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self._then)
        return False


def _print_and_quit(began: float) -> None:
    """The figure for benchmarks: ``at`` is the wall clock, since most of a start lies before ``main``."""
    milliseconds = round((time.perf_counter() - began) * 1000, 1)
    sys.stdout.write(json.dumps({"first_paint_ms": milliseconds, "at": time.time()}) + "\n")
    sys.stdout.flush()
    QApplication.quit()


def _log_to(path: Path) -> None:
    handler: logging.Handler
    try:
        handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


if __name__ == "__main__":
    sys.exit(main())

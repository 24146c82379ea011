"""From the closed gate to the open desk and back: set-up, sign-in, lock, change of user."""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDialog

from vaxdesk import i18n, settings
from vaxdesk.clock import Clock, SystemClock
from vaxdesk.errors import KnownError
from vaxdesk.gui import application, state
from vaxdesk.gui.dialogs.sign_in import SignInPage
from vaxdesk.gui.keys import IdleWatch
from vaxdesk.gui.main_window import MainWindow, ShellFacts
from vaxdesk.gui.tasks import Lane, Task, Tasks
from vaxdesk.i18n import _
from vaxdesk.paths import StationPaths

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.gui.dialogs.camera import CameraDialog
    from vaxdesk.gui.scan_filter import ScanFilter
    from vaxdesk.services.accounts import PinPad
    from vaxdesk.services.at_hand import AtHand
    from vaxdesk.services.context import Context

#: What the first screen does not need; imported after the first paint, in the reading lane.
HEAVY = (
    "vaxdesk.gui.desk",
    "vaxdesk.gui.pages.registry",
    "vaxdesk.services.accounts",
    "vaxdesk.services.at_hand",
    "vaxdesk.services.packs",
    "vaxdesk.gui.facts",
    "vaxdesk.queries.figures",
    "vaxdesk.domain.cards",
)
#: How often the frame is refreshed when nothing tells of a change.
FACTS_MS = 30_000
LONGEST_PIN = 8
#: Where a scan goes that the page in front does not take; the page gets the ``Scan`` as its target.
_SCAN_PAGES = {
    "cccd": "people",
    "can_cuoc": "people",
    "bhyt": "people",
    "personal_code": "people",
    "slip": "people",
    "hc1": "verify",
    "shc": "verify",
}


class Flow(QObject):
    """Owns the gate and, while somebody is signed in, the desk."""

    #: Somebody signed in; the desk is there.
    opened = Signal(object)

    def __init__(
        self, window: MainWindow, tasks: Tasks, paths: StationPaths, *, practice: bool, clock: Clock | None = None
    ) -> None:
        super().__init__(window)
        self.window = window
        self.tasks = tasks
        self.paths = paths
        self.practice = practice
        self.clock = clock or SystemClock()
        self.state = state.read(paths.data_dir)
        self.desk: Desk | None = None
        self.online = False
        self._page: SignInPage | None = None
        self._pins: PinPad | None = None
        self._idle = IdleWatch(0, self)
        self._idle.idle.connect(self.lock)
        self._scans: ScanFilter | None = None
        self._facts_timer = QTimer(self)
        self._facts_timer.setInterval(FACTS_MS)
        self._facts_timer.timeout.connect(self.refresh_facts)
        window.lock_asked.connect(self.lock)
        window.language_chosen.connect(self.change_language)
        window.camera_asked.connect(self.read_by_camera)
        window.at_work.connect(self._idle.restart)

    # The gate

    def begin(self) -> None:
        """Show sign-in where a station was set up, and set-up where none was."""
        if self.paths.key_slots.exists():
            self.show_sign_in()
        else:
            self.show_set_up()

    def warm_up(self) -> Task:
        """Watch the keys, and import what sign-in needs: after the first paint."""
        self.watch_input()
        return self.tasks.start(Lane.READING, _import_heavy, self._warm, owner=self)

    def _warm(self, _done: None) -> None:
        if self._page is not None and self.desk is None:
            self.tasks.read(partial(_names, self.paths), self._show_names, owner=self._page, failed=self._no_names)

    def _show_names(self, names: list[str]) -> None:
        if self._page is not None:
            self._page.show_users(names, self.state.last_user, self.state.station)

    def _no_names(self, error: KnownError) -> None:
        if self._page is not None:
            self._page.error.tell(error)

    def show_sign_in(self) -> None:
        """Ask for name and passphrase."""
        page = SignInPage()
        page.show_users(self.state.users, self.state.last_user, self.state.station)
        page.asked.connect(self._sign_in)
        page.recovery_asked.connect(self.show_recovery)
        self._page = page
        self.window.show_gate(page)
        page.setFocus()

    def show_recovery(self) -> None:
        """Open with the recovery sheet instead of a passphrase."""
        from vaxdesk.gui.dialogs.recovery import RecoveryPage

        page = RecoveryPage(self.tasks, self.paths, clock=self.clock, practice=self.practice)
        page.show_users(self.state.users)
        page.finished.connect(self.open)
        page.given_up.connect(self.show_sign_in)
        self._page = None
        self.window.show_gate(page)
        page.setFocus()

    def show_set_up(self) -> None:
        """Set a station up."""
        from vaxdesk.gui.dialogs.set_up import SetUpPage

        page = SetUpPage(self.tasks, self.paths, clock=self.clock, practice=self.practice)
        page.finished.connect(self.open)
        self._page = None
        self.window.show_gate(page)
        page.setFocus()

    def _sign_in(self, name: str, passphrase: str) -> None:
        work = partial(_open_station, self.paths, name, passphrase, self.clock, self.practice)
        page = self._page
        self.tasks.write(work, self.open, failed=page.refuse if page is not None else None)

    # The desk

    def open(self, ctx: Context) -> None:
        """Somebody is signed in: read what the window keeps at hand, then show today."""
        self.tasks.read(partial(_read_at_hand, ctx), partial(self._open, ctx), owner=self)

    def _open(self, ctx: Context, at_hand: AtHand) -> None:
        """Make the desk and its pages."""
        from vaxdesk.gui.desk import Desk
        from vaxdesk.gui.pages import registry
        from vaxdesk.services.accounts import PinPad

        self.watch_input()
        self._page = None
        self._pins = PinPad()
        self.desk = desk = Desk(self.window, self.tasks, ctx, at_hand)
        self.desk.changes.changed.connect(self._changed)
        self._remember(ctx)
        self.change_language(desk.setting(settings.LANGUAGE) if not self.state.last_user else i18n.language())
        self.window.set_pages(registry.makers(self.desk))
        self.window.show_shell()
        self._show_frame(ctx)
        self.window.go_to(self.window.first_name)
        self.refresh_facts()
        self._facts_timer.start()
        self._watch_idle(desk)
        self.desk.watch_other_writers()
        self.opened.emit(self.desk)

    def _show_frame(self, ctx: Context) -> None:
        """What is known without asking, so that the frame never stands empty."""
        self.window.show_facts(ShellFacts(now=ctx.now(), user_name=ctx.user.full_name, station_name=ctx.station.name))

    def _watch_idle(self, desk: Desk) -> None:
        self._idle.set_minutes(desk.setting(settings.LOCK_MINUTES))

    def _remember(self, ctx: Context) -> None:
        self.tasks.read(partial(_names, self.paths), partial(self._write_state, ctx), owner=self)

    def _write_state(self, ctx: Context, names: list[str]) -> None:
        self.state = replace(
            self.state,
            users=tuple(names),
            last_user=ctx.user.name,
            station=ctx.station.name,
            language=i18n.language(),
        )
        state.write(self.paths.data_dir, self.state)

    def _changed(self, areas: frozenset[str]) -> None:
        if areas & {"outbox", "session", "settings"}:
            self.refresh_facts()
        if "settings" in areas and self.desk is not None:
            self._watch_idle(self.desk)

    def refresh_facts(self) -> None:
        """Read the frame's facts anew."""
        if self.desk is not None:
            work = partial(_read_facts, self.desk.ctx, self.online)
            self.tasks.read(work, self.window.show_facts, owner=self, key="facts")

    def set_online(self, online: bool) -> None:
        """What the sync worker last saw of the line."""
        if online != self.online:
            self.online = online
            self.refresh_facts()

    # Keys and scans

    def watch_input(self) -> None:
        """Watch keys from now on. What the scan filter swallows is a sign of life all the same, so idle comes first."""
        from vaxdesk.gui.scan_filter import ScanFilter

        if self._scans is None:
            self._scans = ScanFilter(self)
            self._scans.scanned.connect(self.take_scan)
        filters = application.input_filters()
        filters.add(self._scans, first=True)
        filters.add(self._idle, first=True)

    def leave_input(self) -> None:
        """Watch no longer."""
        filters = application.input_filters()
        if self._scans is not None:
            filters.remove(self._scans)
        filters.remove(self._idle)

    def read_by_camera(self) -> None:
        """Read a code with the camera; it goes where a scanned one would."""
        from vaxdesk.gui.dialogs.camera import CameraDialog

        if self.desk is None or self.window.gate_is_up:
            return
        dialog = CameraDialog(self.window, self.desk)
        dialog.accepted.connect(partial(self._take_from_camera, dialog))
        dialog.open()

    def _take_from_camera(self, dialog: CameraDialog) -> None:
        self.take_scan(dialog.content)

    def take_scan(self, text: str | bytes, input_method: bool = False) -> None:
        """A code was scanned: the page in front may take it, else it goes where its kind belongs."""
        desk = self.desk
        if desk is None or self.window.gate_is_up:
            return
        from vaxdesk.domain.cards import read_scan

        scan = read_scan(text, desk.today(), input_method)
        self.window.overlay.hide()
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            take = getattr(dialog, "take_scan", None)
            if take is None or not take(scan):
                QApplication.beep()
            return
        page = self.window.current_page
        if page is not None and page.take_scan(scan):
            return
        target = _SCAN_PAGES.get(scan.kind)
        if target is None:
            words = scan.warnings[0].words() if scan.warnings else _("This code belongs to nothing at this desk.")
            desk.toast(words, tone="warn")
        else:
            self.window.go_to(target, scan)

    # Lock and change of user

    def lock(self) -> None:
        """Hide everything; sending and backup go on. The same screen changes the user."""
        if self.desk is None or self.window.gate_is_up:
            return
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QDialog) and widget.isVisible():
                widget.reject()
        self._idle.set_minutes(0)
        self.window.toast.close_now()
        page = SignInPage(locked=True)
        page.show_users(self.state.users, self.desk.ctx.user.name, self.desk.ctx.station.name)
        page.allow_pin(self._pins is not None and self._pins.usable)
        page.asked.connect(self._unlock)
        self._page = page
        self.window.show_gate(page)
        page.setFocus()

    def _unlock(self, name: str, secret: str) -> None:
        desk, page, pins = self.desk, self._page, self._pins
        if desk is None or page is None or pins is None:
            return
        work = partial(_unlock, desk.ctx, pins, name, secret)
        self.tasks.write(work, self._unlocked, failed=self._not_unlocked)

    def _not_unlocked(self, error: KnownError) -> None:
        if self._page is not None and self._pins is not None:
            self._page.allow_pin(self._pins.usable)
            self._page.refuse(error)

    def _unlocked(self, ctx: Context) -> None:
        desk = self.desk
        if desk is None:
            return
        other = ctx.user.id != desk.ctx.user.id
        self._page = None
        desk.switch(ctx)
        self._remember(ctx)
        self.window.show_shell()
        self._watch_idle(desk)
        self.refresh_facts()
        if other or self.window.current_page is None:
            from vaxdesk.gui.pages import registry

            self.window.set_pages(registry.makers(desk))
            self.window.go_to(self.window.first_name)
        else:
            self.window.current_page.setFocus()

    # The rest

    def change_language(self, language: str) -> None:
        """Change the language now and remember it."""
        if language != i18n.language():
            application.change_language(language)
            self.refresh_facts()
        if language != self.state.language:
            self.state = replace(self.state, language=language)
            if self.paths.data_dir.is_dir():
                state.write(self.paths.data_dir, self.state)

    def close(self) -> None:
        """The window closes: stop timers, end work, close the file."""
        self._facts_timer.stop()
        self._idle.set_minutes(0)
        self.leave_input()
        desk, self.desk = self.desk, None
        if desk is not None:
            desk.close()
        self.tasks.close()
        if desk is not None:
            desk.ctx.database.close()


def _import_heavy(_task: Task) -> None:
    for name in HEAVY:
        importlib.import_module(name)


def _names(paths: StationPaths) -> list[str]:
    from vaxdesk.services import accounts

    return accounts.names(paths)


def _open_station(paths: StationPaths, name: str, passphrase: str, clock: Clock, practice: bool) -> Context:
    from vaxdesk.services import accounts, packs

    return accounts.sign_in(paths, name, passphrase, packs.loader(paths.campaigns), clock, practice)


def _read_at_hand(ctx: Context) -> AtHand:
    from vaxdesk.services import at_hand

    return at_hand.read(ctx)


def _unlock(ctx: Context, pins: PinPad, name: str, secret: str) -> Context:
    from vaxdesk.services import accounts

    if pins.usable and secret.isdigit() and len(secret) <= LONGEST_PIN:
        return pins.switch(ctx, name, secret)
    opened = accounts.unlock(ctx, name, secret)
    pins.wrong = 0
    return opened


def _read_facts(ctx: Context, online: bool) -> ShellFacts:
    from vaxdesk.gui import facts

    return facts.read(ctx, online)

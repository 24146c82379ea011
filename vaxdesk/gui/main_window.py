"""The main window: rail, search box, chips, status line and the stack of pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QLabel, QMainWindow, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from vaxdesk import i18n
from vaxdesk.gui import forms, icons, style, words
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.targets import NewPerson
from vaxdesk.gui.widgets.buttons import NavButton, NavTool
from vaxdesk.gui.widgets.fields import SearchBox
from vaxdesk.gui.widgets.key_overlay import KeyOverlay
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.gui.widgets.toast import Toast
from vaxdesk.i18n import N_, _, ngettext

#: The rail's entries, in order; Ctrl+1 is the first.
PAGE_NAMES = ("today", "people", "session", "stock", "certificates", "verify", "reports", "sync", "administration")
#: How long typing rests before the search box asks.
SEARCH_REST_MS = 80
#: The most that a product's name takes in the session chip.
PRODUCT_WIDTH = 210

#: The parts of a day, as the chip names a session.
_PARTS = {
    "morning": N_("Morning session {day}"),
    "afternoon": N_("Afternoon session {day}"),
    "day": N_("Session of {day}"),
}

PageMaker = Callable[[], Page]


@dataclass(frozen=True)
class SessionFacts:
    """Today's session for the chip. ``part`` is ``morning``, ``afternoon`` or ``day``."""

    part: str
    day: date
    product: str
    done: int
    planned: int


@dataclass(frozen=True)
class ShellFacts:
    """What the frame of the window shows. ``roles`` are message ids; moments are aware UTC."""

    now: datetime
    user_name: str = ""
    roles: tuple[str, ...] = ()
    station_name: str = ""
    session: SessionFacts | None = None
    online: bool = False
    enrolled: bool = False
    waiting: int = 0
    refused: int = 0
    last_backup: datetime | None = None
    last_sent: datetime | None = None
    key_list_days: int | None = None


class MainWindow(QMainWindow):
    """The one window. The gate (sign-in, lock, set-up) and the shell lie in one stack: what is locked is not shown."""

    root: QStackedWidget
    gate: QWidget
    gate_column: QVBoxLayout
    shell: QWidget
    rail: QFrame
    logo: QLabel
    practice_band: QLabel
    user_name: QLabel
    user_roles: QLabel
    station_name: QLabel
    lock_button: NavTool
    search: SearchBox
    session_chip: Chip
    connection_chip: Chip
    content: QWidget
    pages: QStackedWidget
    backup_label: QLabel
    sent_label: QLabel
    keys_label: QLabel
    help_button: QPushButton
    language_button: QPushButton

    lock_asked = Signal()
    language_chosen = Signal(str)
    #: A code is to be read with the camera, and the page in front does not do it itself.
    camera_asked = Signal()
    #: Somebody is at work without a key or the mouse: a code was held up to the camera.
    at_work = Signal()
    closing = Signal()

    def __init__(self, *, practice: bool = False) -> None:
        super().__init__()
        forms.load(self, "main_window.ui")
        self.setCentralWidget(self.root)
        self.practice = practice
        self._makers: dict[str, PageMaker] = {}
        self._made: dict[str, Page] = {}
        self._missed: dict[str, frozenset[str]] = {}
        self._facts: ShellFacts | None = None
        self._page_before_search = ""
        self.practice_band.setVisible(practice)
        self.logo.setPixmap(icons.logo())
        self._buttons = {name: self._nav_button(name) for name in PAGE_NAMES}
        self.toast = Toast(self.shell, self.content)
        self.overlay = KeyOverlay(self.shell)
        self._help = QShortcut(QKeySequence("F1"), self)
        self._help.activated.connect(self.show_keys)
        self._camera = QShortcut(QKeySequence("F4"), self.shell)
        self._camera.activated.connect(self.ask_camera)
        self._new_person = QShortcut(QKeySequence("Ctrl+N"), self.shell)
        self._new_person.activated.connect(partial(self.go_to, "people", NewPerson()))
        self.help_button.clicked.connect(self.show_keys)
        self.language_button.clicked.connect(self._change_language)
        self.lock_button.clicked.connect(self.lock_asked)
        self.session_chip.clicked.connect(partial(self.go_to, "session"))
        self.connection_chip.clicked.connect(partial(self.go_to, "sync"))
        self._search_rest = QTimer(self)
        self._search_rest.setSingleShot(True)
        self._search_rest.setInterval(SEARCH_REST_MS)
        self._search_rest.timeout.connect(self._search_now)
        self.search.textEdited.connect(self._search_typed)
        self.search.opened.connect(self._search_opened)
        self.search.go_down.connect(self._search_down)
        self._translate()

    def _nav_button(self, name: str) -> NavButton:
        button = self.findChild(NavButton, f"nav_{name}")
        button.setVisible(False)
        button.clicked.connect(partial(self._nav_clicked, name))
        return button

    # Pages

    def set_pages(self, makers: Mapping[str, PageMaker]) -> None:
        """Offer these pages; each is made when it is first shown. Pages made before are thrown away."""
        for page in self._made.values():
            self.pages.removeWidget(page)
            page.deleteLater()
        self._made.clear()
        self._missed.clear()
        self._makers = dict(makers)
        for name, button in self._buttons.items():
            button.setVisible(name in self._makers)

    def page(self, name: str) -> Page:
        """The page of this name, made when needed."""
        if name not in self._made:
            made = self._makers[name]()
            self.pages.addWidget(made)
            self._made[name] = made
            made.translate()
        return self._made[name]

    @property
    def current_page(self) -> Page | None:
        """The page in front."""
        widget = self.pages.currentWidget()
        return widget if isinstance(widget, Page) else None

    @property
    def current_name(self) -> str:
        """The name of the page in front."""
        current = self.current_page
        return next((name for name, page in self._made.items() if page is current), "")

    @property
    def first_name(self) -> str:
        """The first page of the rail that there is."""
        return next((name for name in PAGE_NAMES if name in self._makers), "")

    def go_to(self, name: str, target: object = None) -> bool:
        """Bring a page to the front. ``False`` when the page in front must not be left or there is no such page."""
        before = self.current_page
        if name not in self._makers:
            return False
        if before is not None and self.current_name != name:
            if not before.may_leave():
                self._show_current_in_rail()
                return False
            before.left()
        page = self.page(name)
        self.pages.setCurrentWidget(page)
        self._show_current_in_rail()
        page.entered(target)
        missed = self._missed.pop(name, frozenset())
        if missed:
            page.refresh(missed)
        return True

    def _nav_clicked(self, name: str) -> None:
        if self.search.text() and name != "people":
            self.search.clear()
        self.go_to(name)

    def _show_current_in_rail(self) -> None:
        button = self._buttons.get(self.current_name)
        if button is not None:
            button.setChecked(True)

    def take_changes(self, areas: frozenset[str]) -> None:
        """Tell the page in front; remember for the others."""
        current = self.current_page
        for name, page in self._made.items():
            touched = areas & page.areas
            if not touched:
                continue
            if page is current:
                page.refresh(touched)
            else:
                self._missed[name] = self._missed.get(name, frozenset()) | touched

    # Search

    def _search_typed(self, _text: str) -> None:
        self._search_rest.start()

    def _search_now(self) -> None:
        text = self.search.text().strip()
        if not text:
            self.leave_search()
            return
        if self.current_name != "people":
            self._page_before_search = self.current_name
            if not self.go_to("people"):
                return
            # The page may have taken the focus; whoever searches is still typing.
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self.page("people").search(text)

    def leave_search(self) -> bool:
        """Back to the page from which the search began; ``False`` when there is none."""
        back, self._page_before_search = self._page_before_search, ""
        return bool(back) and self.go_to(back)

    def stay_here(self) -> None:
        """The search has led somewhere: emptying the box goes back no more."""
        self._page_before_search = ""

    def _search_opened(self, text: str) -> None:
        self._search_rest.stop()
        if text.strip():
            self._search_now()
            self._search_down()

    def _search_down(self) -> None:
        if self.current_page is not None:
            self.current_page.setFocus()

    # Gate

    def show_gate(self, widget: QWidget) -> None:
        """Put sign-in, lock or set-up over everything. The shell behind is not shown."""
        while (item := self.gate_column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None and old is not widget:
                old.hide()
                old.deleteLater()
        self.gate_column.addWidget(widget)
        self.overlay.hide()
        self.root.setCurrentWidget(self.gate)
        widget.show()

    def show_shell(self) -> None:
        """Show the shell: somebody is signed in."""
        self.root.setCurrentWidget(self.shell)
        while (item := self.gate_column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()

    @property
    def gate_is_up(self) -> bool:
        """Whether the gate covers the shell."""
        return self.root.currentWidget() is self.gate

    # Frame

    def show_facts(self, facts: ShellFacts) -> None:
        """Show the state of station, session, connection and backup."""
        self._facts = facts
        self._translate()

    def show_keys(self) -> None:
        """F1."""
        page = self.current_page
        if not self.gate_is_up and page is not None:
            self.overlay.toggle(page)

    def ask_camera(self) -> None:
        """F4: the page in front reads the code with the camera, or whoever listens."""
        page = self.current_page
        if not self.gate_is_up and page is not None and not page.take_camera():
            self.camera_asked.emit()

    def _change_language(self) -> None:
        self.language_chosen.emit("en" if i18n.language() == "vi" else "vi")

    def _translate(self) -> None:
        self.language_button.setText("Tiếng Việt" if i18n.language() == "vi" else "English")
        self.language_button.setToolTip(_("Change the language of the program"))
        title = _("VaxDesk – practice, invented people") if self.practice else "VaxDesk"
        self.setWindowTitle(title)
        facts = self._facts
        if facts is None:
            return
        self.user_name.setText(facts.user_name)
        self.user_roles.setText(" · ".join(_(role) for role in facts.roles))
        self.station_name.setText(facts.station_name)
        self._show_session(facts.session)
        self._show_connection(facts)
        self.backup_label.setText(_bold(_("Last backup {when}"), when=words.moment(facts.last_backup, facts.now)))
        self.sent_label.setText(
            _bold(_("Last sent to the portal {when}"), when=words.moment(facts.last_sent, facts.now))
        )
        if facts.key_list_days is None:
            self.keys_label.setText(_bold(_("Key list {age}"), age=_("none yet")))
        else:
            days = ngettext("{count} day old", "{count} days old", facts.key_list_days)
            age = _("of today") if facts.key_list_days == 0 else days.format(count=facts.key_list_days)
            self.keys_label.setText(_bold(_("Key list {age}"), age=age))

    def _show_session(self, session: SessionFacts | None) -> None:
        if session is None:
            self.session_chip.state(_("No session today"))
            return
        name = _(_PARTS.get(session.part, _PARTS["day"])).format(day=f"{session.day:%d/%m}")
        figures = f"{session.done}/{session.planned}"
        metrics = self.session_chip.fontMetrics()
        product = metrics.elidedText(session.product, Qt.TextElideMode.ElideRight, PRODUCT_WIDTH)
        self.session_chip.state(f"{name} · {product} · {figures}")
        self.session_chip.setToolTip(f"{name} · {session.product} · {figures}")

    def _show_connection(self, facts: ShellFacts) -> None:
        waiting = ngettext("{count} record waiting", "{count} records waiting", facts.waiting)
        waiting = waiting.format(count=words.number(facts.waiting))
        if facts.refused:
            refused = ngettext("{count} record refused", "{count} records refused", facts.refused)
            refused = refused.format(count=words.number(facts.refused))
            self.connection_chip.state(f"{waiting} · {refused}", "warn", "alert-triangle")
        elif facts.online and facts.waiting == 0:
            self.connection_chip.state(_("All sent"), "ok", "cloud-check")
        elif facts.online:
            self.connection_chip.state(_("Sending · {waiting}").format(waiting=waiting), "info", "cloud-up")
        elif facts.waiting:
            self.connection_chip.state(_("Offline · {waiting}").format(waiting=waiting), "warn", "cloud-off")
        elif facts.enrolled:
            self.connection_chip.state(_("Offline · nothing waiting"), "", "cloud-off")
        else:
            self.connection_chip.state(_("Not yet connected to a portal"), "", "cloud-off")

    def event(self, event: QEvent) -> bool:
        """Follow the language: after the form, which would write its own texts over ours."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "toast"):
            self._translate()
        return done

    def _may_close(self, name: str) -> bool:
        """Ask one page; behind the gate nobody is asked."""
        return self.gate_is_up or self._made[name].may_close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave only when the page in front may be left."""
        page = self.current_page
        leaving = self.gate_is_up or page is None or page.may_leave()
        if not leaving or not all(self._may_close(name) for name in tuple(self._made)):
            event.ignore()
            return
        self.closing.emit()
        event.accept()


def _bold(template: str, **values: str) -> str:
    made = {name: f'<b style="color:{style.color("text").name()}">{value}</b>' for name, value in values.items()}
    return template.format(**made)

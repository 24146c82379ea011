"""The QApplication: style, language, and what becomes of errors."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from vaxdesk import i18n
from vaxdesk.errors import BugError, KnownError, report
from vaxdesk.gui import forms, style
from vaxdesk.gui.keys import AltTypesNothing, EnterMovesOn, InputFilters
from vaxdesk.gui.translator import CatalogueTranslator

log = logging.getLogger(__name__)


def create(argv: Sequence[str], *, practice: bool = False, language: str = "vi") -> QApplication:
    """Make the application object with style and texts; dresses the one that exists when there is one."""
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(list(argv))
    application.setApplicationName("VaxDesk")
    application.setDesktopFileName("vaxdesk")
    style.apply(application, practice)
    i18n.set_language(language)
    translator = CatalogueTranslator(application)
    application.installTranslator(translator)
    return application


def input_filters() -> InputFilters:
    """The application's filters of keys, with the rule that Enter moves on. Made when first asked for.

    The window asks after its first paint: until then nothing is there for Enter to press.
    """
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise BugError("there is no application")
    found = application.findChild(InputFilters)
    if found is None:
        found = InputFilters(application)
        found.add(EnterMovesOn(found))
        found.add(AltTypesNothing(found))
    return found


def change_language(language: str) -> None:
    """Change the language of every open window."""
    i18n.set_language(language)
    forms.retranslate_everything()


class ErrorGate(QObject):
    """Every error that nobody caught, from any thread, arrives here on the window's thread.

    ``on_known`` is called for the world's errors with the error; ``on_bug`` for ours with a report without personal
    data: types, files and lines, never messages or values.
    """

    _came = Signal(object)

    def __init__(self, on_known: Callable[[KnownError], None], on_bug: Callable[[str], None]) -> None:
        super().__init__()
        self._on_known = on_known
        self._on_bug = on_bug
        self._came.connect(self._take, Qt.ConnectionType.AutoConnection)

    def install(self) -> None:
        """Become the place where uncaught exceptions and Qt's messages go."""
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook
        qInstallMessageHandler(_qt_message)

    def take(self, error: BaseException) -> None:
        """An error from any thread."""
        self._came.emit(error)

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        self.take(error)

    def _thread_hook(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self.take(arguments.exc_value)

    def _take(self, error: BaseException) -> None:
        if isinstance(error, KnownError):
            log.warning("%s", error.message_id)
            self._on_known(error)
            return
        text = report(error)
        log.error("%s", text)
        self._on_bug(text)


_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def _qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", message)

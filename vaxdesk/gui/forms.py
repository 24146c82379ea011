"""Loads ``.ui`` forms and binds their children to the annotations of the class."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtUiTools import QUiLoader
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from vaxdesk import assets
from vaxdesk.errors import BugError

#: Widgets of our own that a form may use by class name → their module below ``vaxdesk.gui.widgets``.
PROMOTED = {
    "Badge": "marks",
    "CameraPicture": "camera_picture",
    "Chip": "marks",
    "CoverageChart": "coverage_chart",
    "EmptyState": "states",
    "ErrorState": "states",
    "ErrorSummary": "states",
    "FigureCard": "figure_card",
    "GatePanel": "gate_panel",
    "HistoryPanel": "history_panel",
    "KeyButton": "buttons",
    "LookAlikePanel": "look_alikes",
    "NavButton": "buttons",
    "NavTool": "buttons",
    "ObservationBoard": "observation_board",
    "PassphraseEdit": "fields",
    "PersonBanner": "banner",
    "PlanPanel": "plan_panel",
    "RowTable": "tables",
    "RulesNotice": "rules_notice",
    "SearchBox": "fields",
    "SearchCombo": "search_combo",
    "StatusMark": "marks",
    "SuggestField": "suggest",
}


@cache
def promoted(name: str) -> type[QWidget]:
    """The class of a widget of our own; its module is imported with the first form that uses it."""
    found: type[QWidget] = getattr(importlib.import_module(f"vaxdesk.gui.widgets.{PROMOTED[name]}"), name)
    return found


@contextmanager
def _without_plugins() -> Iterator[None]:
    """While a loader is made: it would load Designer's plugins (Qt Quick among them), a fifth of a start-up."""
    paths = QCoreApplication.libraryPaths()
    QCoreApplication.setLibraryPaths([])
    try:
        yield
    finally:
        QCoreApplication.setLibraryPaths(paths)


class _Loader(QUiLoader):
    """Puts the form's root into an existing object and makes our own widgets by name."""

    def __init__(self, base: QWidget) -> None:
        with _without_plugins():
            super().__init__()
        self._base = base
        self._available = set(self.availableWidgets())
        self.unknown: list[str] = []
        self.setLanguageChangeEnabled(True)

    def createWidget(self, class_name: str, parent: QWidget | None = None, name: str = "") -> QWidget:
        """The root is the caller's object; children are ours or Qt's."""
        if parent is None:
            return self._base
        if class_name in PROMOTED:
            made = promoted(class_name)(parent=parent)
            made.setObjectName(name)
            return made
        if class_name not in self._available and class_name != "Line":
            self.unknown.append(class_name)
        made = super().createWidget(class_name, parent, name)
        if isinstance(made, QAbstractSpinBox):
            # The style sheet's padding does not reach the field inside a spin box.
            made.lineEdit().setTextMargins(8, 0, 8, 0)
        return made


def load(base: QWidget, name: str) -> None:
    """Load ``ui/<name>`` into ``base`` and set each child that its class annotates.

    Texts of the form follow the language at run time. Raises ``BugError`` where the form is missing or broken, names a
    widget nobody knows, or lacks an annotated child.
    """
    path = assets.ui(name)
    if not path.is_file():
        raise BugError(f"no such form: {name}")
    loader = _Loader(base)
    try:
        loader.load(str(path), None)
    except RuntimeError as error:
        raise BugError(f"the form {name} cannot be read: {loader.errorString()}") from error
    if loader.unknown:
        raise BugError(f"the form {name} uses unknown widgets: {', '.join(sorted(set(loader.unknown)))}")
    bind(base)


def bind(base: QWidget) -> None:
    """Set every annotated child of ``base`` as its attribute; one that is missing is a ``BugError``."""
    for name, kind in _children(type(base)):
        child = base.findChild(kind, name)
        if child is None:
            raise BugError(f"{type(base).__name__} has no child {kind.__name__} {name}")
        setattr(base, name, child)


@cache
def _children(owner: type) -> tuple[tuple[str, type[QObject]], ...]:
    hints = typing.get_type_hints(owner)
    return tuple(
        (name, kind)
        for name, kind in hints.items()
        if isinstance(kind, type) and issubclass(kind, QObject) and not name.startswith("_")
    )


def retranslate_everything() -> None:
    """Tell every window that the language has changed: forms and ``changeEvent`` follow."""
    application = QCoreApplication.instance()
    if application is not None:
        QCoreApplication.sendEvent(application, QEvent(QEvent.Type.LanguageChange))

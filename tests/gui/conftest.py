"""The window's tests: the program's style and translator on pytest-qt's application, offscreen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from vaxdesk.gui import application, style


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """The name that Qt shows."""
    return ["vaxdesk"]


@pytest.fixture(scope="session")
def _dressed(qapp: QApplication) -> QApplication:
    """Fonts, palette, style sheet, translator and the Enter rule, once."""
    made = application.create(["vaxdesk"])
    application.input_filters()
    return made


@pytest.fixture(autouse=True)
def _window_language(_dressed: QApplication) -> Iterator[None]:
    """Each test begins in Vietnamese and in the everyday palette."""
    yield
    if style.practice():
        style.apply(_dressed, practice=False)

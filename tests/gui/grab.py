"""Pictures of pages for looking at: ``VAXDESK_GRABS=folder pytest tests/gui`` writes them as PNG."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from vaxdesk import i18n

#: The smallest screen that the program is made for.
SIZE = (1366, 768)


def grab(widget: QWidget, name: str) -> None:
    """Write a picture of ``widget`` as ``<name>-<language>.png`` where ``VAXDESK_GRABS`` names a folder."""
    folder = os.environ.get("VAXDESK_GRABS")
    if not folder:
        return
    for _turn in range(3):
        QCoreApplication.processEvents()
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    widget.grab().save(str(path / f"{name}-{i18n.language()}.png"))

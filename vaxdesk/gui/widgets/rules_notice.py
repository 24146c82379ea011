"""The card that tells of rules that came by sync and wait: what they are, what they change, and the one act."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from vaxdesk.gui import icons, style, version_words
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.i18n import _
from vaxdesk.services.pack_list import Preview


class RulesNotice(QFrame):
    """Hidden while nothing waits. ``wanted``: a manager wants to bring the version that is shown into force."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preview: Preview | None = None
        self._manages = False
        self._late = False
        self.setProperty("card", "warn")
        self._picture = QLabel(self)
        self.title = self._label("strong")
        self.about = self._label("hint")
        self.changes = self._label("")
        self.doses = self._label("strong")
        self.hint = self._label("caption")
        self.apply = KeyButton(self)
        self.apply.setProperty("variant", "main")
        self.apply.setProperty("keys", "F12")
        self.apply.clicked.connect(self.wanted)
        column = QVBoxLayout()
        column.setSpacing(3)
        for label in (self.title, self.about, self.changes, self.doses, self.hint):
            column.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 14, 10)
        row.setSpacing(14)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        row.addWidget(self.apply, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def _label(self, kind: str) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        if kind:
            label.setProperty("type", kind)
        return label

    def tell(self, preview: Preview | None, late: bool, manages: bool) -> None:
        """Show a version that waits; None hides the card. ``late``: its first day has come."""
        self.preview, self._late, self._manages = preview, late, manages
        self.setVisible(preview is not None)
        style.mark(self, "card", "bad" if late else "warn")
        self._picture.setPixmap(icons.pixmap("alert-triangle", "bad" if late else "warn", 20))
        self.translate()

    def translate(self) -> None:
        """The words in the language in use."""
        shown = self.preview
        if shown is None:
            return
        self.title.setText(version_words.headline(shown.version, self._late))
        self.about.setText(version_words.about(shown.version))
        self.changes.setText(version_words.changed(shown))
        doses = version_words.doses(shown)
        self.doses.setText(doses)
        self.doses.setVisible(bool(doses))
        self.hint.setText(_("A manager brings them into force; until then the old rules hold."))
        self.hint.setVisible(not self._manages)
        self.apply.setText(_("Bring into force"))
        self.apply.setEnabled(self._manages)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self.translate()
        super().changeEvent(event)

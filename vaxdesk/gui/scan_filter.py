"""Recognises a scan anywhere in the window, whatever has the focus, before any widget or shortcut sees a key of it.

Keys that may be a scan are held for a moment (see ``devices.scanners``); typing is given back in its order. Held keys
are taken from shortcuts as well, so a code never presses a button; after typing, a button's plain key works again here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from vaxdesk.devices.scanners import Key, KeyboardScanner, Limits, Outcome
from vaxdesk.gui.widgets.buttons import KeyButton

_NAMES = {
    Qt.Key.Key_Return.value: "enter",
    Qt.Key.Key_Enter.value: "enter",
    Qt.Key.Key_Tab.value: "tab",
    Qt.Key.Key_Backspace.value: "backspace",
}
_MODIFIERS = frozenset(
    key.value
    for key in (
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    )
)
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_TAKES_TEXT = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox, QAbstractItemView)
#: A timer this much later than asked says that the window was busy: keys may still wait in the queue.
_BUSY_SECONDS = 0.05


@dataclass
class _Held:
    """A key press kept back, where it was going, and what came after it."""

    target: QWidget
    events: list[QEvent] = field(default_factory=list)


class ScanFilter(QObject):
    """Install it on the application. :attr:`scanned` gives the text and whether an input method changed letters."""

    scanned = Signal(str, bool)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._scanner = KeyboardScanner(limits)
        self._clock = clock
        self._last: tuple[float, float] | None = None
        self._last_held: _Held | None = None
        self._down: set[int] = set()
        self._replaying = False
        self._waited = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._expire)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys and texts on their way to a widget; everything else passes."""
        kind = event.type()
        if self._replaying or not isinstance(watched, QWidget):
            return False
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if _may_be_scanned(event):
                event.accept()
            return False
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._pressed(watched, event)
        if kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            return self._released(event)
        if kind == QEvent.Type.InputMethod and isinstance(event, QInputMethodEvent):
            return self._composed(watched, event)
        return False

    # What comes in

    def _pressed(self, target: QWidget, event: QKeyEvent) -> bool:
        if event.key() in _MODIFIERS:
            return False
        held = _Held(target, [event.clone()])
        outcome = self._scanner.feed(_key_of(event, held), self._time(event.timestamp()))
        kept = self._follow(outcome, held)
        if kept:
            self._down.add(event.key())
        return kept

    def _released(self, event: QKeyEvent) -> bool:
        if event.key() not in self._down:
            return False
        if not event.isAutoRepeat():
            self._down.discard(event.key())
        if self._scanner.holding and self._last_held is not None:
            self._last_held.events.append(event.clone())
        return True

    def _composed(self, target: QWidget, event: QInputMethodEvent) -> bool:
        """An input method's texts: one letter, or any text inside a burst, is fed; a word of its own is typing."""
        text = event.commitString()
        holding = self._scanner.holding
        if not text:
            if holding and self._last_held is not None:
                self._last_held.events.append(event.clone())
                return True
            return False
        if len(text) > 1 and not holding:
            return False
        held = _Held(target, [event.clone()])
        return self._follow(self._scanner.feed(Key(text=text, event=held), self._time(0)), held)

    # What goes out

    def _follow(self, outcome: Outcome, held: _Held) -> bool:
        """Do what the recogniser says; True when the key itself is kept back."""
        self._replay(outcome.replay)
        if outcome.act == "scan":
            self._timer.stop()
            self._last_held = None
            if QGuiApplication.focusObject() is not None:
                QGuiApplication.inputMethod().reset()
            self.scanned.emit(outcome.scan, outcome.input_method)
            return True
        if outcome.act == "hold":
            self._last_held = held
            self._wait()
            return True
        if outcome.act == "deliver":
            self._timer.stop()
            self._last_held = None
        return outcome.act == "swallow"

    def _wait(self) -> None:
        self._waited = False
        self._timer.start(int(self._scanner.wait * 1000) + 2)

    def _expire(self) -> None:
        if not self._scanner.holding or self._last is None:
            return
        passed = self._clock() - self._last[1]
        if passed > self._scanner.wait + _BUSY_SECONDS and not self._waited:
            # The window was busy. Let keys that wait in the queue come first: they carry their own time.
            self._waited = True
            self._timer.start(5)
            return
        outcome = self._scanner.expire(self._last[0] + passed)
        if outcome.act == "hold":
            self._timer.start(5)
            return
        self._last_held = None
        if outcome.act == "scan":
            self.scanned.emit(outcome.scan, outcome.input_method)
        else:
            self._replay(outcome.replay)

    def _replay(self, keys: tuple[Key, ...]) -> None:
        for key in keys:
            held = key.event
            if not isinstance(held, _Held):
                continue
            for event in held.events:
                target = QApplication.focusWidget() or held.target
                if not shiboken6.isValid(target):
                    continue
                if event.type() == QEvent.Type.KeyPress and _press_button(target, event):
                    continue
                self._replaying = True
                try:
                    QApplication.sendEvent(target, event)
                finally:
                    self._replaying = False
            for event in held.events:
                if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                    released = any(
                        isinstance(other, QKeyEvent) and other.type() == QEvent.Type.KeyRelease for other in held.events
                    )
                    if not released:
                        # Its release is still to come and belongs to the widget.
                        self._down.discard(event.key())

    def _time(self, stamp: int) -> float:
        """Seconds on one steady clock: the events' own stamps where they have any."""
        now = self._clock()
        if stamp > 0:
            at = stamp / 1000
            if self._last is not None and abs((at - self._last[0]) - (now - self._last[1])) > 60:
                # Another source of stamps; only differences matter.
                at = self._last[0] + (now - self._last[1])
        elif self._last is not None:
            at = self._last[0] + (now - self._last[1])
        else:
            at = now
        self._last = (at, now)
        return at


def _key_of(event: QKeyEvent, held: _Held) -> Key:
    text = event.text()
    # A scanner may close its code with a bare line feed, which is no key of its own to Qt.
    name = _NAMES.get(event.key(), "enter" if text in ("\r", "\n") else "")
    if event.modifiers() & _COMMANDS and not (text.isprintable() and _is_alt_gr(event)):
        name, text = name or "command", ""
    if name:
        text = ""
    elif not text or not text.isprintable():
        name, text = "other", ""
    return Key(text=text, name=name, repeat=event.isAutoRepeat(), event=held)


def _is_alt_gr(event: QKeyEvent) -> bool:
    """AltGr makes letters: on Windows it arrives as Ctrl and Alt together."""
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    return bool(event.text()) and event.modifiers() & both == both


def _may_be_scanned(event: QKeyEvent) -> bool:
    """Keys that a scanner sends and that a shortcut must not take first."""
    if event.modifiers() & _COMMANDS:
        return False
    return _NAMES.get(event.key()) in ("enter", "tab") or (bool(event.text()) and event.text().isprintable())


def _press_button(target: QWidget, event: QEvent) -> bool:
    """A plain key that was typed, not scanned, outside a text field: the button that shows it is pressed."""
    if not isinstance(event, QKeyEvent) or event.isAutoRepeat() or isinstance(target, _TAKES_TEXT):
        return False
    wanted = QKeySequence(event.keyCombination())
    for button in target.window().findChildren(KeyButton):
        if button.key_sequence() == wanted and button.isVisible() and button.isEnabled():
            button.click()
            return True
    return False

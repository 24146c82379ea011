"""Tells a keyboard-type scanner from a typing person, by the time between keys; no window system needed.

A scanner types a whole code within a fraction of a second and closes it with Enter or Tab. Keys that come so fast are
*held* until it is clear what they are: a scan is swallowed whole, its closing key included, and typing is given back
key by key in its order. A person notices nothing, since a held key waits at most :attr:`Limits.first_gap`.

The window feeds every key press with the event's own time stamp (not the time of handling: a busy window would
make a scan look slow), and calls :meth:`KeyboardScanner.expire` by a timer while keys are held.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

#: Keys that close a scan.
CLOSING = ("enter", "tab")
#: A longer burst is cut: no card or certificate holds as much.
LONGEST_BURST = 10_000


@dataclass(frozen=True)
class Limits:
    """Times in seconds. Scanners send a key every 1 to 20 ms; fast typists every 60 ms and more.

    ``first_gap`` holds at the beginning, ``later_gap`` once ``sure_after`` keys have come: by then it is a scanner,
    which a busy bus may slow down. ``shortest`` is the least number of characters of a scan.
    """

    first_gap: float = 0.035
    later_gap: float = 0.120
    sure_after: int = 6
    shortest: int = 6


@dataclass(frozen=True)
class Key:
    """One key press: ``text`` for a character, else a ``name`` (``enter``, ``tab``, ``backspace``, or any other).

    ``repeat`` marks a key that is held down. ``event`` is the window's own event, given back for replaying.
    """

    text: str = ""
    name: str = ""
    repeat: bool = False
    event: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class Outcome:
    """What the window does: first deliver ``replay`` in order, then act on the key that was fed.

    ``hold`` and ``swallow``: do not deliver it (a held key may come back in a later ``replay``). ``deliver``: it is
    typing. ``scan``: do not deliver it; ``scan`` holds the scanned text. ``input_method`` says that the burst held
    backspaces, as input methods send when they change letters: see :func:`vaxdesk.domain.cards.read_scan`.
    """

    act: Literal["hold", "swallow", "deliver", "scan"]
    replay: tuple[Key, ...] = ()
    scan: str = ""
    input_method: bool = False


class KeyboardScanner:
    """The recogniser; one for a window. Feed it presses only; leave modifier keys (Shift, Alt) out."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._held: list[Key] = []
        self._last = 0.0
        self._swallow_until = float("-inf")

    @property
    def holding(self) -> bool:
        """True while keys are held and :meth:`expire` must be called."""
        return bool(self._held)

    @property
    def wait(self) -> float:
        """Seconds after the last key at which :meth:`expire` decides."""
        return self.limits.later_gap if len(self._held) >= self.limits.sure_after else self.limits.first_gap

    def feed(self, key: Key, at: float) -> Outcome:
        """Take a key press at the time ``at`` (seconds of a steady clock)."""
        if self._held and at - self._last > self.wait:
            late = self.expire(at)
            if late.act == "scan":
                return self._after_unclosed(late, key, at)
            return self._fresh(key, at, late.replay)
        return self._fresh(key, at, ())

    def expire(self, at: float) -> Outcome:
        """Decide about held keys when no more came. A long burst without a closing key is a scan all the same."""
        if not self._held or at - self._last <= self.wait:
            return Outcome("hold")
        if len(self._text()) >= max(self.limits.shortest, 2 * self.limits.sure_after):
            # A closing key may still be on its way from a slow wireless scanner.
            self._swallow_until = at + self.limits.later_gap
            return self._finish()
        return Outcome("deliver", self._release())

    def _after_unclosed(self, late: Outcome, key: Key, at: float) -> Outcome:
        """A key came late, after a burst without closing key and before the timer: the burst is a scan.

        A late closing key is its own (slow wireless scanners) and is swallowed with it; any other key is judged anew.
        """
        if key.name in CLOSING or self._fresh(key, at, ()).act == "hold":
            return late
        return Outcome("scan", (key,), late.scan, late.input_method)

    def _fresh(self, key: Key, at: float, replay: tuple[Key, ...]) -> Outcome:
        if key.name in CLOSING:
            return self._closing(key, at, replay)
        is_edit = key.name == "backspace" and bool(self._held)
        if key.repeat or not (is_edit or (len(key.text) > 0 and key.text.isprintable() and not key.name)):
            return Outcome("deliver", replay + self._release())
        if len(self._held) >= LONGEST_BURST:
            self._last = at
            return Outcome("swallow", replay)
        self._held.append(key)
        self._last = at
        return Outcome("hold", replay)

    def _closing(self, key: Key, at: float, replay: tuple[Key, ...]) -> Outcome:
        if self._held and not key.repeat and len(self._text()) >= self.limits.shortest:
            finished = self._finish()
            self._swallow_until = at + self.limits.later_gap
            return Outcome("scan", replay, finished.scan, finished.input_method)
        if not self._held and (at <= self._swallow_until):
            # Scanners may close with CR and LF, or with Tab and Enter.
            return Outcome("swallow", replay)
        return Outcome("deliver", replay + self._release())

    def _finish(self) -> Outcome:
        text = self._text()
        edited = any(key.name == "backspace" for key in self._held)
        self._held.clear()
        return Outcome("scan", (), text, edited)

    def _release(self) -> tuple[Key, ...]:
        held = tuple(self._held)
        self._held.clear()
        return held

    def _text(self) -> str:
        letters: list[str] = []
        for key in self._held:
            if key.name == "backspace":
                del letters[-1:]
            else:
                letters.append(key.text)
        return "".join(letters)

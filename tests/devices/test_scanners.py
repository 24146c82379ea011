import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaxdesk.devices.scanners import Key, KeyboardScanner, Limits
from vaxdesk.domain.cards import read_scan

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"
ENTER = Key(name="enter")
TAB = Key(name="tab")


class Window:
    """Does what a window does with the outcomes: delivers keys in order, expires by a timer."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.scanner = KeyboardScanner(limits)
        self.delivered: list[Key] = []
        self.scans: list[str] = []
        self.input_method = False
        self.last = 0.0

    def press(self, key: Key, at: float) -> str:
        if self.scanner.holding and at > self.last + self.scanner.wait:
            self.tick(self.last + self.scanner.wait + 0.001)
        outcome = self.scanner.feed(key, at)
        self.delivered += outcome.replay
        if outcome.act == "deliver":
            self.delivered.append(key)
        if outcome.act == "scan":
            self.scans.append(outcome.scan)
            self.input_method = outcome.input_method
        self.last = at
        return outcome.act

    def tick(self, at: float) -> None:
        outcome = self.scanner.expire(at)
        self.delivered += outcome.replay
        if outcome.act == "scan":
            self.scans.append(outcome.scan)

    def type(self, text: str, start: float, gap: float) -> float:
        for place, letter in enumerate(text):
            self.press(Key(letter), start + place * gap)
        return start + len(text) * gap

    @property
    def text(self) -> str:
        return "".join(key.text or f"<{key.name}>" for key in self.delivered)


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.005, 0.02])
@pytest.mark.parametrize("closing", [[ENTER], [TAB], [ENTER, ENTER], [TAB, ENTER]])
def test_a_scan_is_swallowed_whole_with_its_closing_keys(gap: float, closing: list[Key]) -> None:
    window = Window()
    end = window.type(CARD, 1.0, gap)
    for place, key in enumerate(closing):
        window.press(key, end + place * gap)
    assert window.scans == [CARD]
    assert window.delivered == []
    assert not window.scanner.holding
    assert read_scan(window.scans[0]).kind == "cccd"


@pytest.mark.parametrize("gap", [0.045, 0.06, 0.12, 0.4])
def test_typing_is_delivered_key_by_key(gap: float) -> None:
    window = Window()
    end = window.type("nguyen van anh", 1.0, gap)
    window.press(ENTER, end)
    assert window.text == "nguyen van anh<enter>"
    assert window.scans == []


def test_a_held_key_waits_no_longer_than_the_first_gap() -> None:
    window = Window()
    assert window.press(Key("a"), 1.0) == "hold"
    window.tick(1.034)
    assert window.text == ""
    window.tick(1.036)
    assert window.text == "a"


def test_a_fast_roll_of_a_few_keys_is_typing() -> None:
    window = Window()
    end = window.type("anh", 1.0, 0.01)
    window.press(ENTER, end)
    assert window.text == "anh<enter>"
    assert window.scans == []


def test_a_key_held_down_is_typing() -> None:
    window = Window()
    window.press(Key("a"), 1.0)
    for place in range(30):
        window.press(Key("a", repeat=True), 1.5 + place * 0.03)
    window.press(ENTER, 2.41)
    assert window.text == "a" * 31 + "<enter>"


def test_typing_a_scan_and_typing_again() -> None:
    window = Window()
    end = window.type("lò", 1.0, 0.2)
    end = window.type(CARD, end + 0.5, 0.003)
    window.press(ENTER, end)
    window.press(ENTER, end + 1.0)
    window.type("hoa", end + 2.0, 0.2)
    window.tick(end + 10)
    assert window.scans == [CARD]
    assert window.text == "lò<enter>hoa"


def test_two_scans_after_each_other() -> None:
    window = Window()
    end = window.type(CARD, 1.0, 0.002)
    window.press(ENTER, end)
    end = window.type(CARD, end + 0.3, 0.002)
    window.press(TAB, end)
    assert window.scans == [CARD, CARD]
    assert window.delivered == []


def test_a_stall_of_the_bus_in_the_middle_does_not_break_a_scan() -> None:
    window = Window()
    end = window.type(CARD[:40], 1.0, 0.002)
    end = window.type(CARD[40:], end + 0.1, 0.002)
    window.press(ENTER, end)
    assert window.scans == [CARD]


def test_a_scanner_without_a_closing_key() -> None:
    window = Window()
    end = window.type(CARD, 1.0, 0.002)
    window.tick(end + 0.2)
    assert window.scans == [CARD]
    assert window.press(ENTER, end + 0.25) == "swallow"
    assert window.press(ENTER, end + 2.0) == "deliver"


def test_a_late_key_without_the_timer() -> None:
    scanner = KeyboardScanner()
    for place, letter in enumerate(CARD):
        scanner.feed(Key(letter), 1.0 + place * 0.002)
    late = scanner.feed(Key("x"), 5.0)
    assert (late.act, late.scan, late.replay) == ("scan", CARD, ())
    assert scanner.holding
    again = KeyboardScanner()
    for place, letter in enumerate(CARD):
        again.feed(Key(letter), 1.0 + place * 0.002)
    arrow = again.feed(Key(name="left"), 5.0)
    assert (arrow.act, arrow.scan, arrow.replay) == ("scan", CARD, (Key(name="left"),))


def test_an_input_method_at_work_is_noticed() -> None:
    window = Window()
    end = window.type("014090123456||Tòng Thị Xoo", 1.0, 0.002)
    window.press(Key(name="backspace"), end)
    window.press(Key(name="backspace"), end + 0.001)
    end = window.type("ông|01011990|Nam|Bản Khá, Mường Lạn|15042021", end + 0.002, 0.002)
    window.press(ENTER, end)
    assert window.scans == ["014090123456||Tòng Thị Xông|01011990|Nam|Bản Khá, Mường Lạn|15042021"]
    assert window.input_method
    assert "input_method" in [w.code for w in read_scan(window.scans[0], input_method=True).warnings]


def test_other_keys_end_a_burst_and_are_delivered_in_order() -> None:
    window = Window()
    end = window.type("abcdefgh", 1.0, 0.002)
    assert window.press(Key(name="f12"), end) == "deliver"
    assert window.text == "abcdefgh<f12>"
    assert window.press(Key(name="backspace"), end + 1) == "deliver"
    assert window.press(Key("\x01", name="a"), end + 2) == "deliver"


def test_a_burst_without_end_does_not_fill_the_memory() -> None:
    window = Window()
    end = window.type("1" * 12_000, 1.0, 0.001)
    window.press(ENTER, end)
    assert len(window.scans[0]) == 10_000
    assert window.delivered == []
    assert read_scan(window.scans[0]).kind == "unknown"


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_no_typed_key_is_lost_doubled_or_moved(seed: int) -> None:
    source = random.Random(seed)
    window, at, typed = Window(), 1.0, []
    for _ in range(60):
        at += source.choice((source.uniform(0.06, 0.4), source.uniform(0.0, 0.03)))
        key = source.choice((Key(source.choice("abcđ ")), Key(source.choice("abcđ ")), ENTER, Key(name="backspace")))
        if sum(k.text != "" for k in typed[-4:]) == 4 and key.text:
            key = ENTER  # never six letters on end: that could be a scan
        typed.append(key)
        window.press(key, at)
    window.tick(at + 10)
    assert window.delivered == typed
    assert window.scans == []


@settings(max_examples=60)
@given(st.text("0123456789|ABCđă ,", min_size=6, max_size=200), st.integers(0, 10**9))
def test_every_scan_between_typing_is_found_whole(code: str, seed: int) -> None:
    source = random.Random(seed)
    window = Window()
    at = window.type("le thi", 1.0, 0.15) + 0.3
    for letter in code:
        at += source.uniform(0.0, 0.02)
        window.press(Key(letter), at)
    window.press(source.choice((ENTER, TAB)), at + 0.01)
    window.type("hoa", at + 0.5, 0.15)
    window.tick(at + 10)
    assert window.scans == [code]
    assert window.text == "le thihoa"

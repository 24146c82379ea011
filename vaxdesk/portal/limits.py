"""Counting what one station, address or code does: token buckets in memory, bounded in number."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class Buckets:
    """A token bucket for each name. ``rate`` tokens a second flow in, up to ``size``."""

    def __init__(self, rate: float, size: float, most: int = 50_000, now: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.size = size
        self._most = most
        self._now = now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def _level(self, name: str, now: float) -> float:
        level, at = self._levels.pop(name, (self.size, now))
        return min(self.size, level + (now - at) * self.rate)

    def take(self, name: str, amount: float = 1) -> int:
        """Take ``amount``; 0 when there was enough, else the whole seconds to wait (nothing is taken)."""
        with self._lock:
            now = self._now()
            level = self._level(name, now)
            wait = 0 if level >= amount else max(1, math.ceil((amount - level) / self.rate))
            self._levels[name] = (level - (0 if wait else amount), now)
            while len(self._levels) > self._most:
                self._levels.popitem(last=False)
            return wait

    def give_back(self, name: str, amount: float = 1) -> None:
        """Undo a :meth:`take`, for an act that should not count after all."""
        with self._lock:
            now = self._now()
            self._levels[name] = (min(self.size, self._level(name, now) + amount), now)


def address_group(host: str) -> str:
    """The address as it is counted: an IPv6 customer has a whole /64."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)

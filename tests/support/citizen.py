"""A citizen at the portal's public page: a browser without scripts, on an address of its own."""

from __future__ import annotations

import html
import itertools
import re

import requests
from support.portal import PortalProcess

_addresses = itertools.count(2)


class Citizen(requests.Session):
    """A browser without scripts: keeps the cookie, sends the hidden fields of the last page. Has its own address."""

    def __init__(self, portal: PortalProcess) -> None:
        super().__init__()
        self.base = portal.url
        self.page = ""
        self.status = 0
        # Loopback has many addresses; limits count each by itself.
        self.mount("http://", _From(f"127.0.1.{next(_addresses)}"))

    def open(self, path):
        answer = self.get(self.base + path, timeout=20)
        return self._keep(answer)

    def _keep(self, answer):
        self.page, self.status, self.answer = html.unescape(answer.text), answer.status_code, answer
        return self

    @property
    def hidden(self):
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.answer.text)
        return {name: html.unescape(value) for name, value in found}

    def fill(self, path, values, files=None, **changed):
        fields = {**self.hidden, **values, **changed}
        return self._keep(self.post(self.base + path, data=fields, files=files, timeout=20))

    @property
    def codes(self):
        return re.findall(r'class="letters">([^<]+)<', self.page)


class _From(requests.adapters.HTTPAdapter):
    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__()

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(self.source, 0), **options)

"""A trust list that is made to exhaust the reader."""

from __future__ import annotations

import pytest

from vaxdesk.certificates import published_lists


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"certificates":' * 100_000, b"\xa1\x61c" * 1000])
def test_a_list_that_is_nested_too_deeply_has_another_shape(text: bytes) -> None:
    with pytest.raises(published_lists.StyleError) as raised:
        published_lists.read(text)
    assert raised.value.message_id == published_lists.UNKNOWN_STYLE

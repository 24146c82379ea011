"""A trust list that is made to exhaust the reader."""

from __future__ import annotations

import pytest

from vaxdesk.certificates import trust


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"certificates":' * 100_000])
def test_a_list_that_is_nested_too_deeply_has_another_shape(text: bytes) -> None:
    with pytest.raises(ValueError, match="too deeply"):
        trust.european_list(text)

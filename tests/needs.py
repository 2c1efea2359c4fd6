"""What tests need from the system besides Python packages."""

import os
from typing import NoReturn

import pytest


def missing(words: str) -> NoReturn:
    """Skip the test, saying what to install; with ``LICET_TEST_EVERYTHING=1`` (as in CI) it fails instead."""
    if os.environ.get("LICET_TEST_EVERYTHING") == "1":
        pytest.fail(words)
    pytest.skip(words)

"""Fixtures of the registers' pages and services."""

import pytest


@pytest.fixture
def records(cast):
    """One record of every kind (see ``examples.py``); maps kind to natural key."""
    from licet.registers.tests import examples

    return {kind_id: examples.write(kind_id) for kind_id in examples.ROWS}

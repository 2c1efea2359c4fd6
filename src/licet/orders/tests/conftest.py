"""Stories of orders: a decided measure on its way into the networks of others."""

import datetime as dt

import pytest

NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _at_home(settings, monkeypatch):
    """Receivers of the tests listen on 127.0.0.1."""
    monkeypatch.setitem(settings.ENV, "LICET_ALLOW_PRIVATE_TARGETS", True)


@pytest.fixture
def desk(actor_of):
    from licet.orders.tests.desk import Desk

    return Desk(actor_of, now=NOW)

"""Access tests to inherit: nobody, somebody without an organisation, without the permission, with it."""

from __future__ import annotations

import time
from typing import Any

import pytest


def make_fresh(client: Any) -> None:
    """The client's person proved who they are just now (see ``console/fresh.py``)."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(session["_auth_user_id"])
    session.save()


class AccessTests:
    """Inherit in ``Test…`` and set ``url``, ``insiders`` (may open it) and ``strangers`` (signed in, may not)."""

    url: str
    insiders: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ("otto",)

    @pytest.fixture(autouse=True)
    def _people(self, sign_in: Any) -> None:
        self.sign_in = sign_in

    def test_nobody_is_sent_to_sign_in(self) -> None:
        from django.test import Client

        response = Client().get(self.url)
        assert response.status_code == 302 and response["Location"].startswith("/accounts/login/?next=")

    def test_strangers_are_refused(self) -> None:
        assert {name: self.sign_in(name).get(self.url).status_code for name in self.strangers} == dict.fromkeys(
            self.strangers, 403)

    def test_insiders_come_in(self) -> None:
        assert {name: self.sign_in(name).get(self.url).status_code for name in self.insiders} == dict.fromkeys(
            self.insiders, 200)

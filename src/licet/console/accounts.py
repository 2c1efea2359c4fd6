"""Sign-in rules: nobody signs up, an administrator adds people."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedDesk(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by ``licet user add`` or an administrator; there is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by axes, in the database and for every process; see ``AXES_FAILURE_LIMIT``."""

    def set_password(self, user: Any, password: str) -> None:
        """A password its owner chose ends the duty to change it."""
        super().set_password(user, password)
        state = getattr(user, "account_state", None)
        if state is not None and state.must_change_password:
            state.must_change_password = False
            state.save(update_fields=["must_change_password"])



"""Sign-in events reach the journal, and nothing a person typed by mistake does."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.test import Client

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.journal.models import Entry

pytestmark = pytest.mark.django_db
PASSWORD = "pilot-harbour-lantern-42"


def recorded():
    with acting_as(WORKER):
        return [(row.tag, row.actor, row.subject, row.organisation) for row in Entry.objects.order_by("seq")]


def attempt(client, username, password):
    return client.post("/accounts/login/", {"login": username, "password": password})


def test_sign_in_and_out(cast):
    client, pilot = Client(), f"user:{cast['pilot'].pk}"
    attempt(client, "pilot", PASSWORD)
    client.post("/accounts/logout/")
    assert recorded() == [("account:sign_in:succeeded", pilot, pilot, "harbour"),
                          ("account:sign_out:done", pilot, pilot, "harbour")]


def test_failed_attempts_until_the_name_is_locked(cast):
    client, pilot = Client(), f"user:{cast['pilot'].pk}"
    for _ in range(6):
        attempt(client, "pilot", "wrong")
    assert recorded()[:5] == [("account:sign_in:failed", "nobody", pilot, "harbour")] * 5
    assert ("account:sign_in:locked", "nobody", pilot, "harbour") in recorded()


def test_an_unknown_name_is_not_kept(cast):
    attempt(Client(), "my-secret-password", "pilot")
    with acting_as(WORKER):
        entry = Entry.objects.get()
    assert (entry.tag, entry.subject, entry.organisation) == ("account:sign_in:failed", "", "")
    assert entry.data == {"address": "127.0.0.1", "name": "unknown"}
    assert "my-secret-password" not in entry.canonical


def test_password_change(cast, sign_in):
    client, new = sign_in("pilot"), "another-lantern-77"
    client.post("/accounts/login/", {"login": "pilot", "password": PASSWORD})
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert "account:password:changed" in [tag for tag, *_ in recorded()]


def test_second_factor(cast):
    factor = Authenticator(user=cast["olm"], type="totp", data={})
    for signal in (authenticator_added, authenticator_removed):
        signal.send(Authenticator, request=None, user=cast["olm"], authenticator=factor)
    olm = f"user:{cast['olm'].pk}"
    assert recorded() == [("account:mfa:added", olm, olm, "authority"), ("account:mfa:removed", olm, olm, "authority")]
    with acting_as(WORKER):
        assert Entry.objects.first().data == {"factor": "totp"}

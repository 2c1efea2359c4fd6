"""Signing in from the first password to the overview, with a second factor; locks; what a strict policy allows."""

import datetime as dt
import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.test import Client

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.parties.services import add_person

pytestmark = pytest.mark.django_db
FIRST, OWN = "first-harbour-lantern-42", "quiet-meadow-compass-77"


def code_for(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def sign_in_with(client, username, password):
    return client.post("/accounts/login/", {"login": username, "password": password})


@pytest.fixture
def newcomer(cast):
    with acting_as(WORKER):
        add_person("lark", password=FIRST, party_id="harbour", roles=("compliance_officer",), by=WORKER)
    client = Client()
    assert sign_in_with(client, "lark", FIRST).status_code == 302
    return client


def change_password(client):
    return client.post("/accounts/password/change/", {"oldpassword": FIRST, "password1": OWN, "password2": OWN})


def activate_totp(client):
    page = client.get("/accounts/2fa/totp/activate/")
    if page.status_code == 302:
        client.post(page["Location"], {"password": OWN})
        page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)}).status_code == 302
    return secret


def test_newcomer_must_change_the_password_first(newcomer):
    assert newcomer.get("/")["Location"] == "/accounts/password/change/"
    page = newcomer.get("/accounts/password/change/").content.decode()
    assert 'class="side"' not in page and 'class="notice warning"' in page


def test_newcomer_then_needs_a_second_factor(newcomer):
    change_password(newcomer)

    assert newcomer.get("/")["Location"] == "/accounts/2fa/"
    assert newcomer.get("/registers/")["Location"] == "/accounts/2fa/"


def test_newcomer_works_after_password_and_second_factor(newcomer):
    change_password(newcomer)
    activate_totp(newcomer)

    assert newcomer.get("/").status_code == 200
    assert 'class="side"' in newcomer.get("/").content.decode()


def test_recovery_codes_exist_from_the_start(newcomer):
    change_password(newcomer)
    activate_totp(newcomer)

    assert len(newcomer.get("/accounts/2fa/recovery-codes/").context["unused_codes"]) == 10


def test_second_sign_in_asks_for_the_code(newcomer):
    change_password(newcomer)
    secret = activate_totp(newcomer)
    other = Client()

    assert sign_in_with(other, "lark", OWN)["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/").status_code == 302
    assert other.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    other.post("/accounts/2fa/authenticate/", {"code": _later_code(secret)})
    assert other.get("/").status_code == 200


def _later_code(secret):
    """The next step's code: the present one was used up when the factor was set up."""
    from django.core.cache import cache

    cache.clear()
    return code_for(secret)


def test_too_short_password_is_refused_beside_the_field(newcomer):
    page = newcomer.post("/accounts/password/change/", {"oldpassword": FIRST, "password1": "short",
                                                        "password2": "short"}).content.decode()

    assert 'class="field invalid"' in page
    assert newcomer.get("/")["Location"] == "/accounts/password/change/"


def test_failed_sign_ins_are_kept_and_lock_the_name(cast, settings):
    client = Client()
    answers = [sign_in_with(client, "pilot", "wrong").status_code for _ in range(settings.AXES_FAILURE_LIMIT)]

    assert answers == [200] * 5 + [429]
    assert AccessAttempt.objects.get(username="pilot").failures_since_start == 6


def test_locked_name_stays_out_with_the_right_password_and_says_until_when(cast, settings):
    client = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in_with(client, "pilot", "wrong")

    response = sign_in_with(client, "pilot", "pilot-harbour-lantern-42")

    assert response.status_code == 429 and client.get("/").status_code == 302
    assert re.search(r"\b30\b", response.content.decode())


def test_lock_is_of_one_name(cast, settings):
    client = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in_with(client, "pilot", "wrong")

    assert sign_in_with(Client(), "moss", "moss-harbour-lantern-42").status_code == 302


def test_nobody_signs_up(db):
    client = Client()

    assert client.get("/accounts/signup/").templates[0].name == "account/signup_closed.html"
    client.post("/accounts/signup/", {"username": "stranger", "password1": OWN, "password2": OWN})
    assert not get_user_model().objects.filter(username="stranger").exists()


@pytest.mark.parametrize("path", ["password/reset/", "email/", "confirm-email/", "login/code/confirm/"])
def test_pages_that_need_mail_do_not_exist(db, path):
    assert Client().get(f"/accounts/{path}").status_code == 404


def test_session_ends_with_the_browser_at_the_latest_after_a_shift(cast, settings):
    client = Client()
    sign_in_with(client, "pilot", "pilot-harbour-lantern-42")
    cookie = client.cookies["sessionid"]

    assert cookie["max-age"] == "" and cookie["httponly"] and cookie["samesite"] == "Lax"
    assert dt.timedelta(seconds=settings.SESSION_COOKIE_AGE) <= dt.timedelta(hours=8)


def test_policy_allows_nothing_inline(db):
    response = Client().get("/accounts/login/")
    page = response.content.decode()

    assert "'unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", page))

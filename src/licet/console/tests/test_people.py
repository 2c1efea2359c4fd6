"""People of an organisation: who may see, add and end, and what the journal keeps."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.test import Client

from licet.console.tests.access import AccessTests, make_fresh
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.journal.models import Entry
from licet.parties.models import Membership

pytestmark = pytest.mark.django_db


class TestAccess(AccessTests):
    url = "/people/"
    insiders = ("pilot", "reed")
    strangers = ("otto", "moss", "olm", "gale")


def journal():
    with acting_as(WORKER):
        return [(entry.tag, entry.organisation, entry.purpose) for entry in Entry.objects.order_by("seq")
                if entry.tag.startswith("parties:")]


def roles_of(username):
    with acting_as(WORKER):
        return set(Membership.objects.filter(user__username=username, ended_at__isnull=True).values_list(
            "party_id", "role"))


@pytest.fixture
def pilot(sign_in):
    client = sign_in("pilot")
    make_fresh(client)
    return client


def membership_id(username):
    with acting_as(WORKER):
        return Membership.objects.get(user__username=username, ended_at__isnull=True).pk


def add(client, username="lark", roles=("reviewer",), party="harbour"):
    return client.post("/people/", {"username": username, "roles": list(roles), "party": party})


def test_own_organisation_only_is_listed(pilot):
    page = pilot.get("/people/").content.decode()

    assert "pilot" in page and "moss" not in page and "reed" not in page


def test_added_person_signs_in_and_must_change_the_password(pilot):
    response = add(pilot)
    password = response.context["added"].password

    assert response.status_code == 200 and password in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert roles_of("lark") == {("harbour", "reviewer")}
    assert journal() == [("parties:person:added", "harbour", "")]
    lark = Client()
    assert lark.post("/accounts/login/", {"login": "lark", "password": password}).status_code == 302
    assert lark.get("/people/")["Location"] == "/accounts/password/change/"
    assert password not in pilot.get("/people/").content.decode()


def test_taken_name_is_said_beside_the_field(pilot):
    response = add(pilot, username="moss")

    assert response.status_code == 422 and "username" in response.context["form"].errors


def test_role_the_organisation_cannot_have_is_refused(pilot):
    assert add(pilot, roles=("officer",)).status_code == 422
    assert roles_of("lark") == set()


@pytest.mark.parametrize("party", ["mudflat", "authority"])
def test_administrator_adds_nobody_elsewhere(pilot, party):
    assert add(pilot, party=party).status_code == 403
    assert roles_of("lark") == set() and journal() == []


def test_authority_adds_the_first_administrator_of_a_provider(sign_in):
    client = sign_in("reed")
    make_fresh(client)

    assert add(client, roles=("administrator",), party="mudflat").status_code == 200
    assert roles_of("lark") == {("mudflat", "administrator")}


def test_adding_needs_a_fresh_sign_in(sign_in):
    response = add(sign_in("pilot"))

    assert response.status_code == 302 and response["Location"].startswith("/accounts/reauthenticate/")
    assert roles_of("lark") == set()


def test_confirming_who_you_are_finishes_the_step(sign_in):
    client = sign_in("pilot")
    add(client)

    response = client.post("/accounts/reauthenticate/?next=/people/", {"password": "pilot-harbour-lantern-42",
                                                                       "next": "/people/"})

    assert response.status_code == 200 and response.context["added"].username == "lark"
    assert roles_of("lark") == {("harbour", "reviewer")}


def test_ended_membership_ends_the_reach(pilot, sign_in):
    add(pilot)

    response = pilot.post(f"/people/{membership_id('lark')}/end/", {"reason": "left the company"})

    assert response.status_code == 302 and roles_of("lark") == set()
    assert journal()[-1] == ("parties:membership:ended", "harbour", "left the company")


def test_ending_needs_a_reason(pilot):
    add(pilot)

    assert pilot.post(f"/people/{membership_id('lark')}/end/", {"reason": " "}).status_code == 422
    assert roles_of("lark") == {("harbour", "reviewer")}


def test_nobody_ends_their_own_membership(pilot):
    with acting_as(WORKER):
        own = Membership.objects.filter(user__username="pilot").first().pk

    assert pilot.post(f"/people/{own}/end/", {"reason": "tired"}).status_code == 409


def test_memberships_elsewhere_are_not_there(pilot):
    assert pilot.post(f"/people/{membership_id('moss')}/end/", {"reason": "rival"}).status_code == 404
    assert roles_of("moss") == {("mudflat", "compliance_officer")}


# --- a lost second factor ------------------------------------------------------------------------------------------
@pytest.fixture
def lamp(cast):
    """Give somebody of the cast an authenticator app and recovery codes."""
    def give(name):
        for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
            Authenticator.objects.create(user=cast[name], type=kind, data={})
        return cast[name]

    return give


def factors_of(user):
    return Authenticator.objects.filter(user=user).count()


def reset(client, username, reason="phone lost"):
    return client.post(f"/people/{membership_id(username)}/second-factor/", {"reason": reason})


def account_journal():
    with acting_as(WORKER):
        return [(entry.tag, entry.organisation, entry.purpose, entry.data)
                for entry in Entry.objects.filter(tag="account:mfa:reset")]


def test_a_colleagues_factor_is_taken_away_with_a_reason(pilot, lamp, sign_in):
    add(pilot)
    lark = get_user_model().objects.get(username="lark")
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=lark, type=kind, data={})
    browser = Client()
    browser.force_login(lark, backend="django.contrib.auth.backends.ModelBackend")
    assert "/second-factor/" in pilot.get("/people/").content.decode()

    response = reset(pilot, "lark")

    assert response.status_code == 302 and factors_of(lark) == 0
    assert account_journal() == [("account:mfa:reset", "harbour", "phone lost",
                                  {"factors": ["recovery_codes", "totp"]})]
    assert browser.get("/people/")["Location"].startswith("/accounts/login/"), "open sessions end"
    assert pilot.get("/people/").status_code == 200, "other people's sessions stay"


def test_a_reset_needs_a_reason_and_something_to_reset(pilot, lamp):
    add(pilot)
    assert reset(pilot, "lark").status_code == 409
    Authenticator.objects.create(user=get_user_model().objects.get(username="lark"), type="totp", data={})
    assert reset(pilot, "lark", reason="  ").status_code == 422
    assert account_journal() == []


def test_nobody_resets_their_own(pilot, lamp):
    user = lamp("pilot")
    with acting_as(WORKER):
        own = Membership.objects.filter(user=user).first().pk
    assert pilot.post(f"/people/{own}/second-factor/", {"reason": "lost"}).status_code == 409
    assert factors_of(user) == 2


def test_factors_elsewhere_are_out_of_reach(pilot, lamp):
    moss = lamp("moss")
    assert reset(pilot, "moss").status_code == 404
    assert factors_of(moss) == 2


def test_who_acts_for_the_authority_too_is_out_of_a_providers_reach(pilot, lamp, sign_in):
    add(pilot)
    lark = get_user_model().objects.get(username="lark")
    Authenticator.objects.create(user=lark, type="totp", data={})
    with acting_as(WORKER):
        own = Membership.objects.get(user=lark)
        Membership.objects.create(user=lark, party_id="authority", role="officer", granted_by="worker",
                                  granted_at=own.granted_at)

    response = pilot.post(f"/people/{own.pk}/second-factor/", {"reason": "lost"})
    assert response.status_code == 403 and factors_of(lark) == 1

    reed = sign_in("reed")
    make_fresh(reed)
    assert reed.post(f"/people/{own.pk}/second-factor/", {"reason": "lost"}).status_code == 302
    assert factors_of(lark) == 0


@pytest.mark.parametrize("name", ["moss", "olm", "otto"])
def test_only_administrators_reset(sign_in, lamp, name):
    user = lamp("pilot")
    client = sign_in(name)
    make_fresh(client)
    with acting_as(WORKER):
        target = Membership.objects.filter(user=user).first().pk
    assert client.post(f"/people/{target}/second-factor/", {"reason": "lost"}).status_code in {403, 404}
    assert factors_of(user) == 2


def test_a_reset_needs_a_fresh_sign_in(sign_in, lamp):
    client = sign_in("reed")
    user = lamp("olm")
    response = reset(client, "olm")
    assert response.status_code == 302 and response["Location"].startswith("/accounts/reauthenticate/")
    assert factors_of(user) == 2

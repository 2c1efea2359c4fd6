"""Keys of programs: only their digest is kept, and they end."""

import datetime as dt

import pytest

from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import BadInput, NotFound
from licet.core.rls import acting_as
from licet.parties.models import ApiToken
from licet.parties.selectors import permissions_of
from licet.parties.tokens import TokenRefused, actor_of_token, add_token, revoke_token


@pytest.fixture
def make_key(cast):
    def _make(party_id="harbour", scopes=("gate.ask",)):
        with acting_as(WORKER):
            return add_token("provisioning", party_id=party_id, scopes=scopes, by=WORKER)

    return _make


def test_the_key_itself_is_not_stored(make_key):
    row, key = make_key()

    with acting_as(WORKER):
        stored = ApiToken.objects.filter(pk=row.pk).values_list().get()
    assert key.startswith("licet_") and len(key) >= 48
    assert key not in [str(value) for value in stored]


@pytest.mark.parametrize(
    ("party_id", "scope", "regions"),
    [
        ("harbour", Scope.ORGANISATION, ()),
        ("authority", Scope.NATIONAL, ()),
        ("authority-gd", Scope.REGIONAL, ("CN-GD",)),
    ],
)
def test_a_key_speaks_for_its_organisation(make_key, party_id, scope, regions):
    _, key = make_key(party_id)

    actor = actor_of_token(key)

    assert (actor.scope, actor.regions, actor.organisations) == (scope, regions, (party_id,))
    assert permissions_of(actor) == {"gate.ask"}
    assert not actor.is_person


def test_use_is_remembered(make_key):
    row, key = make_key()

    actor_of_token(key)

    with acting_as(WORKER):
        row.refresh_from_db()
    assert row.last_used_at is not None


def test_a_revoked_key_is_refused(make_key):
    row, key = make_key()
    with acting_as(WORKER):
        revoke_token(row.pk, by=WORKER)

    with pytest.raises(TokenRefused):
        actor_of_token(key)


def test_an_expired_key_is_refused(make_key):
    row, key = make_key()
    with acting_as(WORKER):
        ApiToken.objects.filter(pk=row.pk).update(
            created_at=row.created_at - dt.timedelta(days=400), expires_at=row.expires_at - dt.timedelta(days=366)
        )

    with pytest.raises(TokenRefused):
        actor_of_token(key)


def test_an_unknown_scope_or_organisation_is_refused(cast):
    with acting_as(WORKER):
        with pytest.raises(BadInput):
            add_token("x", party_id="harbour", scopes=["people.manage"], by=WORKER)
        with pytest.raises(NotFound):
            add_token("x", party_id="nowhere", scopes=["gate.ask"], by=WORKER)


def test_another_organisation_sees_no_key(make_key):
    make_key()

    with acting_as(Actor(name="user:9", user_id=9, scope=Scope.ORGANISATION, organisations=("mudflat",))):
        assert not ApiToken.objects.exists()

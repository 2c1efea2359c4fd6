"""Row-level security: PostgreSQL hides what belongs to another organisation, even when the query does not."""

import pytest
from django.db import connection

from licet.core.actors import NOBODY
from licet.core.rls import acting_as
from licet.parties.models import Membership, Party

pytestmark = pytest.mark.django_db


def test_application_role_is_weak(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("licet_app", False, False)


def test_nobody_sees_no_party(cast):
    with acting_as(NOBODY):
        assert not Party.objects.exists()


def test_member_sees_own_memberships_only(cast, actor_of):
    with acting_as(actor_of("pilot")):
        assert set(Membership.objects.values_list("party_id", flat=True)) == {"harbour"}


def test_regional_officer_sees_members_of_the_region(cast, actor_of):
    with acting_as(actor_of("gale")):
        assert set(Membership.objects.values_list("party_id", flat=True)) == {"authority-gd", "harbour", "nightlamp"}


def test_outsider_has_no_scope(cast, actor_of):
    assert actor_of("otto").scope == "nobody"

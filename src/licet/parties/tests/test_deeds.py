"""Nothing is done to people, organisations and keys that the journal does not keep."""

import os
import subprocess
import sys

import pytest

from licet.core.actors import WORKER
from licet.core.operator import operator
from licet.core.rls import acting_as
from licet.journal.models import Entry
from licet.parties import deeds
from licet.parties.models import ApiToken, Membership
from licet.parties.services import add_person, end_membership, found_authority
from licet.parties.tokens import add_token, revoke_token

pytestmark = pytest.mark.django_db


def journal():
    return [(entry.tag, entry.actor, entry.subject, entry.organisation, entry.purpose)
            for entry in Entry.objects.order_by("seq")]


def test_adding_and_ending(cast, system):
    by = operator()
    user = add_person("lark", password="lark-harbour-lantern-42", party_id="harbour", roles=("observer",), by=by)
    row = Membership.objects.get(user=user)
    end_membership(row.pk, by=by, reason="moved on")

    assert journal() == [("parties:person:added", by.name, f"user:{user.pk}", "harbour", ""),
                         ("parties:membership:ended", by.name, f"user:{user.pk}", "harbour", "moved on")]
    assert Entry.objects.first().data == {"roles": ["observer"]}


def test_keys(cast, system):
    token, key = add_token("nightly", party_id="harbour", scopes=["gate.ask"], by=operator(), days=30)
    for _again in range(2):
        revoke_token(token.pk, by=operator(), reason="leaked")

    assert [(tag, subject, why) for tag, _by, subject, _party, why in journal()] == [
        ("parties:token:made", f"token:{token.pk}", ""), ("parties:token:revoked", f"token:{token.pk}", "leaked")]
    assert Entry.objects.first().data == {"scopes": ["gate.ask"], "days": 30}
    assert not [entry for entry in Entry.objects.all() if key in entry.canonical or token.digest in entry.canonical]


def test_founding_is_told_once(system):
    found_authority(by=WORKER)
    found_authority(by=WORKER)

    assert [tag for tag, *_rest in journal()] == ["parties:party:founded"]


@pytest.mark.parametrize("do", [
    lambda: add_person("lark", password="lark-harbour-lantern-42", party_id="harbour", roles=(), by=WORKER),
    lambda: add_token("nightly", party_id="harbour", scopes=["gate.ask"], by=WORKER),
    lambda: revoke_token(ApiToken.objects.get().pk, by=WORKER),
    lambda: end_membership(Membership.objects.filter(party_id="harbour").first().pk, by=WORKER),
], ids=["person", "key", "revoked key", "membership"])
def test_what_cannot_be_recorded_is_not_done(cast, system, monkeypatch, do):
    if do.__code__.co_names[0] == "revoke_token":
        add_token("before", party_id="harbour", scopes=["gate.ask"], by=WORKER)
    before = (ApiToken.objects.filter(revoked_at=None).count(), Membership.objects.filter(ended_at=None).count())

    def full(_deed):
        raise OSError("the disk is full")

    monkeypatch.setattr(deeds, "_RECORDERS", [full])
    with pytest.raises(OSError, match="full"):
        do()

    after = (ApiToken.objects.filter(revoked_at=None).count(), Membership.objects.filter(ended_at=None).count())
    assert after == before


def test_without_a_recorder_nothing_is_done(cast, system, monkeypatch):
    monkeypatch.setattr(deeds, "_RECORDERS", [])
    with pytest.raises(RuntimeError, match="nobody records parties:token:made"):
        add_token("nightly", party_id="harbour", scopes=["gate.ask"], by=WORKER)


def test_the_journal_registers_when_the_program_starts():
    code = ("import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'licet.config.settings'; import django; django.setup();"
            " from licet.parties import deeds; print([one.__module__ for one in deeds._RECORDERS])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "['licet.journal.receivers']"


def test_organisations_read_about_their_own_people(cast, actor_of):
    with acting_as(WORKER):
        add_person("lark", password="lark-harbour-lantern-42", party_id="harbour", roles=(), by=WORKER)
    seen = {}
    for name in ("pilot", "moss"):
        with acting_as(actor_of(name)):
            seen[name] = Entry.objects.filter(tag="parties:person:added").count()
    assert seen == {"pilot": 1, "moss": 0}

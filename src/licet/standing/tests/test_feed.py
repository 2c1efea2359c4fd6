"""The feed: any delta applied to the list of its cursor gives the later snapshot; what is signed stays as it was signed."""

import datetime as dt
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as some

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.journal.checkpoint import BadSignature, Signer
from licet.registers.models import BlacklistEntry
from licet.standing import feed, services
from licet.standing.tests.story import file_site

DAY = dt.date(2026, 3, 2)
_KEYS = some.sampled_from([("domain", "a.example", "unfiled_site"), ("domain", "b.example", "unfiled_site"),
                           ("domain", "a.example", "pornography"), ("provider", "nightlamp", "blacklisted")])
_STEPS = some.lists(some.tuples(_KEYS, some.booleans(), some.integers(-2, 40), some.integers(0, 5)), max_size=25)


def snapshot(history, day):
    """(entries, cursor) of a history of (key, present, days until it ends, days passed before it)."""
    latest = {}
    for seq, (key, present, term, _) in enumerate(history, 1):
        latest[key] = {"kind": key[0], "value": key[1], "ground": key[2], "present": present, "seq": seq,
                       "decided_on": DAY, "decision_ref": f"D-{seq}", "valid_to": DAY + dt.timedelta(days=term)}
    return latest, len(history), day


def documents(history, since, day):
    latest, cursor, as_of = snapshot(history, day)
    return feed.document([row for row in latest.values() if row["seq"] > since], since=since, cursor=cursor, as_of=as_of)


@given(steps=_STEPS, cuts=some.lists(some.integers(0, 25), max_size=4))
def test_snapshot_and_deltas_give_the_later_snapshot(steps, cuts):
    state, cursor, day = {}, 0, DAY
    for cut in sorted({min(cut, len(steps)) for cut in cuts} | {len(steps)}):
        day = DAY + dt.timedelta(days=sum(step[3] for step in steps[:cut]))
        state, cursor = feed.apply(state, cursor, documents(steps[:cut], cursor, day))
    assert state == feed.apply({}, 0, documents(steps, 0, day))[0]


@given(steps=_STEPS)
@settings(max_examples=30)
def test_a_delta_may_be_applied_again(steps):
    middle = len(steps) // 2
    state, cursor = feed.apply({}, 0, documents(steps[:middle], 0, DAY))
    delta = documents(steps, cursor, DAY)
    once = feed.apply(state, cursor, delta)
    assert feed.apply(*once, delta) == once


def test_a_gap_is_refused():
    with pytest.raises(feed.Gap):
        feed.apply({}, 3, documents([(("domain", "a.example", "unfiled_site"), True, 9, 0)] * 6, 5, DAY))


def test_a_changed_byte_or_another_key_is_refused():
    signer, other = Signer(Ed25519PrivateKey.generate()), Signer(Ed25519PrivateKey.generate())
    body = feed.body_of(documents([(("domain", "a.example", "unfiled_site"), True, 9, 0)], 0, DAY))
    signature = feed.sign(body, signer)
    assert feed.verify(body, signature, signer.verifier)["cursor"] == 1
    for text, key in ((body.replace("a.example", "b.example"), signer), (body, other)):
        with pytest.raises(BadSignature):
            feed.verify(text, signature, key.verifier)


def test_a_checkpoint_signature_is_no_feed_signature():
    signer = Signer(Ed25519PrivateKey.generate())
    body = feed.body_of(documents([], 0, DAY))
    note = signer.sign(f"{body}\n").rpartition("— ")[2].strip()
    with pytest.raises(BadSignature):
        feed.verify(body, note, signer.verifier)


@pytest.mark.django_db
def test_the_feed_of_the_register_follows_a_measure_from_entry_to_tombstone(known, another_officer):
    file_site()

    def told(since):
        with acting_as(WORKER):
            signed = services.blacklist_feed(since=since, as_of=known.now.date())
        return json.loads(signed.body)

    state, cursor = feed.apply({}, 0, told(0))
    assert not state
    case_id, _ = known.closed()
    measure = known.blacklist(case_id)
    known.carry_out()
    state, cursor = feed.apply(state, cursor, told(cursor))
    assert {row["value"] for row in state.values()} == {"lantern.example", "91990000LANTERNXY1"}

    known.judge(known.appeal(measure), "overturned", by="kelp")

    delta = told(cursor)
    assert {row["value"] for row in delta["removed"]} == {"lantern.example", "91990000LANTERNXY1"}
    assert feed.apply(state, cursor, delta)[0] == feed.apply({}, 0, told(0))[0] == {}


@pytest.mark.django_db
def test_tokens_of_persons_stay_here(system):
    from licet.standing.tests.story import versioned

    for value in ("rid1:0123456789abcdef0123456789abcdef:1234", "91990000LANTERNXY1"):
        BlacklistEntry.objects.create(kind="sponsor", value=value, ground_id="pornography", decision_ref="D",
                                      decided_on=DAY, **versioned())
    signed = services.blacklist_feed(as_of=DAY)
    assert [row["value"] for row in json.loads(signed.body)["entries"]] == ["91990000LANTERNXY1"]

"""A wrong receipt costs the same work whatever is wrong with it: time tells nothing about which numbers exist.

How long it takes is measured by ``make bench-hotline`` (``receipt_times``); here the steps are counted.
"""

import hmac
import types

import pytest

from licet.hotline import intake, sealing, selectors, views_public

from .test_public import at, visitor  # noqa: F401 - fixtures


@pytest.fixture
def steps(monkeypatch):
    """Every keyed hash, comparison, look at the spool and look at PostgreSQL, in order."""
    done = []

    def digest(key, text, name):
        done.append("hash")
        return hmac.digest(key, text, name)

    def compare(one, other):
        done.append(f"compare {len(one)} {len(other)}")
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(sealing, "hmac", types.SimpleNamespace(digest=digest, compare_digest=compare))
    for name in ("holds", "body_of", "item_of", "items_of", "counts"):
        monkeypatch.setattr(type(intake.spool()), name, lambda *_args, name=name: done.append(f"spool {name}"))
    monkeypatch.setattr(selectors, "receipt", lambda number: done.append("postgresql"))
    return done


WRONG = ["right number, wrong code", "right number, code of another", "wrong number", "wrong number, its own letters as code",
         "number of nobody, code of another", "small letters", "misread letters", "no number", "no code", "too long"]


@pytest.fixture
def pairs(visitor):  # noqa: F811
    one, two = visitor.receipt(visitor.through()), visitor.receipt(visitor.through())
    return {
        "right number, wrong code": one | {"code": "0000-0000-0000"},
        "right number, code of another": one | {"code": two["code"]},
        "wrong number": {"number": "7K2M-9QXW-4TCD", "code": one["code"]},
        "wrong number, its own letters as code": {"number": "7K2M-9QXW-4TCD", "code": "7K2M-9QXW-4TCD"},
        "number of nobody, code of another": {"number": "0000-0000-0000", "code": two["code"]},
        "small letters": {"number": one["number"].lower(), "code": two["code"].lower()},
        "misread letters": {"number": "OIL0-OIL0-OIL0", "code": "OOOO-IIII-LLLL"},
        "no number": {"number": "%%%", "code": one["code"]}, "no code": one | {"code": "中文"},
        "too long": {"number": "7" * 40, "code": "7" * 40},
    }


def test_every_wrong_pair_takes_the_same_steps_and_asks_nobody(visitor, pairs, steps):  # noqa: F811
    """No database fixture: pytest-django refuses every query."""
    taken = {}
    for name in WRONG:
        steps.clear()
        assert visitor.status(pairs[name]).status_code == 404
        taken[name] = tuple(steps)

    assert set(taken) == set(pairs)
    assert set(taken.values()) == {("hash", "hash", "compare 12 12")}, "the network's token, the code, one comparison"


def test_a_wrong_pair_does_nothing_that_was_asked_with_it(visitor, pairs, steps, monkeypatch):  # noqa: F811
    monkeypatch.setattr(views_public, "_do", lambda *_: steps.append("done"))
    for name in WRONG:
        steps.clear()
        visitor.status(pairs[name], action="answer", text="x")
        assert "done" not in steps, name


def test_the_right_pair_is_looked_up(visitor, pairs, steps, monkeypatch):  # noqa: F811
    monkeypatch.setattr(views_public, "_result", lambda request, number, problem: views_public._unknown(request, None))
    monkeypatch.setattr(views_public, "_do", lambda *_: steps.append("done"))
    right = visitor.receipt(visitor.through())
    steps.clear()

    visitor.status(right)

    assert steps == ["hash", "hash", "compare 12 12", "done"], "the counters see what happens at all"

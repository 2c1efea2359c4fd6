"""The statement of who acts, and the shape of errors."""

import pytest
from django.db import transaction

from licet.core import clock
from licet.core.actors import NOBODY, WORKER, Actor, Scope
from licet.core.errors import Conflict, LicetError, NotFound
from licet.core.rls import acting_as, state_actor, stated_scope


def test_nothing_stated_is_nobody(db):
    assert stated_scope() is Scope.NOBODY


def test_inner_actor_ends_with_its_block(db):
    with acting_as(WORKER):
        with acting_as(Actor(name="user:1", scope=Scope.ORGANISATION, organisations=("harbour",))):
            assert stated_scope() is Scope.ORGANISATION
        assert stated_scope() is Scope.SYSTEM


def test_refused_inner_block_gives_the_outer_actor_back(db):
    with acting_as(NOBODY):
        with pytest.raises(Conflict), acting_as(WORKER):
            raise Conflict
        assert stated_scope() is Scope.NOBODY


def test_statement_does_not_outlive_its_transaction(committed_db):
    with acting_as(WORKER):
        pass
    with transaction.atomic():
        assert stated_scope() is Scope.NOBODY


def test_statement_needs_a_transaction(committed_db):
    with pytest.raises(RuntimeError, match="open transaction"):
        state_actor(WORKER)


def test_separator_in_an_organisation_id_cannot_widen_the_scope(db):
    forged = Actor(name="user:1", scope=Scope.ORGANISATION, organisations=("mudflat\x1fharbour",))
    with pytest.raises(ValueError, match="control character"), acting_as(forged):
        pass


def test_time_is_aware_and_utc():
    assert clock.now().utcoffset().total_seconds() == 0


def test_error_without_message_says_its_docstring():
    assert NotFound().message == "There is no such record, or you may not see it."
    assert NotFound(hint="look again").as_problem() == {
        "type": "urn:licet:error:not_found", "title": "There is no such record, or you may not see it.", "status": 404,
        "detail": "There is no such record, or you may not see it.", "hint": "look again"}


def test_every_refusal_has_its_own_code():
    def family(kind):
        return [kind, *(one for child in kind.__subclasses__() for one in family(child))]

    own = [kind for kind in family(LicetError) if "code" in vars(kind)]
    assert len({kind.code for kind in own}) == len(own)

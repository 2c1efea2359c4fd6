"""The second person is asked for by PostgreSQL itself: everything here is plain SQL as the application role."""

import json

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from licet.core.rls import acting_as

pytestmark = pytest.mark.django_db

TWO_PERSON_KINDS = ("licences", "annual_reviews", "blacklist")


def _propose(kind, user_id, *, needs_second, state="proposed", decided_by=None, provider="harbour"):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registers_proposedchange"
            " (kind, key, provider_id, before, after, reason, state, needs_second,"
            " proposed_by, proposed_at, decided_by, decision_note)"
            " VALUES (%s, '{}', %s, NULL, %s, 'a mistake', %s, %s, %s, now(), %s, '') RETURNING id, needs_second",
            [kind, provider, json.dumps({"a": 1}), state, needs_second, user_id, decided_by],
        )
        return cursor.fetchone()


def _decide(change_id, decider, state="applied"):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registers_proposedchange SET state = %s, decided_by = %s, decided_at = now() WHERE id = %s",
            [state, decider, change_id],
        )
        return cursor.rowcount


@pytest.mark.parametrize("kind", TWO_PERSON_KINDS)
def test_application_cannot_say_that_no_second_person_is_needed(kind, cast, actor_of):
    with acting_as(actor_of("olm")):
        _, needs_second = _propose(kind, cast["olm"].pk, needs_second=False)

    assert needs_second is True


@pytest.mark.parametrize("state", ["applied", "refused"])
def test_proposer_cannot_decide(state, cast, actor_of):
    with acting_as(actor_of("olm")):
        change_id, _ = _propose("licences", cast["olm"].pk, needs_second=True)

        with pytest.raises(IntegrityError, match="registers_change_two_people"):
            _decide(change_id, cast["olm"].pk, state)


def test_nobody_cannot_decide(cast, actor_of):
    with acting_as(actor_of("olm")):
        change_id, _ = _propose("licences", cast["olm"].pk, needs_second=True)

        with pytest.raises(IntegrityError, match="own name"):
            _decide(change_id, None)


def test_proposer_cannot_borrow_another_name(cast, actor_of):
    with acting_as(actor_of("olm")):
        change_id, _ = _propose("licences", cast["olm"].pk, needs_second=True)

        with pytest.raises(IntegrityError, match="own name"):
            _decide(change_id, cast["reed"].pk)


def test_second_officer_decides(cast, actor_of):
    with acting_as(actor_of("olm")):
        change_id, _ = _propose("licences", cast["olm"].pk, needs_second=True)
    with acting_as(actor_of("reed")):
        assert _decide(change_id, cast["reed"].pk) == 1


def test_provider_cannot_be_the_second_person(cast, actor_of):
    with acting_as(actor_of("olm")):
        change_id, _ = _propose("licences", cast["olm"].pk, needs_second=True)

    with acting_as(actor_of("pilot")), pytest.raises(IntegrityError, match="by the authority"):
        _decide(change_id, cast["pilot"].pk)


def test_change_cannot_be_born_applied(cast, actor_of):
    with acting_as(actor_of("olm")), pytest.raises(IntegrityError, match="starts as proposed"), transaction.atomic():
        _propose(
            "blacklist", cast["olm"].pk, needs_second=False, state="applied", decided_by=cast["reed"].pk, provider=""
        )


def test_change_cannot_be_proposed_in_another_name(cast, actor_of):
    with acting_as(actor_of("olm")), pytest.raises(IntegrityError, match="own name"), transaction.atomic():
        _propose("licences", cast["reed"].pk, needs_second=True)


@pytest.mark.parametrize(
    "assignment",
    [
        "kind = 'filings', needs_second = false",
        "needs_second = false",
        """after = '{"a": 2}'""",
        "reason = 'another'",
        "proposed_by = 0",
    ],
)
def test_what_was_proposed_stays(assignment, cast, actor_of):
    with acting_as(actor_of("olm")):
        change_id, _ = _propose(
            "filings" if assignment.startswith("needs") else "licences", cast["olm"].pk, needs_second=True
        )
        with (
            pytest.raises(IntegrityError, match="stays as it was proposed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE registers_proposedchange SET {assignment} WHERE id = %s", [change_id])


def test_decided_change_stays_and_none_is_deleted(cast, actor_of):
    with acting_as(actor_of("olm")):
        change_id, _ = _propose("licences", cast["olm"].pk, needs_second=True)
    with acting_as(actor_of("reed")):
        _decide(change_id, cast["reed"].pk, "refused")

        with pytest.raises(IntegrityError, match="stays as it is"):
            _decide(change_id, cast["reed"].pk, "applied")
        with pytest.raises(IntegrityError, match="is kept"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM registers_proposedchange WHERE id = %s", [change_id])


def test_only_the_proposer_withdraws(cast, actor_of):
    with acting_as(actor_of("olm")):
        change_id, _ = _propose("licences", cast["olm"].pk, needs_second=True)
    with acting_as(actor_of("reed")), pytest.raises(IntegrityError, match="withdrawn by who proposed"):
        _decide(change_id, None, "withdrawn")
    with acting_as(actor_of("olm")):
        assert _decide(change_id, None, "withdrawn") == 1


def _upload(kind, user_id, *, needs_second=False, provider="", state="uploaded"):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registers_registerupload"
            " (kind, as_of, provider_id, replace, file_name, file_sha256, file_bytes,"
            " note, state, needs_second, uploaded_by, uploaded_at, decision_note) VALUES"
            " (%s, '2026-03-02', %s, false, 'a.csv', 'x', 1, '', %s, %s, %s, now(), '') RETURNING id, needs_second",
            [kind, provider, state, needs_second, user_id],
        )
        return cursor.fetchone()


def _let_in(upload_id, decider):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registers_registerupload SET state = 'approved', decided_by = %s WHERE id = %s",
            [decider, upload_id],
        )
        return cursor.rowcount


@pytest.mark.parametrize("kind", TWO_PERSON_KINDS)
def test_upload_needs_a_second_person_whatever_the_application_says(kind, cast, actor_of):
    with acting_as(actor_of("olm")):
        upload_id, needs_second = _upload(kind, cast["olm"].pk)
        assert needs_second is True

        for decider in (cast["olm"].pk, cast["reed"].pk, None):
            with pytest.raises(IntegrityError, match=r"two_people|own name"):
                _let_in(upload_id, decider)
    with acting_as(actor_of("reed")):
        assert _let_in(upload_id, cast["reed"].pk) == 1


def test_worker_cannot_import_what_nobody_let_in(cast, actor_of, system):
    with acting_as(actor_of("olm")):
        upload_id, _ = _upload("licences", cast["olm"].pk)

    with (
        pytest.raises(IntegrityError, match="registers_upload_two_people"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE registers_registerupload SET state = 'imported' WHERE id = %s", [upload_id])


def test_changes_and_uploads_of_others_are_hidden(cast, actor_of):
    with acting_as(actor_of("pilot")):
        _propose("filings", cast["pilot"].pk, needs_second=False)
        _upload("filings", cast["pilot"].pk, provider="harbour")
    with acting_as(actor_of("olm")):
        _upload("blacklist", cast["olm"].pk)

    def seen(name):
        with acting_as(actor_of(name)), connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM registers_proposedchange),"
                " (SELECT count(*) FROM registers_registerupload)"
            )
            return cursor.fetchone()

    assert [seen(name) for name in ("pilot", "moss", "otto", "olm", "gale")] == [(1, 1), (0, 0), (0, 0), (1, 2), (1, 2)]


def test_wrong_organisation_cannot_write_an_upload(cast, actor_of):
    with acting_as(actor_of("otto")), pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        _upload("filings", cast["moss"].pk, provider="harbour")

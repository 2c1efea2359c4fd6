"""What PostgreSQL refuses whatever the application says, tried with plain SQL as the application's role."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from licet.core.actors import NOBODY, WORKER
from licet.core.rls import acting_as
from licet.standing import services
from licet.standing.models import ConductPoint, Entry, Exposure, Review, Threshold
from licet.standing.tests.story import file_site

pytestmark = pytest.mark.django_db
DAYS = dt.timedelta(days=1)
_ENTRY = ("INSERT INTO standing_entry (measure_id, desk_id, register, kind, value, key, decision_ref, confidence, name, since,"
          " valid_to, review_on, written_at, check_note, ended_why) VALUES (%s, 'authority', 'blacklist', 'domain', 'x.example',"
          " '{}', 'D', 'subject', '', '2026-03-02', '2027-03-02', '2027-03-02', now(), '', '')")
_LISTED = ("INSERT INTO registers_blacklistentry (kind, value, ground_id, decided_on, decision_ref, since, content_hash,"
           " change_seq, source, recorded_at) VALUES ('domain', 'x.example', 'pornography', '2026-03-02', 'D', '2026-03-02',"
           " '\\x00', 1, %s, now())")


def attempt(statement, parameters=(), actor=WORKER):
    """Whether PostgreSQL let it happen; what it did is rolled back."""
    touched = 0
    try:
        with transaction.atomic():
            with acting_as(actor), connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                touched = cursor.rowcount
            transaction.set_rollback(True)
    except DatabaseError as error:
        code = error.__cause__.sqlstate
        assert code == "42501" or not code.startswith("42"), f"the statement itself is wrong: {error}"
        return False
    return touched > 0


@pytest.fixture
def listed(known):
    """Closed, listed, on the record and published."""
    file_site()
    case_id, known.close = known.closed()
    known.measure = known.blacklist(case_id)
    known.carry_out().wait(70 * DAYS).carry_out()
    known.exposure(case_id)
    known.carry_out()
    known.case_id = case_id
    return known


def one(model, **where):
    with acting_as(WORKER):
        return model.objects.filter(**where).order_by("pk").first()


def test_no_row_is_decided_by_a_measure_without_two_signatures(listed):
    draft = listed.draft(listed.case_id, "blacklist")
    assert attempt(_LISTED, [f"measure:{listed.measure.pk}"])
    assert not attempt(_LISTED, [f"measure:{draft.pk}"])  # nobody signed
    assert not attempt(_LISTED, [f"measure:{listed.close.pk}"])  # another kind of measure
    assert not attempt(_LISTED, ["measure:999999"])
    assert not attempt(_LISTED, ["measure:"])
    assert attempt(_ENTRY, [listed.measure.pk]) and not attempt(_ENTRY, [draft.pk])


@pytest.mark.parametrize("name", ["olm", "wick"])
def test_no_person_writes_a_consequence(listed, name):
    actor = listed.who(name)
    assert not attempt(_ENTRY, [listed.measure.pk], actor)
    for table, change in (("standing_entry", "valid_to = '2030-01-01'"), ("standing_conductpoint", "points = 1"),
                          ("standing_exposure", "withdrawn_at = now(), withdrawn_why = 'x'")):
        assert not attempt(f"UPDATE {table} SET {change}", actor=actor)


def test_not_even_the_system_changes_what_was_written(listed):
    for table, change in (
            ("standing_entry", "valid_to = '2030-01-01', review_on = '2030-01-01'"), ("standing_entry", "value = 'y.example'"),
            ("standing_entry", "confidence = 'credential'"), ("standing_conductpoint", "points = points + 1"),
            ("standing_conductpoint", "provider_id = 'harbour'"), ("standing_exposure", "organisation_name = 'Other'"),
            ("standing_exposure", "expires_at = expires_at + interval '1 year'")):
        assert not attempt(f"UPDATE {table} SET {change}"), change
    for table in ("entry", "review", "conductpoint", "objection", "threshold", "exposure"):
        assert not attempt(f"DELETE FROM standing_{table}") and not attempt(f"TRUNCATE standing_{table} CASCADE")


def test_a_point_rests_on_a_final_decision(listed):
    appealed = listed.stop()
    listed.go(appealed, "notified")
    listed.appeal(appealed)
    insert = ("INSERT INTO standing_conductpoint (measure_id, desk_id, provider_id, case_number, role, kind, tier, points,"
              " formula, final_on, visible_on, recorded_at, reversed_why) VALUES (%s, 'authority', 'nightlamp', 'x', 'own',"
              " %s, 1, 5, '1', '2026-03-02', '2026-03-02', now(), '')")
    assert not attempt(insert, [appealed.pk, "stop_access"])  # an appeal is pending
    assert not attempt(insert, [listed.draft(listed.case_id, "warn").pk, "warn"])  # nobody signed
    assert not attempt(insert, [listed.close.pk, "close_site"])  # once only


def test_an_exposure_names_a_decision_that_stands(listed):
    shown = one(Exposure)
    insert = ("INSERT INTO standing_exposure (measure_id, decision_id, desk_id, organisation_name, organisation_code, about,"
              " ground_id, decided, decided_by, decided_on, rule_cited, decision_ref, published_at, expires_at, withdrawn_why)"
              " VALUES (%s, %s, 'authority', 'N', 'C', '', 'pornography', %s, 'A', '2026-03-02', 'R', 'D', now(),"
              " now() + interval '1 day', '')")
    stop = listed.stop()
    with acting_as(WORKER), connection.cursor() as cursor:  # the one there is out of the way
        cursor.execute("UPDATE standing_exposure SET withdrawn_at = now(), withdrawn_why = 'x'")
    assert attempt(insert, [shown.measure_id, listed.close.pk, "close_site"])
    assert not attempt(insert, [shown.measure_id, None, "close_site"])
    assert not attempt(insert, [shown.measure_id, stop.pk, "stop_access"])  # of another case, and nobody was told
    assert not attempt(insert, [shown.measure_id, listed.measure.pk, "blacklist"])  # rests on a decision itself
    assert not attempt(insert, [listed.measure.pk, listed.close.pk, "close_site"])  # another kind of measure


def test_a_reversal_is_written_once(listed):
    point = one(ConductPoint)
    take = "UPDATE standing_conductpoint SET reversed_at = now(), reversed_on = '2026-06-01', reversed_why = 'x' WHERE id = %s"
    assert attempt(take, [point.pk])
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute(take, [point.pk])
    assert not attempt("UPDATE standing_conductpoint SET reversed_at = NULL, reversed_on = NULL, reversed_why = ''")
    assert not attempt(take, [point.pk])


def test_two_people_for_a_threshold_whatever_the_application_says(listed):
    olm, reed = listed.who("olm"), listed.who("reed")
    insert = ("INSERT INTO standing_threshold (advice, value, reason, preview, proposed_by_id, proposed_at, switched_on_by_id,"
              " switched_on_at) VALUES ('talk', 5, 'x', '{}', %s, now(), %s, now())")
    assert not attempt(insert, [olm.user_id, reed.user_id], olm)  # starts switched off
    assert not attempt(insert, [reed.user_id, None], olm)  # in somebody else's name
    row = services.propose_threshold("talk", 5000, reason="x", actor=olm, at=listed.now)
    on = "UPDATE standing_threshold SET switched_on_by_id = %s, switched_on_at = now() WHERE id = %s"
    assert not attempt(on, [olm.user_id, row.pk], olm)  # the same person
    assert not attempt(on, [reed.user_id, row.pk], olm)  # in somebody else's name
    assert not attempt(on, [listed.who("wick").user_id, row.pk], listed.who("wick"))  # a provider
    assert attempt(on, [reed.user_id, row.pk], reed)
    assert not attempt("UPDATE standing_threshold SET value = 1", actor=olm)


def test_two_people_for_a_review_whatever_the_application_says(listed):
    listed.wait(200 * DAYS)
    olm, reed = listed.who("olm"), listed.who("reed")
    review = services.propose_review(one(Entry).pk, reason="still there", actor=olm, at=listed.now)
    second = "UPDATE standing_review SET seconded_by_id = %s, seconded_at = now() WHERE id = %s"
    assert not attempt(second, [olm.user_id, review.pk], olm)
    assert not attempt(second, [reed.user_id, review.pk], olm)
    assert not attempt("UPDATE standing_review SET until = '2040-01-01'", actor=olm)
    assert attempt(second, [reed.user_id, review.pk], reed)
    renew = "UPDATE standing_entry SET valid_to = %s, review_on = %s WHERE id = %s"
    assert not attempt(renew, [review.until, review.until, review.entry_id])  # nobody seconded it
    services.second_review(review.pk, actor=reed, at=listed.now)
    assert not attempt(renew, [review.until + DAYS, review.until + DAYS, review.entry_id])


def test_who_decided_does_not_answer_an_objection(listed):
    wick, olm = listed.who("wick"), listed.who("olm")
    objection = services.object_to(one(ConductPoint).pk, text="wrong", actor=wick, at=listed.now)
    answer = ("UPDATE standing_objection SET state = 'kept', answer = 'no', answered_by_id = %s, answered_at = now()"
              " WHERE id = %s")
    assert not attempt(answer, [olm.user_id, objection.pk], olm)
    assert not attempt(answer, [wick.user_id, objection.pk], wick)
    assert attempt(answer, [listed.who("gale").user_id, objection.pk], listed.who("gale"))
    file = ("INSERT INTO standing_objection (point_id, provider_id, text, filed_by_id, filed_at, state, answer)"
            " VALUES (%s, 'nightlamp', 'x', %s, now(), 'open', '')")
    assert not attempt(file, [objection.point_id, olm.user_id], wick)


def test_a_token_of_a_person_cannot_be_published(listed):
    names = ("measure_id, decision_id, desk_id, organisation_name, organisation_code, about, ground_id, decided, decided_by,"
             " decided_on, rule_cited, decision_ref, published_at, expires_at")
    insert = (f"INSERT INTO standing_exposure ({names}, withdrawn_why) SELECT"
              f" {names.replace('organisation_code', '%s')}, '' FROM standing_exposure")
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute("UPDATE standing_exposure SET withdrawn_at = now(), withdrawn_why = 'x'")
    assert attempt(insert, ["91990000LANTERNXY1"])
    assert not attempt(insert, ["rid1:0123456789abcdef0123456789abcdef:1234"])


@pytest.mark.parametrize(("name", "sees"), [("olm", 4), ("wick", 1), ("pilot", 0), ("otto", 0)])
def test_rows_are_seen_by_the_desk_and_points_by_their_provider(listed, name, sees):
    with acting_as(listed.who(name)):
        assert sum(model.objects.count() for model in (Entry, ConductPoint, Exposure, Review)) == sees
    with acting_as(NOBODY):
        assert sum(model.objects.count() for model in (Entry, ConductPoint, Exposure, Review, Threshold)) == 0

"""What PostgreSQL itself refuses: plain SQL as the application role, as people who are really signed in."""

import pytest
from django.db import DatabaseError, connection, transaction

from licet.casework import services
from licet.casework.models import Appeal, Case, Determination, Measure
from licet.casework.tables import DESK_ROLES, JUDGE_ROLES, MEASURES, TRANSITIONS, MeasureState
from licet.casework.tests.story import DAY, START
from licet.config.terms import profile_terms
from licet.core.actors import NOBODY, WORKER
from licet.core.rls import acting_as
from licet.parties.tables import ROLES

pytestmark = pytest.mark.django_db


def _sql(statement, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def assert_refused(actor, match, statement, *parameters):
    with acting_as(actor), pytest.raises(DatabaseError, match=match):
        _sql(statement, *parameters)


def _step(measure, frm, event, to, at=START):
    return ("INSERT INTO casework_measuretransition (measure_id, desk_id, frm, event, \"to\", actor, reason, at)"
            " VALUES (%s, 'authority', %s, %s, %s, 'x', '', %s)", measure.pk, frm, event, to, at)


def test_frozen_tables_are_those_of_the_program():
    steps = set(_sql('SELECT frm, event, "to", actor FROM casework_transition_rule'))
    measures = {tuple(tuple(sorted(cell)) if isinstance(cell, list) else cell for cell in row) for row in _sql(
        "SELECT kind, persons, tiers, party_kinds, roles, needs, effect, reversible, term FROM casework_measure_rule")}
    posts = {deed: set(roles) for deed, roles in _sql("SELECT deed, roles FROM casework_post_rule")}

    assert steps == {(row.frm.value, row.event, row.to.value, row.actor) for row in TRANSITIONS}
    assert measures == {(row.id, row.persons, *(tuple(sorted(cell)) for cell in (
        row.tiers, row.party_kinds, row.roles, row.needs)), row.effect, row.reversible, row.expiry_days) for row in MEASURES}
    assert posts == {"work": DESK_ROLES, "judge": JUDGE_ROLES, "carry_out": {
        role.id for role in ROLES if "orders.carry_out" in role.permissions and "authority" not in role.party_kinds}}
    assert dict(_sql("SELECT name, days FROM casework_term")) == profile_terms()


@pytest.mark.parametrize("statement", [
    "INSERT INTO casework_transition_rule VALUES ('drafted', 'magic', 'verified')",
    "UPDATE casework_measure_rule SET persons = 1", "UPDATE casework_post_rule SET roles = '{observer}'",
    "DELETE FROM casework_transition_rule", "DELETE FROM casework_case", "DELETE FROM casework_measure",
    "DELETE FROM casework_signal", "DELETE FROM casework_appeal", "UPDATE casework_measuretransition SET reason = ''",
    "DELETE FROM casework_measuretransition", "UPDATE casework_caseevent SET note = ''",
    "DELETE FROM casework_determination",
], ids=lambda text: " ".join(text.split()[:3]))
def test_what_happened_is_kept(statement):
    assert_refused(WORKER, "casework keeps what happened", statement)


@pytest.mark.parametrize("state", [state.value for state in MeasureState if state is not MeasureState.DRAFTED])
def test_no_state_is_written_directly(story, state):
    with acting_as(WORKER):
        measure = story.draft(story.case(tier=2))

    assert_refused(story.who("olm"), "changes by adding a step|decided_by_a_person",
             "UPDATE casework_measure SET state = %s WHERE id = %s", state, measure.pk)


@pytest.mark.parametrize("frm", [state.value for state in MeasureState])
@pytest.mark.parametrize("to", ["verified", "done", "approved"])
def test_no_unlisted_step(story, frm, to):
    with acting_as(WORKER):
        measure = story.draft(story.case(tier=2))

    assert_refused(story.who("olm"), "casework_step_listed|violates|do not carry|not ", *_step(measure, frm, "magic", to))


def test_no_step_from_another_state(story):
    with acting_as(WORKER):
        measure = story.suspension()

    assert_refused(story.who("olm"), "the measure is approved, not notified",
             *_step(measure, "notified", "ordered", "ordered"))


def test_no_measure_without_a_decider(story):
    with acting_as(WORKER):
        measure = story.draft(story.case(tier=2))

    assert_refused(story.who("olm"), "decided_by_a_person|do not carry|nothing calls",
                   *_step(measure, "drafted", "approved", "approved"))


def test_no_two_person_measure_with_one_person(story):
    with acting_as(WORKER):
        case_id = story.case(tier=1)
        measure = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)})
        story.approve(measure)

    assert_refused(story.who("reed"), "two_people|do not carry|nothing calls", *_step(measure, "drafted", "approved", "approved"))
    second = "UPDATE casework_measure SET seconded_by_id = %s, seconded_at = now() WHERE id = %s"
    assert_refused(story.who("olm"), "by somebody else", second, story.who("olm").user_id, measure.pk)
    assert_refused(story.who("olm"), "in their own name", second, story.who("reed").user_id, measure.pk)


def test_nobody_signs_for_another(story):
    with acting_as(WORKER):
        measure = story.draft(story.case(tier=2))
    for actor in (story.who("olm"), WORKER):
        assert_refused(actor, "in one's own name", "UPDATE casework_measure SET decided_by_id = %s, decided_at = now()"
                 " WHERE id = %s", story.who("reed").user_id, measure.pk)


@pytest.mark.parametrize("change", [
    "decided_by_id = NULL", "decided_at = now()", "seconded_at = now()", "kind = 'warn'",
    "scope = '{\"hosts\": [\"bystander.example\"]}'", "reasons = '[]'", "rule_cited = 'none'", "attachments = '{}'",
    "expires_at = expires_at + interval '1 year'", "expires_at = NULL", "provider_id = 'mudflat'",
    "deadline_on = now()",
    "desk_id = 'harbour'", "drafted_by_id = 1",
])
def test_what_was_signed_stays(story, change):
    with acting_as(WORKER):
        measure = story.draft(story.case(tier=2), attachments={"note": "x"})
        story.approve(measure)

    assert_refused(story.who("olm"), "stays|once|in one's own name|expires|changes only",
             f"UPDATE casework_measure SET {change} WHERE id = %s", measure.pk)


def test_a_draft_is_born_unsigned(story):
    with acting_as(WORKER):
        measure = story.draft(story.case(tier=2))
    copy = ("INSERT INTO casework_measure (case_id, desk_id, provider_id, subject_party, kind, state, reasons,"
            " rule_cited, scope, collateral, expires_at, attachments, drafted_by_id, drafted_at, decided_by_id, decided_at)"
            " SELECT case_id, desk_id, '', '', kind, %s, reasons, rule_cited, scope, collateral, expires_at, '{}', %s,"
            " now(), %s, now() FROM casework_measure WHERE id = %s")
    olm, reed = story.who("olm"), story.who("reed")

    assert_refused(olm, "starts as a draft", copy, "approved", olm.user_id, olm.user_id, measure.pk)
    assert_refused(olm, "starts as a draft", copy, "drafted", olm.user_id, olm.user_id, measure.pk)
    assert_refused(olm, "own name", copy, "drafted", reed.user_id, None, measure.pk)


@pytest.mark.parametrize("judge", ["olm", "reed"])
def test_no_appeal_judged_by_a_signer(story, judge):
    with acting_as(WORKER):
        appeal = story.appeal(story.go(story.stop(), "notified"))

    assert_refused(story.who(judge), "casework_appeal_other_judge",
             "UPDATE casework_appeal SET state = 'upheld', judge_id = %s, judged_at = now(), judgement = 'mine'"
             " WHERE id = %s", story.who(judge).user_id, appeal.pk)


def test_no_appeal_judged_for_another_or_with_forged_signers(story, another_officer):
    with acting_as(WORKER):
        appeal = story.appeal(story.go(story.stop(), "notified"))
    judge = ("UPDATE casework_appeal SET state = 'upheld', judge_id = %s, judgement = 'x'{} WHERE id = %s")

    assert_refused(story.who("olm"), "own name", judge.format(""), another_officer.pk, appeal.pk)
    assert_refused(story.who("olm"), "stays as it was appealed", judge.format(", decider_id = 0, drafter_id = 0"),
             story.who("olm").user_id, appeal.pk)


def test_signers_are_copied_whatever_was_given(story):
    with acting_as(WORKER):
        measure = story.go(story.stop(), "notified")
        Appeal.objects.create(measure=measure, desk_id="authority", filed_by="nightlamp", filed_at=START, grounds="no",
                              due_at=START + DAY, decider_id=0, drafter_id=0)
        appeal = Appeal.objects.get()

    assert (appeal.decider_id, appeal.seconder_id, appeal.drafter_id) == (
        story.who("olm").user_id, story.who("reed").user_id, story.who("olm").user_id)


def test_a_judged_appeal_stays(story, another_officer):
    with acting_as(WORKER):
        appeal = story.appeal(story.go(story.stop(), "notified"))
        story.judge(appeal, "upheld", by="kelp")

    assert_refused(story.who("kelp"), "stays as it was judged",
             "UPDATE casework_appeal SET state = 'overturned' WHERE id = %s", appeal.pk)


@pytest.mark.parametrize("table", ["casework_case", "casework_signal"])
def test_no_unknown_ground(story, table):
    with acting_as(WORKER):
        case = Case.objects.get(pk=story.case())
    copy = {
        "casework_case": "INSERT INTO casework_case (number, desk_id, provider_id, ground_id, subject_kind, subject_key,"
        " state, outcome, proposal, priority, tier_reason, signal_count, opened_at, last_signal_at) SELECT 'x', desk_id,"
        " '', 'politics', subject_kind, subject_key, state, '', '{}', 0, '', 0, now(), now() FROM casework_case WHERE id = %s",
        "casework_signal": "INSERT INTO casework_signal (kind, desk_id, provider_id, ground_id, subject_kind,"
        " subject_key, case_id, source, observer, facts, observed_at, received_at) SELECT 'report', desk_id, '', 'politics',"
        " subject_kind, subject_key, id, 'x', 'x', '{}', now(), now() FROM casework_case WHERE id = %s"}[table]

    with (acting_as(WORKER), pytest.raises(DatabaseError, match=r"foreign key|ground and subject"),
          transaction.atomic()):
        _sql(copy, case.pk)
        _sql("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_signal_is_about_what_its_case_is_about(story):
    with acting_as(WORKER):
        case_id = story.case()
    for change in ("subject_key = 'bystander.example'", "ground_id = 'minors'", "facts = '{\"forged\": 1}'",
                   "observer = 'another'"):
        assert_refused(WORKER, "of its case|as it was observed", f"UPDATE casework_signal SET {change} WHERE case_id = %s",
                 case_id)


@pytest.mark.parametrize("change", ["state = 'open', closed_at = NULL, outcome = ''", "outcome = 'actioned'",
                                    "subject_key = 'bystander.example'", "desk_id = 'harbour'", "ground_id = 'minors'"])
def test_an_ended_case_stays_as_it_ended(story, change):
    with acting_as(WORKER):
        case_id = story.case()
        services.close_case(case_id, outcome="rectified", reason="ok", actor=story.who("olm"), at=START)

    assert_refused(story.who("olm"), "stays", f"UPDATE casework_case SET {change} WHERE id = %s", case_id)


def test_no_tier_for_another_or_without_reason(story):
    with acting_as(WORKER):
        case_id = story.case()
    tier = "UPDATE casework_case SET tier = 1, tier_by_id = %s, tier_at = now(), tier_reason = %s WHERE id = %s"

    assert_refused(story.who("olm"), "own name", tier, story.who("reed").user_id, "because", case_id)
    assert_refused(story.who("olm"), "tier_by_a_person", tier, story.who("olm").user_id, "", case_id)
    assert_refused(WORKER, "tier_by_a_person|holds a post", "UPDATE casework_case SET tier = 1 WHERE id = %s", case_id)


def test_only_one_open_case(story):
    with acting_as(WORKER):
        case_id = story.case()

    assert_refused(WORKER, "casework_case_one_open", "INSERT INTO casework_case (number, desk_id, provider_id, ground_id,"
             " subject_kind, subject_key, state, outcome, proposal, priority, tier_reason, signal_count, opened_at,"
             " last_signal_at) SELECT 'x', desk_id, '', ground_id, subject_kind, subject_key, state, '', '{}', 0, '', 0,"
             " now(), now() FROM casework_case WHERE id = %s", case_id)


def test_a_term_grows_once_and_only_by_a_determination(story):
    with acting_as(WORKER):
        measure = story.go(story.suspension(), "notified")
        case_id = measure.case_id
        other = story.case(subject="other.example")
    made = {}
    for name, case, result in (("wrong case", other, "illegal"), ("not illegal", case_id, "insufficient"),
                               ("right", case_id, "illegal")):
        with acting_as(story.who("olm")):
            made[name] = Determination.objects.create(
                case_id=case, desk_id="authority", document_no=name, authority_id="authority", result=result,
                determined_on=START.date(), recorded_by_id=story.who("olm").user_id, recorded_at=START + 20 * DAY).pk
    extend = ("UPDATE casework_measure SET determination_id = %s, expires_at = expires_at + interval '9 days'"
              " WHERE id = %s")

    for name in ("wrong case", "not illegal"):
        assert_refused(story.who("olm"), "determination of illegality", extend, made[name], measure.pk)
    with acting_as(story.who("olm")):
        assert _sql(extend, made["right"], measure.pk) == 1
    assert_refused(story.who("olm"), "once", extend, made["right"], measure.pk)


def test_nothing_is_ordered_after_its_time(story):
    with acting_as(WORKER):
        measure = story.go(story.suspension(), "notified")

    assert_refused(story.who("olm"), "time of the measure is over",
             *_step(measure, "notified", "ordered", "ordered", at=START + 31 * DAY))


TABLES = ("case", "signal", "observation", "caseevent", "caselink", "measure", "measuretransition", "appeal", "determination",
          "handeddecision")


@pytest.fixture
def filled(story):
    """A row in each table at the authority's desk, against a customer of Night Lamp."""
    with acting_as(WORKER):
        measure = story.go(story.suspension(), "notified")
        story.appeal(measure)
        other = story.case(subject="other.example")
        services.link_cases(measure.case_id, other, why="same organiser", actor=story.who("olm"), at=START)
        services.record_determination(measure.case_id, document_no="D", authority_id="authority", result="insufficient",
                                      determined_on=START.date(), actor=story.who("olm"), at=START)
        story.draft(other, scope={"hosts": ["other.example"]})
    return measure


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("who", ["nobody", "otto", "moss", "pilot"])
def test_strangers_see_and_write_nothing(story, filled, table, who):
    actor = NOBODY if who == "nobody" else story.who(who)
    with acting_as(actor):
        assert _sql(f"SELECT count(*) FROM casework_{table}") == [(0,)]
        if table in {"case", "signal", "measure", "appeal", "caselink"}:
            assert _sql(f"UPDATE casework_{table} SET desk_id = desk_id") == 0


@pytest.mark.parametrize(("table", "seen"), [("case", 0), ("signal", 0), ("caseevent", 0), ("caselink", 0),
                                             ("measure", 1), ("measuretransition", 0), ("appeal", 1),
                                             ("determination", 0)])
@pytest.mark.parametrize("who", ["wick", "gale"], ids=["affected", "authority of their region"])
def test_the_affected_read_their_measure_and_appeal_only(story, filled, table, seen, who):
    with acting_as(story.who(who)):
        assert _sql(f"SELECT count(*) FROM casework_{table}") == [(seen,)]
        if table in {"measure", "appeal"}:
            assert _sql(f"UPDATE casework_{table} SET desk_id = desk_id") == 0


def test_drafts_are_not_for_the_accused(story):
    with acting_as(WORKER):
        measure = story.suspension()
    with acting_as(story.who("wick")):
        assert not Measure.objects.filter(pk=measure.pk).exists()
    with acting_as(WORKER):
        story.go(measure, "notified")
    with acting_as(story.who("wick")):
        assert Measure.objects.filter(pk=measure.pk).exists()


def test_nobody_writes_into_a_case_of_another_desk(story, filled):
    wick = story.who("wick")
    case_id, measure_id = filled.case_id, filled.pk
    with acting_as(wick):
        for statement, parameters in (
            ("INSERT INTO casework_caseevent (case_id, desk_id, at, tag, actor, note, data)"
             " VALUES (%s, 'nightlamp', now(), 'x', 'x', '', '{}')", [case_id]),
            ("INSERT INTO casework_measuretransition (measure_id, desk_id, frm, event, \"to\", actor, reason, at)"
             " VALUES (%s, 'nightlamp', 'stayed', 'lifted', 'lifted', 'x', '', now())", [measure_id]),
            ("INSERT INTO casework_measuretransition (measure_id, desk_id, frm, event, \"to\", actor, reason, at)"
             " VALUES (%s, 'authority', 'stayed', 'lifted', 'lifted', 'x', '', now())", [measure_id]),
            ("INSERT INTO casework_appeal (measure_id, desk_id, filed_by, filed_at, grounds, state, due_at, judgement,"
             " decider_id, drafter_id)"
             " VALUES (%s, 'nightlamp', 'x', now(), 'x', 'filed', now(), '', 1, 1)", [measure_id]),
        ):
            with pytest.raises(DatabaseError, match=r"belongs to|row-level security|of the same desk"):
                _sql(statement, *parameters)


def test_each_table_of_casework_is_protected():
    protected = {row[0] for row in _sql(
        "SELECT relname FROM pg_class WHERE relname ~ '^casework_' AND relkind = 'r' AND relrowsecurity"
        " AND relforcerowsecurity")}

    assert protected == {f"casework_{table}" for table in (*TABLES, "savedqueue")}

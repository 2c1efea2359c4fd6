"""Who may decide, asked by PostgreSQL itself: plain SQL by people with their own names and a scope that shows everything.

Row-level security would stop most of them earlier; here it is out of the way, so that only the post decides.
"""

import dataclasses

import pytest
from django.db import DatabaseError, connection, transaction

from licet.casework.models import Case
from licet.casework.rules import STEPS
from licet.casework.tables import MEASURE_BY_ID, MEASURES, TRANSITIONS
from licet.casework.tests.story import DAY, START
from licet.casework.tests.ways import CHAIN, about, know
from licet.core import clock
from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import Conflict
from licet.core.rls import acting_as
from licet.parties.models import Membership, Party
from licet.parties.selectors import actor_for
from licet.parties.services import add_person, next_change_seq
from licet.parties.tables import ROLES

pytestmark = pytest.mark.django_db
DESKS = {"authority": "authority", "access_provider": "nightlamp", "association": "association", "police": "police"}
SIGN = "UPDATE casework_measure SET decided_by_id = %s, decided_at = %s WHERE id = %s"
SECOND = "UPDATE casework_measure SET seconded_by_id = %s, seconded_at = %s WHERE id = %s"
STEP = ("INSERT INTO casework_measuretransition (measure_id, desk_id, frm, event, \"to\", actor, reason, at)"
        " SELECT id, desk_id, state, %s, %s, %s, '', %s FROM casework_measure WHERE id = %s")
JUDGE = ("UPDATE casework_appeal SET state = %s, judge_id = %s, judged_at = %s, judgement = 'x' WHERE id = %s")
DETERMINE = ("INSERT INTO casework_determination (case_id, desk_id, document_no, authority_id, result, determined_on,"
             " text, recorded_by_id, recorded_at) SELECT id, desk_id, 'D 9', %s, 'illegal', %s, '', %s, %s"
             " FROM casework_case WHERE id = %s")


def answer(actor, statement, *parameters):
    """What PostgreSQL says to the statement; it is taken back either way."""
    with acting_as(actor):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                rows = cursor.rowcount
                transaction.set_rollback(True)
        except DatabaseError as error:
            return str(error).splitlines()[0]
    return rows


def do(actor, statement, *parameters):
    with acting_as(actor), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        assert cursor.rowcount == 1


def seeing_all(actor):
    return dataclasses.replace(actor, scope=Scope.NATIONAL)


@pytest.fixture
def posts(cast):
    """One person for every role in every kind of organisation that can hold it: (kind, role) -> actor."""
    with acting_as(WORKER):
        for party, kind in (("association", "association"), ("police", "police")):
            Party.objects.create(party_id=party, kind=kind, name=party, region="CN-GD", since="2020-01-01",
                                 content_hash=b"\0" * 16, change_seq=next_change_seq(), source="test",
                                 recorded_at=clock.now())
        made = {(kind, role.id): add_person(f"{kind}-{role.id}", password="some-long-words-42", party_id=party,
                                            roles=(role.id,), by=WORKER, must_change=False)
                for role in ROLES for kind, party in DESKS.items() if kind in role.party_kinds}
    return {post: actor_for(user) for post, user in made.items()}


def drafted(story, kind, desk, by, **fields):
    """A draft of this kind at a desk, by somebody who works there."""
    know(story, "drafter", by)
    subject, scope = about(kind)
    if desk in {"nightlamp", "mudflat"}:
        subject["provider"] = desk  # a provider orders itself
    case_id = story.case(tier=min(MEASURE_BY_ID[kind].tiers), desk=desk, by="drafter", **subject)
    return story.draft(case_id, kind, by="drafter", scope=scope, attachments={
        "evidence": "x", "bag": "x", "assessment": "x", "billing_chain": CHAIN}, **fields)


@pytest.mark.parametrize("kind", MEASURES, ids=lambda kind: kind.id)
def test_the_column_who_decides_is_the_databases(story, posts, kind):
    for home, desk in DESKS.items():
        worker = next(posts[home, role] for role in ("officer", "compliance_officer", "reviewer", "liaison")
                      if (home, role) in posts)
        draft = drafted(story, kind.id, desk, worker)
        may = {post for post, actor in posts.items()
               if answer(seeing_all(actor), SIGN, actor.user_id, START, draft.pk) == 1}

        assert may == {(party, role) for party, role in posts if party in kind.party_kinds and role in kind.roles
                       and party in {"authority", home}}


def test_others_are_told_why(story, posts):
    draft = drafted(story, "suspend_access", "authority", posts["authority", "officer"])
    nobody = Actor(name="user:0", user_id=story.who("otto").user_id, scope=Scope.NATIONAL)
    wrong = {"observer": posts["authority", "observer"], "administrator": posts["authority", "administrator"],
             "provider": posts["access_provider", "compliance_officer"], "nobody": nobody}
    for actor in wrong.values():
        assert answer(seeing_all(actor), SIGN, actor.user_id, START, draft.pk) == (
            "a measure is signed by a post that decides it")


def test_a_provider_neither_blacklists_nor_closes_by_sql(story, posts):
    """Two people with their own genuine names and scope, at their own desk."""
    officer, colleague = posts["access_provider", "compliance_officer"], posts["access_provider", "reviewer"]
    for kind in ("blacklist", "close_site", "revoke_licence"):
        draft = drafted(story, kind, "nightlamp", officer)
        assert "signed by a post" in answer(officer, SIGN, officer.user_id, START, draft.pk)
        assert "after the decision" in answer(colleague, SECOND, colleague.user_id, START, draft.pk)
        assert "nothing calls" in answer(officer, STEP, "approved", "approved", "x", START, draft.pk) or (
            "not theirs" in answer(officer, STEP, "approved", "approved", "x", START, draft.pk))


def test_an_authority_of_the_region_covers_its_providers(story, posts):
    draft = drafted(story, "suspend_access", "nightlamp", posts["access_provider", "reviewer"])
    elsewhere = drafted(story, "suspend_access", "mudflat", story.who("moss"))
    gale = story.who("gale")

    assert answer(gale, SIGN, gale.user_id, START, draft.pk) == 1
    assert "signed by a post" in answer(seeing_all(gale), SIGN, gale.user_id, START, elsewhere.pk)


@pytest.mark.parametrize("gone", ["membership", "account", "organisation"])
def test_only_a_live_post_counts(story, posts, gone):
    officer = posts["authority", "officer"]
    draft = drafted(story, "suspend_access", "authority", officer)
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute({
            "membership": "UPDATE parties_membership SET ended_at = now() WHERE user_id = %s",
            "account": "UPDATE auth_user SET is_active = false WHERE id = %s",
            "organisation": "UPDATE parties_party SET until = '2030-01-01' WHERE party_id = 'authority' AND %s > 0",
        }[gone], [officer.user_id])

    assert "signed by a post" in answer(officer, SIGN, officer.user_id, START, draft.pk)


def test_whoever_left_before_the_second_signature_no_longer_counts(story):
    case_id = story.case(tier=1)
    draft = story.draft(case_id, "stop_access", attachments={"evidence": story.evidence(case_id)})
    story.approve(draft)
    with acting_as(WORKER):
        Membership.objects.filter(user_id=story.who("olm").user_id).update(ended_at=START)
    reed = story.who("reed")
    do(reed, SECOND, reed.user_id, START, draft.pk)

    assert "signed by a post" in answer(reed, STEP, "approved", "approved", "x", START, draft.pk)


def test_nobody_gives_themselves_a_post(story, posts):
    give = ("INSERT INTO parties_membership (user_id, party_id, role, granted_by, granted_at)"
            " VALUES (%s, %s, 'officer', 'x', now())")
    observer, provider = posts["authority", "observer"], posts["access_provider", "compliance_officer"]

    for actor in (observer, posts["authority", "officer"], seeing_all(provider)):
        assert "given and ended by an administrator" in answer(actor, give, actor.user_id, "authority")
    administrator = posts["authority", "administrator"]
    assert answer(administrator, give, observer.user_id, "authority") == 1
    assert "changes in nothing else" in answer(
        administrator, "UPDATE parties_membership SET role = 'officer' WHERE user_id = %s", observer.user_id)


def test_tiers_drafts_and_determinations_want_a_post_at_the_desk(story, posts):
    observer = posts["authority", "observer"]
    with acting_as(WORKER):
        case = Case.objects.get(pk=story.case())
    draft = ("INSERT INTO casework_measure (case_id, desk_id, provider_id, subject_party, kind, state, reasons, rule_cited,"
             " scope, collateral, attachments, drafted_by_id, drafted_at) VALUES (%s, 'authority', '', '', 'warn',"
             " 'drafted', '[]', 'x', '{}', '{}', '{}', %s, now())")
    tier = "UPDATE casework_case SET tier = 1, tier_by_id = %s, tier_at = now(), tier_reason = 'x' WHERE id = %s"

    for statement, parameters in ((draft, (case.pk, observer.user_id)), (tier, (observer.user_id, case.pk)),
                                  (DETERMINE, ("authority", START.date(), observer.user_id, START, case.pk))):
        assert "holds a post at its desk" in answer(observer, statement, *parameters)
    olm = story.who("olm")
    assert answer(olm, DETERMINE, "authority", START.date(), olm.user_id, START, case.pk) == 1
    assert "is an authority's" in answer(olm, DETERMINE, "nightlamp", START.date(), olm.user_id, START, case.pk)
    for day, moment in (((START + 2 * DAY).date(), START), (START.date(), START.replace(year=2150))):
        assert "dated in the future" in answer(olm, DETERMINE, "authority", day, olm.user_id, moment, case.pk)


# --- steps ---


def states(story):
    """Measures in states that steps start from, each about a site of its own."""
    ways = ((), ("notified",), ("notified", "ordered"), ("notified", "ordered", "acknowledged"), ("notified", "ordered", "done"),
            ("notified", "ordered", "done", "verified"), ("notified", "ordered", "failed"), ("notified", "stayed"))
    for n, way in enumerate(ways):
        site = f"quay-{n}.example"
        measure = story.approve(story.draft(story.case(tier=2, subject=site), scope={"hosts": [site]}))
        measure = story.go(measure, *(event for event in way if event != "stayed"))
        if "stayed" in way:
            story.appeal(measure)
        yield measure


def test_nobody_vouches_for_their_own_decision(story, another_officer):
    """Whoever decided, a colleague and whoever administers the desk take none of the steps others must take."""
    know(story, "kelp", actor_for(another_officer))
    seen = set()
    for measure in states(story):
        with acting_as(WORKER):
            measure.refresh_from_db()
        for row in TRANSITIONS:
            if row.frm != measure.state or row.actor == "decider":
                continue
            seen.add(row.event)
            for who in ("olm", "reed", "kelp"):
                told = answer(story.who(who), STEP, row.event, row.to.value, "worker", START, measure.pk)
                assert told in {"this step is not theirs to take", "nothing calls for this step"}, (row, who)

    assert seen == {row.event for row in TRANSITIONS if row.actor != "decider"} - {
        "nothing_to_restore", "restored", "restoration_verified", "restoration_disagreed"}  # of ended measures
    assert STEPS["done", "verified"].actor == "system"


def test_who_took_a_step_is_what_was_stated(story):
    with acting_as(WORKER):
        measure = story.go(story.suspension(), "notified")
    olm = story.who("olm")
    assert "in one's own name" in answer(WORKER, STEP, "ordered", "ordered", f"user:{olm.user_id}", START, measure.pk)
    do(olm, STEP, "lifted", "lifted", "worker", START, measure.pk)
    with acting_as(WORKER):
        assert measure.transitions.latest("id").actor == f"user:{olm.user_id}"


def test_a_notice_completes_only_what_carries_nothing_out(story):
    with acting_as(WORKER):
        measure = story.go(story.suspension(), "notified")
    with pytest.raises(Conflict, match="completes nothing"):
        story.go(measure, "completed")
    assert answer(WORKER, STEP, "completed", "done", "worker", START, measure.pk) == "nothing calls for this step"


def test_no_step_in_the_future(story):
    with acting_as(WORKER):
        measure = story.suspension()
    assert "in the future" in answer(story.who("olm"), STEP, "lifted", "lifted", "x", START.replace(year=2150), measure.pk)


def test_an_executors_own_desk_reports_and_nobody_else_there(story, posts):
    officer, reviewer = posts["access_provider", "compliance_officer"], posts["access_provider", "reviewer"]
    draft = drafted(story, "suspend_access", "nightlamp", reviewer)
    measure = story.go(story.approve(draft, by="drafter"), "notified", "ordered")

    assert answer(officer, STEP, "done", "done", "x", START, measure.pk) == 1
    assert answer(reviewer, STEP, "done", "done", "x", START, measure.pk) == "this step is not theirs to take"


@pytest.mark.parametrize(("event", "to", "result"), [("resumed", "notified", "upheld"),
                                                     ("overturned", "overturned", "overturned")])
def test_only_the_judge_lets_a_measure_stand_or_fall(story, posts, another_officer, event, to, result):
    judge = actor_for(another_officer)
    with acting_as(WORKER):
        measure = story.go(story.suspension(), "notified")
        appeal = story.appeal(measure)
    step = (STEP, event, to, "x", START, measure.pk)

    assert answer(judge, *step) == "nothing calls for this step"
    assert "judges at its desk" in answer(posts["authority", "observer"], JUDGE, result,
                                          posts["authority", "observer"].user_id, START, appeal.pk)
    do(judge, JUDGE, result, judge.user_id, START, appeal.pk)
    assert answer(story.who("olm"), *step) == "nothing calls for this step"
    assert answer(judge, *step) == 1


@pytest.mark.parametrize("change", ["state = 'defaulted', judged_at = filed_at, judgement = 'x'",
                                    "judge_id = {judge}, judgement = 'x'"])
def test_no_appeal_ends_without_a_judgement(story, change):
    with acting_as(WORKER):
        appeal = story.appeal(story.go(story.suspension(), "notified"))
    change = change.format(judge=story.who("reed").user_id)
    for actor in (story.who("olm"), story.who("reed")):
        told = answer(actor, f"UPDATE casework_appeal SET {change} WHERE id = %s", appeal.pk)
        assert any(words in told for words in ("judged by a person", "own name", "other_judge", "in one step"))


def test_an_appeal_does_not_wait_for_ever(story):
    with acting_as(WORKER):
        measure = story.go(story.suspension(), "notified")
    file = ("INSERT INTO casework_appeal (measure_id, desk_id, filed_by, filed_at, grounds, state, due_at, judgement,"
            " decider_id, drafter_id, on_new_facts) VALUES (%s, 'authority', 'x', %s, 'x', 'filed', %s, '', 1, 1, false)")
    assert "does not wait that long" in answer(story.who("olm"), file, measure.pk, START, START + 31 * DAY)
    assert answer(story.who("olm"), file, measure.pk, START, START + 30 * DAY) == 1


# --- terms and evidence ---


@pytest.mark.parametrize(("kind", "longest"), [("suspend_access", 30), ("blacklist", 1095)])
def test_no_measure_lasts_longer_than_its_kind(story, kind, longest):
    olm, reed = story.who("olm"), story.who("reed")
    for days, fits in ((longest, True), (longest + 1, False), (3650, False)):
        draft = story.draft(story.case(tier=2), kind, expires_at=START + days * DAY)
        do(olm, SIGN, olm.user_id, START, draft.pk)
        if MEASURE_BY_ID[kind].persons > 1:
            do(reed, SECOND, reed.user_id, START, draft.pk)
        told = answer(olm, STEP, "approved", "approved", "x", START, draft.pk)
        assert told == (1 if fits else "a measure of this kind does not last that long")


def test_no_signature_in_the_future(story):
    olm = story.who("olm")
    draft = story.draft(story.case(tier=2))
    assert "decided once" in answer(olm, SIGN, olm.user_id, START.replace(year=2150), draft.pk)


def test_the_terms_are_read_only(story):
    for statement in ("UPDATE casework_term SET days = 9999", "DELETE FROM casework_term",
                      "INSERT INTO casework_term VALUES ('x', 1)"):
        assert "permission denied" in answer(WORKER, statement)


def test_a_determination_extends_by_the_profiles_days_only(story):
    with acting_as(WORKER):
        measure = story.go(story.suspension(), "notified")
    olm = story.who("olm")
    do(olm, DETERMINE, "authority", START.date(), olm.user_id, START + DAY, measure.case_id)
    extend = ("UPDATE casework_measure SET expires_at = %s, determination_id = (SELECT id FROM casework_determination)"
              " WHERE id = %s")
    assert "extend a measure that far" in answer(olm, extend, START + 3650 * DAY, measure.pk)
    assert answer(olm, extend, START + 31 * DAY, measure.pk) == 1


def test_nothing_rests_on_evidence_that_is_not_there(story):
    olm, reed = story.who("olm"), story.who("reed")
    other = story.evidence(story.case(tier=1, subject="other.example"))
    case_id = story.case(tier=1)
    kept = story.evidence(case_id)
    for refs, fits in (("nothing", False), (other, False), (f"{kept}, nothing", False), (kept, True)):
        draft = story.draft(case_id, "stop_access", attachments={"evidence": refs})
        do(olm, SIGN, olm.user_id, START, draft.pk)
        do(reed, SECOND, reed.user_id, START, draft.pk)
        told = answer(reed, STEP, "approved", "approved", "x", START, draft.pk)
        assert told == (1 if fits else "what the measure rests on is not preserved in its case")


def test_evidence_of_a_case_is_no_sealed_bag(story):
    olm, case_id = story.who("olm"), story.case(tier=1)
    draft = story.draft(case_id, "refer_to_police", attachments={"bag": story.evidence(case_id)})
    do(olm, SIGN, olm.user_id, START, draft.pk)
    assert "not preserved" in answer(olm, STEP, "approved", "approved", "x", START, draft.pk)

"""Every post of the table can decide what the table says it decides; an association acts on what it is handed."""

import pytest
from django.db import DatabaseError, connection, transaction

from licet.casework import services
from licet.casework.models import Case, HandedDecision, Measure, MeasureTransition, Signal
from licet.casework.tables import HANDED_TO, MEASURES
from licet.casework.tests.ways import about, closed, found, hire, ready
from licet.core.actors import WORKER
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.parties.tables import ROLE_BY_ID

pytestmark = pytest.mark.django_db
DESKS = {"authority": "authority", "access_provider": "nightlamp", "carrier": "backbone", "association": "association",
         "police": "police"}
POSTS = [(kind, party, role) for kind in MEASURES for party in sorted(kind.party_kinds) for role in sorted(kind.roles)
         if party in ROLE_BY_ID[role].party_kinds]


@pytest.fixture
def association(story):
    """Two reviewers of an association: amber and brine."""
    found("association", "association")
    for name in ("amber", "brine"):
        hire(story, name, "association", "reviewer")
    return story


def handed(story):
    """A final decision of the authority, handed to the association; (decision, the association's case)."""
    subject, scope = about("publish_exposure")
    case_id = story.case(tier=1, **subject)
    decision = closed(story, case_id, scope=scope)
    given = services.hand_decision(decision.pk, "association", reason="to be made public", actor=story.who("olm"), at=story.now)
    return decision, given.case_id


def exposure(story, case_id):
    services.set_tier(case_id, 1, reason="the decision says so", actor=story.who("amber"), at=story.now)
    draft = ready(story, "publish_exposure", by="amber", second="brine", case_id=case_id, decided=True)
    story.approve(draft, by="amber")
    return story.second(draft, by="brine")


@pytest.mark.parametrize(("kind", "party", "role"), POSTS, ids=[f"{kind.id}-{party}-{role}" for kind, party, role in POSTS])
def test_every_post_of_the_table_decides(story, kind, party, role):
    desk = DESKS[party]
    if desk in {"association", "police"}:
        found(desk, party)
    for name in ("amber", "brine"):
        hire(story, name, desk, role)
    if party in HANDED_TO and "final_decision" in kind.needs:
        assert exposure(story, handed(story)[1]).state == "approved"
        return
    draft = ready(story, kind.id, desk=desk, by="amber", second="brine")
    measure = story.approve(draft, by="amber")
    assert (story.second(draft, by="brine") if kind.persons > 1 else measure).state == "approved"


def test_the_association_sees_the_measure_and_nothing_else(association):
    decision, case_id = handed(association)
    with acting_as(association.who("amber")):
        assert Measure.objects.filter(pk=decision.pk).exists()
        assert not Case.objects.filter(pk=decision.case_id).exists()
        assert not Signal.objects.filter(case_id=decision.case_id).exists()
        assert not MeasureTransition.objects.filter(measure=decision).exists()
        own = Signal.objects.get(case_id=case_id)
    assert (own.kind, own.facts["decision"]) == ("order", f"M-{decision.pk}")
    with pytest.raises(NotFound):
        association.draft(decision.case_id, "publish_exposure", by="amber")


def test_both_sides_and_the_journal_say_who_handed_it_on(association):
    from licet.journal.models import Entry

    decision, case_id = handed(association)
    with acting_as(WORKER):
        tags = [Case.objects.get(pk=pk).events.latest("id").tag for pk in (decision.case_id, case_id)]
        assert tags == ["casework:decision:handed", "casework:decision:received"]
        assert set(tags) <= set(Entry.objects.values_list("tag", flat=True))


def test_what_was_published_falls_with_the_decision_of_the_other_desk(association):
    decision, case_id = handed(association)
    measure = association.go(exposure(association, case_id), "notified")

    association.go(decision, "lifted", by="reed")

    with acting_as(WORKER):
        measure.refresh_from_db()
        assert measure.state in {"lifted", "restoration_verified"}


def test_only_what_is_final_is_handed_and_only_to_an_association(association):
    story = association
    draft = story.draft(case_id := story.case(tier=1), "stop_access", attachments={"evidence": story.evidence(case_id)})
    story.approve(draft)
    story.go(story.second(draft), "notified")

    def hand(party="association", by="olm"):
        return services.hand_decision(draft.pk, party, reason="x", actor=story.who(by), at=story.now)

    with pytest.raises(Conflict, match="not final"):
        hand()
    with pytest.raises(BadInput, match="no association"):
        hand("harbour")
    for outsider in ("wick", "amber"):
        with pytest.raises((NotAllowed, NotFound)):
            hand(by=outsider)


def test_the_database_hands_nothing_else_on(association):
    decision, case_id = handed(association)
    give = ("INSERT INTO casework_handeddecision (measure_id, desk_id, party_id, case_id, reason, given_by_id, given_at)"
            " VALUES (%s, 'authority', %s, %s, 'x', %s, now())")
    olm, wick = association.who("olm"), association.who("wick")
    undecided = association.draft(decision.case_id, "stop_access", scope={"parties": ["mudflat"]})
    for actor, values, match in (
            (wick, (decision.pk, "association", case_id, wick.user_id), "row-level security|own name"),
            (olm, (decision.pk, "association", case_id, wick.user_id), "own name"),
            (olm, (decision.pk, "harbour", decision.case_id, olm.user_id), "handed to an association"),
            (olm, (undecided.pk, "association", case_id, olm.user_id), "handed to an association")):
        with acting_as(actor), pytest.raises(DatabaseError, match=match), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(give, values)
    for statement in ("UPDATE casework_handeddecision SET party_id = 'harbour'", "DELETE FROM casework_handeddecision"):
        with acting_as(WORKER), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with acting_as(WORKER):
        assert HandedDecision.objects.count() == 1


def test_pages_offer_it_and_show_it(association, sign_in):
    story = association
    decision = closed(story, story.case(tier=1))
    client = sign_in("olm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("licet.core.clock.now", lambda: story.now)
        client.force_login(story_user("olm"), backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"/measures/{decision.pk}/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
        assert "Hand to an association" in page
        done = client.post(f"/measures/{decision.pk}/do/hand/", {"hand-party_id": "association", "hand-reason": "public"})
        assert done.status_code == 302
        with acting_as(WORKER):
            number = Case.objects.get(desk_id="association").number
        client.force_login(story_user("amber"), backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"/cases/{number}/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
        assert "Decisions handed to this desk" in page and f"M-{decision.pk}" in page
        assert client.get(f"/measures/{decision.pk}/").status_code == 200


def story_user(name):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username=name)

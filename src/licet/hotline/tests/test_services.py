"""Reports taken over into PostgreSQL: signals, clusters, alarms, review, muting, retention. Real database."""

import datetime as dt
import json

import pytest
from django.db import connection

from licet.casework.models import Case, Signal
from licet.core.actors import WORKER
from licet.core.errors import BadInput, Conflict, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.hotline import intake, services
from licet.hotline.models import Alarm, Contact, Report, Reporter
from licet.hotline.rules import Shown
from licet.journal.models import Entry

pytestmark = pytest.mark.django_db


def tier_of(number, hotline):
    return hotline.get(number).case.proposed_tier


def tags():
    with acting_as(WORKER):
        return [entry.tag for entry in Entry.objects.order_by("seq") if entry.tag.startswith("hotline:")]


def close(case, outcome, actor, at):
    from licet.casework.services import close_case

    close_case(case.pk, outcome=outcome, reason="looked at it", actor=actor, at=at)


def test_a_report_becomes_a_signal_in_a_case(hotline, cast):
    number = hotline.report(text="full of adult videos", contact="nina@reporter.example", address="198.51.100.7")
    assert hotline.shown(number) == Shown("received")

    assert hotline.drain() == 1

    report = hotline.get(number)
    assert (report.case.subject_key, report.case.ground_id, report.case.desk_id) == ("lantern.example", "pornography",
                                                                                     "authority")
    assert hotline.shown(number) == Shown("in_review")
    assert intake.spool().counts() == (0, 0)


def test_handing_over_twice_changes_nothing(hotline, cast):
    from licet.hotline.services.receiving import receive

    number = hotline.report()
    items = intake.spool().oldest(10)
    assert receive(items, at=hotline.now).new == 1
    assert receive(items, at=hotline.now).repeated == 1  # killed before the spool forgot it

    hotline.drain()

    with acting_as(WORKER):
        assert Report.objects.count() == 1 and Signal.objects.filter(source=f"report:{number}").count() == 1


def test_the_signal_and_the_journal_hold_nothing_of_who_reported(hotline, cast):
    hotline.report(text="I am Nina from Elm Street", contact="nina@reporter.example", address="198.51.100.7",
                   target="https://lantern.example/p?user=nina")
    hotline.drain()

    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT string_agg(row_to_json(s)::text, '') FROM casework_signal s)"
                       " || (SELECT string_agg(row_to_json(e)::text, '') FROM casework_caseevent e)"
                       " || (SELECT string_agg(row_to_json(j)::text, '') FROM journal_entry j)"
                       " || (SELECT string_agg(row_to_json(c)::text, '') FROM casework_case c)")
        words = cursor.fetchone()[0].lower()
    assert "nina" not in words and "198.51" not in words and "elm street" not in words
    token = Reporter.objects
    with acting_as(WORKER):
        assert token.get().token not in words


def test_three_people_are_three_and_one_person_is_one(hotline, cast):
    first = [hotline.wait(hours=1).report(address="198.51.100.7", text=f"seen it {n}") for n in range(5)]
    hotline.drain()
    assert tier_of(first[0], hotline) is None

    for n, address in enumerate(("203.0.113.9", "192.0.2.4")):
        hotline.wait(hours=1).report(address=address, text=["my son found this page", "spam by sms brought me"][n])
    hotline.drain()

    assert tier_of(first[0], hotline) == 2


def test_the_same_words_from_three_networks_are_one(hotline, cast):
    words = "This website shows pornographic videos on its front page, please close it at once"
    numbers = [hotline.wait(hours=1).report(address=f"198.51.{n}.7", text=words + "!" * n) for n in range(4)]
    hotline.drain()

    assert len({hotline.get(number).cluster for number in numbers}) == 1
    assert tier_of(numbers[0], hotline) is None


def test_reporters_found_to_be_one_are_counted_once_from_then_on(hotline, cast):
    numbers = [hotline.wait(hours=1).report(address=f"198.51.{n}.7") for n in range(3)]
    hotline.drain()
    assert tier_of(numbers[0], hotline) == 2

    hotline.wait(hours=1).report(address="198.51.0.9", contact="nina@reporter.example")
    hotline.wait(hours=1).report(address="198.51.1.9", contact="nina@reporter.example")
    hotline.drain()

    assert tier_of(numbers[0], hotline) is None
    with acting_as(WORKER):
        assert Signal.objects.filter(kind="report").values("observer").distinct().count() == 2


def test_a_provider_is_found_by_name_or_placed_by_a_person(hotline, cast, actor_of):
    known = hotline.report(target_kind="provider", target="Night Lamp", ground="unlicensed_provider")
    unknown = hotline.report(target_kind="provider", target="Lamp of the Night Ltd", ground="unlicensed_provider")
    hotline.drain()
    assert hotline.get(known).case.subject_key == "nightlamp"
    assert hotline.get(unknown).case is None

    services.name_subject(unknown, kind="provider", subject="nightlamp", actor=actor_of("olm"), at=hotline.now)

    assert hotline.get(unknown).case_id == hotline.get(known).case_id
    assert hotline.get(unknown).looked_by_id == cast["olm"].pk


def test_the_receipt_shows_what_became_of_the_case(hotline, cast, actor_of):
    numbers = [hotline.report(), hotline.report(ground="deceptive_promotion")]
    hotline.drain()

    close(hotline.get(numbers[0]).case, "actioned", actor_of("olm"), hotline.now)
    close(hotline.get(numbers[1]).case, "out_of_scope", actor_of("olm"), hotline.now)

    assert [hotline.shown(number) for number in numbers] == [Shown("ended", "actioned"),
                                                             Shown("ended", "not_our_scope")]


def test_a_merged_case_answers_for_its_reports(hotline, cast, actor_of):
    from licet.casework.services import merge_cases

    one, two = hotline.report(), hotline.report(target="https://lamp.example/")
    hotline.drain()
    target = hotline.get(two).case
    with acting_as(actor_of("olm")) as olm:
        merge_cases(hotline.get(one).case_id, into=target.pk, reason="same shop", actor=olm, at=hotline.now)

    close(target, "content_gone", actor_of("olm"), hotline.now)

    assert hotline.shown(one) == Shown("ended", "content_gone")


def test_dismissing_takes_the_voice_away_and_says_why(hotline, cast, actor_of):
    numbers = [hotline.wait(hours=1).report(address=f"198.51.{n}.7") for n in range(3)]
    hotline.drain()
    assert tier_of(numbers[0], hotline) == 2

    services.dismiss(numbers[0], "no_ground", reason="a dispute about a refund", actor=actor_of("olm"), at=hotline.now)

    assert tier_of(numbers[1], hotline) is None
    assert hotline.shown(numbers[0]) == Shown("ended", "not_our_scope")
    assert tags()[-1] == "hotline:report:dismissed"
    with pytest.raises(Conflict, match="somebody else"):
        services.reinstate(numbers[0], reason="again", actor=actor_of("olm"), at=hotline.now)

    services.reinstate(numbers[0], reason="it is about more", actor=actor_of("reed"), at=hotline.now)

    assert tier_of(numbers[1], hotline) == 2


@pytest.mark.parametrize(("dismissal", "reason", "error"), [("because", "x", BadInput), ("gone", " ", BadInput)])
def test_dismissing_needs_a_listed_reason_and_a_sentence(hotline, cast, actor_of, dismissal, reason, error):
    number = hotline.report()
    hotline.drain()
    with pytest.raises(error):
        services.dismiss(number, dismissal, reason=reason, actor=actor_of("olm"), at=hotline.now)


def test_programs_and_outsiders_judge_nothing(hotline, cast, actor_of):
    number = hotline.report()
    hotline.drain()
    for actor, error in ((WORKER, NotAllowed), (actor_of("otto"), NotAllowed), (actor_of("wick"), NotFound)):
        with pytest.raises(error):
            services.dismiss(number, "gone", reason="x", actor=actor, at=hotline.now)


def test_asking_and_answering_through_the_receipt(hotline, cast, actor_of):
    from licet.hotline.selectors import receipt

    number = hotline.report()
    hotline.drain()
    services.join(number, actor=actor_of("olm"), at=hotline.now)
    services.ask(number, "Which page was it?", actor=actor_of("olm"), at=hotline.now)
    assert receipt(number).question == "Which page was it?"

    services.answer(number, "The second one", at=hotline.now)

    assert hotline.shown(number) == Shown("in_review")
    assert hotline.get(number).looked_at is None, "it is back in the queue"
    with pytest.raises(NotFound):
        services.answer(number, "again", at=hotline.now)


def flood(hotline, count=30, networks=6, **fields):
    for n in range(count):
        hotline.wait(seconds=5).report(address=f"198.51.{n % networks}.{n % 250}", text=f"word{n * n} and {n}", **fields)
    hotline.drain()


def test_a_flood_raises_the_alarm_and_no_tier(hotline, cast):
    flood(hotline)

    with acting_as(WORKER):
        alarm, case = Alarm.objects.get(), Case.objects.get()
    assert (alarm.reports, alarm.networks, alarm.state) == (30, 6, "open")
    assert case.proposed_tier is None


def test_honest_people_before_the_flood_are_not_lost_for_good(hotline, cast, actor_of):
    numbers = [hotline.wait(hours=1).report(address=f"203.0.{n}.7") for n in range(3)]
    hotline.drain()
    hotline.wait(hours=1)
    flood(hotline)
    assert tier_of(numbers[0], hotline) is None, "nobody can tell them apart while the alarm is open"

    with acting_as(WORKER):
        alarm = Alarm.objects.get()
    services.call_genuine(alarm.pk, reason="a text message went to a whole town", actor=actor_of("olm"), at=hotline.now)

    assert tier_of(numbers[0], hotline) == 2


def test_one_action_ends_a_batch_and_every_receipt_can_contest_it(hotline, cast, actor_of):
    from licet.hotline.selectors import receipt

    flood(hotline)
    with acting_as(WORKER):
        alarm = Alarm.objects.get()
        numbers = list(Report.objects.values_list("number", flat=True))

    services.invalidate(alarm.pk, reason="written by one program", actor=actor_of("olm"), at=hotline.now)

    assert {hotline.shown(number).state for number in numbers} == {"not_counted"}
    assert receipt(numbers[0]).reason == "written by one program"
    assert tags()[-1] == "hotline:alarm:invalidated"
    services.contest(numbers[0], "I wrote it myself", at=hotline.now)
    assert receipt(numbers[0]).contested
    services.reinstate(numbers[0], reason="believed", actor=actor_of("reed"), at=hotline.now)
    assert hotline.shown(numbers[0]) == Shown("in_review")
    with acting_as(WORKER):
        assert Case.objects.get().proposal["would_change"][-1]["seen"] <= 1


def test_a_track_record_is_not_drowned_by_a_flood(hotline, cast, actor_of):
    for n in range(3):
        number = hotline.wait(hours=1).report(target=f"https://lamp{n}.example/", contact="nina@reporter.example", verified=True)
        hotline.drain()
        close(hotline.get(number).case, "actioned", actor_of("olm"), hotline.now)
    flood(hotline)

    number = hotline.report(contact="nina@reporter.example", address="198.51.1.1",
                            verified=True)
    hotline.drain()

    assert hotline.get(number).alarm is None
    with acting_as(WORKER):
        observers = set(Signal.objects.filter(subject_key="lantern.example").values_list("observer", flat=True))
    assert len(observers) == 2


def test_muting_with_a_reason_and_an_appeal(hotline, cast, actor_of):
    from licet.hotline.selectors import receipt

    first = hotline.report(contact="nina@reporter.example", verified=True)
    anonymous = hotline.report()
    hotline.drain()
    with pytest.raises(Conflict, match="neither account nor contact"):
        services.mute(anonymous, reason="x", actor=actor_of("olm"), at=hotline.now)
    reporter = services.mute(first, reason="forty reports of one shop", actor=actor_of("olm"), at=hotline.now)

    number = hotline.report(contact="NINA@reporter.example", verified=True)
    hotline.drain()

    assert hotline.get(number).case is None
    assert receipt(number).shown == Shown("not_counted") and "forty" in receipt(number).reason
    services.contest(number, "They were forty pages", at=hotline.now)
    with pytest.raises(Conflict, match="somebody else"):
        services.unmute(reporter.pk, reason="fine", actor=actor_of("olm"), at=hotline.now)
    services.unmute(reporter.pk, reason="forty pages indeed", actor=actor_of("reed"), at=hotline.now)
    assert hotline.shown(number) == Shown("in_review"), "what came meanwhile counts"


def test_contacts_are_erased_after_the_days_and_the_journal_says_so(hotline, cast, actor_of):
    number = hotline.report(contact="nina@reporter.example", address="198.51.100.7", text="a text that is long enough")
    hotline.drain()
    assert services.contact_of(number, purpose="to thank", actor=actor_of("olm"), at=hotline.now) == (
        "nina@reporter.example")
    assert tags()[-1] == "hotline:contact:read"

    assert services.erase_due(hotline.now + dt.timedelta(days=89)).contacts == 0
    erased = services.erase_due(hotline.now + dt.timedelta(days=91))

    assert (erased.contacts, erased.traces) == (1, 1)
    assert tags()[-1] == "hotline:reporters:erased"
    with acting_as(WORKER):
        row, report = Contact.objects.get(), Report.objects.get()
        assert row.sealed is None and row.erased_at and report.network == "" and report.fingerprint is None
    with pytest.raises(NotFound):
        services.contact_of(number, purpose="x", actor=actor_of("olm"), at=hotline.now + dt.timedelta(days=91))
    assert services.erase_due(hotline.now + dt.timedelta(days=800)).reporters == 1


def test_an_overdue_contact_is_shown_to_nobody_even_before_the_job(hotline, cast, actor_of):
    number = hotline.report(contact="nina@reporter.example")
    hotline.drain()
    with pytest.raises(NotFound):
        services.contact_of(number, purpose="x", actor=actor_of("olm"), at=hotline.now + dt.timedelta(days=91))


@pytest.mark.parametrize("name", ["olm", "gale", "pilot", "wick", "otto"])
def test_nobody_reads_contacts_with_a_query(hotline, cast, actor_of, name):
    hotline.report(contact="nina@reporter.example")
    hotline.drain()
    with acting_as(actor_of(name)):
        assert Contact.objects.count() == 0


def test_a_provider_reads_no_report_about_itself(hotline, cast, actor_of):
    number = hotline.report(target_kind="provider", target="Night Lamp", ground="unlicensed_provider",
                            contact="nina@reporter.example")
    hotline.drain()
    with acting_as(actor_of("wick")):
        assert Report.objects.count() == Reporter.objects.count() == Alarm.objects.count() == 0
    with pytest.raises(NotAllowed):
        services.contact_of(number, purpose="x", actor=actor_of("wick"), at=hotline.now)


def test_a_bad_report_is_set_aside_and_the_others_go_on(hotline, cast):
    from licet.hotline.spool import Item

    good = hotline.report()
    body = json.loads(intake.spool().oldest(1)[0].body) | {"ground": "rumour"}
    intake.spool().accept([Item("B" * 12, json.dumps(body).encode(), "2026-03-02T00:00:00+00:00")])

    assert hotline.drain() == 1

    assert hotline.get(good).case is not None
    assert [number for number, _problem in intake.spool().set_aside()] == ["B" * 12]
    assert hotline.shown("B" * 12) == Shown("received")


def test_postgresql_itself_refuses_words_about_children(hotline, cast):
    from django.db import IntegrityError, transaction

    number = hotline.report(ground="minors", target_kind="url")
    hotline.drain()
    with acting_as(WORKER), pytest.raises(IntegrityError, match="address_only"), transaction.atomic():
        Report.objects.filter(number=number).update(text="a description")

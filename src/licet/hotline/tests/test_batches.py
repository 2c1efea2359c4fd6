"""A batch gives what its reports would give one at a time; killed anywhere, broken anywhere, none is lost or twice."""

import datetime as dt
import json
from collections import defaultdict

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from licet.casework.models import Case, Signal
from licet.config.profile import read_profile
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake, rules, sealing, services
from licet.hotline.crowd import Crowd
from licet.hotline.intake import Submission, submit
from licet.hotline.limits import limits
from licet.hotline.models import Alarm, Contact, Report, Reporter
from licet.hotline.rules import Trace
from licet.hotline.services import drain, receiving
from licet.hotline.similarity import FEW, Near, distance
from licet.hotline.spool import Item
from licet.journal.models import Entry

from .conftest import START

LIMITS = limits(read_profile("cn-2007"))

# --- without a database ----------------------------------------------------------------------------------------------

fingerprints = st.one_of(st.integers(-(1 << 63), (1 << 63) - 1), st.integers(0, 255), st.integers(0, 8).map(
    lambda n: (1 << n) - 1))


@given(known=st.lists(fingerprints, max_size=3 * FEW), asked=st.lists(fingerprints, min_size=1, max_size=5),
       bits=st.sampled_from([0, 1, 6, 20, 64]))
def test_looking_up_finds_what_comparing_with_each_finds(known, asked, bits):
    near = Near(bits)
    for value in known:
        near.add(value)
    for value in asked:
        assert near.of(value) == {other for other in known if distance(value, other) <= bits}


traces = st.builds(Trace, network=st.sampled_from(["", "n1", "n2", "n3"]), reporter=st.sampled_from(["", "r1", "r2", "r3"]),
                   text=st.one_of(st.none(), st.sampled_from([0, 1, 63, 127, 1 << 40, -1])))


@given(traces=st.lists(traces, max_size=25), proven=st.sets(st.sampled_from(["r1", "r2"])),
       verified=st.sets(st.sampled_from(["r1", "r3"])))
def test_a_crowd_places_as_the_rule_says(traces, proven, verified):
    crowd, known = Crowd(LIMITS), {}
    for n, trace in enumerate(traces):
        whole = Trace(network=trace.network, reporter=trace.reporter, text=trace.text, proven=trace.reporter in proven,
                      verified=trace.reporter in proven | verified)
        expected = rules.place(whole, known, f"c{n}", LIMITS)

        assert crowd.put(whole, f"c{n}") == expected

        known.setdefault(expected.cluster, []).append(whole)
        for other in expected.absorbed:
            known[expected.cluster] += known.pop(other)


# --- the same as one by one ------------------------------------------------------------------------------------------

SITES = ("https://lantern.example/", "https://lamp.example/", "Night Lamp", "Lamp of the Night Ltd")
TEXTS = ("", "This website shows pornographic videos on its front page", "my son found this page on his phone today",
         "This website shows pornographic videos on its front page!", "short one")
one_report = st.fixed_dictionaries({
    "site": st.sampled_from((0, 0, 0, 1, 2, 3)), "network": st.integers(0, 14), "text": st.sampled_from(TEXTS),
    "contact": st.sampled_from(("", "", "", "proven@r.example", "muted@r.example", "nina@r.example")),
    "after_s": st.sampled_from((0, 1, 5, 20, 50, 50, 400)), "ground": st.integers(0, 1)})


@pytest.fixture
def history(hotline, cast, actor_of):
    """Somebody with a track record, somebody muted, and an alarm that was judged genuine long ago."""
    from licet.casework.services import close_case

    for n in range(3):
        number = hotline.wait(hours=1).report(target=f"https://earlier{n}.example/", contact="proven@r.example", verified=True)
        hotline.drain()
        close_case(hotline.get(number).case.pk, outcome="actioned", reason="seen", actor=actor_of("olm"), at=hotline.now)
    muted = hotline.report(contact="muted@r.example", target="https://earlier9.example/", verified=True)
    for n in range(12):
        hotline.wait(seconds=2).report(target=SITES[1], address=f"192.0.{n % 5}.1", text=f"page {n * n} is bad")
    hotline.drain()
    services.mute(muted, reason="forty reports of one shop", actor=actor_of("olm"), at=hotline.now)
    with acting_as(WORKER):
        alarm = Alarm.objects.get()
    services.call_genuine(alarm.pk, reason="a whole town", actor=actor_of("olm"), at=hotline.now)
    hotline.wait(hours=30)
    return hotline


def _items(drawn, start):
    at, items = start, []
    for n, row in enumerate(drawn):
        at += dt.timedelta(seconds=row["after_s"])
        provider = row["site"] >= 2
        submission = Submission(
            channel="portal", target_kind="provider" if provider else "url", target=SITES[row["site"]],
            ground="unlicensed_provider" if provider else ("pornography", "deceptive_promotion")[row["ground"]],
            text=row["text"], contact=row["contact"], key=f"batch-{n}", verified=row["contact"][:1] in {"p", "m"},
            network=sealing.network_of(f"198.51.{row['network']}.7"))
        items.append(intake._item(submission, at))
    return items


def _outcome():
    """Everything that counts, without ids: which reports stand together and under which alarm, signals and cases."""
    alarms = {alarm.pk: (alarm.subject_key, alarm.state, alarm.reports, alarm.networks, alarm.first_at, alarm.last_at)
              for alarm in Alarm.objects.all()}
    together = defaultdict(set)
    for report in Report.objects.order_by("id"):
        together[report.subject_key, report.cluster].add(report.number)
    reports = {report.number: (report.state, report.subject_kind, report.subject_key, alarms.get(report.alarm_id),
                               report.case and (report.case.ground_id, report.case.subject_key), report.received_at,
                               report.reporter and report.reporter.token)
               for report in Report.objects.select_related("case", "reporter")}
    observers = defaultdict(set)
    for signal in Signal.objects.filter(kind="report"):
        observers[signal.subject_key, signal.observer].add((signal.source, signal.case_id is not None))
    cases = {(case.ground_id, case.subject_key, case.state): (case.signal_count, case.proposed_tier, case.priority,
                                                              json.dumps(case.proposal, sort_keys=True),
                                                              case.provider_id) for case in Case.objects.all()}
    contacts = sorted(Contact.objects.values_list("report__number", "kind", "erase_at"))
    return {"reports": reports, "clusters": sorted(map(sorted, together.values())), "contacts": contacts,
            "observers": sorted(map(sorted, observers.values())), "cases": cases, "alarms": sorted(alarms.values()),
            "reporters": sorted(Reporter.objects.values_list("token", "last_at"))}


def _taken(items, sizes, at):
    """What comes of handing the items over in batches of these sizes; undone again."""
    with acting_as(WORKER), transaction.atomic():
        rest = list(items)
        for size in sizes:
            if rest:
                receiving.receive(rest[:size], at=at)
                rest = rest[size:]
        if rest:
            receiving.receive(rest, at=at)
        outcome = _outcome()
        transaction.set_rollback(True)
    return outcome


@pytest.mark.django_db
def test_batches_of_any_size_give_what_single_reports_give(history):
    checked = []

    @settings(max_examples=15, derandomize=True, phases=[Phase.generate])  # an example takes a second
    @given(drawn=st.lists(one_report, min_size=10, max_size=34), sizes=st.lists(st.integers(1, 12), max_size=6))
    def same(drawn, sizes):
        items = _items(drawn, history.now)
        at = history.now + dt.timedelta(days=2)

        single = _taken(items, [1] * len(items), at)

        assert _taken(items, [len(items)], at) == single
        assert _taken(items, sizes, at) == single
        checked.append(bool(single["alarms"][1:]))

    same()
    assert any(checked), "some of the examples raise an alarm"


@pytest.mark.django_db
@pytest.mark.parametrize("after", [9, 10, 11, 14])
def test_a_flood_in_one_batch_is_a_flood_one_by_one(history, after):
    """The alarm comes with the tenth report within ten minutes; people with a track record stand apart from it."""
    rows = [{"site": 0, "network": n, "text": f"number {n * n} of it", "contact": "", "after_s": 20, "ground": n % 2}
            for n in range(after)]
    rows[3] |= {"contact": "proven@r.example"}
    items = _items(rows, history.now)

    single = _taken(items, [1] * len(items), history.now)

    assert _taken(items, [len(items)], history.now) == single
    assert len(single["alarms"]) == 1 + (after > 10)


# --- none lost, none twice -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_entry_covers_every_number_of_a_batch(hotline, cast):
    numbers = [hotline.wait(minutes=30).report(address=f"198.51.{n}.7") for n in range(5)]
    hotline.drain()

    with acting_as(WORKER):
        [entry] = Entry.objects.filter(tag="hotline:reports:received")
    assert entry.data["new"] == 5
    assert entry.data["digest"] == receiving.digest_of(reversed(numbers))
    assert entry.data["digest"] != receiving.digest_of(numbers[:4])


STEPS = ["write_reporters", "receive_signals", "write_reports", "write_contacts", "append"]


@pytest.mark.django_db
@pytest.mark.parametrize("step", STEPS)
def test_broken_off_at_any_step_nothing_is_there_and_nothing_is_lost(hotline, cast, monkeypatch, step):
    from django.db import OperationalError

    numbers = [hotline.report(contact="nina@r.example", address=f"198.51.{n}.7") for n in range(3)]
    whole = getattr(receiving, step)

    def breaks_off(*args, **kwargs):
        whole(*args, **kwargs)
        raise OperationalError("the server closed the connection unexpectedly")

    with monkeypatch.context() as broken, pytest.raises(OperationalError):
        broken.setattr(receiving, step, breaks_off)
        hotline.drain()
    with acting_as(WORKER):
        assert Report.objects.count() == Signal.objects.count() == Case.objects.count() == Reporter.objects.count() == 0
    assert intake.spool().counts() == (3, 0)

    assert hotline.drain() == 3
    with acting_as(WORKER):
        assert set(Report.objects.values_list("number", flat=True)) == set(numbers)


@pytest.mark.django_db
def test_killed_between_the_commit_and_the_spool_none_is_twice(hotline, cast, monkeypatch):
    numbers = [hotline.report(address=f"198.51.{n}.7") for n in range(3)]
    with monkeypatch.context() as killed, pytest.raises(SystemExit):
        killed.setattr(type(intake.spool()), "handed_over", lambda *_: (_ for _ in ()).throw(SystemExit))
        hotline.drain()
    assert intake.spool().counts() == (3, 0)
    late = hotline.report(address="203.0.113.7")

    hotline.drain()

    with acting_as(WORKER):
        assert sorted(Report.objects.values_list("number", flat=True)) == sorted([*numbers, late])
        assert Signal.objects.count() == 4
    assert intake.spool().counts() == (0, 0)


BROKEN = [{"ground": "rumour"}, {"seen_at": None}, {"fingerprint": 1 << 70}, {"contact": "no hex", "contact_kind": "mail"},
          {"text": "a\x00b"}, {"channel": "pigeon"}, {"desk": 7}]


@pytest.mark.django_db
def test_bad_reports_are_set_aside_and_cost_the_others_little(hotline, cast, monkeypatch):
    good = [hotline.report(address=f"198.51.{n}.7", target=f"https://shop{n}.example/") for n in range(60)]
    body = json.loads(intake.spool().oldest(1)[0].body)
    bad = [Item(f"B{n:011d}", json.dumps(body | change).encode(), f"2026-03-02T01:00:00.{n:06d}+00:00")
           for n, change in enumerate(BROKEN)]
    intake.spool().accept([*bad, Item("C" * 12, b"no JSON", START.isoformat())])
    tries = []
    real = drain.receive
    monkeypatch.setattr(drain, "receive", lambda items, at: (tries.append(len(items)), real(items, at=at)))

    assert hotline.drain() == 60

    assert {number for number, _ in intake.spool().set_aside()} == {*(item.number for item in bad), "C" * 12}
    with acting_as(WORKER):
        assert set(Report.objects.values_list("number", flat=True)) == set(good)
    assert len(tries) < 68, "the batch is halved, not taken apart"
    assert submit(hotline.submission(), at=START).number

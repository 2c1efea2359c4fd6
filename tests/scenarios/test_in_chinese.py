"""The rooms in Chinese: a whole story, its timelines and letters, and no stray English in them."""

import re

import pytest
from django.utils.translation import override

from licet.casework.models import Case, CaseEvent, Measure
from licet.casework.presenting_case import timeline
from licet.casework.presenting_measure import steps
from licet.casework.services import default_overdue_appeals, expire_due, receive_signal
from licet.casework.tests.story import DAY, HOUR, Story, signal
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.notices.models import Notice
from licet.notices.services import compose_due, deliver_due
from licet.orders import presenting as orders_presenting
from licet.orders import services as orders
from licet.orders.models import Order
from licet.orders.services import ConnectorIn
from licet.orders.tests.driver import Agreeing
from licet.parties.services import add_person

pytestmark = pytest.mark.django_db
# Names, not words: hosts, numbers of things, people of the cast, party ids, digests, rules and the programs' own names.
NAMES = re.compile(
    r"[a-z0-9-]+(\.[a-z0-9-]+)*\.example|\b(O|M|A|W|D|E|ENT)-[\w-]+|\b(olm|reed|wick|kelp|pilot|gale|nightlamp|authority)\b"
    r"|SHA-256|Licet|DNS|IP|HTTP|UTC|CST|[0-9a-f]{16,}|\bsite_unfiled\b|Authority of the tests|Night Lamp|\[[^\]]*\]")
ENGLISH = re.compile(r"[A-Za-z]{2,}")


def stray(text):
    return ENGLISH.findall(NAMES.sub("", str(text)))


@pytest.fixture
def story(actor_of, cast):
    with acting_as(WORKER):
        cast["kelp"] = add_person("kelp", password="kelp-harbour-lantern-42", party_id="authority", roles=("officer",),
                                  by=WORKER, must_change=False)
    return Story(actor_of)


def _carried_out(story, row):
    orders.dispatch_due(story.now)
    with acting_as(WORKER):
        row.refresh_from_db()
    lines = orders.fetch(row.pk, "dns_feed", cursor=0, actor=story.who("wick"), at=story.now)
    orders.confirm(row.pk, lines[-1].serial, actor=story.who("wick"), at=story.now)
    story.wait(HOUR)
    orders.verify_due(story.now)


def _told(story):
    compose_due(story.now)
    deliver_due(story.now)


@pytest.fixture
def told(story):
    """Cut by the DNS list, appealed, upheld, cut again, appealed in vain elsewhere, won by default, expired, looked by hand."""
    orders.register_probe("cut_access", Agreeing())
    row, _ = orders.add_connector(ConnectorIn(party_id="nightlamp", kind="dns_feed", name="core"), actor=story.who("wick"),
                                  at=story.now)
    first = story.suspension()
    _told(story)
    _carried_out(story, row)
    appeal = story.appeal(first)
    _told(story)
    _carried_out(story, row)
    story.judge(appeal, "overturned", by="kelp")
    _told(story)
    _carried_out(story, row)
    second = story.approve(story.draft(story.case(tier=2, subject="second.example"), scope={"hosts": ["second.example"]}))
    _told(story)
    story.appeal(second)
    story.wait(120 * DAY)
    default_overdue_appeals(story.now)
    expire_due(story.now)
    _told(story)
    third = story.approve(story.draft(story.case(tier=2, subject="third.example"), scope={"hosts": ["third.example"]}))
    _told(story)
    orders.unregister_probe("cut_access")
    orders.dispatch_due(story.now)
    with acting_as(WORKER):
        last = Order.objects.get(measure=third)
    orders.report(last.pk, "done", actor=story.who("wick"), at=story.now)
    orders.check_by_hand(last.pk, "agrees", actor=story.who("reed"), at=story.now, reason="看过了")
    story.wait(31 * DAY)
    expire_due(story.now)
    _told(story)
    return story


def test_timelines_have_no_stray_english(told, rf):
    with acting_as(WORKER), override("zh-hans"):
        events = list(CaseEvent.objects.order_by("id"))
        said = [(row, shown) for row, shown in zip(events, timeline(rf.get("/"), events), strict=True)]
        wrong = {f"{row.tag}: {shown.what} | {shown.who}" for row, shown in said if stray(shown.what) or stray(shown.who)}
        wrong |= {f"{row.tag}: {shown.why}" for row, shown in said if row.actor == "worker" and stray(shown.why)}
        for measure in Measure.objects.all():
            wrong |= {f"{shown.what} | {shown.why}" for shown in steps(measure)
                      if stray(shown.what) or (stray(shown.why) and shown.who == "Licet（自动）")}
        for order in Order.objects.select_related("measure", "connector"):
            wrong |= {f"{order}: {shown.what} | {shown.who} | {shown.why}" for shown in orders_presenting.timeline(order, desk=True)
                      if stray(shown.what) or stray(shown.why)}
            wrong |= {f"{fact.label}: {fact.value}" for fact in orders_presenting.facts(order, desk=True)
                      if stray(fact.label) or (fact.label == "依据" and stray(fact.value))}
    assert wrong == set()
    assert Case and events


def test_letters_say_everything_in_their_language(told):
    with acting_as(WORKER):
        letters = list(Notice.objects.order_by("id"))
    assert {row.kind for row in letters} >= {"statement", "appeal_receipt", "appeal_judgement"}
    wrong = {}
    for letter in letters:
        page = letter.body["zh"]
        lines = [page["title"], page["issuer"], page["addressee"], *(line for part in page["sections"]
                 for line in (part["heading"], *part["lines"]))]
        wrong |= {line: stray(line) for line in lines if stray(line)}
    # What people typed stands as they typed it.
    assert {line for line in wrong if "filing was there" not in line and "It was filed" not in line} == set()
    statement = next(row for row in letters if row.kind == "statement")
    said = "\n".join(line for part in statement.body["zh"]["sections"] for line in part["lines"])
    assert "《通知》§4.1.1；《非经营性互联网信息服务备案管理办法》第18条" in said and "《通知》§4.1.1：" in said


def test_the_ministry_is_named_in_the_letters_language(story, settings):
    from licet.config.profile import load_profile
    from licet.parties.models import Party

    known = load_profile().names["authority"]
    with acting_as(WORKER):
        Party.objects.filter(party_id="authority").update(name=known["national_zh"])
    receive_signal(signal(at=story.now), actor=WORKER, at=story.now)
    story.suspension()
    _told(story)
    with acting_as(WORKER):
        body = Notice.objects.order_by("id").first().body
    assert (body["zh"]["issuer"], body["en"]["issuer"]) == (known["national_zh"], known["national_en"])
    assert known["national_zh"] not in str(body["en"])


def test_the_line_of_a_finding_is_read_in_chinese():
    from licet.gate.tables import RULE_BY_ID, RULES
    from licet.gate.wording import said_in

    assert said_in("site_unfiled", "no filing lists a.example", "zh") == "没有备案包含 a.example"
    assert said_in("site_unfiled", "no filing lists a.example", "en") == "no filing lists a.example"
    assert said_in("site_unfiled", "somebody's own words", "zh") == "somebody's own words"
    review = RULE_BY_ID["annual_review_failed"]
    assert said_in(review.id, "licence L-1 review 2025: failed", "zh") == "许可证 L-1 的 2025 年度年检结果：不合格"
    for rule in RULES:  # every rule has its sentence, with the names its evidence has
        values = dict.fromkeys(re.findall(r"\{(\w+)\}", rule.words.evidence_en), "x")
        assert not re.search(r"[{}]", said_in(rule.id, rule.words.evidence_en.format(**values), "zh"))

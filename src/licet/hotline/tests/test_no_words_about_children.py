"""Of sexual content that shows children no word is kept, by whatever way it comes: refused by the services, by PostgreSQL
once more."""

import json
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, transaction

from licet.core.actors import WORKER
from licet.core.errors import BadInput
from licet.core.rls import acting_as
from licet.hotline import intake, services
from licet.hotline.models import Alarm, Objection, Question, Report
from licet.hotline.tables import MEANT_HONESTLY

WORDS = "it shows something"
MINORS = {"ground": "minors", "target": "https://lantern.example/x"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(hotline, cast):
    number = hotline.report(**MINORS, contact="nina@reporter.example", address="198.51.100.7")
    hotline.drain()
    return number


def test_a_partners_reference_is_left_blank(hotline):
    hotline.report(**MINORS, channel="api", account="harbour", reference=WORDS)
    assert json.loads(intake.spool().oldest(1)[0].body)["reference"] == ""


def test_nothing_is_asked_and_nothing_answered(hotline, number, actor_of):
    with pytest.raises(BadInput):
        services.ask(number, "What does it show?", actor=actor_of("olm"), at=hotline.now)
    with acting_as(WORKER), pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.create(report=Report.objects.get(number=number), desk_id="authority", text="What?",
                                asked_by_id=actor_of("olm").user_id, asked_at=hotline.now)


def test_a_question_from_before_takes_no_answer(hotline, cast, actor_of):
    number = hotline.report()
    hotline.drain()
    services.ask(number, "Which page?", actor=actor_of("olm"), at=hotline.now)
    with acting_as(WORKER):
        Report.objects.filter(number=number).update(ground="minors")

    for text in (WORDS, ""):
        with pytest.raises(BadInput):
            services.answer(number, text, at=hotline.now)
    assert hotline.shown(number).state == "in_review"
    with acting_as(WORKER), pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.update(answer=WORDS, answered_at=hotline.now)


@pytest.mark.parametrize("field", ["text", "reference"])
def test_postgresql_keeps_no_words_of_a_report(number, field):
    with acting_as(WORKER), pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(number=number).update(**{field: WORDS})


def test_a_mute_is_contested_by_a_fixed_sentence(hotline, number, actor_of):
    services.mute(number, reason="abuse", actor=actor_of("olm"), at=hotline.now)
    number = hotline.report(**MINORS, contact="nina@reporter.example", address="198.51.100.7")
    hotline.drain()

    with pytest.raises(BadInput):
        services.contest(number, WORDS, at=hotline.now)
    services.contest(number, "", at=hotline.now)
    with acting_as(WORKER):
        assert Objection.objects.get().text == MEANT_HONESTLY
    with acting_as(WORKER), pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.update(text=WORDS)


def test_a_batch_is_contested_by_a_fixed_sentence(hotline, cast, actor_of):
    numbers = [hotline.report(**MINORS, address=f"198.51.{n}.7") for n in range(12)]
    hotline.drain()
    with acting_as(WORKER):
        alarm = Alarm.objects.get()
    services.invalidate(alarm.pk, reason="one program", actor=actor_of("olm"), at=hotline.now)

    with pytest.raises(BadInput):
        services.contest(numbers[0], WORDS, at=hotline.now)
    services.contest(numbers[0], "", at=hotline.now)
    with acting_as(WORKER):
        assert Objection.objects.get().text == MEANT_HONESTLY
    with acting_as(WORKER), pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.update(text=WORDS)


def test_the_receipt_offers_the_fixed_sentence(client, hotline, cast, actor_of):
    numbers = [hotline.report(**MINORS, address=f"198.51.{n}.7") for n in range(12)]
    hotline.drain()
    with acting_as(WORKER):
        alarm = Alarm.objects.get()
    services.invalidate(alarm.pk, reason="one program", actor=actor_of("olm"), at=hotline.now)
    receipt = intake.receipt_of(numbers[0])
    given = {"number": receipt.number, "code": receipt.code}

    def post(**fields):
        return client.post("/report/status/", urlencode(given | fields),
                           content_type="application/x-www-form-urlencoded").content.decode()

    page = post()
    assert 'value="contest"' in page and "<textarea" not in page
    post(action="contest", text=WORDS)
    with acting_as(WORKER):
        assert not Objection.objects.exists()
    post(action="contest")
    with acting_as(WORKER):
        assert Objection.objects.get().text == MEANT_HONESTLY

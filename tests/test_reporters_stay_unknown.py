"""Whoever reports stays unknown: every address, as everybody, is searched for what a reporter left; and every table,
every journal entry, every line of the log, every file.

What they wrote is read by the desk that handles it, on its own pages. How to reach them, and where they came from, is on no
page of anybody's; an officer reaches them through ``services.contact_of`` with a purpose, which the journal keeps.
"""

import logging
import re

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.hotline import intake, sealing, services
from licet.hotline.models import Alarm, Report, Reporter
from licet.parties.tables import TOKEN_SCOPES
from licet.parties.tokens import add_token
from tests.access import PREFIX_API, patterns

pytestmark = pytest.mark.django_db
CONTACT, PHONE, ADDRESS = "sentinel-nina@reporter.example", "+86 139 5550 7731", "198.51.100.77"
TEXT, ANSWER, QUERY = "SENTINELTEXT", "SENTINELANSWER", "SENTINELQUERY"
WORDS = (TEXT, ANSWER, QUERY)
ACCOUNT, REFERENCE = "sentinel-watch", "SENTINELREFERENCE"  # a partner, and their own number of a report
HIDDEN = (CONTACT, PHONE, ADDRESS, ACCOUNT, REFERENCE)
DESK = {"olm", "reed"}  # the desk that handles what was reported
PEOPLE = ("", "otto", "olm", "reed", "gale", "pilot", "moss", "wick")


@pytest.fixture
def home(tmp_path, settings):
    settings.LICET_HOME = tmp_path
    yield tmp_path
    intake.spool().close()
    intake._spool_at.cache_clear()


@pytest.fixture
def log():
    """Every line of the log from here on, as text."""
    lines = []

    class Keeper(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    keeper = Keeper(logging.INFO)
    root = logging.getLogger()
    before = root.level
    root.addHandler(keeper)
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(keeper)
    root.setLevel(before)


def _submit(key, **fields):
    given = {"channel": "portal", "target_kind": "url", "ground": "pornography", "text": f"{TEXT} {key} on the front page",
             "target": f"https://lantern.example/p?session={QUERY}", "network": sealing.network_of(ADDRESS),
             "contact": CONTACT}
    receipt = intake.submit(intake.Submission(key=key, **given | fields), at=clock.now())
    return receipt.number.replace("-", "")


@pytest.fixture
def planted(home, cast, actor_of):
    """Reports about a site, a number, a provider of the cast and a flood; one question with its answer; one mute, one
    alarm judged and contested."""
    about = {"site": _submit("site"), "number": _submit(
        "number", target_kind="voice_number", target="1688 0000", ground="sexual_service_line", contact=PHONE)}
    about["provider"] = _submit("provider", target_kind="provider", target="Night Lamp", ground="unlicensed_provider")
    about["nobody"] = _submit("nobody", target_kind="provider", target=f"Unknown {QUERY}", ground="unlicensed_provider")
    about["partner"] = _submit("partner", channel="api", account=ACCOUNT, reference=REFERENCE, contact="")
    for n in range(12):
        about["flood"] = _submit(f"flood-{n}", target="https://harbour-bakery.example/", contact="",
                                 network=sealing.network_of(f"203.0.{n}.7"), text=f"{TEXT} {n * n}")
    services.drain_due(clock.now())
    olm, at = actor_of("olm"), clock.now()
    services.ask(about["site"], "Which page was it?", actor=olm, at=at)
    services.answer(about["site"], f"{ANSWER}, the second", at=at)
    services.mute(about["number"], reason="forty reports of one shop", actor=olm, at=at)
    with acting_as(WORKER):
        about["alarm"] = Alarm.objects.get().pk
    services.invalidate(about["alarm"], reason="written by one program", actor=olm, at=at)
    services.contest(about["flood"], f"{ANSWER}: I meant it", at=at)
    return about


@pytest.fixture
def traces(planted):
    """Keyed tokens by which reporters are told apart."""
    with acting_as(WORKER):
        return [*Report.objects.exclude(network="").values_list("network", flat=True).distinct(),
                *Reporter.objects.values_list("token", flat=True), *Reporter.objects.values_list("person", flat=True)]


def _addresses(planted):
    """(name, address) of everything, with arguments that exist wherever reports or their cases can be meant."""
    with acting_as(WORKER):
        report = Report.objects.select_related("case").get(number=planted["site"])
    values = {"int": [planted["alarm"], report.case_id], "text": [planted["site"], report.case.number, "nightlamp"]}
    found = {}
    for name, made_up in patterns():
        for n, text in enumerate(values["text"]):
            address = made_up.replace("999999", str(values["int"][n % 2])).replace("nothing", text)
            found.setdefault(address, name)
    return sorted((name, address) for address, name in found.items())


def _body(response):
    body = b"".join(response) if response.streaming else response.content
    head = "\n".join(f"{name}: {value}" for name, value in response.items())
    return head + body.decode("utf-8", "replace")


def _found(text, sentinels):
    return [word for word in sentinels if word in text]


def _client(sign_in, person):
    return sign_in(person) if person else Client()


@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_tells_who_reported(planted, traces, sign_in, log, person):
    client = _client(sign_in, person)
    client.raise_request_exception = False
    told, opened, words = [], 0, set()
    for name, address in _addresses(planted):
        if name == "account_logout":
            continue
        text = _body(client.get(address))
        opened += 1
        told += [(address, word) for word in _found(text, [*HIDDEN, *traces])]
        seen = _found(text, WORDS)
        if seen and not (person in DESK and address.startswith("/hotline/")):
            told.append((address, seen))
        words |= set(seen)
    assert told == []
    assert opened > 150, "the walk opens everything"
    assert words == (set(WORDS) if person in DESK else set()), "the desk reads what was written, so it can be found at all"
    assert _found("\n".join(log), [*HIDDEN, *WORDS, *traces]) == []


@pytest.mark.parametrize("person", ["", "otto", "pilot", "wick"])
def test_no_answer_to_a_sent_form_tells_it_either(planted, traces, sign_in, log, person):
    client = _client(sign_in, person)
    client.raise_request_exception = False
    told = []
    for name, address in _addresses(planted):
        if name == "account_logout" or address.startswith("/accounts/"):
            continue
        text = _body(client.post(address, {"reason": "x", "text": "x", "number": planted["site"], "code": "0" * 12}))
        told += [(address, word) for word in _found(text, [*HIDDEN, *WORDS, *traces])]
    assert told == []
    assert _found("\n".join(log), [*HIDDEN, *WORDS, *traces]) == []


@pytest.mark.parametrize("party", ["authority", "authority-gd", "harbour", "nightlamp", "mudflat"])
def test_no_program_with_any_key_is_told(planted, traces, log, party):
    with acting_as(WORKER):
        _, key = add_token("walk", party_id=party, scopes=tuple(TOKEN_SCOPES), by=WORKER)
    client = Client(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {key}")
    told, answered = [], 0
    for _name, address in _addresses(planted):
        if not address.startswith(PREFIX_API):
            continue
        for response in (client.get(address), client.post(address, "{}", content_type="application/json")):
            text = _body(response)
            answered += response.status_code == 200
            told += [(address, word) for word in _found(text, [*HIDDEN, *WORDS, *traces])]
    assert told == []
    assert answered > 5, "the walk is answered at all"
    assert _found("\n".join(log), [*HIDDEN, *WORDS, *traces]) == []


# Where what was written may stand, and keyed tokens; how to reach somebody stands nowhere in clear.
HOLDS_WORDS = {"hotline_report", "hotline_question", "hotline_objection", "hotline_reporter"}


def test_no_other_table_and_no_journal_entry_holds_it(planted, traces):
    found, read = [], 0
    with acting_as(WORKER), connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")
        for table in sorted(row[0] for row in cursor.fetchall()):
            try:
                with transaction.atomic():
                    cursor.execute(f'SELECT t::text FROM "{table}" t')
                    text = "\n".join(row[0] for row in cursor.fetchall())
            except DatabaseError:
                continue  # the application itself may not read it
            read += bool(text)
            found += [(table, word) for word in _found(text, [CONTACT, PHONE, ADDRESS])]
            if table not in HOLDS_WORDS:
                found += [(table, word) for word in _found(text, [ACCOUNT, REFERENCE, *WORDS, *traces])]
        assert Reporter.objects.filter(account=ACCOUNT).exists() and Report.objects.filter(reference=REFERENCE).exists()
    assert found == []
    assert read > 10


def test_no_document_for_others_holds_it(planted, traces, settings):
    """What is handed to providers and other hotlines, and the figures for everybody."""
    from licet.hotline.xarf_out import document_of

    settings.DEFAULT_FROM_EMAIL = "hotline@authority.example"
    with acting_as(WORKER):
        case = Report.objects.select_related("case").get(number=planted["site"]).case
        handed = repr(document_of(planted["site"])) + repr(document_of(case.number))
    figures = _body(Client().get("/transparency/figures.csv"))
    assert _found(handed + figures, [*HIDDEN, *WORDS, *traces]) == []


def test_no_file_holds_how_to_reach_them(planted, home):
    intake.spool().close()
    for path in sorted(home.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in (CONTACT, PHONE, ADDRESS) if word.encode() in content], path


def test_reading_a_contact_is_an_officers_with_a_purpose_and_the_journal_keeps_no_contact(planted, actor_of):
    from licet.journal.models import Entry

    assert services.contact_of(planted["site"], purpose="to ask back", actor=actor_of("olm"), at=clock.now()) == CONTACT
    with acting_as(WORKER):
        last = Entry.objects.order_by("-seq").first()
    assert last.tag == "hotline:contact:read" and not re.search(r"sentinel|nina", last.canonical)

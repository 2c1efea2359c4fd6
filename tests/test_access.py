"""Nobody, somebody without an organisation, and the wrong organisation, at every address the program answers to."""

import json

import pytest

from tests.access import HIDDEN, PREFIX_API, PUBLIC, patterns


@pytest.fixture
def anonymous(cast, settings):
    from django.test import Client

    settings.REQUIRE_MFA = False
    return Client(raise_request_exception=False)


def _all():
    return dict(patterns())


def test_the_walk_finds_what_we_know(db):
    assert {"home", "account_login", "mfa_index", "api:openapi-json"} <= set(_all())
    assert "/api/gate/decisions" in _all().values()


def test_public_addresses_exist(db):
    assert set(PUBLIC) - set(_all()) <= {"account_signup", "account_email_verification_sent", "account_confirm_email",
                                         "account_confirm_login_code", "account_request_login_code", "mfa_trust",
                                         "mfa_login_webauthn", "mfa_signup_webauthn", "account_reset_password",
                                         "account_reset_password_done", "account_reset_password_from_key",
                                         "account_reset_password_from_key_done"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_not_signed_in_gets_nowhere(anonymous, method):
    inside = []
    for name, address in _all().items():
        if name in PUBLIC:
            continue
        response = getattr(anonymous, method)(address, **({"HTTP_ACCEPT": "text/html"}))
        if address.startswith(PREFIX_API):
            closed = response.status_code in {401, 404, 405, 415}  # 415: the test client sends multipart, refused unread
        else:
            closed = response.status_code in {401, 403, 405} | ({404} if name in HIDDEN else set()) or (
                response.status_code == 302 and "/accounts/" in response["Location"])
        if not closed:
            inside.append((name, address, response.status_code))
    assert inside == []


def test_outsider_gets_no_page_of_the_desk(sign_in):
    client = sign_in("otto")
    inside = []
    for name, address in _all().items():
        if name in PUBLIC or address.startswith(("/accounts/", PREFIX_API)) or name in {"home"}:
            continue
        response = client.get(address)
        if response.status_code < 400 and not _empty(response):
            inside.append((name, address, response.status_code))
    assert inside == []


def _empty(response):
    """A redirect to somewhere checked itself, or a page that shows no row."""
    body = b"".join(response) if response.streaming else response.content
    return response.status_code == 302 or b"harbour" not in body.lower()


@pytest.fixture
def harbour_marked(cast):
    """A record of Harbour Host in each register, with words that appear nowhere else."""
    from licet.core import clock
    from licet.core.actors import WORKER
    from licet.core.rls import acting_as
    from licet.parties.models import Post
    from licet.parties.services import next_change_seq
    from licet.registers.models import AccessRelation, Filing

    version = {"since": "2020-01-01", "content_hash": b"\0" * 16, "source": "test", "recorded_at": clock.now()}
    with acting_as(WORKER):
        Post.objects.create(provider_id="harbour", branch="SECRETBRANCH", role="compliance", person="SECRETPERSON",
                            change_seq=next_change_seq(), **version)
        Filing.objects.create(filing_no="SECRETFILING", subject_no="SECRETSUBJECT", subject_kind="organisation",
                              subject_name="SECRETNAME", site_name="SECRETSITE", domains=["secret.example"],
                              provider_id="harbour", service_kind="web", status="active", addresses=[],
                              change_seq=next_change_seq(), **version)
        AccessRelation.objects.create(access_id="SECRETACCESS", provider_id="harbour", customer_name="SECRETCUSTOMER",
                                      service_kind="vhost", domain="secret.example", change_seq=next_change_seq(),
                                      **version)


@pytest.mark.parametrize("person", ["moss", "wick"])
def test_wrong_organisation_sees_nothing_of_another(harbour_marked, sign_in, person):
    client = sign_in(person)
    seen, opened = [], 0
    for name, address in _all().items():
        if address.startswith(PREFIX_API):
            continue
        response = client.get(address)
        body = b"".join(response) if response.streaming else response.content
        opened += response.status_code == 200
        if b"SECRET" in body.upper().replace(b"SECRETS", b""):
            seen.append((name, address))
    assert seen == []
    assert opened > 5, "the walk opens pages at all"


def test_api_describes_itself_and_asks_for_a_key_everywhere(anonymous):
    description = json.loads(anonymous.get("/api/openapi.json").content)
    public = {address for name, address in _all().items() if name in PUBLIC}
    open_operations = [(path, verb) for path, verbs in description["paths"].items() for verb, operation in verbs.items()
                       if not operation.get("security") and path not in public]
    assert open_operations == []

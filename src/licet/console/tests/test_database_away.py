"""The database is stopped, or goes away in the middle: everything answers 503, the gate ``refer``, nobody a defect."""

import json

import pytest
from django.db import connections, transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import include, path


def dying(request):
    """Loses its connection half way, as in a restart of the server."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    end(backend)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("never")


def dying_at_the_end(request):
    """Loses its connection after the last query, before the commit."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        end(cursor.fetchone()[0])
    return HttpResponse("never")


def end(backend):
    from conftest import _administration

    with _administration() as administrator:
        administrator.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


urlpatterns = [path("dying/", dying), path("dying-at-the-end/", dying_at_the_end), path("", include("licet.config.urls"))]
handler500 = "licet.console.refusals.broken"


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


@pytest.fixture
def stopped(committed_db, monkeypatch, tmp_path):
    """Nobody listens where the server was; the addresses of the database are real, the server is not."""
    connection = connections["default"]
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    yield
    connection.close()


def ask(client, address, **body):
    return client.post(address, data=json.dumps(body), content_type="application/json",
                       headers={"Authorization": "Bearer licet_1_anything"})


@pytest.mark.parametrize(("address", "body"), [
    ("/api/gate/decisions", {"domain": "shop.example"}),
    ("/api/gate/decisions/batch", {"rows": [{"domain": "shop.example"}]}),
], ids=["one", "batch"])
def test_the_gate_refers_while_the_database_is_stopped(client, stopped, address, body):
    response = ask(client, address, **body)
    problem = response.json()

    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert (problem["answer"], problem["status"], problem["type"]) == ("refer", 503, "urn:licet:error:unavailable")
    assert problem["instance"] == address and problem["hint"] and int(response["Retry-After"]) > 0


def test_other_endpoints_give_no_answer_they_do_not_have(client, stopped):
    response = client.get("/api/openapi.json")
    assert response.status_code == 503 and "answer" not in response.json()


@pytest.mark.parametrize("address", ["/accounts/login/", "/", "/registers/"])
def test_pages_say_it_in_words_without_asking_the_database(client, stopped, address):
    response = client.get(address, headers={"Accept-Language": "en"})
    text = response.content.decode()

    assert (response.status_code, response["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "The database does not answer." in text and "Traceback" not in text
    assert "Content-Security-Policy" in response


def test_htmx_gets_it_where_it_is_read(client, stopped):
    response = client.get("/", headers={"HX-Request": "true", "Accept-Language": "en"})
    assert response["HX-Retarget"] == "#problem" and "<html" not in response.content.decode()


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("address", ["/dying/", "/dying-at-the-end/"])
def test_a_server_that_goes_away_in_between_is_503_and_the_next_request_works(client, committed_db, address):
    assert client.get(address).status_code == 503
    assert client.get("/accounts/login/").status_code == 200


@override_settings(ROOT_URLCONF=__name__)
def test_a_program_learns_it_as_a_problem_document(client, committed_db):
    response = client.get("/dying/", headers={"Accept": "application/json"})
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert not transaction.get_connection().in_atomic_block

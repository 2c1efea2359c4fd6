"""The shell: navigation, languages, refusals, fragments, components, transactions."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path

from licet.console import icons, states
from licet.console.access import permission_required
from licet.console.components import Cell, Column, Row, address_with, choice_chip, text_chip
from licet.console.htmx import render_page
from licet.console.navigation import ENTRIES
from licet.console.templatetags.console import draw_cells, state_badge
from licet.core.errors import Conflict
from licet.parties.tables import ROLES
from licet.sweeps.tables import STATES as SWEEP_STATES

pytestmark = pytest.mark.django_db


# --- views of the tests ---------------------------------------------------------------------------------------------
def refusing(request):
    get_user_model().objects.create_user("written-before-the-refusal")
    raise Conflict("the record changed", hint="reload it")


def breaking(request):
    get_user_model().objects.create_user("written-before-the-error")
    raise RuntimeError("a defect")


@permission_required("journal.read")
def guarded(request):
    return HttpResponse("come in")


def fragmented(request):
    return render_page(request, "console/refusal.html", "console/components/error_summary.html", {"message": "x"})


urlpatterns = [path("refusing/", refusing), path("breaking/", breaking), path("guarded/", guarded),
               path("fragmented/", fragmented), path("", include("licet.config.urls"))]
handler404 = "licet.console.refusals.not_found"
handler500 = "licet.console.refusals.broken"
own_urls = override_settings(ROOT_URLCONF=__name__)


# --- refusals -------------------------------------------------------------------------------------------------------
@own_urls
@pytest.mark.parametrize(("headers", "kind", "part"), [
    ({}, "text/html; charset=utf-8", "<h1>"),
    ({"HX-Request": "true"}, "text/html; charset=utf-8", 'class="error-summary"'),
    ({"Accept": "application/json"}, "application/problem+json", '"hint": "reload it"'),
], ids=["page", "fragment", "program"])
def test_refusal_says_message_and_hint_and_undoes_what_was_written(db, headers, kind, part):
    response = Client().get("/refusing/", headers=headers)
    text = response.content.decode()

    assert (response.status_code, response["Content-Type"]) == (409, kind)
    assert part in text and "the record changed" in text and "reload it" in text
    assert not get_user_model().objects.filter(username="written-before-the-refusal").exists()


@own_urls
def test_fragment_of_a_refusal_goes_where_it_is_read(db):
    response = Client().get("/refusing/", headers={"HX-Request": "true"})

    assert response["HX-Retarget"] == "#problem" and "<html" not in response.content.decode()


@own_urls
def test_defect_shows_a_calm_page_and_undoes_what_was_written(db):
    response = Client(raise_request_exception=False).get("/breaking/")

    assert response.status_code == 500 and "a defect" not in response.content.decode()
    assert not get_user_model().objects.filter(username="written-before-the-error").exists()


@own_urls
def test_permission_opens_the_door(sign_in):
    assert Client().get("/guarded/").status_code == 302
    assert sign_in("otto").get("/guarded/").status_code == 403
    assert sign_in("pilot").get("/guarded/").content == b"come in"


@own_urls
def test_same_address_gives_page_or_fragment(db):
    client = Client()

    assert "<html" in client.get("/fragmented/").content.decode()
    assert "<html" not in client.get("/fragmented/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in client.get("/fragmented/", headers={"HX-Request": "true", "HX-Boosted": "true"}).content.decode()
    assert "HX-Request" in client.get("/fragmented/")["Vary"]


def test_unknown_address_is_a_page_with_a_way_on(sign_in):
    page = sign_in("pilot").get("/nothing-here/")

    assert page.status_code == 404 and 'href="/"' in page.content.decode()


def test_old_form_is_refused_with_the_repair(cast):
    client = Client(enforce_csrf_checks=True)

    response = client.post("/accounts/login/", {"login": "pilot", "password": "x"})

    assert response.status_code == 403 and 'class="error-summary"' in response.content.decode()


# --- navigation -----------------------------------------------------------------------------------------------------
def test_rows_of_the_navigation_are_unique_and_their_permissions_exist():
    known = frozenset().union(*(role.permissions for role in ROLES)) | {""}

    assert len({entry.id for entry in ENTRIES}) == len(ENTRIES)
    assert {entry.permission for entry in ENTRIES} <= known
    assert {entry.icon for entry in ENTRIES} <= set(icons.SHAPES)
    assert sum(entry.primary for entry in ENTRIES) <= 4


def test_every_row_of_the_navigation_has_its_page():
    from licet.console.navigation import address_of

    assert [entry.id for entry in ENTRIES if not address_of(entry)] == []


@pytest.mark.parametrize(("name", "seen", "hidden"), [
    ("pilot", {"home", "gate", "sweeps", "filings", "journal", "people"}, set()),
    ("moss", {"home", "gate", "sweeps", "filings"}, {"people"}),
    ("otto", {"home"}, {"gate", "sweeps", "filings", "journal", "people"}),
])
def test_navigation_hides_what_may_not_be_done(sign_in, name, seen, hidden):
    shown = {place.entry.id for place in sign_in(name).get("/").context["places"]}

    assert seen <= shown and not hidden & shown


def test_present_place_is_marked(sign_in):
    places = sign_in("pilot").get("/people/").context["places"]

    assert [place.entry.id for place in places if place.current] == ["people"]


# --- words ----------------------------------------------------------------------------------------------------------
def test_language_is_switched_and_stays(sign_in):
    client = sign_in("pilot")

    assert 'lang="zh-Hans"' in client.get("/").content.decode()
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    page = client.get("/").content.decode()
    assert 'lang="en"' in page and "Overview" in page


def test_footer_names_profile_and_rules(sign_in):
    page = sign_in("pilot").get("/").content.decode()

    assert "cn-2007" in page and "2026.1" in page and "Harbour Host" in page


def test_person_without_organisation_is_told_what_to_do(sign_in):
    assert 'class="empty"' in sign_in("otto").get("/").content.decode()


def test_gallery_is_not_there_in_service(sign_in):
    assert Client().get("/design/").status_code == 302
    assert sign_in("pilot").get("/design/").status_code == 404


def test_pages_are_kept_by_no_proxy(sign_in):
    assert sign_in("pilot").get("/")["Cache-Control"] == "private, no-cache"


def test_overview_asks_the_database_a_bounded_number_of_times(sign_in, django_assert_max_num_queries):
    client = sign_in("pilot")
    with django_assert_max_num_queries(40):
        client.get("/")


# --- components -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", sorted(states.LOOKS))
def test_state_is_word_and_shape_and_tone(state):
    look = states.look(state)

    text = state_badge(state)

    assert look.icon in icons.SHAPES and look.tone in {"permit", "refer", "deny", "unknown", "plain"}
    assert "<svg" in text and str(look.label) in text


NASTY = '<b title="x">&'


@pytest.mark.parametrize(("cell", "drawn"), [
    (Cell(text=NASTY), "<span>&lt;b title=&quot;x&quot;&gt;&amp;</span>"),
    (Cell(text="a", sub=NASTY), '<span>a<span class="sub">&lt;b title=&quot;x&quot;&gt;&amp;</span></span>'),
    (Cell(text="a", url='/x/?a="b"'), '<span><a href="/x/?a=&quot;b&quot;">a</a></span>'),
    (Cell(text=12345), "<span>12,345</span>"), (Cell(), "<span>–</span>"), (Cell(text=0), "<span>0</span>"),
    (Cell(text="c0ffee", mono=True), '<span><span class="mono">c0ffee</span></span>'),
    (Cell(text=dt.date(2026, 3, 2)), '<span><time datetime="2026-03-02">2026-03-02</time></span>'),
])
def test_cells_are_drawn_with_everything_escaped(cell, drawn):
    row = Row(cells=[Cell(text="first"), cell, Cell(text="last")], url="/open/", act_url="/act/?x=1&y=2")
    columns = [Column(label="One"), Column(label=NASTY, kind="num"), Column(label="Three")]

    assert draw_cells(row, columns) == (
        '<td data-label="One"><span><a href="/open/" data-open>first</a></span></td>'
        f'<td class="num" data-label="&lt;b title=&quot;x&quot;&gt;&amp;">{drawn}</td>'
        '<td data-label="Three"><span>last <a href="/act/?x=1&amp;y=2" data-act>处理</a></span></td>')


def test_a_cell_with_a_state_alone_has_no_dash():
    row = Row(cells=[Cell(state="deny"), Cell(state="deny", text="because")])
    alone, both = draw_cells(row, [Column(label="A"), Column(label="B")]).split("</td>")[:2]
    assert alone.endswith("</span> </span>") and both.endswith("</span> because</span>")


def test_states_with_opposite_meaning_differ_in_shape():
    for one, other in (("permit", "deny"), ("permit", "refer"), ("refer", "deny"), ("violation", "warning"),
                       ("warning", "unknown"), ("deny", "unknown")):
        assert states.look(one).icon != states.look(other).icon


def test_every_state_of_a_sweep_has_a_look():
    assert set(SWEEP_STATES) <= set(states.LOOKS)


def test_unknown_state_is_shown_by_its_own_name():
    assert (states.look("half_done").label, states.look("half_done").tone) == ("half done", "unknown")


@pytest.mark.parametrize(("address", "changes", "expected"), [
    ("/q/?a=1&after=9", {"b": "2"}, "/q/?a=1&b=2"),
    ("/q/?a=1", {"a": None}, "/q/"),
    ("/q/?a=1", {"after": "x y"}, "/q/?a=1&after=x+y"),
], ids=["drops the cursor", "removes", "sets a cursor"])
def test_address_with(address, changes, expected):
    assert address_with(RequestFactory().get(address), changes) == expected


def test_choice_chip_reads_as_a_sentence():
    chip = choice_chip(RequestFactory().get("/q/?state=open&x=1"), "state", "State", [("open", "open now")],
                       anything="any")

    assert chip.value == "open now" and chip.clear_url == "/q/?x=1"
    assert [(option.url, option.current) for option in chip.options] == [
        ("/q/?x=1", False), ("/q/?state=open&x=1", True)]
    assert next(iter(chip.options)).label == "any"


def test_text_chip_keeps_the_other_filters():
    chip = text_chip(RequestFactory().get("/q/?q=shop&x=1&after=3"), "q", "Search")

    assert (chip.raw, list(chip.keep), chip.clear_url) == ("shop", [("x", "1")], "/q/?x=1")


def test_texts_from_outside_are_escaped(sign_in):
    page = sign_in("pilot").get("/people/?party=<script>alert(1)</script>").content.decode()

    assert "<script>alert" not in page

"""Who may open which page: anonymous, an outsider, the wrong organisation, the right one, an officer."""

import pytest
from django.test import Client
from django.urls import reverse

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.registers import changes
from licet.registers.kinds import KIND_BY_ID
from licet.registers.records import present
from licet.registers.tests.examples import DAY, NOW, ROWS

pytestmark = pytest.mark.django_db

PUBLIC_KINDS = ("parties", "licences", "annual_reviews", "blacklist")
OWN_KINDS = ("filings", "access", "addresses", "posts")


def _pk(kind_id, key):
    with acting_as(WORKER):
        return present(KIND_BY_ID[kind_id], key).pk


@pytest.fixture
def pages(records, actor_of):
    """Every page's address and the status for otto, moss, pilot, olm."""
    with acting_as(actor_of("olm")):
        change = changes.propose_change(
            "licences",
            records["licences"],
            ROWS["licences"] | {"status": "suspended"},
            reason="an order",
            actor=actor_of("olm"),
            now=NOW,
            today=DAY,
        )
    everybody = [
        reverse("register_index"),
        reverse("change_list"),
        reverse("load_list"),
        reverse("post_gaps"),
        reverse("provider_record", args=["harbour"]),
        *(reverse("register_list", args=[kind]) for kind in KIND_BY_ID),
        *(reverse("register_export", args=[kind]) for kind in KIND_BY_ID),
        *(reverse("register_record", args=[kind, _pk(kind, records[kind])]) for kind in PUBLIC_KINDS),
    ]
    own = [reverse("register_record", args=[kind, _pk(kind, records[kind])]) for kind in OWN_KINDS]
    own.append(reverse("change", args=[change.pk]))
    found = dict.fromkeys(everybody, (403, 200, 200, 200))
    found |= dict.fromkeys(own, (403, 404, 200, 200))
    found[reverse("upload_form")] = (403, 200, 200, 200)
    found[reverse("register_add", args=["filings"])] = (403, 200, 200, 200)
    found[reverse("register_add", args=["blacklist"])] = (403, 403, 403, 200)
    return found


@pytest.mark.parametrize(("name", "place"), [("otto", 0), ("moss", 1), ("pilot", 2), ("olm", 3)])
def test_pages(name, place, pages, sign_in):
    client = sign_in(name)

    seen = {address: client.get(address).status_code for address in pages}

    assert seen == {address: statuses[place] for address, statuses in pages.items()}


def test_anonymous_is_sent_to_sign_in(pages):
    for address in pages:
        response = Client().get(address)
        assert response.status_code == 302, address
        assert response.url.startswith("/accounts/login/"), address


@pytest.mark.parametrize("kind_id", OWN_KINDS)
def test_lists_of_others_are_empty(kind_id, records, sign_in):
    shown = {
        name: len(sign_in(name).get(reverse("register_list", args=[kind_id])).context["rows"])
        for name in ("moss", "pilot", "olm", "gale")
    }

    assert shown == {"moss": 0, "pilot": 1, "olm": 1, "gale": 1}


def test_wrong_organisation_cannot_correct(records, sign_in):
    address = reverse("register_correct", args=["filings", _pk("filings", records["filings"])])

    assert sign_in("moss").post(address, {"reason": "x"}).status_code == 404
    assert sign_in("otto").post(address, {"reason": "x"}).status_code == 403

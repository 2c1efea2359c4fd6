"""The last sweep on a provider's page: its numbers, where they lead, and who sees which."""

import datetime as dt

import pytest

from licet.core import clock
from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.sweeps import selectors
from licet.sweeps.models import Sweep

pytestmark = pytest.mark.django_db
PAGE = "/registers/providers/{}/"


def counted(provider, *, clean, violation=0, warning=0, unknown=0):
    rows = clean + violation + warning + unknown
    return {"provider_id": provider, "name": provider, "region": "CN-GD", "rows": rows, "rows_known": rows - unknown,
            "rows_clean": clean, "rows_violation": violation, "rows_warning": warning, "rows_unknown": unknown,
            "accuracy_rate": round(clean / (rows - unknown), 6) if rows - unknown else None, "findings": {}}


def swept(*providers, owner="", state="finished"):
    with acting_as(WORKER):
        return Sweep.objects.create(
            provider_id=owner, as_of=dt.date(2026, 3, 2), file_name="list.csv", state=state, actor="test",
            requested_at=clock.now(), finished_at=clock.now(),
            summary={"by_provider": list(providers)} if state == "finished" else {})


def page(client, provider="harbour"):
    return client.get(PAGE.format(provider), headers={"Accept-Language": "en"}).content.decode()


def test_rate_counts_and_where_they_lead(cast, sign_in):
    swept(counted("harbour", clean=8, violation=2), owner="harbour")
    last = swept(counted("harbour", clean=9, violation=3, unknown=4), owner="harbour")
    swept(owner="harbour", state="failed")

    text = page(sign_in("pilot"))

    assert last.number in text and "75.00%" in text and "80.00% in the sweep before" in text
    assert "9 of 12 rows judged known" in text
    for severity in ("violation", "unknown"):
        assert f"/sweeps/{last.pk}/findings/?severity={severity}&amp;provider=harbour" in text


def test_of_a_list_of_several_only_the_providers_own_rows_count(cast, sign_in):
    swept(counted("harbour", clean=1, violation=3), counted("mudflat", clean=1))

    assert "25.00%" in page(sign_in("olm"), "harbour")
    assert "100.00%" in page(sign_in("olm"), "mudflat")
    assert "25.00%" not in page(sign_in("pilot"), "harbour"), "the authority's own list is the authority's"


def test_without_a_sweep_the_page_says_how_to_make_one(cast, sign_in):
    text = page(sign_in("pilot"))
    assert "No list of this provider has been swept yet." in text and "/sweeps/start/" in text


def test_strangers_see_no_panel(cast, sign_in):
    swept(counted("harbour", clean=8, violation=2), owner="harbour")
    assert "Last sweep" not in page(sign_in("moss"), "harbour")


def test_nothing_known_has_no_rate(cast, sign_in):
    swept(counted("harbour", clean=0, unknown=4), owner="harbour")
    text = page(sign_in("pilot"))
    assert "0 of 0 rows judged known" in text and "–" in text


def test_the_newest_finished_one_counts(cast, system):
    first = swept(counted("harbour", clean=1), owner="harbour")
    assert selectors.last_of("harbour")[0] == first
    second = swept(counted("harbour", clean=2), counted("mudflat", clean=1))
    assert selectors.last_of("harbour")[0] == second and selectors.last_of("harbour", before=second.pk)[0] == first
    assert selectors.last_of("nightlamp") is None

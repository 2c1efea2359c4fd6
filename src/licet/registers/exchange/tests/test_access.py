"""Who may load what: row-level security and two people."""

from __future__ import annotations

import pytest

from licet.core.errors import NotAllowed
from licet.core.rls import acting_as
from licet.registers.exchange.services import export_kind, import_file
from licet.registers.exchange.tests.conftest import DAY
from licet.registers.exchange.tests.files import address, errors_of, filing, licence, listed, post, write_csv
from licet.registers.models import Filing, Licence, RegisterLoad


@pytest.fixture
def hand_in(actor_of, tmp_path):
    def _hand_in(name, kind, rows, **options):
        path = write_csv(tmp_path / f"{name}-{kind}.csv", rows)
        return import_file(kind, path, actor=actor_of(name), as_of=DAY, **options)

    return _hand_in


def test_a_provider_loads_its_own_rows_and_no_others(hand_in, actor_of):
    report = hand_in("pilot", "filings", [filing(1), filing(2, provider_id="mudflat"), filing(3, provider_id="")])

    assert (report.added, report.rejected, report.provider) == (2, 1, "harbour")
    assert "belongs to mudflat" in errors_of(report)[0]["reason"]
    with acting_as(actor_of("moss")):
        assert not Filing.objects.exists()
        assert not RegisterLoad.objects.exists()


@pytest.mark.parametrize(("kind", "rows"), [("addresses", [address()]), ("posts", [post()])])
def test_a_provider_loads_addresses_and_posts(hand_in, kind, rows):
    assert hand_in("pilot", kind, rows).added == 1


@pytest.mark.parametrize(("kind", "rows"), [("licences", [licence()]), ("blacklist", [listed()])])
def test_a_provider_may_not_load_the_authoritys_registers(hand_in, kind, rows):
    with pytest.raises(NotAllowed, match="authority's register"):
        hand_in("pilot", kind, rows)


def test_a_provider_may_not_speak_for_another(hand_in):
    with pytest.raises(NotAllowed, match="do not act for mudflat"):
        hand_in("pilot", "filings", [filing(1)], provider="mudflat")


def test_an_outsider_loads_nothing(hand_in):
    with pytest.raises(NotAllowed):
        hand_in("otto", "filings", [filing(1)])


def test_a_number_on_record_with_another_provider_is_refused_not_overwritten(hand_in, actor_of):
    hand_in("pilot", "filings", [filing(1)])

    report = hand_in("moss", "filings", [filing(1, provider_id="mudflat"), filing(2, provider_id="mudflat")])

    assert (report.added, report.rejected) == (1, 1)
    assert "another organisation" in errors_of(report)[0]["reason"]
    with acting_as(actor_of("olm")):
        assert Filing.objects.get(filing_no=filing(1)["filing_no"]).provider_id == "harbour"


def test_the_authority_loading_for_one_provider_does_not_take_from_another(hand_in):
    hand_in("olm", "filings", [filing(1)])

    report = hand_in("olm", "filings", [filing(1, provider_id="mudflat")], provider="mudflat")

    assert (report.changed, report.rejected) == (0, 1)


def test_a_regional_authority_loads_the_providers_seated_there(hand_in):
    report = hand_in("gale", "filings", [filing(1), filing(2, provider_id="mudflat")])

    assert (report.added, report.rejected) == (1, 1)


def test_licences_need_a_second_officer(hand_in, actor_of):
    with pytest.raises(NotAllowed, match="two people"):
        hand_in("olm", "licences", [licence()])
    with pytest.raises(NotAllowed, match="two people"):
        hand_in("olm", "licences", [licence()], second=actor_of("olm"))
    with pytest.raises(NotAllowed, match="two people"):
        hand_in("olm", "licences", [licence()], second=actor_of("pilot"))
    assert hand_in("olm", "licences", [licence()], dry_run=True).added == 1

    assert hand_in("olm", "licences", [licence()], second=actor_of("reed")).added == 1
    with acting_as(actor_of("olm")):
        assert Licence.objects.count() == 1


def test_an_export_holds_only_what_the_actor_may_see(hand_in, actor_of, tmp_path):
    hand_in("olm", "filings", [filing(1), filing(2, provider_id="mudflat")])

    export_kind("filings", actor=actor_of("moss"), out=tmp_path / "out.csv")

    text = (tmp_path / "out.csv").read_text()
    assert filing(2)["filing_no"] in text
    assert filing(1)["filing_no"] not in text

"""What everybody may look up: whether a site is filed, the figures of a year, whom to tell about a weakness."""

import csv
import dataclasses
import datetime as dt
import io

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from licet.config import environment
from licet.core import clock
from licet.core.actors import WORKER
from licet.core.errors import BadSetting
from licet.core.rls import acting_as
from licet.hotline import transparency, views_open
from licet.hotline.checker import Answer, folded, register_speaks


@pytest.fixture
def visitor(spool):
    views_open.checks.clear()
    views_open._known.clear()
    return Client(HTTP_ACCEPT_LANGUAGE="en")


@pytest.fixture
def filings(cast):
    """``filings(age_days)``: one organisation's and one person's filing, in a register loaded that many days ago."""
    from licet.parties.services import next_change_seq
    from licet.registers.models import Filing, RegisterLoad

    def load(age_days=1):
        day = clock.today() - dt.timedelta(days=age_days)
        version = {"since": "2020-01-01", "content_hash": b"\0" * 16, "source": "test", "recorded_at": clock.now(),
                   "provider_id": "harbour", "service_kind": "web", "addresses": []}
        with acting_as(WORKER):
            for number, kind, name, domain, status in (
                    ("F-1", "organisation", "Lantern Ltd", "lantern.example", "active"),
                    ("F-2", "person", "NINA SECRET", "nina.example", "suspended")):
                Filing.objects.create(filing_no=number, subject_no=number, subject_kind=kind, subject_name=name,
                                      site_name="a shop", domains=[domain], status=status, change_seq=next_change_seq(),
                                      **version)
            RegisterLoad.objects.create(
                kind="filings", as_of=day, version=1, file_name="f.csv", file_sha256="0" * 64, rows_read=2, rows_added=2,
                rows_changed=0, rows_unchanged=0, rows_ended=0, rows_rejected=0, actor="test", finished_at=clock.now())

    return load


@pytest.mark.parametrize(("last", "expected"), [(None, False), (0, True), (31, True), (32, False)])
def test_a_register_speaks_while_it_is_fresh(last, expected):
    today = dt.date(2026, 3, 2)
    assert register_speaks(None if last is None else today - dt.timedelta(days=last), today, 31) is expected


@pytest.mark.parametrize(("statuses", "answer"), [([], Answer.NOT_FILED), (["cancelled", "active"], Answer.FILED),
                                                  (["cancelled"], Answer.CANCELLED),
                                                  (["suspended", "cancelled"], Answer.SUSPENDED)])
def test_the_best_filing_speaks(statuses, answer):
    assert folded(statuses) is answer


@pytest.mark.django_db
def test_a_filed_site_says_with_whom_and_who_answers(visitor, filings):
    filings()

    page = visitor.get("/check/?site=https://www.lantern.example/x")
    document = visitor.get("/check/?site=www.lantern.example&format=json")

    text = page.content.decode()
    assert "Lantern Ltd" in text and "Harbour Host" in text and "F-1" in text
    assert document.json()["answer"] == "filed" and document.json()["filings"][0]["provider_id"] == "harbour"
    assert page["Cache-Control"] == document["Cache-Control"] == "public, max-age=300"
    assert "Accept" in page["Vary"]


@pytest.mark.django_db
def test_a_private_persons_name_is_not_shown(visitor, filings):
    filings()
    for address in ("/check/?site=nina.example", "/check/?site=nina.example&format=json"):
        body = visitor.get(address).content.decode()
        assert "NINA SECRET" not in body
        assert "a private person" in body or '"sponsor": ""' in body


@pytest.mark.django_db
def test_not_filed_is_said_only_by_a_fresh_register(visitor, filings):
    filings(40)
    assert visitor.get("/check/?site=nobody.example&format=json").json()["answer"] == "unknown"
    assert "nothing can be concluded" in visitor.get("/check/?site=lantern.example").content.decode()


@pytest.mark.django_db
def test_a_register_never_loaded_is_unknown_and_a_fresh_one_answers(visitor, cast, filings):
    assert visitor.get("/check/?site=nobody.example&format=json").json()["answer"] == "unknown"
    filings()
    assert visitor.get("/check/?site=nobody.example&format=json").json()["answer"] == "not_filed"


@pytest.mark.django_db
@pytest.mark.parametrize("site", ["nonsense", "http://", "com.cn", "x" * 5000])
def test_no_site_is_told_with_a_repair(visitor, cast, site):
    answer = visitor.get("/check/", {"site": site, "format": "json"})
    assert answer.status_code == 422 and answer.json()["hint"] and answer["Cache-Control"] == "no-store"
    assert visitor.get("/check/", {"site": site}).status_code == 422


@pytest.mark.django_db
def test_checking_is_slowed_down_per_network(visitor, cast):
    statuses = [visitor.get("/check/?site=a.example&format=json", REMOTE_ADDR="198.51.100.7").status_code
                for _ in range(views_open.MOST_CHECKS + 3)]
    assert statuses == [200] * views_open.MOST_CHECKS + [429] * 3
    assert visitor.get("/check/?site=a.example", REMOTE_ADDR="203.0.113.7").status_code == 200


# --- transparency ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cells", "expected"), [
    ({"actioned": 7, "open": 0}, {"actioned": "7", "open": "0", "sum": "7"}),
    ({"actioned": 7, "open": 4}, {"actioned": "7", "open": "<5", "sum": "≥8"}),
    ({"actioned": 1, "open": 1}, {"actioned": "<5", "sum": "≥2"}), ({}, {"actioned": "0", "sum": "0"})])
def test_small_cells_and_the_sums_that_would_give_them_away(cells, expected):
    row = transparency.ground_row(cells)
    assert {name: row[name] for name in expected} == expected


@given(counts=st.lists(st.integers(0, 30), max_size=9))
def test_a_sum_says_no_more_than_its_cells(counts):
    """Whoever sees the cells can write the sum themselves: it is the same for everything they may stand for."""
    seen = [transparency.shown(count) for count in counts]
    least = sum(1 if cell == "<5" else int(cell) for cell in seen)
    assert transparency.sum_of(counts) == (f"≥{least}" if "<5" in seen else str(least))


@given(kinds=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 40)))
def test_rare_kinds_are_never_alone(kinds):
    rows = dict(transparency.rolled(kinds))
    other = rows.pop("other", "0")
    assert all(int(figure) >= 5 and kinds[kind] == int(figure) for kind, figure in rows.items())
    assert (other == "<5" and not rows) or (other != "<5" and sum(kinds.values()) == int(other) + sum(map(int, rows.values())))


@pytest.mark.parametrize(("results", "expected"), [
    ({"": 90, "upheld": 6, "reversed": 5, "pending": 0}, ("101", "11", "6", "5", "0", "5.0%")),
    ({"": 90, "upheld": 6, "reversed": 2, "pending": 0}, ("98", "≥7", "6", "<5", "0", "<5.1%")),
    ({"upheld": 6, "pending": 1}, ("7", "", "", "", "", "")),
    ({"": 3, "upheld": 6, "pending": 1}, ("10", "≥7", "6", "0", "<5", "0.0%")),
    ({"": 20}, ("20", "0", "0", "0", "0", "0.0%")), ({"": 2, "reversed": 1}, ("<5", "≥1", "0", "<5", "0", "")),
    ({}, ("0", "0", "0", "0", "0", ""))])
def test_error_rates(results, expected):
    assert tuple(dataclasses.asdict(transparency.errors_of(results)).values()) == expected


@pytest.mark.parametrize(("row", "cell"), [
    (("invalidated", "", "closed", "actioned"), "not_counted"), (("dismissed", "no_ground", "open", ""), "not_our_scope"),
    (("in_case", "", "closed", "rectified"), "actioned"), (("in_case", "", "open", ""), "open"),
    (("unplaced", "", "", ""), "open")])
def test_cells(row, cell):
    assert transparency.cell_of(*row) == cell


@pytest.mark.django_db
def test_the_figures_of_a_year_and_their_csv(visitor, hotline, cast, actor_of):
    from licet.casework.services import close_case
    from licet.hotline import services

    hotline.now = clock.now() - dt.timedelta(hours=20)
    hotline.now = max(hotline.now, dt.datetime(clock.now().year, 1, 2, tzinfo=dt.UTC))
    numbers = [hotline.wait(minutes=15).report(target=f"https://shop{n % 2}.example", address=f"198.51.{n}.7")
               for n in range(8)]
    hotline.drain()
    for number in numbers[:2]:
        services.dismiss(number, "gone", reason="empty", actor=actor_of("olm"), at=hotline.now)
    for case_id in {hotline.get(number).case_id for number in numbers}:
        close_case(case_id, outcome="not_confirmed", reason="looked", actor=actor_of("olm"), at=hotline.now)

    page = visitor.get("/transparency/")
    text = page.content.decode()
    answer = visitor.get("/transparency/figures.csv")

    rows = {(row["section"], row["row"], row["column"]): row["figure"]
            for row in csv.DictReader(io.StringIO(answer.content.decode()))}
    assert rows["reports", "pornography", "not_confirmed"] == "6"
    assert rows["reports", "pornography", "content_gone"] == "<5", "and no total says that it is two"
    assert rows["reports", "pornography", "sum"] == rows["reports", "all", "sum"] == "≥7"
    assert rows["times", "report_to_end", "count"] == "≥7" and float(rows["times", "report_to_end", "median_hours"]) > 0
    assert rows["about", "licence", "name"] == "CC0 1.0 Universal" and rows["about", "licence", "url"] in answer["Link"]
    assert "CC0 1.0 Universal" in text and 'rel="license"' in text and "What the figures mean" in text
    assert rows["errors", "measures", "decided"] == "0" and rows["errors", "measures", "rate"] == ""
    assert "&lt;5" in text and answer["Cache-Control"] == "public, max-age=3600"
    assert "198.51" not in text and "shop0" not in text + answer.content.decode()


@pytest.mark.django_db
def test_a_merged_case_ends_its_reports_in_every_figure(visitor, hotline, cast, actor_of):
    from licet.casework.services import close_case, merge_cases
    from licet.hotline import services

    hotline.now = max(clock.now() - dt.timedelta(hours=20), dt.datetime(clock.now().year, 1, 2, tzinfo=dt.UTC))
    numbers = [hotline.report(target=f"https://shop{n}.example", address=f"198.51.{n}.7") for n in range(6)]
    hotline.drain()
    target = hotline.get(numbers[0]).case_id
    for number in numbers[1:]:
        with acting_as(actor_of("olm")) as olm:
            merge_cases(hotline.get(number).case_id, into=target, reason="one shop", actor=olm, at=hotline.now)
    close_case(target, outcome="content_gone", reason="gone", actor=actor_of("olm"), at=hotline.wait(hours=5).now)
    contested = hotline.report(channel="api", account="harbour")
    hotline.drain()
    services.mute(contested, reason="too many", actor=actor_of("olm"), at=hotline.now)

    found = transparency.figures(clock.now().year, zone="Asia/Shanghai", first=2020)

    assert found.grounds["pornography"]["content_gone"] == found.ended.count == "6" and found.ended.median_hours == 5.0
    assert found.grounds["pornography"]["open"] == "<5" and found.disregarded.decided == "<5"


@pytest.mark.django_db
@pytest.mark.parametrize("year", ["1066", "99999999999", "next", "-1", "²", "02026", "0" + "2026" * 1100, "2006", "٢٠٢٦", "",
                                  "02026999999", "9999"])
def test_another_year_is_not_found(visitor, cast, year):
    for address in ("/transparency/", "/transparency/figures.csv"):
        answer = visitor.get(address, {"year": year})
        assert answer.status_code == 404 and "max-age=3600" not in answer["Cache-Control"]
    assert not views_open._known, "nothing was counted for it"


@pytest.mark.django_db
def test_years_reach_from_the_first_report_to_this_one(visitor, hotline, cast):
    hotline.now = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
    hotline.report()
    hotline.drain()
    this = clock.now().year
    assert [visitor.get("/transparency/", {"year": year}).status_code for year in (2023, 2024, this, this + 1)] == [
        404, 200, 200, 404]
    text = visitor.get("/transparency/").content.decode()
    assert f'href="?year={this}" aria-current="page"' in text and 'href="?year=2024"' in text and "?year=2023" not in text
    assert len(views_open._known) == 2 <= views_open.MOST_YEARS


def _security(visitor, settings, **env):
    settings.ENV = settings.ENV | {"LICET_SECURITY_CONTACT": "mailto:security@authority.example", "LICET_PUBLIC_URL": ""} | env
    answer = visitor.get("/.well-known/security.txt")
    lines = [line.split(": ", 1) for line in answer.content.decode().splitlines()]
    return answer, lines, dict(lines)


def test_security_txt_keeps_to_rfc_9116(visitor, settings):
    settings.PUBLIC_URL = "https://desk.example"
    answer, lines, fields = _security(visitor, settings, LICET_PUBLIC_URL="https://desk.example")

    assert answer["Content-Type"].startswith("text/plain") and "utf-8" in answer["Content-Type"]
    names = [name for name, _value in lines]
    assert names.count("Expires") == names.count("Preferred-Languages") == 1 and "Contact" in names
    assert fields["Contact"] == "mailto:security@authority.example"
    assert fields["Canonical"] == "https://desk.example/.well-known/security.txt"
    expires = dt.datetime.fromisoformat(fields["Expires"])
    assert clock.now() < expires < clock.now() + dt.timedelta(days=366), "§2.5.5: less than a year"


def test_without_https_it_names_no_canonical_address_and_without_a_contact_there_is_none(visitor, settings):
    assert "Canonical" not in _security(visitor, settings)[2]
    settings.ENV = settings.ENV | {"LICET_SECURITY_CONTACT": ""}
    assert visitor.get("/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize(("text", "uri"), [
    ("", ""), ("security@authority.example", "mailto:security@authority.example"),
    ("Security desk <security@authority.example>", "mailto:security@authority.example"),
    ("mailto:security@authority.example", "mailto:security@authority.example"),
    ("https://authority.example/weakness", "https://authority.example/weakness"), ("tel:+86-10-5550-0100", "tel:+86-10-5550-0100")])
def test_a_security_contact_is_a_uri(text, uri):
    assert environment.read({"LICET_SECURITY_CONTACT": text})["LICET_SECURITY_CONTACT"] == uri


@pytest.mark.parametrize("text", ["licet@localhost", "http://authority.example", "somebody", "tel:12300"])
def test_what_is_no_security_contact_stops_the_start(text):
    with pytest.raises(BadSetting):
        environment.read({"LICET_SECURITY_CONTACT": text})


# --- who may keep what ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/check/?site=www.lantern.example", "/transparency/",
                                  "/check/?site=www.lantern.example&format=json"])
def test_what_anybody_may_keep_carries_no_cookie(visitor, cast, path):
    plain = visitor.get(path)
    chosen = visitor.get(f"{path}{'&' if '?' in path else '?'}lang=en")

    assert "public" in plain["Cache-Control"] and not plain.cookies
    assert {"Accept-Language", "Cookie"} <= set(plain["Vary"].split(", "))
    assert not ("public" in chosen["Cache-Control"] and chosen.cookies)
    assert bool(chosen.cookies) is ("json" not in path), "a choice made on a page is remembered"


@pytest.mark.django_db
def test_choosing_a_language_keeps_what_was_asked(visitor, cast):
    page = visitor.get("/check/?site=www.lantern.example").content.decode()
    assert "?site=www.lantern.example&amp;lang=en" in page


def test_a_program_under_pressure_gets_a_problem_document(visitor, monkeypatch):
    from licet.hotline import pressure

    monkeypatch.setattr(pressure.shares, "take", lambda _: False)
    program = visitor.get("/check/?site=x.example", HTTP_ACCEPT="application/json")
    person = visitor.get("/check/?site=x.example", HTTP_ACCEPT="text/html,application/json;q=0.9")
    assert program.status_code == person.status_code == 429
    assert program["Content-Type"] == "application/problem+json" and person["Content-Type"].startswith("text/html")

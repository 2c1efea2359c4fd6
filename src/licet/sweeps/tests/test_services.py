"""Sweeping a list: files, counts, comparison, who sees what."""

import csv
import datetime as dt
import json
import re

import pyarrow.parquet as pq
import pytest
import python_calamine
from django.test import Client
from django.utils import translation

from licet.core.actors import WORKER, Actor, Scope
from licet.core.errors import BadInput, NotAllowed, NotFound
from licet.core.rls import acting_as
from licet.gate import services as gate
from licet.gate.wording import said_in
from licet.journal.models import Entry
from licet.registers import snapshots
from licet.registers.exchange import services as exchange
from licet.registers.kinds import KIND_BY_ID
from licet.registers.models import RegisterLoad
from licet.sweeps.demo.run import build_province, compare_planted, remove_demo, run_demo, write_province
from licet.sweeps.models import Finding, Sweep
from licet.sweeps.selectors import directory_of
from licet.sweeps.services import run_sweep
from licet.sweeps.tables import FINDING_COLUMNS
from licet.sweeps.workbook import write_workbook

HEADER = [column.name for column in KIND_BY_ID["access"].columns]


@pytest.fixture
def home(cast, settings, tmp_path):
    settings.LICET_HOME = tmp_path / "home"
    snapshots.forget()
    yield tmp_path
    snapshots.forget()


@pytest.fixture
def province(home):
    """A small demo province in the registers; gives the path of its access list."""
    made = build_province(150, 7, snapshots.today())
    paths = write_province(made, home)
    for kind in ("parties", "licences", "annual_reviews", "filings", "addresses", "blacklist", "access"):
        exchange.import_file(kind, paths[kind], actor=WORKER)
    return made, paths["access"]


def write_list(path, *rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(rows)
    return path


def row(number, provider="harbour", **more):
    return {
        "access_id": number,
        "provider_id": provider,
        "service_kind": "vhost",
        "domain": f"s{number}.example",
    } | more


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_demo_finds_all_and_only_what_was_planted(home):
    result = run_demo(rows=150, seed=3, actor=WORKER, progress=lambda _text: None)
    again = run_demo(rows=150, seed=3, actor=WORKER, progress=lambda _text: None)

    assert [line for line in result.lines if line["missed"] or line["false"]] == []
    assert min(line["planted"] for line in result.lines) >= 3
    assert again.is_good
    assert again.sweep.summary["new"] == again.sweep.summary["gone"] == 0


def test_demo_data_judge_nobody_else_and_can_be_removed(home):
    run_demo(rows=150, seed=3, actor=WORKER, progress=lambda _text: None)
    stranger = {"provider_id": "harbour", "domain": "mysite.example", "service_kind": "vhost"}
    assert gate.decide(stranger, actor=WORKER).answer == "refer"

    removed = remove_demo(actor=WORKER)

    assert removed["sweeps"] == 1 and removed["parties"] > 5 and removed["filings"] > 50
    with acting_as(WORKER):
        for kind in KIND_BY_ID.values():
            assert not kind.model_class.objects.filter(until__isnull=True, source__startswith="import:").exists(), kind.id
        assert set(RegisterLoad.objects.values_list("origin", flat=True)) == {"removed"}
        assert Entry.objects.get(tag="registers:demo:removed").data["ended"]["filings"] == removed["filings"]
        assert not Sweep.objects.exists()
    assert gate.decide(stranger, actor=WORKER).answer == "refer"
    assert remove_demo(actor=WORKER) == {}
    assert run_demo(rows=150, seed=3, actor=WORKER, progress=lambda _text: None).is_good


def test_a_miss_and_an_invention_are_counted():
    planted = {("site_unfiled", "p", "1"), ("site_unfiled", "p", "2")}
    found = {("site_unfiled", "p", "1"): 1, ("site_unfiled", "p", "9"): 1, ("site_unfiled:unknown", "p", "2"): 1}

    line = next(line for line in compare_planted(planted, found) if line["finding"] == "site_unfiled")

    assert line == {"finding": "site_unfiled", "planted": 2, "found": 1, "missed": 1, "false": 2}


def test_files_agree_with_each_other_and_with_the_database(province, home):
    _, path = province
    with translation.override("en"):
        sweep = run_sweep(path, actor=WORKER, out=home / "out")

    rows = read(home / "out" / "findings.csv")
    table = pq.read_table(home / "out" / "findings.parquet")
    summary = json.loads((home / "out" / "summary.json").read_text())
    assert tuple(rows[0]) == FINDING_COLUMNS == tuple(table.column_names)
    assert [row["evidence"] for row in rows] == table["evidence"].to_pylist()
    assert sum(row["count"] for row in summary["by_finding"]) == len(rows)
    assert summary["rows"] == sum(row["rows"] for row in summary["by_provider"]) == sweep.rows
    assert {"report.html", "findings.xlsx"} <= {file.name for file in (home / "out").iterdir()}
    with acting_as(WORKER):
        assert list(Finding.objects.filter(sweep=sweep).order_by("pk").values_list("access_id", "finding")) == [
            (row["access_id"], row["finding"]) for row in rows
        ]
        assert Entry.objects.get(subject=f"sweep:{sweep.pk}").tag == "sweeps:sweep:finished"


def test_evidence_is_said_in_the_readers_language_and_kept_in_english(province, home):
    _, path = province
    with translation.override("zh-hans"):
        sweep = run_sweep(path, actor=WORKER, out=home / "out")
    kept = pq.read_table(home / "out" / "findings.parquet")["evidence"].to_pylist()
    sheet = python_calamine.load_workbook(str(home / "out" / "findings.xlsx")).get_sheet_by_index(0).to_python()
    said = [row["evidence"] for row in read(home / "out" / "findings.csv")]

    assert said == [line[5] for line in sheet[1:]]
    assert all(re.search("[一-鿿]", text) for text in said)
    assert not [text for text in said if re.search(r"not_|rid\d:|: other|malformed", text)]
    report = (home / "out" / "report.html").read_text(encoding="utf-8")
    assert said[0] in report and kept[0] not in report
    with acting_as(WORKER):
        assert list(Finding.objects.filter(sweep=sweep).order_by("pk").values_list("evidence", flat=True)) == kept
    assert kept == [said_in(row["finding"], row["evidence"], "en") for row in read(home / "out" / "findings.csv")]


def test_bad_rows_are_explained_and_the_rest_is_judged(home):
    path = write_list(home / "list.csv", row("1"), row("2", service_kind="teleport"), row("3", ip="300.1.1.1"))

    sweep = run_sweep(path, actor=WORKER, out=home / "out")

    assert (sweep.rows, sweep.rows_rejected) == (1, 2)
    assert [(bad["line"], bad["field"]) for bad in read(home / "out" / "errors.csv")] == [
        ("3", "service_kind"),
        ("4", "ip"),
    ]


def test_a_bad_cell_no_rule_reads_is_left_out_and_the_row_judged(home):
    rows = [row("1", customer_name="@home公司", connected_on="2026/13/45"), row("2", customer_name="x\x07")]

    sweep = run_sweep(write_list(home / "list.csv", *rows), actor=WORKER, out=home / "out")

    assert (sweep.rows, sweep.rows_rejected) == (2, 0)
    assert [(bad["line"], bad["field"]) for bad in read(home / "out" / "errors.csv")] == [
        ("2", "connected_on"), ("3", "customer_name")]


def filed(number, provider="harbour"):
    return {"filing_no": f"粤ICP备{2024000100 + number}号-1", "subject_name": "x", "subject_kind": "organisation",
            "domains": f"s{number}.example", "provider_id": provider, "service_kind": "web", "filed_on": "2020-01-01",
            "status": "active"}


@pytest.fixture
def filings(home):
    path = home / "filings.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(filed(1)))
        writer.writeheader()
        writer.writerows([filed(1), filed(2), filed(3, "mudflat")])
    exchange.import_file("filings", path, actor=WORKER)
    return home


def shells(sweep):
    with acting_as(WORKER):
        return dict(Finding.objects.filter(sweep=sweep, finding="shell_filing").values_list("domain", "severity"))


def test_what_a_rejected_row_connects_is_no_shell(filings):
    path = write_list(filings / "list.csv", row("1"), row("2", ip="300.1.1.1"))
    assert shells(run_sweep(path, actor=WORKER)) == {}
    assert shells(run_sweep(write_list(filings / "list.csv", row("1")), actor=WORKER)) == {"s2.example": "warning"}


def test_a_row_that_does_not_say_what_it_connects_makes_shells_unknown(filings):
    path = write_list(filings / "list.csv", row("1"), row("9", domain="a\x07b"), row("8", "mudflat"))

    assert shells(run_sweep(path, actor=WORKER)) == {"s2.example": "unknown", "s3.example": "warning"}


def test_a_plain_list_of_domains_is_a_list(filings):
    path = filings / "domains.csv"
    path.write_text("domain\ns1.example\nnowhere.example\n")

    sweep = run_sweep(path, actor=WORKER, provider="harbour")

    with acting_as(WORKER):
        found = Finding.objects.filter(sweep=sweep, finding="site_unfiled").values_list("access_id", "domain", "severity")
        assert list(found) == [("3", "nowhere.example", "violation")]


def test_a_list_of_which_no_row_can_be_read_is_a_failed_sweep(home):
    path = write_list(home / "list.csv", row("1", ip="300.1.1.1"))

    with pytest.raises(BadInput, match="none of the 1 rows"):
        run_sweep(path, actor=WORKER, out=home / "out")

    with acting_as(WORKER):
        assert Sweep.objects.get().state == "failed"
    assert [path.name for path in (home / "out").iterdir()] == ["errors.csv"]


def test_a_sweep_is_compared_with_the_last_of_its_scope_whatever_the_file_is_called(home):
    both, one = [row("1"), row("1", "mudflat")], [row("1")]
    first = run_sweep(write_list(home / "march.csv", *both), actor=WORKER)
    run_sweep(write_list(home / "march.csv", *one), actor=WORKER)
    with pytest.raises(BadInput):
        run_sweep(write_list(home / "bad.csv", row("1", ip="300.1.1.1")), actor=WORKER)
    past = run_sweep(write_list(home / "x.csv", *both), actor=WORKER, as_of=dt.date(2026, 1, 1))

    april = run_sweep(write_list(home / "april.csv", *both), actor=WORKER)

    assert past.previous is None
    assert april.previous == first
    chosen = run_sweep(write_list(home / "may.csv", *both), actor=WORKER, compare_with=past.number)
    assert chosen.summary["compared_with"]["number"] == past.number
    with pytest.raises(NotFound, match="no finished sweep"):
        run_sweep(write_list(home / "may.csv", *both), actor=WORKER, compare_with="S-2026-999999")


def test_registers_never_loaded_give_unknown_and_no_violation(home):
    sweep = run_sweep(write_list(home / "list.csv", row("1")), actor=WORKER)

    assert sweep.summary["by_severity"]["violation"]["findings"] == 0
    assert sweep.summary["rows_unknown"] == 1
    assert sweep.summary["accuracy_rate"] is None


def test_no_cell_starts_a_formula(home):
    path = write_list(home / "list.csv", row("1", domain="@evil", customer_uscc="X"))
    sweep = run_sweep(path, actor=WORKER)

    for found in read(directory_of(sweep.pk) / "findings.csv"):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in found.values())


def test_a_workbook_continues_on_another_sheet(province, home):
    import openpyxl

    sweep = run_sweep(province[1], actor=WORKER, formats=("csv",))
    directory = directory_of(sweep.pk)
    count = pq.read_metadata(directory / "findings.parquet").num_rows

    book = openpyxl.load_workbook(write_workbook(directory, sheet_rows=50))

    assert len(book.worksheets) == -(-count // 50)
    assert sum(sheet.max_row - 1 for sheet in book.worksheets) == count


def test_a_broken_file_leaves_a_failed_sweep_and_no_findings(home):
    path = home / "list.xlsx"
    path.write_bytes(b"PK\x03\x04 cut off")

    with pytest.raises(BadInput):
        run_sweep(path, actor=WORKER)

    with acting_as(WORKER):
        sweep = Sweep.objects.get()
        assert (sweep.state, sweep.findings.count()) == ("failed", 0)
        assert sweep.problem


@pytest.mark.parametrize(("provider", "refused"), [("", False), ("harbour", False), ("mudflat", True)])
def test_whose_list_an_officer_may_sweep(home, provider, refused):
    pilot = Actor(name="user:1", user_id=1, scope=Scope.ORGANISATION, organisations=("harbour",))
    path = write_list(home / "list.csv", row("1"), row("2", provider="mudflat"))
    if refused:
        with pytest.raises(NotAllowed):
            run_sweep(path, actor=pilot, provider=provider)
        return
    sweep = run_sweep(path, actor=pilot, provider=provider)

    assert (sweep.provider_id, sweep.rows, sweep.rows_rejected) == ("harbour", 1, 1)


@pytest.fixture
def swept(home):
    return run_sweep(write_list(home / "list.csv", row("1")), actor=WORKER, provider="harbour")


@pytest.mark.parametrize(("who", "status"), [("otto", 403), ("moss", 404), ("pilot", 200), ("olm", 200)])
def test_who_sees_a_sweep(swept, sign_in, who, status):
    with acting_as(WORKER):
        finding = swept.findings.first().pk
    client = sign_in(who)

    for page in ("", "findings/", f"findings/{finding}/", "files/findings.csv", "progress/"):
        response = client.get(f"/sweeps/{swept.pk}/{page}")
        if response.streaming:
            assert b"".join(response.streaming_content)
        assert response.status_code == status, page
        assert Client().get(f"/sweeps/{swept.pk}/{page}").status_code == 302, page


@pytest.mark.parametrize(("who", "status"), [("otto", 403), ("pilot", 200), ("olm", 200)])
def test_who_may_list_and_start(swept, sign_in, who, status):
    assert sign_in(who).get("/sweeps/").status_code == status
    assert sign_in(who).get("/sweeps/start/").status_code == status


def test_a_file_outside_the_sweep_is_not_there(swept, sign_in):
    assert sign_in("olm").get(f"/sweeps/{swept.pk}/files/list.csv").status_code == 404
    assert sign_in("olm").get(f"/sweeps/{swept.pk}/files/..%2Fsecrets.json").status_code == 404


def test_a_list_handed_in_waits_for_the_worker(home, sign_in, django_capture_on_commit_callbacks):
    from procrastinate.contrib.django.models import ProcrastinateJob

    path = write_list(home / "list.csv", row("1"))
    with path.open("rb") as file, django_capture_on_commit_callbacks(execute=True):
        response = sign_in("pilot").post("/sweeps/start/", {"file": file})

    assert response.status_code == 302
    with acting_as(WORKER):
        sweep = Sweep.objects.get()
        job = ProcrastinateJob.objects.get(task_name="sweeps.run")
    assert (sweep.state, sweep.provider_id, job.args["sweep_id"]) == ("waiting", "harbour", sweep.pk)

    from licet.sweeps.tasks import run

    run(**job.args)
    with acting_as(WORKER):
        sweep.refresh_from_db()
    assert (sweep.state, sweep.rows) == ("finished", 1)

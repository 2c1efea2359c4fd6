"""The main job: import the registers, ask the gate, sweep the list, repair the register, sweep again."""

import csv
import datetime as dt

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.gate import services as gate
from licet.gate.wording import said_in
from licet.registers import snapshots
from licet.registers.exchange.services import import_file
from licet.registers.kinds import KIND_BY_ID
from licet.sweeps.models import Finding
from licet.sweeps.selectors import directory_of
from licet.sweeps.services import run_sweep

DAY = dt.date(2026, 3, 2)
LICENCE = {
    "licence_no": "粤B1-20990001",
    "provider_id": "harbour",
    "category": "B11 B14",
    "catalogue_year": 2015,
    "regions": "CN-GD",
    "valid_from": "2020-01-01",
    "valid_to": "2030-01-01",
    "status": "active",
}
FILING = {
    "filing_no": "粤ICP备20990001号-1",
    "subject_no": "粤ICP备20990001号",
    "subject_name": "灯塔",
    "subject_kind": "organisation",
    "domains": "lantern.example",
    "provider_id": "harbour",
    "service_kind": "web",
    "filed_on": "2024-01-01",
    "verified_on": "2026-01-01",
    "status": "active",
}
LISTED = {
    "kind": "domain",
    "value": "night.example",
    "ground": "unfiled_site",
    "decided_on": "2026-01-01",
    "decision_ref": "2026-1",
}


class Desk:
    """What a provider's desk does, with files as it has them."""

    def __init__(self, directory):
        self.directory = directory

    def write(self, kind, rows):
        path = self.directory / f"{kind}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [column.name for column in KIND_BY_ID[kind].columns])
            writer.writeheader()
            writer.writerows(rows)
        return path

    def load(self, kind, *rows, on=DAY):
        report = import_file(kind, self.write(kind, rows), actor=WORKER, as_of=on)
        assert report.rejected == 0
        return report

    def ask(self, on=DAY, **row):
        return gate.decide({"provider_id": "harbour", "service_kind": "vhost"} | row, actor=WORKER, as_of=on)

    def sweep(self, *rows, on=DAY):
        return run_sweep(self.write("access", rows), actor=WORKER, as_of=on, provider="harbour")

    def findings(self, sweep, status):
        with acting_as(WORKER):
            return list(Finding.objects.filter(sweep=sweep, status=status).values_list("access_id", "finding"))


@pytest.fixture
def desk(cast, settings, tmp_path):
    settings.LICET_HOME = tmp_path / "home"
    snapshots.forget()
    made = Desk(tmp_path)
    made.load("licences", LICENCE)
    made.load("annual_reviews", {"licence_no": LICENCE["licence_no"], "year": 2024, "result": "pass"})
    made.load("filings", FILING)
    made.load("addresses")
    made.load("blacklist", LISTED)
    yield made
    snapshots.forget()


def access(number, domain, **more):
    return {"access_id": number, "provider_id": "harbour", "service_kind": "vhost", "domain": domain} | more


def test_a_repaired_register_clears_the_finding(desk):
    rows = [access("1", "www.lantern.example"), access("2", "www.copper.example")]
    first = desk.sweep(*rows)
    assert desk.findings(first, "new") == [("2", "site_unfiled")]
    assert desk.ask(domain="www.copper.example").answer == "deny"

    desk.load(
        "filings",
        FILING | {"filing_no": "粤ICP备20990002号-1", "subject_no": "粤ICP备20990002号", "domains": "copper.example"},
    )

    second = desk.sweep(*rows)
    assert desk.ask(domain="www.copper.example").answer == "permit"
    assert (desk.findings(second, "gone"), desk.findings(second, "new")) == ([("2", "site_unfiled")], [])
    assert second.summary["compared_with"]["sweep"] == first.pk


def test_a_finding_nobody_repairs_stays_open(desk):
    lantern = access("1", "lantern.example")
    desk.sweep(lantern, access("2", "www.copper.example"))

    second = desk.sweep(lantern, access("2", "www.copper.example"), access("3", "night.example"))

    assert desk.findings(second, "open") == [("2", "site_unfiled")]
    assert desk.findings(second, "new") == [("3", "site_unfiled"), ("3", "blacklisted_domain")]


def test_the_registers_of_the_day_count(desk):
    desk.load("filings", FILING | {"status": "cancelled"}, on=dt.date(2026, 3, 20))

    assert desk.ask(domain="lantern.example", on=DAY).answer == "permit"
    assert desk.ask(domain="lantern.example", on=dt.date(2026, 3, 21)).findings == ["filing_cancelled"]


def test_a_register_that_grew_old_refers_and_accuses_nobody(desk):
    late = DAY + dt.timedelta(days=60)

    assert desk.ask(domain="www.copper.example", on=late).answer == "refer"
    assert desk.sweep(access("2", "www.copper.example"), on=late).summary["by_severity"]["violation"]["findings"] == 0


row_strategy = strategies.fixed_dictionaries(
    {
        "provider_id": strategies.sampled_from(["harbour", "mudflat", "nobody-knows"]),
        "service_kind": strategies.sampled_from(["vhost", "line", "cloud"]),
        "domain": strategies.sampled_from(
            [
                "",
                "lantern.example",
                "WWW.Lantern.example.",
                "a.night.example",
                "com.cn",
                "灯塔.example",
                "192.0.2.1",
                "copper.example",
            ]
        ),
        "ip": strategies.sampled_from(["", "192.0.2.7", "2001:db8::1"]),
        "filing_no": strategies.sampled_from(
            ["", "粤ICP备20990001号-1", "粤 icp 备 20990001 号", "nonsense", "粤ICP备20990009号"]
        ),
        "customer_uscc": strategies.sampled_from(["", "91440000MA00000000", "11010519491231002X"]),
        "upstream_provider_id": strategies.sampled_from(["", "backbone", "harbour"]),
    }
)


@given(rows=strategies.lists(row_strategy, min_size=1, max_size=12))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_gate_and_sweep_agree_row_by_row(desk, rows):
    rows = [{"access_id": f"r{at}"} | row for at, row in enumerate(rows)]
    path = desk.write("access", rows)

    swept = run_sweep(path, actor=WORKER, as_of=DAY, formats=())

    table = pq.read_table(directory_of(swept.pk) / "findings.parquet").to_pylist()
    for row in rows:
        from_list = [
            (found["finding"], found["severity"], found["evidence"])
            for found in table
            if found["access_id"] == row["access_id"]
        ]
        answered = gate.decide(row, actor=WORKER, as_of=DAY)
        said = [(reason["finding"], reason["severity"], said_in(reason["finding"], reason["evidence"], "en"))
                for reason in answered.reasons]
        assert said == from_list

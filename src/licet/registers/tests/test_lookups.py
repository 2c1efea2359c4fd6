"""Names, names below, providers above: the same answers as reading every row, and an index that gives them."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licet.core.actors import WORKER
from licet.core.rls import acting_as
from licet.registers.lookups import below, filings_naming, providers_above
from licet.registers.models import AccessRelation, Filing
from licet.registers.tests import examples

LABELS = st.lists(st.sampled_from(["a", "site", "asite", "sitea"]), min_size=1, max_size=3)
HOSTS = LABELS.map(lambda labels: ".".join([*labels, "example"]))
# The rows a test writes go with its transaction; those of one example are told from another's by their customer.
AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


@AGAIN
@given(names=st.lists(HOSTS, min_size=1, max_size=6, unique=True), hosts=st.lists(HOSTS, max_size=2))
def test_below_a_host_is_what_ends_with_it_behind_a_dot(cast, names, hosts):
    with acting_as(WORKER):
        AccessRelation.objects.all().delete()
        for n, name in enumerate(names):
            examples.write("access", access_id=f"B-{n}", domain=name)

        found = set(AccessRelation.objects.filter(below(hosts)).values_list("domain", flat=True))

    assert found == {name for name in names if any(name.endswith(f".{host}") for host in hosts)}


@AGAIN
@given(listed=st.lists(st.lists(HOSTS, max_size=6, unique=True), min_size=1, max_size=4), names=st.lists(HOSTS, max_size=3))
def test_filings_naming_a_host_list_it_at_any_place(cast, listed, names):
    with acting_as(WORKER):
        Filing.objects.all().delete()
        for n, domains in enumerate(listed):
            examples.write("filings", filing_no=f"粤ICP备2026{n:04}号-1", domains=" ".join(domains))

        found = set(Filing.objects.filter(pk__in=filings_naming(names)).values_list("filing_no", flat=True))

    assert found == {f"粤ICP备2026{n:04}号-1" for n, domains in enumerate(listed) if set(domains) & set(names)}


def test_providers_above_are_each_named_once_and_only_by_present_relations(cast):
    with acting_as(WORKER):
        for n, above in enumerate(["backbone", "", "backbone", "tidewater"]):
            examples.write("access", access_id=f"B-{n}", upstream_provider_id=above)
        examples.write("access", access_id="B-0", upstream_provider_id="tidewater", since=examples.DAY)
        examples.write("access", access_id="B-2", upstream_provider_id="", since=examples.DAY)
        examples.write("access", access_id="C-1", provider_id="nightlamp", upstream_provider_id="harbour")

        assert list(providers_above("harbour")) == ["tidewater"]
        assert list(providers_above("nightlamp")) == ["harbour"]


@pytest.mark.parametrize(("rows", "index"), [
    (lambda: AccessRelation.objects.filter(below(["site.example"]), until__isnull=True), "registers_access_below"),
    (lambda: AccessRelation.objects.filter(
        provider_id="harbour", until__isnull=True, upstream_provider_id__gt="p").order_by("upstream_provider_id")[:1],
     "registers_access_chain")])
def test_the_application_role_is_answered_from_the_index(actor_of, rows, index):
    with acting_as(actor_of("pilot")), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # on an empty table reading all of it is cheaper
        plan = rows().explain()

    assert index in plan, plan

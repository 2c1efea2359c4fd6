"""One planter per rule: each spoils rows so that exactly its finding must come out, by construction.

A planter gets the province and how many rows to spoil. Its own providers keep faults of different kinds apart.
"""

from __future__ import annotations

from collections.abc import Callable

from licet.sweeps.demo.province import Province, Row

Planter = Callable[[Province, int], None]
PLANTERS: dict[str, Planter] = {}


def _plants(finding: str) -> Callable[[Planter], Planter]:
    def keep(planter: Planter) -> Planter:
        PLANTERS[finding] = planter
        return planter

    return keep


def _spoil_provider(province: Province, finding: str, provider: str, count: int, **changes: object) -> None:
    """Rows in good order whose provider is the fault."""
    for _ in range(count):
        row = province.connect(provider, province.filing(provider), **changes)
        province.plant(finding, provider, row["access_id"])


def _home(province: Province) -> str:
    """The licensed provider that carries single spoilt rows."""
    if not province.next("home") > 1:
        province.provider("mixed")
    return province.names.party("mixed")


def _elsewhere(province: Province) -> str:
    """A provider that holds filings and addresses but hands in no list: its shell filings are nobody's question."""
    if not province.next("elsewhere") > 1:
        province.provider("elsewhere")
    return province.names.party("elsewhere")


@_plants("provider_unlicensed")
def _(province: Province, count: int) -> None:
    _spoil_provider(province, "provider_unlicensed", province.provider("unlicensed", licensed=False), count)


@_plants("licence_suspended_or_revoked")
def _(province: Province, count: int) -> None:
    for share, status in ((count - count // 2, "suspended"), (count // 2, "revoked")):
        provider = province.provider(status, licensed=False)
        province.licence(provider, status=status)
        _spoil_provider(province, "licence_suspended_or_revoked", provider, share)


@_plants("licence_expired")
def _(province: Province, count: int) -> None:
    provider = province.provider("expired", licensed=False)
    province.licence(provider, valid_to=province.ago(10))
    _spoil_provider(province, "licence_expired", provider, count)


@_plants("licence_category_missing")
def _(province: Province, count: int) -> None:
    """B14 is access service in the 2015 catalogue: no hosting room. In the 2003 one it means a data centre."""
    provider = province.provider("category", licensed=False)
    province.licence(provider, category="B14")
    _spoil_provider(province, "licence_category_missing", provider, count, service_kind="colocation")


@_plants("region_not_covered")
def _(province: Province, count: int) -> None:
    provider = province.provider("region", licensed=False)
    province.licence(provider, regions="CN-SH CN-ZJ")
    _spoil_provider(province, "region_not_covered", provider, count)


@_plants("annual_review_failed")
def _(province: Province, count: int) -> None:
    for share, result in ((count - count // 2, "fail"), (count // 2, "not_submitted")):
        provider = province.provider(f"review-{result}".replace("_", "-"), licensed=False)
        province.licence(provider, review=result)
        _spoil_provider(province, "annual_review_failed", provider, share)


@_plants("upstream_unlicensed")
def _(province: Province, count: int) -> None:
    """Half of them one link up, half two links up."""
    bad = province.provider("badupstream", licensed=False)
    near, far = province.provider("reseller"), province.provider("reseller2")
    _spoil_provider(province, "upstream_unlicensed", near, count - count // 2, upstream_provider_id=bad)
    _spoil_provider(province, "upstream_unlicensed", far, count // 2, upstream_provider_id=near)


def _connect_and_plant(province: Province, finding: str, filing: Row | None, **changes: object) -> None:
    row = province.connect(_home(province), filing, **changes)
    province.plant(finding, row["provider_id"], row["access_id"])


@_plants("site_unfiled")
def _(province: Province, count: int) -> None:
    for _ in range(count):
        _connect_and_plant(province, "site_unfiled", None)


@_plants("filing_cancelled")
def _(province: Province, count: int) -> None:
    for _ in range(count):
        _connect_and_plant(province, "filing_cancelled", province.filing(_home(province), status="cancelled"))


@_plants("filing_suspended")
def _(province: Province, count: int) -> None:
    for _ in range(count):
        _connect_and_plant(province, "filing_suspended", province.filing(_home(province), status="suspended"))


@_plants("filed_with_other_provider")
def _(province: Province, count: int) -> None:
    for _ in range(count):
        _connect_and_plant(province, "filed_with_other_provider", province.filing(_elsewhere(province)))


@_plants("declared_number_wrong")
def _(province: Province, count: int) -> None:
    """In turn: another site's number, a number nobody has, and what is no number."""
    other = province.filing(_elsewhere(province))["filing_no"]
    for index in range(count):
        declared = (other, province.names.absent_no(index), "备案办理中")[index % 3]
        _connect_and_plant(province, "declared_number_wrong", province.filing(_home(province)), filing_no=declared)


@_plants("filing_stale")
def _(province: Province, count: int) -> None:
    for index in range(count):
        verified = "" if index % 3 == 2 else province.ago(500)
        _connect_and_plant(
            province, "filing_stale", province.filing(_home(province), filed_on=province.ago(900), verified_on=verified)
        )


@_plants("sponsor_id_invalid")
def _(province: Province, count: int) -> None:
    for index in range(count):
        _connect_and_plant(
            province,
            "sponsor_id_invalid",
            province.filing(_home(province)),
            customer_uscc=province.names.wrong_uscc(5_000_000 + index),
        )


@_plants("sponsor_mismatch")
def _(province: Province, count: int) -> None:
    for index in range(count):
        _connect_and_plant(
            province,
            "sponsor_mismatch",
            province.filing(_home(province)),
            customer_uscc=province.names.uscc(6_000_000 + index),
        )


@_plants("duplicate_filing")
def _(province: Province, count: int) -> None:
    for _ in range(count):
        filing = province.filing(_home(province))
        province.filing(_elsewhere(province), domains=filing["domains"])
        _connect_and_plant(province, "duplicate_filing", filing)


@_plants("shell_filing")
def _(province: Province, count: int) -> None:
    for _ in range(count):
        filing = province.filing(_home(province))
        province.plant("shell_filing", filing["provider_id"], filing["domains"])


@_plants("address_outside_provider_range")
def _(province: Province, count: int) -> None:
    for index in range(count):
        outside = province.address(_elsewhere(province)) if index % 2 else f"192.0.2.{index % 254 + 1}"
        _connect_and_plant(province, "address_outside_provider_range", province.filing(_home(province)), ip=outside)


def _list(province: Province, kind: str, value: str) -> None:
    province.rows["blacklist"].append(
        {
            "kind": kind,
            "value": value,
            "ground": "unfiled_site",
            "decided_on": province.ago(60),
            "valid_to": province.ago(-700),
            "decision_ref": f"示例决字 {province.names.tag} 第 {province.next('decision')} 号",
        }
    )


@_plants("blacklisted_domain")
def _(province: Province, count: int) -> None:
    """The entry names the registrable domain, the row a host below it."""
    for _ in range(count):
        filing = province.filing(_home(province))
        _list(province, "domain", filing["domains"])
        _connect_and_plant(province, "blacklisted_domain", filing, domain=f"shop.{filing['domains']}")


@_plants("blacklisted_sponsor")
def _(province: Province, count: int) -> None:
    for _ in range(count):
        filing = province.filing(_home(province))
        _list(province, "sponsor", filing["subject_uscc"])
        _connect_and_plant(province, "blacklisted_sponsor", filing)


@_plants("blacklisted_address")
def _(province: Province, count: int) -> None:
    """A listed /120 inside the provider's own block."""
    provider = province.provider("listed-block")
    block = f"{province.names.ipv6_block(province.block_of(provider))}:bad::"
    _list(province, "address", f"{block}/120")
    for index in range(count):
        row = province.connect(provider, province.filing(provider), ip=f"{block}{index % 255 + 1:x}")
        province.plant("blacklisted_address", provider, row["access_id"])


@_plants("blacklisted_provider")
def _(province: Province, count: int) -> None:
    provider = province.provider("struck-off")
    _list(province, "provider", provider)
    _spoil_provider(province, "blacklisted_provider", provider, count)


@_plants("domain_unusable")
def _(province: Province, count: int) -> None:
    for index in range(count):
        written = ("localhost", "198.18.0.9", "com.cn", "bad..example")[index % 4]
        _connect_and_plant(province, "domain_unusable", None, domain=written)


def plant_faults(province: Province, each: int) -> None:
    """Plant every kind of fault on ``each`` rows."""
    for planter in PLANTERS.values():
        planter(province, each)

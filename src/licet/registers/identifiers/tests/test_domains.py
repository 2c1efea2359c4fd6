"""Names people write, the domain a registry sold, and the fast path against the slow one and the libraries."""

import lzma
import os
from pathlib import Path

import idna
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from licet.registers.identifiers import REASONS, Normaliser, SuffixRules, UnusableDomain
from licet.registers.identifiers.suffixes import packaged_rules, suffix_rules, suffix_rules_version

LIST = """
// VERSION: test-edition
// ===BEGIN ICANN DOMAINS===
example
com.example
net.example
公司.example
test
*.test
!city.test
*.wild.invalid
*.starred
invalid
deep.deeper.invalid
// ===END ICANN DOMAINS===
// ===BEGIN PRIVATE DOMAINS===
blogs.example
// ===END PRIVATE DOMAINS===
"""
NORMALISER = Normaliser(SuffixRules.from_text(LIST))
ORACLE = PublicSuffixList(LIST, only_icann=True)
COMPANY = idna.encode("公司").decode()


@pytest.mark.parametrize(
    ("text", "host", "registrable"),
    [
        ("site.example", "site.example", "site.example"),
        ("www.site.example", "www.site.example", "site.example"),
        ("www.com.example", "www.com.example", "www.com.example"),  # sold below a suffix, so a site of its own
        ("Shop.Site.COM.example.", "shop.site.com.example", "site.com.example"),
        (" https://www.site.example:8080/a?b=c#d ", "www.site.example", "site.example"),
        ("//site.example/a@b", "site.example", "site.example"),
        ("ｗｗｗ．ｓｉｔｅ。ｅｘａｍｐｌｅ", "www.site.example", "site.example"),
        ("ＨＴＴＰ：／／site.example／a", "site.example", "site.example"),
        ("\ufeffsite.example\u200b", "site.example", "site.example"),
        ("我的.公司.example", f"xn--wnu286b.{COMPANY}.example", f"xn--wnu286b.{COMPANY}.example"),
        (f"a.b.{COMPANY}.example", f"a.b.{COMPANY}.example", f"b.{COMPANY}.example"),
        ("straße.example", "xn--strae-oqa.example", "xn--strae-oqa.example"),
        ("a_b._c.site.example", "a_b._c.site.example", "site.example"),
        ("r1---sn.site.example", "r1---sn.site.example", "site.example"),
        ("one.blogs.example", "one.blogs.example", "blogs.example"),
        ("a.b.c.test", "a.b.c.test", "b.c.test"),
        ("x.city.test", "x.city.test", "city.test"),
        ("a.deeper.invalid", "a.deeper.invalid", "deeper.invalid"),
        ("a.deep.deeper.invalid", "a.deep.deeper.invalid", "a.deep.deeper.invalid"),
        ("a.b.unlisted", "a.b.unlisted", "b.unlisted"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example", f"{'a' * 63}.example"),
    ],
)
def test_a_name_is_normalised(text, host, registrable):
    domain = NORMALISER.normalise(text)

    assert (domain.host, domain.registrable) == (host, registrable)
    assert NORMALISER.normalise(domain.host) == domain
    assert NORMALISER.normalise_many([text]) == ([host], [registrable], [""])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \u3000", "empty"),
        ("http:///path", "empty"),
        (".", "empty"),
        ("ftp://site.example", "other_scheme"),
        ("me@site.example", "user_info"),
        ("*.site.example", "wildcard"),
        ("192.0.2.1", "ip_literal"),
        ("http://192.0.2.1:80/", "ip_literal"),
        ("[2001:db8::1]:80", "ip_literal"),
        ("2001:db8::1", "ip_literal"),
        ("site.123", "ip_literal"),
        ("a.0x7f", "ip_literal"),
        ("2130706433", "ip_literal"),
        (f"{'a' * 64}.example", "too_long"),
        (f"{'a.' * 130}example", "too_long"),
        (f"{'京' * 60}.example", "too_long"),
        ("京" * 5000, "too_long"),
        ("site..example", "bad_label"),
        (".site.example", "bad_label"),
        ("-site.example", "bad_label"),
        ("site-.example", "bad_label"),
        ("my site.example", "bad_label"),
        ("a.example,b.example", "bad_label"),
        ("my_site.example", "bad_label"),
        ("a.b.c_d.test", "bad_label"),
        ("a:b:c", "bad_label"),
        ("site.example:http", "bad_label"),
        ("xn--a.example", "bad_idna"),
        ("☃.example", "bad_idna"),
        ("a\u0300\u200d.example", "bad_idna"),
        ("localhost", "single_label"),
        ("example", "single_label"),
        ("com.example", "public_suffix"),
        ("any.test", "public_suffix"),
        ("wild.invalid", "public_suffix"),
        ("a.wild.invalid", "public_suffix"),
        ("a.starred", "public_suffix"),
        ("公司.example", "public_suffix"),
    ],
)
def test_an_unusable_name_is_refused_with_a_reason(text, reason):
    with pytest.raises(UnusableDomain) as refused:
        NORMALISER.normalise(text)

    assert refused.value.reason == reason
    assert refused.value.hint
    assert NORMALISER.normalise_many([text]) == ([""], [""], [reason])


def test_every_reason_is_met_above():
    marks = test_an_unusable_name_is_refused_with_a_reason.pytestmark
    assert {reason for _, reason in marks[0].args[1]} == set(REASONS)


def test_names_asked_go_down_to_the_registrable_domain():
    assert NORMALISER.normalise("a.b.site.com.example").names_asked() == [
        "a.b.site.com.example",
        "b.site.com.example",
        "site.com.example",
    ]


def test_rules_are_a_labels_without_marks_and_have_a_fingerprint():
    plain, wildcard, exceptions = suffix_rules()

    assert {"cn", "com.cn", "xn--55qx5d.cn"} <= set(plain)
    assert "ck" in wildcard
    assert "www.ck" in exceptions
    assert all(name.isascii() and not set(name) & set("*! ") for name in plain + wildcard + exceptions)
    assert suffix_rules_version() == packaged_rules().fingerprint
    assert SuffixRules.from_text(LIST).fingerprint.startswith("psl:test-edition:")
    assert SuffixRules.from_text(LIST.replace("net.example\n", "")) != SuffixRules.from_text(LIST)


def test_every_packaged_rule_is_applied_as_the_library_does():
    normaliser, psl = Normaliser(), PublicSuffixList(only_icann=True)
    names = [front + rule for rules in suffix_rules() for rule in rules for front in ("", "a.", "b.a.", "c.b.a.")]

    registrables = normaliser.normalise_many(names)[1]

    assert len(names) > 20_000
    assert registrables == [psl.privatesuffix(name) or "" for name in names]
    assert registrables == [normaliser._slow(name)[1] for name in names]


def oracle(text: str, psl: PublicSuffixList) -> tuple[str, str]:
    """Host and registrable domain by the libraries alone; '' where they refuse."""
    try:
        host = idna.encode(text, uts46=True).decode().lower().removesuffix(".")
    except idna.IDNAError:
        return "", ""
    registrable = psl.privatesuffix(host)
    return (host, registrable) if registrable and not host.rpartition(".")[2].isdigit() else ("", "")


LABELS = st.sampled_from(
    [
        "a",
        "www",
        "x-y",
        "1",
        "com",
        "net",
        "city",
        "wild",
        "deep",
        "deeper",
        "blogs",
        "公司",
        "京东",
        "Ａ",
        "xn--wnu286b",
        "ß",
    ]
)
TOPS = st.sampled_from(["example", "test", "invalid", "starred", "unlisted", "EXAMPLE", "公司"])
NAMES = st.builds(lambda labels, top: ".".join([*labels, top]), st.lists(LABELS, max_size=5), TOPS)


@settings(max_examples=500)
@given(NAMES)
@example("a.1")
def test_libraries_and_both_paths_agree(name):
    hosts, registrables, reasons = NORMALISER.normalise_many([name])

    assert (hosts[0], registrables[0]) == oracle(name, ORACLE)
    assert bool(reasons[0]) is (hosts[0] == "")


@settings(max_examples=500)
@given(st.lists(st.text(alphabet="ab1-_.:/ @*京．Ａ", max_size=20) | NAMES | st.text(max_size=20)))
def test_the_fast_path_equals_the_slow_one_for_any_text(texts):
    many = NORMALISER.normalise_many(texts)

    assert list(zip(*many, strict=True)) == [NORMALISER._slow(text) for text in texts]
    for host, registrable, _ in zip(*many, strict=True):
        if host:
            assert NORMALISER.normalise(host).host == host
            assert host.endswith(registrable)
            assert NORMALISER.normalise(registrable).registrable == registrable


def test_real_names():
    folder = os.environ.get("LICET_TEST_DATA")
    if not folder:
        pytest.skip("LICET_TEST_DATA does not name the folder with domains-cn.txt.xz")
    names = lzma.decompress((Path(folder) / "domains-cn.txt.xz").read_bytes()).decode().split()
    normaliser, psl = Normaliser(), PublicSuffixList(only_icann=True)

    hosts, registrables, reasons = normaliser.normalise_many(names)

    assert len(names) > 100_000
    assert set(reasons) <= {"", "single_label", "public_suffix"}
    assert list(zip(hosts, registrables, reasons, strict=True)) == [normaliser._slow(name) for name in names]
    assert registrables == [psl.privatesuffix(name) or "" for name in names]
    usable = [host for host in hosts if host]
    assert normaliser.normalise_many(usable)[0] == usable

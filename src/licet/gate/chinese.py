"""What was found, in Chinese. Findings keep the evidence as one English line; whoever is hit reads it in their language."""

from __future__ import annotations

import functools
import re

from licet.gate.tables import RULES, Rule
from licet.gate.wording import WORDS

# Rule -> its evidence in Chinese, with the names of ``Rule.evidence``.
EVIDENCE_ZH: dict[str, str] = {
    "provider_unlicensed": "{provider} 无经营许可证记录",
    "licence_suspended_or_revoked": "许可证 {licence_no} 已{licence_status}",
    "licence_expired": "许可证 {licence_no} 有效期为 {valid_from} 至 {valid_to}",
    "licence_category_missing": "许可证 {licence_no} 的业务种类为 {categories}，不含 {service_kind}",
    "region_not_covered": "许可证 {licence_no} 的覆盖地区为 {regions}，不含 {region}",
    "annual_review_failed": "许可证 {licence_no} 的 {year} 年度年检结果：{result}",
    "upstream_unlicensed": "上游 {upstream}：其中 {link} 无经营许可证",
    "site_unfiled": "没有备案包含 {asked}",
    "filing_cancelled": "备案 {filing_no} 已注销；登记的接入单位为 {holder}",
    "filing_suspended": "备案 {filing_no} 已暂停；登记的接入单位为 {holder}",
    "filed_with_other_provider": "备案 {filing_no} 登记的接入单位为 {holder}",
    "declared_number_wrong": "所示备案号 {declared}：{declared_problem}",
    "filing_stale": "备案 {filing_no} 最近一次核验为 {verified_on}",
    "sponsor_id_invalid": "主办者证件号码 {sponsor} 校验不通过",
    "sponsor_mismatch": "用户为 {sponsor}，备案 {filing_no} 的主办者为 {subject}",
    "duplicate_filing": "{name} 同时见于 {filing_a} 和 {filing_b}",
    "shell_filing": "{filed_on} 的备案 {filing_no} 未由 {holder} 接入",
    "address_outside_provider_range": "{ip} 属于 {block}；持有者为 {holder}",
    "blacklisted_domain": "{listed} 由 {decision_ref} 列入",
    "blacklisted_sponsor": "{listed} 由 {decision_ref} 列入",
    "blacklisted_address": "{listed} 由 {decision_ref} 列入",
    "blacklisted_provider": "{listed} 由 {decision_ref} 列入",
    "domain_unusable": "{domain} 无法查询",
}
_CHINESE = {(name, code): zh for (name, code), (zh, _en) in WORDS.items()}
_ENGLISH = {(name, en): zh for (name, _code), (zh, en) in WORDS.items()}


@functools.cache
def _pattern(rule: Rule) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", rule.evidence)
    return re.compile("".join(re.escape(part) if n % 2 == 0 else f"(?P<{part}>.+?)" for n, part in enumerate(parts)))


def evidence_in(language: str, rule: Rule, text: str) -> str:
    """The line of a finding in ``zh`` or ``en``; as it stands where it is not the rule's own sentence."""
    found = _pattern(rule).fullmatch(text) if language == "zh" else None
    if found is None:
        return text
    return EVIDENCE_ZH[rule.id].format(**{name: _value(name, value) for name, value in found.groupdict().items()})


def _value(name: str, value: str) -> str:
    return _CHINESE.get((name, value)) or _ENGLISH.get((name, value)) or value


assert {rule.id for rule in RULES} == set(EVIDENCE_ZH)

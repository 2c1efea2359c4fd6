"""What the rules say to people, in Chinese and English. Names in braces are evidence (``licet.gate.evidence``)."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Wording:
    """Texts of one rule: what it is called, what was found, what repairs it, who may contest it and where."""

    title_zh: str
    title_en: str
    explanation_zh: str
    explanation_en: str
    remedy_zh: str
    remedy_en: str
    contest_zh: str
    contest_en: str


# Who may contest what where; the same few ways serve all rules.
_LICENCE = ("接入服务商可在收到通知后向发证的主管部门书面提出异议，由未参与原决定的人员复核。",
            "The provider may object in writing to the authority that issues licences; someone who did not decide "
            "before reviews it.")
_FILING = ("网站主办者或接入服务商可向备案所在地主管部门申请更正备案记录，由未参与原决定的人员复核。",
           "The sponsor or the provider may ask the filing authority of the region to correct the record; someone who "
           "did not decide before reviews it.")
_DESK = ("网站主办者可向接入服务商合规专员提出异议，对答复不服的可向主管部门申诉。",
         "The sponsor may object to the provider's compliance officer and appeal from there to the authority.")
_LIST = ("被列入者可向作出决定的主管部门申诉，由未参与原决定的人员审理；期限届满自动移出。",
         "Whoever is listed may appeal to the authority that decided; someone else judges it. The entry ends with its term.")

WORDINGS: dict[str, Wording] = {
    "provider_unlicensed": Wording(
        "接入服务商无经营许可证", "Provider has no licence",
        "登记册中没有 {provider} 的任何经营许可证。", "The register holds no licence of {provider}.",
        "取得相应经营许可证前停止接入；已有许可证的，请主管部门补登。",
        "Stop connecting until a licence is granted; if there is one, have the authority enter it.", *_LICENCE),
    "licence_suspended_or_revoked": Wording(
        "经营许可证已暂停或吊销", "Licence suspended or revoked",
        "{provider} 的许可证 {licence_no} 状态为{licence_status}。",
        "Licence {licence_no} of {provider} is {licence_status}.",
        "在许可证恢复之前停止接入，并将用户平稳迁至有证服务商。",
        "Stop connecting until the licence is restored, and move customers to a licensed provider.", *_LICENCE),
    "licence_expired": Wording(
        "经营许可证不在有效期内", "Licence not in force",
        "{provider} 的许可证 {licence_no} 有效期为 {valid_from} 至 {valid_to}，判定日不在其内。",
        "Licence {licence_no} of {provider} is valid from {valid_from} to {valid_to}; the day judged by lies outside.",
        "办理许可证续期；续期获准前不得新增接入。", "Renew the licence; connect nothing new until it is renewed.", *_LICENCE),
    "licence_category_missing": Wording(
        "许可证业务种类不符", "Licence does not cover the service",
        "许可证 {licence_no} 的业务种类为 {categories}，不含“{service_kind}”所需种类。",
        "Licence {licence_no} covers {categories}, which does not allow the service {service_kind}.",
        "申请增加相应业务种类，或停止提供该项服务。", "Apply for the missing category, or stop offering this service.", *_LICENCE),
    "region_not_covered": Wording(
        "许可证未覆盖该地区", "Licence does not cover the region",
        "许可证 {licence_no} 的覆盖地区为 {regions}，不含 {region}。",
        "Licence {licence_no} covers {regions}, not {region}.",
        "申请扩大覆盖地区，或停止在该地区经营。", "Have the licence extended to the region, or stop operating there.", *_LICENCE),
    "annual_review_failed": Wording(
        "未通过年检", "Annual review not passed",
        "许可证 {licence_no} 的 {year} 年度年检结果为{result}，视同无证经营。",
        "Licence {licence_no} has the {year} annual review result {result}, which counts as unlicensed.",
        "按年检意见整改并申请复检；通过之前停止接入。",
        "Correct what the review found and ask for another; stop connecting until it is passed.", *_LICENCE),
    "upstream_unlicensed": Wording(
        "上游接入服务商无证", "Upstream provider not licensed",
        "上游 {upstream} 的接入链条中，{link} 没有有效许可证或未通过年检。",
        "In the chain above {upstream}, {link} has no licence in force or failed its annual review.",
        "改由有证的上游接入，或由上游补正许可后再接入。",
        "Take access from a licensed upstream, or wait until the upstream is licensed.", *_LICENCE),
    "site_unfiled": Wording(
        "网站未备案", "Site not filed",
        "备案登记册中没有 {asked} 的备案。", "The filing register holds no filing for {asked}.",
        "停止接入；主办者完成备案后方可开通。", "Stop access; it may be opened once the sponsor has filed the site.", *_FILING),
    "filing_cancelled": Wording(
        "备案已注销", "Filing cancelled",
        "{asked} 的备案 {filing_no}（接入商 {holder}）已注销。",
        "Filing {filing_no} for {asked} (held by {holder}) is cancelled.",
        "停止接入；主办者重新备案后方可开通。", "Stop access; it may be opened once the sponsor has filed again.", *_FILING),
    "filing_suspended": Wording(
        "备案已暂停", "Filing suspended",
        "{asked} 的备案 {filing_no}（接入商 {holder}）处于暂停状态。",
        "Filing {filing_no} for {asked} (held by {holder}) is suspended.",
        "暂停接入，待备案恢复后再开通。", "Suspend access until the filing is restored.", *_FILING),
    "filed_with_other_provider": Wording(
        "备案接入商不符", "Filed with another provider",
        "{asked} 的备案 {filing_no} 登记的接入商为 {holder}，不是本接入商。",
        "Filing {filing_no} for {asked} names {holder} as access provider, not this one.",
        "由主办者办理接入变更备案后再接入。", "Have the sponsor file the change of access provider, then connect.", *_FILING),
    "declared_number_wrong": Wording(
        "申报的备案号不实", "Declared number is wrong",
        "申报的备案号 {declared} {declared_problem}。", "The declared number {declared} is {declared_problem}.",
        "核对并更正备案号；不能提供真实备案号的停止接入。",
        "Check and correct the number; stop access if no true number can be given.", *_FILING),
    "filing_stale": Wording(
        "备案信息久未核验", "Filing not verified lately",
        "备案 {filing_no} 最近一次核验为 {verified_on}，已超过规定期限。",
        "Filing {filing_no} was last verified {verified_on}, longer ago than allowed.",
        "联系主办者核验备案信息并登记核验日期。", "Verify the filing with the sponsor and record the date.", *_DESK),
    "sponsor_id_invalid": Wording(
        "主办者证件号码无效", "Sponsor id is invalid",
        "主办者证件号码 {sponsor} 未通过校验。", "The sponsor id {sponsor} fails its checksum.",
        "请主办者提供真实有效的证件号码并核对原件。", "Have the sponsor give a true id and compare it with the document.", *_DESK),
    "sponsor_mismatch": Wording(
        "客户与备案主体不一致", "Customer differs from the filing's subject",
        "客户证件为 {sponsor}，而备案 {filing_no} 的主体为 {subject}。",
        "The customer's id is {sponsor}, but filing {filing_no} names {subject}.",
        "核实双方关系；属主办者变更的，先办理备案变更。",
        "Establish how the two are related; if the sponsor changed, file the change first.", *_DESK),
    "duplicate_filing": Wording(
        "域名重复备案", "Name filed twice",
        "{name} 同时出现在不同主体的备案 {filing_a} 和 {filing_b} 中。",
        "{name} is listed by filings {filing_a} and {filing_b} of different subjects.",
        "核实域名归属，注销不实的一份备案。", "Establish who owns the name and cancel the untrue filing.", *_FILING),
    "shell_filing": Wording(
        "空壳备案", "Filed but not connected",
        "备案 {filing_no}（{filed_on}）登记由 {holder} 接入，但接入清单中没有其任何域名。",
        "Filing {filing_no} of {filed_on} names {holder}, whose access list has none of its names.",
        "核实网站实际接入商；不再接入的，注销接入备案。",
        "Find out who really connects the site; cancel the access part if nobody here does.", *_FILING),
    "address_outside_provider_range": Wording(
        "地址不在接入商地址段内", "Address outside the provider's ranges",
        "地址 {ip} 位于 {block}，持有者为 {holder}，不属于本接入商及其上游。",
        "{ip} lies in {block} held by {holder}, neither this provider nor anyone upstream.",
        "核实实际接入商，或补报地址备案。", "Find out who really connects the site, or have the address block recorded.", *_DESK),
    "blacklisted_domain": Wording(
        "域名在黑名单内", "Domain is blacklisted",
        "{listed} 已依 {decision_ref} 列入黑名单。", "{listed} is blacklisted by {decision_ref}.",
        "不得接入；已接入的立即停止。", "Do not connect it; stop at once if connected.", *_LIST),
    "blacklisted_sponsor": Wording(
        "主办者在黑名单内", "Sponsor is blacklisted",
        "主办者 {listed} 已依 {decision_ref} 列入黑名单。", "Sponsor {listed} is blacklisted by {decision_ref}.",
        "不得为其接入；已接入的立即停止。", "Do not connect this sponsor; stop at once if connected.", *_LIST),
    "blacklisted_address": Wording(
        "地址在黑名单内", "Address is blacklisted",
        "地址段 {listed} 已依 {decision_ref} 列入黑名单。", "Address block {listed} is blacklisted by {decision_ref}.",
        "停用该地址；确认同址其他网站后更换地址。",
        "Stop using the address; check which other sites share it before changing it.", *_LIST),
    "blacklisted_provider": Wording(
        "接入服务商在黑名单内", "Provider is blacklisted",
        "接入服务商 {listed} 已依 {decision_ref} 列入黑名单。", "Provider {listed} is blacklisted by {decision_ref}.",
        "上游立即停止为其提供接入。", "Whoever feeds this provider stops at once.", *_LIST),
    "domain_unusable": Wording(
        "域名无法查询", "Domain cannot be looked up",
        "填报的域名 {domain} 不是可查询的主机名。", "The domain given, {domain}, is not a host name that can be looked up.",
        "更正接入清单中的域名。", "Correct the domain in the access list.", *_DESK),
}

# Words for coded evidence: (evidence name, code) -> (zh, en).
WORDS: dict[tuple[str, str], tuple[str, str]] = {
    ("block", "no recorded block"): ("未登记的地址段", "no recorded block"),
    ("holder", "nobody"): ("无", "nobody"),
    ("licence_status", "suspended"): ("暂停", "suspended"),
    ("licence_status", "revoked"): ("吊销", "revoked"),
    ("result", "fail"): ("不合格", "failed"),
    ("result", "not_submitted"): ("未提交", "not submitted"),
    ("result", "pass"): ("合格", "passed"),
    ("result", "unknown"): ("无记录", "not on record"),
    ("declared_problem", "other"): ("登记在其他网站名下", "on record for another site"),
    ("declared_problem", "not_found"): ("查无此号", "not on record"),
    ("declared_problem", "malformed"): ("格式不正确", "malformed"),
    ("service_kind", "vhost"): ("虚拟主机", "vhost"),
    ("service_kind", "colocation"): ("主机托管", "colocation"),
    ("service_kind", "cloud"): ("云服务", "cloud"),
    ("service_kind", "line"): ("专线接入", "line"),
}

# What is said where a rule cannot be judged: its register is not known, or known but silent on the record asked for.
UNKNOWN: dict[str, dict[str, str]] = {
    "register": {
        "title_zh": "登记册数据缺失或过期", "title_en": "Register missing or out of date",
        "explanation_zh": "判定所需的登记册（{register}）最近更新日为 {last_as_of}，已不可用，无法得出结论。",
        "explanation_en": "The register needed ({register}) was last loaded for {last_as_of}; nothing can be concluded.",
        "remedy_zh": "更新登记册后重新查询；在此之前不得据此认定违规。",
        "remedy_en": "Load the register and ask again; until then nobody is at fault for this.",
        "contest_zh": "尚未作出不利认定，可请登记册维护单位更新数据。",
        "contest_en": "Nothing has been decided against anyone; ask whoever keeps the register to load it.",
        "summary": "register {register} not known, last load {last_as_of}",
    },
    "silent": {
        "title_zh": "登记册中无此记录", "title_en": "Nothing on record",
        "explanation_zh": "许可证 {licence_no} 的 {year} 年度年检结果尚无记录，无法得出结论。",
        "explanation_en": "The {year} annual review of licence {licence_no} is not on record; nothing can be concluded.",
        "remedy_zh": "请发证机关补录年检结果；在此之前不得据此认定违规。",
        "remedy_en": "Have the licensing authority enter the result; until then nobody is at fault for this.",
        "contest_zh": "尚未作出不利认定，可请发证机关补录结果。",
        "contest_en": "Nothing has been decided against anyone; ask the licensing authority to enter the result.",
        "summary": "review {year} of licence {licence_no} not on record",
    },
}

# ruff: noqa: E501 (sentences are read as one line, in two languages side by side)
"""The sentences that fill a letter's placeholders, in both languages. Frames and clauses stand in the profile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from licet.config.profile import load_profile

_ROWS: dict[str, tuple[str, str]] = {
    "owner": ("网站 {name} 的主办者", "the owner of {name}"),
    "holder": ("{name} 的使用者", "whoever uses {name}"),
    "subject_site": ("网站 {name}", "the site {name}"),
    "subject_address": ("IP 地址 {name}", "the address {name}"),
    "subject_code": ("代码 {name}", "the code {name}"),
    "subject_provider": ("接入服务商 {name}", "the provider {name}"),
    "subject_sponsor": ("主办者 {name}", "the organiser {name}"),
    "subject_hash": ("文件指纹 {name}", "the file with the fingerprint {name}"),
    "fact": ("{n}. {text}（来源：{source}，{day}）", "{n}. {text} (source: {source}, {day})"),
    "fact_rule": ("规则 {rule}，{citation}", "rule {rule}, {citation}"),
    "source_finding": ("对登记记录的核查", "a check against the registers"),
    "source_dialtest": ("外部拨测", "a test from outside"),
    "source_order": ("主管机关的指令", "an order of an authority"),
    "source_determination": ("{authority} 书面认定 {document}", "determination {document} of {authority}"),
    "source_case": ("案件 {number} 的记录", "the record of case {number}"),
    "source_appeal": ("申诉决定", "the judgement of an appeal"),
    "saw_finding": ("核查发现：{ground}", "a check found: {ground}"),
    "saw_dialtest": ("拨测发现：{ground}", "a test saw: {ground}"),
    "saw_order": ("主管机关就此下达指令：{ground}", "an authority ordered action on: {ground}"),
    "saw_determination": ("已书面认定违法：{ground}", "determined in writing to be illegal: {ground}"),
    "appeal_held": ("申诉决定认定：{text}", "on appeal it was held: {text}"),
    "ground": ("事由：{ground}。", "Ground: {ground}."),
    "basis_own": ("处理单位自行核查或测试发现。", "The desk's own checks or tests."),
    "basis_reports": ("公众举报；举报人身份依法保密，不予告知。",
                      "Reports from the public. Who reported is kept confidential and not told."),
    "basis_both": ("处理单位自行核查或测试，以及公众举报；举报人身份依法保密，不予告知。",
                   "The desk's own checks or tests, and reports from the public. Who reported is kept confidential and not told."),
    "basis_authority": ("主管机关的指令或书面认定。", "An order or a written determination of an authority."),
    "scope_hosts": ("主机名：{names}", "Host names: {names}"),
    "scope_addresses": ("IP 地址：{names}", "Addresses: {names}"),
    "scope_codes": ("代码：{names}", "Codes: {names}"),
    "scope_parties": ("单位：{names}", "Organisations: {names}"),
    "bounds_everywhere": ("地域：不限。", "Where: everywhere."),
    "bounds_regions": ("地域：{names}。", "Where: {names}."),
    "bounds_technical": ("技术方式：{names}。", "By what means: {names}."),
    "technical_dns": ("域名解析", "name resolution"),
    "technical_access": ("网络接入", "network access"),
    "technical_billing": ("代收费", "billing"),
    "effect_cut_access": ("停止网络接入", "access is cut"),
    "effect_cut_billing": ("停止代收费", "billing is cut"),
    "effect_list": ("登记入册", "an entry in a register"),
    "effect_refer": ("移送公安机关", "the case is handed to the police"),
    "effect_publish": ("公开", "publication"),
    "effect_none": ("仅以本告知书为限，不切断任何服务", "this letter alone; nothing is cut"),
    "term_ends": ("自送达起至 {day}，到期自行终止。", "From notification until {day}; it then ends by itself."),
    "term_open": ("自送达起，至原因消除并解除为止。", "From notification until its reason is gone and it is lifted."),
    "term_final": ("自送达起，无期限；仅可通过申诉或诉讼改变。",
                   "From notification, without an end; it changes only by appeal or by a court."),
    "term_deadline": ("须于 {day} 前改正。", "To be put right by {day}."),
    "collateral_none": ("经核对登记记录，不影响其他网站。", "By the registers, no other site is affected."),
    "collateral_addresses": ("所列地址上还有 {n} 个其他网站（{providers} 家接入服务商）。之所以采用该范围：{why}",
                             "The addresses carry {n} other sites of {providers} providers. Why this scope all the same: {why}"),
    "collateral_below": ("所列主机名下还有 {n} 个子域名同时受影响。", "{n} connected names below the hosts named are affected too."),
    "collateral_customers": ("其中 {n} 个属于其他客户。之所以采用该范围：{why}",
                             "{n} other customers are among them. Why this scope all the same: {why}"),
    "collateral_codes": ("所列代码上是否还有其他业务，尚无登记可查，故不明。",
                         "Whether other services share the codes is not known: no register says so yet."),
    "person": ("{name}({post})", "{name} ({post})"),
    "decided": ("{organisation}；由 {people} 作出决定。", "{organisation}; decided by {people}."),
    "judged": ("{organisation}；由 {people} 审理，其未参与原决定。", "{organisation}; judged by {people}, who had no part in the decision."),
    "automation_found": ("发现：{answer}。", "Finding the facts: {answer}."),
    "automation_proposed": ("建议：{answer}。", "Proposing: {answer}."),
    "automation_decided": ("决定：否，由上述人员作出，未作自动化决定。", "Deciding: no; the persons named decided, nothing was decided automatically."),
    "found_program": ("是，由程序核对登记记录或测试", "yes, a program checked records or ran a test"),
    "found_people": ("否", "no"),
    "proposed_rules": ("是，规则表建议第 {tier} 级，由人员认定", "yes, the rule table proposed tier {tier}; a person set it"),
    "proposed_none": ("否", "no"),
    "model_queued": ("模型评分仅用于排队，不作为依据。", "A model's score ordered the queue only; nothing rests on it."),
    "appeal_none": ("对该措施本身不能申诉；可对其所导致的决定申诉。", "This step itself cannot be appealed; the decision it leads to can."),
    "appeal_how": ("自送达之日起 {days} 日内可提出{word}：在随附地址的页面上直接提出，或书面寄交下列联系方式。准确的截止时间见该页面。",
                   "Within {days} days of notification: file {word} on the page at the enclosed address, or write to the contact below. The page shows the exact last moment."),
    "word_appeal": ("申诉", "an appeal"),
    "word_objection": ("异议", "an objection"),
    "appeal_other": ("由未参与本决定的人员审理。", "Somebody who had no part in this decision judges it."),
    "appeal_stays": ("申诉期间措施暂停执行。", "The measure is stayed until it is judged."),
    "appeal_goes_on": ("申诉期间措施继续执行。", "The measure goes on meanwhile."),
    "appeal_default": ("{days} 日内无人审理的，视为申诉成立。", "If nobody judges it within {days} days, it counts in your favour."),
    "contact_page": ("{organisation}；随附地址的页面（查看、陈述意见、提交材料、申诉）", "{organisation}; the page at the enclosed address (read, answer, hand in documents, appeal)"),
    "contact_post": ("{branch}:{how}", "{branch}: {how}"),
    "whoever_signs": ("（由签署人填入）", "(whoever signs)"),
    "gap": ("▁▁▁▁▁", "▁▁▁▁▁"),
    "letter": ("{title} {number}", "{title} {number}"),
    "ended_lifted": ("已于 {day} 解除", "was lifted on {day}"),
    "ended_expired": ("已于 {day} 到期终止", "expired on {day}"),
    "ended_overturned": ("已于 {day} 撤销", "was overturned on {day}"),
    "why_expired": ("期限已到，未作出违法认定。", "Its time ran out without a determination."),
    "restoration_ordered": ("已要求恢复被切断的服务，并将从外部核实。恢复结果见随附地址的页面。",
                            "What was cut is being restored, and that is checked from outside. The page at the enclosed address shows how far it is."),
    "restoration_entry": ("相关登记或公开内容一并撤下。", "The entry or publication is taken back with it."),
    "restoration_nothing": ("没有切断任何服务，无需恢复。", "Nothing was cut, so there is nothing to restore."),
    "stay_yes": ("措施暂停执行，直至作出决定。", "The measure is stayed until the appeal is judged."),
    "stay_no": ("措施继续执行。", "The measure goes on."),
    "judging": ("由未参与原决定的人员审理，最迟 {day}。逾期无人审理的，视为申诉成立。",
                "Somebody who had no part in the decision judges it, by {day} at the latest. If nobody does, it counts in your favour."),
    "result_upheld": ("维持：原决定成立。", "Upheld: the decision stands."),
    "result_overturned": ("撤销：原决定不成立。", "Overturned: the decision was wrong."),
    "result_modified": ("变更：原决定撤销，改以较轻的措施，另行送达。", "Modified: the decision is overturned; a milder measure takes its place and comes with a letter of its own."),
    "result_remitted": ("发回：原决定撤销，由处理单位重新决定。", "Remitted: the decision is overturned and the desk decides anew."),
    "result_defaulted": ("视为成立：期限内无人审理。", "Won by default: nobody judged it in time."),
    "follows_upheld": ("措施继续执行。", "The measure goes on."),
    "follows_upheld_ended": ("措施此前已经终止，不再恢复执行。", "The measure had ended already and stays ended."),
    "follows_overturned": ("措施终止，由此产生的后果一并消除；被切断的服务予以恢复并从外部核实。",
                           "The measure ends and what it led to is cleared; what was cut is restored and checked from outside."),
    "judged_default": ("无人审理；依规则作出。", "Nobody; the rule decided."),
    "deadline": ("{day}", "{day}"),
    "shortened": ("等 {n} 项", "and {n} more"),
}
_SHOWN = 20  # names written out before the rest is counted


def say(row: str, language: str, **values: object) -> str:
    """One sentence. ``language`` is zh or en."""
    return _ROWS[row][0 if language == "zh" else 1].format(**values)


def names(values: Sequence[str], language: str) -> str:
    """A list of names as prose."""
    shown = ("、" if language == "zh" else ", ").join(values[:_SHOWN])
    return f"{shown} {say('shortened', language, n=len(values) - _SHOWN)}" if len(values) > _SHOWN else shown


def day(moment: dt.datetime | dt.date, language: str) -> str:
    """A local day, written out."""
    local = local_day(moment) if isinstance(moment, dt.datetime) else moment
    if language == "zh":
        return f"{local.year}年{local.month}月{local.day}日"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def minute(moment: dt.datetime, language: str) -> str:
    """A moment in the profile's zone, to the minute, with the zone."""
    local = moment.astimezone(ZoneInfo(load_profile().time_zone))
    return f"{day(moment, language)} {local:%H:%M} ({local:%Z})"


def local_day(moment: dt.datetime) -> dt.date:
    """The day of a moment in the profile's zone."""
    return moment.astimezone(ZoneInfo(load_profile().time_zone)).date()


def joined(parts: Sequence[str], language: str) -> str:
    """Sentences one after the other."""
    return ("" if language == "zh" else " ").join(part for part in parts if part)


def word(row: Mapping[str, Any] | object, language: str) -> str:
    """``zh`` or ``en`` of a table row."""
    return str(getattr(row, language))


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")

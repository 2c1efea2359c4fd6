"""What the hotline knows by heart: ways in, what can be reported, grounds in plain words, states and results.

Ids are persisted and never change meaning; PostgreSQL repeats them as check constraints.
"""

from __future__ import annotations

import dataclasses
import enum


class ReportState(enum.StrEnum):
    """Where a report stands."""

    UNPLACED = "unplaced"  # accepted, but a person must say what it is about before it can join a case
    IN_CASE = "in_case"  # it is a signal in a case; the case decides what the receipt shows
    DISMISSED = "dismissed"  # a person ended it, with one of the listed reasons
    INVALIDATED = "invalidated"  # part of a batch in bad faith; counts for nobody, can be contested
    MUTED = "muted"  # its reporter was muted by a person; kept, counted for nothing, can be contested


class AlarmState(enum.StrEnum):
    """Where a brigade alarm stands. While it is open, reporters without a track record count as one."""

    OPEN = "open"
    GENUINE = "genuine"  # a person looked: independent people did report it
    INVALIDATED = "invalidated"  # a person looked: bad faith; none of the reports counts


class ContestKind(enum.StrEnum):
    """What a contest is about."""

    BATCH = "batch"  # an alarm was judged to be bad faith
    MUTE = "mute"  # a reporter was muted


class ContestState(enum.StrEnum):
    """Where a contest stands. It is answered once, by another person than the one whose decision it is about."""

    OPEN = "open"
    UPHELD = "upheld"  # another person looked: it stays
    REVERSED = "reversed"  # another person looked: it is taken back, and everything concerned counts again


@dataclasses.dataclass(frozen=True, kw_only=True)
class Channel:
    """A way in. ``vouched``: somebody with an account of ours hands the report in."""

    id: str
    zh: str
    en: str
    vouched: bool
    comment: str


CHANNELS: tuple[Channel, ...] = (
    Channel(id="portal", zh="举报网页", en="Public form", vouched=False, comment="No account, one minute."),
    Channel(id="mail", zh="电子邮件", en="E-mail", vouched=False, comment="Plain text or MARF (RFC 5965)."),
    Channel(id="api", zh="合作方接口", en="Partner API", vouched=True, comment="A key names the partner."),
    Channel(id="xarf", zh="XARF 接口", en="XARF", vouched=True, comment="XARF v4 JSON from a partner."),
    Channel(id="bulk", zh="批量文件", en="Bulk file", vouched=True, comment="CSV handed in by an operator."),
    Channel(id="operator", zh="电话登记", en="Telephone", vouched=False,
            comment="Somebody phoned; the operator writes down what they said and counts for nobody."),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """What can be reported. ``subject``: kind of a case's subject it leads to, '' if a person must say."""

    id: str
    subject: str
    zh: str
    en: str
    example: str
    help_zh: str
    help_en: str
    comment: str


TARGETS: tuple[Target, ...] = (
    Target(id="url", subject="site", zh="网站或网页", en="A website or page", example="https://www.lantern.example/page",
           help_zh="从浏览器地址栏复制网址。", help_en="Copy the address from the top of the browser.",
           comment="Cases are about the registrable domain; the page itself stays in the report."),
    Target(id="short_code", subject="code", zh="短信端口号", en="A short code", example="1062 1234",
           help_zh="发来短信的号码。", help_en="The number the message came from.", comment="SMS access numbers."),
    Target(id="voice_number", subject="code", zh="声讯电话号码", en="A voice number", example="1688 0000",
           help_zh="您拨打或被要求拨打的号码。", help_en="The number you called or were told to call.",
           comment="Premium voice lines."),
    Target(id="sms", subject="code", zh="收到的短信", en="A text message I received", example="1065 0000",
           help_zh="先填发送号码，短信内容写在下一步。",
           help_en="Give the sender's number here; the message itself goes into the next step.",
           comment="The sender is the subject; the message is what the reporter wrote."),
    Target(id="provider", subject="provider", zh="接入服务商", en="A provider", example="灯塔接入 · Lantern Access",
           help_zh="公司名称，最好与营业执照一致。", help_en="The company's name, best as it is registered.",
           comment="Matched with the register by name; a person places what does not match."),
    Target(id="hash", subject="hash", zh="文件指纹（哈希值）", en="A file's fingerprint (hash)", example="9f86d081884c7d65…",
           help_zh="MD5、SHA-1、SHA-256 或 PDQ，仅限十六进制。", help_en="MD5, SHA-1, SHA-256 or PDQ, hexadecimal digits only.",
           comment="For hotlines that work with hash lists; the file itself is never taken."),
)
TARGET_BY_ID = {target.id: target for target in TARGETS}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """A closed ground as somebody without the law at hand would say it. ``url_only``: no free text is taken."""

    ground: str
    zh: str
    en: str
    targets: frozenset[str]
    url_only: bool
    source: str
    comment: str


_SITES = frozenset({"url"})
_NUMBERS = frozenset({"short_code", "voice_number", "sms"})
_PROVIDER = frozenset({"provider"})

QUESTIONS: tuple[Question, ...] = (
    Question(ground="minors", zh="涉及儿童的性内容", en="Sexual content that shows children",
             targets=_SITES | {"hash"}, url_only=True, source="Notice §2",
             comment="Only the address or the hash: copies and descriptions are not collected."),
    Question(ground="pornography", zh="淫秽色情内容", en="Pornography",
             targets=_SITES | {"sms", "short_code", "hash"}, url_only=False, source="Notice §2", comment="The main subject."),
    Question(ground="sexual_service_line", zh="电话或短信提供色情服务",
             en="A phone line or number that sells sexual content", targets=_NUMBERS, url_only=False,
             source="Notice §4.1.4", comment="Voice lines and codes."),
    Question(ground="deceptive_promotion", zh="用虚假信息引诱点击、回复或拨打",
             en="It lures people with false promises", targets=_SITES | _NUMBERS, url_only=False,
             source="Notice §4.1.4", comment="Lures by message or page."),
    Question(ground="deceptive_billing", zh="未经同意扣费", en="It charged money nobody agreed to",
             targets=_SITES | _NUMBERS | _PROVIDER, url_only=False, source="Notice §4.1.2",
             comment="Charges through the phone bill."),
    Question(ground="unfiled_site", zh="网站没有备案号", en="The site shows no filing number", targets=_SITES,
             url_only=False, source="Notice §4.1.1", comment="The registers decide, not the report."),
    Question(ground="false_filing", zh="备案号是假的或属于别的网站", en="The filing number is false or another site's",
             targets=_SITES, url_only=False, source="Notice §4.1.1", comment="The registers decide."),
    Question(ground="unlicensed_provider", zh="公司没有经营许可证", en="The company has no licence",
             targets=_PROVIDER | _SITES, url_only=False, source="Notice §4.1.1", comment="The registers decide."),
    Question(ground="serving_unfiled_site", zh="公司为没有备案的网站提供接入",
             en="The company connects sites without a filing", targets=_PROVIDER, url_only=False,
             source="Notice §4.2.1", comment="The provider's side."),
    Question(ground="real_name_missing", zh="不核验身份就开通号码或网站",
             en="Numbers or sites are handed out without checking who somebody is",
             targets=_PROVIDER | _NUMBERS | _SITES, url_only=False, source="Notice §4.1.3", comment="Identity."),
    Question(ground="duty_neglected", zh="向公司举报后没有人处理", en="I told the company and nobody acted",
             targets=_PROVIDER, url_only=False, source="Notice §4.2.2", comment="A neglected duty."),
)
QUESTION_BY_GROUND = {question.ground: question for question in QUESTIONS}
# Grounds the public is not asked about, and why.
NOT_ASKED = {
    "failed_annual_review": "known to the authority alone; a member of the public cannot see it",
    "blacklisted": "a finding of the registers, not an observation",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """How the reporter came upon it."""

    id: str
    zh: str
    en: str
    comment: str


SEEN: tuple[Seen, ...] = (
    Seen(id="visited", zh="我打开了它", en="I opened it", comment="Seen directly."),
    Seen(id="message", zh="短信或聊天消息里的链接或号码", en="A message sent me there", comment="Lured by message."),
    Seen(id="search", zh="搜索或广告", en="A search or an advertisement", comment="Found or lured."),
    Seen(id="bill", zh="话费账单", en="My phone bill", comment="Charged."),
    Seen(id="told", zh="别人告诉我的", en="Somebody told me", comment="Hearsay; weighs the same, a person looks."),
    Seen(id="other", zh="其他", en="Something else", comment="Anything else."),
)
SEEN_IDS = tuple(row.id for row in SEEN)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a receipt says at the end. ``elsewhere``: it also says where to turn."""

    id: str
    zh: str
    en: str
    text_zh: str
    text_en: str
    elsewhere: bool
    comment: str


OUTCOMES: tuple[Outcome, ...] = (
    Outcome(id="actioned", zh="已处置", en="Acted on", elsewhere=False,
            text_zh="我们核实了情况，并已采取措施。", text_en="We checked it and took a measure.",
            comment="A named person decided; also what was put right after an order."),
    Outcome(id="not_confirmed", zh="未证实", en="Not confirmed", elsewhere=False,
            text_zh="我们核查后未能证实所反映的情况。没有人因此受到影响。如有新的情况，请再次举报。",
            text_en="We looked and could not confirm it. Nobody was affected. If you see something new, report it again.",
            comment="The presumption stays with whoever was reported."),
    Outcome(id="not_our_scope", zh="不属受理范围", en="Not for us", elsewhere=True,
            text_zh="这不属于我们可以处理的事项。您可以向以下机构反映：",
            text_en="This is not something we may act on. These can:",
            comment="The closed grounds are the limit of what we may do."),
    Outcome(id="already_known", zh="已知", en="Already known", elsewhere=False,
            text_zh="此前已有人反映，并已有结论。您的举报已归入该结论。",
            text_en="Somebody reported it before and it was decided. Your report was added to that decision.",
            comment="Never used to avoid looking at something new."),
    Outcome(id="content_gone", zh="内容已消失", en="Content gone", elsewhere=False,
            text_zh="核查时内容已不存在。如再次出现，请再次举报。",
            text_en="When we looked it was gone. If it comes back, report it again.",
            comment="Nothing to act on."),
)
OUTCOME_BY_ID = {outcome.id: outcome for outcome in OUTCOMES}
# Outcome of a case (casework.tables.CASE_OUTCOMES) -> what the receipt says.
OF_CASE: dict[str, str] = {
    "actioned": "actioned", "rectified": "actioned", "not_confirmed": "not_confirmed", "out_of_scope": "not_our_scope",
    "already_known": "already_known", "content_gone": "content_gone",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dismissal:
    """Why a reviewer ends a report, and the result its receipt shows. ``reason_…``: what stands for a reason of the
    reviewer's own unless they write one."""

    id: str
    key: str  # the key that chooses it
    outcome: str
    zh: str
    en: str
    reason_zh: str
    reason_en: str
    comment: str


DISMISSALS: tuple[Dismissal, ...] = (
    Dismissal(id="nothing_there", key="1", outcome="not_confirmed", zh="所述情况不存在", en="nothing of the kind is there",
              reason_zh="已查看所报地址，未见所述情况。", reason_en="Looked at what was reported; nothing of the kind is there.",
              comment="Looked and found nothing."),
    Dismissal(id="no_ground", key="2", outcome="not_our_scope", zh="不属于任何受理事由", en="none of our grounds",
              reason_zh="所述情况不属于任何受理事由。", reason_en="What is described is none of our grounds.",
              comment="Taste, opinion, politics, ordinary disputes: not ours, whoever asks."),
    Dismissal(id="decided_before", key="3", outcome="already_known", zh="已有结论，没有新情况",
              en="decided before, nothing new",
              reason_zh="此前已有结论，举报没有带来新情况。", reason_en="It was decided before, and the report brings nothing new.",
              comment="The earlier decision stands."),
    Dismissal(id="gone", key="4", outcome="content_gone", zh="内容已不存在", en="it is gone",
              reason_zh="查看时内容已不存在。", reason_en="When it was looked at, it was gone.",
              comment="Looked, gone."),
    Dismissal(id="unclear", key="5", outcome="not_confirmed", zh="无法辨认所指对象", en="cannot be told what is meant",
              reason_zh="从举报中无法辨认所指的对象。", reason_en="From the report it cannot be told what is meant.",
              comment="Asked or not askable."),
)
DISMISSAL_BY_ID = {row.id: row for row in DISMISSALS}

# Looked at before everything else, whoever reports it.
FIRST_GROUNDS = frozenset({"minors"})

STATE_WORDS: dict[str, tuple[str, str]] = {
    "received": ("已收到", "Received"),
    "in_review": ("核查中", "Being checked"),
    "asked": ("我们有一个问题", "We have a question"),
    "ended": ("已办结", "Finished"),
    "not_counted": ("未计入", "Not counted"),
}
# What a receipt's holder says against a mute or an invalidated batch where no words are taken. Persisted.
MEANT_HONESTLY = "已声明：如实举报 · stated: meant honestly"
TEXT_CHARACTERS = 2000
TARGET_CHARACTERS = 2000
CONTACT_CHARACTERS = 254

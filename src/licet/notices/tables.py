"""What notices know by heart: kinds of notice and of clock, what happens when a clock runs out, formats of documents.

Ids are persisted and never change meaning. Words that go out in letters stand in the profile (``notices.toml``).
"""

from __future__ import annotations

import dataclasses

LANGUAGES = ("zh", "en")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoticeKind:
    """One kind of letter. ``text`` names its texts in the profile."""

    id: str
    zh: str
    en: str
    text: str
    source: str
    comment: str


NOTICES: tuple[NoticeKind, ...] = (
    NoticeKind(id="statement", zh="决定理由告知书", en="Statement of reasons", text="statement",
               source="house (decision 0011)", comment="Composed with the last signature; without it nothing binds."),
    NoticeKind(id="rectification", zh="责令改正通知", en="Request to rectify", text="rectification",
               source="Notice §4.2.5", comment="When a measure sets a day by which something must be put right."),
    NoticeKind(id="lifted", zh="措施解除通知", en="Notice of lifting", text="ended", source="house (decision 0011)",
               comment="Its reason is gone."),
    NoticeKind(id="expired", zh="措施到期通知", en="Notice of expiry", text="ended", source="Notice §4.2.5",
               comment="A suspension without a determination ends by itself."),
    NoticeKind(id="overturned", zh="措施撤销通知", en="Notice of reversal", text="ended",
               source="house (decision 0009)", comment="It was wrong, or nobody judged the appeal in time."),
    NoticeKind(id="appeal_receipt", zh="申诉收件回执", en="Receipt of an appeal", text="appeal_receipt",
               source="house (decision 0009)", comment="Says who judges, until when, and what happens if nobody does."),
    NoticeKind(id="appeal_judgement", zh="申诉决定书", en="Judgement of an appeal", text="appeal_judgement",
               source="house (decision 0009)", comment="The judge's reasons, in full."),
    NoticeKind(id="reminder", zh="期限提醒", en="Reminder of a deadline", text="reminder",
               source="house (decision 0011)", comment="Once, some business days before a clock runs out."),
)
NOTICE_BY_ID = {kind.id: kind for kind in NOTICES}
# Step of a measure -> the letter that tells of its end.
ENDS = {"lifted": "lifted", "expired": "expired", "overturned": "overturned", "defaulted": "overturned"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClockKind:
    """A term somebody has. ``whose``: affected or desk. The consequence is what happens by itself, in words."""

    id: str
    zh: str
    en: str
    whose: str
    reminds: bool  # whoever must act is reminded
    consequence_zh: str
    consequence_en: str
    source: str
    comment: str


CLOCKS: tuple[ClockKind, ...] = (
    ClockKind(id="rectification", zh="改正期限", en="Time to rectify", whose="affected", reminds=True,
              consequence_zh="逾期未改正的，处理单位可以决定进一步措施；不会自动采取任何措施。",
              consequence_en="The desk may then decide on a further measure; nothing happens by itself.",
              source="Notice §4.2.5", comment="The day the measure sets."),
    ClockKind(id="appeal_window", zh="申诉期限", en="Time to appeal", whose="affected", reminds=True,
              consequence_zh="逾期不再受理申诉；出现新的事实时，可以请求重新审查。",
              consequence_en="Appeals are then not taken any more; on new facts the desk can be asked to look again.",
              source="house (decision 0009)", comment="Counted from the notification, as casework counts it."),
    ClockKind(id="answer", zh="陈述意见期限", en="Time to answer", whose="affected", reminds=False,
              consequence_zh="逾期未陈述意见的，处理单位按现有材料继续办理；申诉期限不受影响。",
              consequence_en="The desk then goes on with what it has; the time to appeal is not affected.",
              source="house (decision 0011)", comment="Business days of the profile."),
    ClockKind(id="judgement", zh="申诉审理期限", en="Time to judge the appeal", whose="desk", reminds=False,
              consequence_zh="逾期无人审理的，申诉视为成立，措施撤销。",
              consequence_en="If nobody judges it by then, the appeal counts in favour of the affected.",
              source="house (decision 0009)", comment="Time limits default in favour of the affected."),
    ClockKind(id="term", zh="措施期限", en="Term of the measure", whose="desk", reminds=False,
              consequence_zh="到期未作出认定的，措施自行终止并恢复。",
              consequence_en="Without a determination the measure then ends by itself and what was cut is restored.",
              source="Notice §4.2.5", comment="Suspicion expires."),
)
CLOCK_BY_ID = {clock.id: clock for clock in CLOCKS}


@dataclasses.dataclass(frozen=True, kw_only=True)
class DocumentFormat:
    """A kind of document somebody may hand in; what it is, its content says and not its name."""

    id: str
    media_type: str
    suffix: str
    zh: str
    en: str


FORMATS: tuple[DocumentFormat, ...] = (
    DocumentFormat(id="pdf", media_type="application/pdf", suffix=".pdf", zh="PDF", en="PDF"),
    DocumentFormat(id="docx", suffix=".docx", zh="Word 文档", en="Word document",
                   media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    DocumentFormat(id="xlsx", suffix=".xlsx", zh="Excel 工作簿", en="Excel workbook",
                   media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    DocumentFormat(id="odt", suffix=".odt", zh="OpenDocument 文本", en="OpenDocument text",
                   media_type="application/vnd.oasis.opendocument.text"),
    DocumentFormat(id="ods", suffix=".ods", zh="OpenDocument 表格", en="OpenDocument spreadsheet",
                   media_type="application/vnd.oasis.opendocument.spreadsheet"),
    DocumentFormat(id="text", media_type="text/plain", suffix=".txt", zh="纯文本", en="plain text"),
)
FORMAT_BY_ID = {row.id: row for row in FORMATS}
# Effects of measures that are not told to whoever they hit: a referral would warn a suspect. The letter is composed all the
# same, as the desk's record. Rule: Notice §4.2.5
UNTOLD_EFFECTS = frozenset({"refer"})
DELIVERY_STATES = ("waiting", "sending", "sent", "failed", "cancelled")
CHANNELS = ("page", "mail")
RECIPIENTS = ("provider", "subject", "owner")  # who carries it out; whom it hits, on record; the site's owner

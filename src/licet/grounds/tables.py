"""The closed list of grounds. There is no other ground, no free text, and no political or general-speech category.

PostgreSQL holds the same rows in ``grounds_ground``; a trigger refuses every change, foreign keys refuse every other value.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ground:
    """A reason for which Licet may act against a service. ``kind`` is ``content`` or ``licensing``."""

    id: str
    kind: str
    zh: str
    en: str
    source: str
    comment: str


GROUNDS: tuple[Ground, ...] = (
    Ground(id="pornography", kind="content", zh="淫秽色情", en="Pornography", source="Notice §2",
           comment="The campaign's subject."),
    Ground(id="minors", kind="content", zh="儿童性剥削内容", en="Child sexual abuse material", source="Notice §2",
           comment="Handled by hash and URL only; nothing is collected."),
    Ground(id="sexual_service_line", kind="content", zh="色情声讯服务", en="Sexual service line",
           source="Notice §4.1.4", comment="Voice lines that sell sexual content."),
    Ground(id="deceptive_promotion", kind="content", zh="虚假诱导推广", en="Deceptive promotion",
           source="Notice §4.1.4", comment="Lures by bulk message or page."),
    Ground(id="deceptive_billing", kind="content", zh="欺诈计费", en="Deceptive billing", source="Notice §4.1.2",
           comment="Charges the payer did not agree to."),
    Ground(id="unlicensed_provider", kind="licensing", zh="无证经营", en="Unlicensed provider",
           source="Notice §4.1.1", comment="No licence in force that covers the service."),
    Ground(id="failed_annual_review", kind="licensing", zh="未通过年检", en="Failed annual review",
           source="Notice §4.1.1", comment="Counts as unlicensed."),
    Ground(id="unfiled_site", kind="licensing", zh="未备案网站", en="Unfiled site", source="Notice §4.1.1",
           comment="No active filing covers the site."),
    Ground(id="false_filing", kind="licensing", zh="虚假备案", en="False filing", source="Notice §4.1.1",
           comment="What was filed is not true."),
    Ground(id="serving_unfiled_site", kind="licensing", zh="为未备案网站提供接入", en="Serving an unfiled site",
           source="Notice §4.2.1", comment="The provider's side of an unfiled site."),
    Ground(id="blacklisted", kind="licensing", zh="列入黑名单", en="Blacklisted", source="Notice §4.5",
           comment="A final decision keeps the site or its organiser from being connected again."),
    Ground(id="real_name_missing", kind="licensing", zh="未实名登记", en="Real name missing", source="Notice §4.1.3",
           comment="A number or sponsor without a verified identity."),
    Ground(id="duty_neglected", kind="licensing", zh="未履行管理责任", en="Duty neglected", source="Notice §4.2.2",
           comment="A post, review, report or order left undone."),
)

"""The kinds of register data: one table that import, export, console forms, snapshots and docs all read.

A kind names its model, natural key and columns; a column its type, labels, header aliases and, when closed, the values
and their aliases. Nothing here imports Django, so that the command line can list kinds at once.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

ColumnType = Literal[
    "text",  # as written, trimmed, NFC
    "code",  # an identifier of somebody's own system: NFKC, no spaces inside
    "party",  # a party_id
    "choice",  # one of `values`
    "date",  # a local day
    "year",
    "region",  # one ISO 3166-2 code of the profile, or *
    "regions",
    "categories",  # codes of the licence catalogue named by the row's catalogue_year
    "sponsor",  # USCC, or a resident id which is kept as a keyed token only
    "filing_no",
    "licence_no",
    "domain",
    "domains",
    "url",
    "ip",
    "cidr",
    "cidrs",
    "ground",  # one of the closed grounds
    "listed",  # value of a blacklist entry; what it is depends on the row's kind
    "phone",
    "email",
]
LIST_TYPES = frozenset({"regions", "categories", "domains", "cidrs"})
DATE_TYPES = frozenset({"date"})
NUMBER_TYPES = frozenset({"year"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Value:
    """One value of a closed column with its labels and the other spellings a file may use."""

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Column:
    """One canonical column.

    ``required``: every row must fill it; ``expected``: the file must have it, its cells may be blank.
    """

    name: str
    type: ColumnType
    zh: str
    en: str
    required: bool = False
    expected: bool = False
    aliases: tuple[str, ...] = ()  # other header spellings, Chinese and English; matched by fold_header
    values: tuple[Value, ...] = ()  # of a choice
    default: str = ""  # canonical value of a blank cell
    max_length: int = 300  # characters of one cell's canonical value (of one entry, for lists)
    field: str = ""  # model attribute when it differs from the name
    comment: str = ""

    @property
    def attribute(self) -> str:
        """The model's attribute and database column."""
        return self.field or self.name

    @property
    def is_list(self) -> bool:
        """The cell holds several entries; exported joined by a space, stored as an array."""
        return self.type in LIST_TYPES

    @cached_property
    def spellings(self) -> Mapping[str, str]:
        """Folded spelling of a closed value -> its id."""
        return {fold_header(word): value.id for value in self.values for word in (value.id, value.zh, value.en,
                                                                                  *value.aliases)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of register data."""

    id: str
    zh: str
    en: str
    model: str  # Django label, app.Model
    key: tuple[str, ...]  # column names of the natural key
    columns: tuple[Column, ...]
    register: str = ""  # id in the profile's max_age_days, when rules ask this register
    keeper: Literal["authority", "provider"]  # whose register it is: who may load it
    owner_column: str = ""  # column naming whose row it is (row-level security); "" = public record
    two_person: bool = False  # a change by a person needs a second one
    period: tuple[str, ...] = ()  # columns among which validity periods must not overlap
    comment: str = ""

    @property
    def model_class(self) -> Any:
        """The Django model."""
        from django.apps import apps

        return apps.get_model(self.model)

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by canonical name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def spellings(self) -> Mapping[str, str]:
        """Folded header spelling -> canonical column name."""
        return {fold_header(word): column.name
                for column in self.columns for word in (column.name, column.zh, column.en, *column.aliases)}

    def column_for(self, header: str) -> Column | None:
        """The column a header of a file means, or ``None``."""
        name = self.spellings.get(fold_header(header))
        return self.by_name[name] if name else None


_IGNORED = re.compile(r"[\s_\-/\\.·•:*()\[\]]+")


def fold_header(text: str) -> str:
    """What is compared of a header or closed value: NFKC, no case, no spaces, underscores, brackets or punctuation."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).replace("\ufeff", "")).casefold()


# --- closed values ---------------------------------------------------------------------------------------------------
_PARTY_KINDS = (
    Value(id="authority", zh="主管部门", en="Authority", aliases=("管理局", "通信管理局", "regulator")),
    Value(id="carrier", zh="基础电信运营商", en="Carrier", aliases=("基础电信企业", "运营商", "电信运营商",
                                                             "telecom operator")),
    Value(id="access_provider", zh="接入服务商", en="Access provider",
          aliases=("接入商", "接入单位", "接入服务单位", "接入服务提供者", "provider", "isp", "idc")),
    Value(id="association", zh="行业协会", en="Association", aliases=("协会", "互联网协会")),
    Value(id="billing_partner", zh="代收费合作方", en="Billing partner", aliases=("代收费合作单位", "合作方", "sp")),
    Value(id="sponsor", zh="网站主办者", en="Sponsor", aliases=("主办者", "主办单位", "site owner")),
    Value(id="police", zh="公安机关", en="Police", aliases=("公安",)),
)
_LICENCE_STATUS = (
    Value(id="active", zh="有效", en="Active", aliases=("正常", "valid", "in force")),
    Value(id="suspended", zh="暂停", en="Suspended", aliases=("中止", "停业整顿")),
    Value(id="revoked", zh="吊销", en="Revoked", aliases=("注销", "撤销", "cancelled", "canceled", "withdrawn")),
)
_REVIEW_RESULT = (
    Value(id="pass", zh="通过", en="Pass", aliases=("合格", "年检合格", "passed", "ok")),
    Value(id="fail", zh="未通过", en="Fail", aliases=("不通过", "不合格", "年检不合格", "failed")),
    Value(id="not_submitted", zh="未提交", en="Not submitted", aliases=("未报送", "未参加", "未参加年检", "逾期未报",
                                                                     "missing")),
)
_SUBJECT_KIND = (
    Value(id="organisation", zh="单位", en="Organisation",
          aliases=("企业", "机构", "组织", "公司", "事业单位", "政府机关", "社会团体", "organization", "company",
                   "org")),
    Value(id="person", zh="个人", en="Person", aliases=("自然人", "individual")),
)
_SITE_KIND = (
    Value(id="web", zh="网站", en="Web", aliases=("互联网网站", "www", "website")),
    Value(id="wap", zh="WAP", en="WAP site", aliases=("wap网站", "移动网站", "手机网站")),
    Value(id="app", zh="应用", en="App", aliases=("APP", "移动应用", "小程序", "快应用", "application")),
)
_FILING_STATUS = (
    Value(id="active", zh="有效", en="Active", aliases=("正常", "已备案", "valid")),
    Value(id="suspended", zh="暂停", en="Suspended", aliases=("中止", "冻结", "停用")),
    Value(id="cancelled", zh="注销", en="Cancelled", aliases=("已注销", "取消", "撤销", "canceled", "revoked")),
)
_ACCESS_KIND = (
    Value(id="vhost", zh="虚拟主机", en="Virtual host", aliases=("虚拟空间", "shared hosting", "virtual hosting",
                                                             "hosting")),
    Value(id="colocation", zh="主机托管", en="Colocation", aliases=("托管", "服务器托管", "机柜出租", "co-location",
                                                                "colo")),
    Value(id="cloud", zh="云主机", en="Cloud", aliases=("云服务器", "云服务", "云", "主机租用", "服务器租用", "vps")),
    Value(id="line", zh="专线", en="Line", aliases=("专线接入", "互联网专线", "线路", "leased line")),
)
_ADDRESS_KIND = (
    Value(id="allocated", zh="分配", en="Allocated", aliases=("上级分配", "动态", "allocation")),
    Value(id="assigned", zh="指派", en="Assigned", aliases=("再分配", "静态", "assignment")),
    Value(id="own", zh="自有", en="Own", aliases=("自用", "portable", "pi")),
)
_BLACKLIST_KIND = (
    Value(id="domain", zh="域名", en="Domain", aliases=("网站", "site", "website")),
    Value(id="sponsor", zh="主办者", en="Sponsor", aliases=("主办单位", "组织者", "organiser", "organizer")),
    Value(id="address", zh="地址", en="Address", aliases=("IP", "IP地址", "cidr", "网段")),
    Value(id="provider", zh="接入服务商", en="Provider", aliases=("接入商", "接入单位")),
)

_PROVIDER = ("接入商", "接入单位", "接入服务提供者", "接入服务单位", "接入服务商标识", "接入商编号", "provider", "isp",
             "access provider")
_USCC = ("统一社会信用代码", "社会信用代码", "信用代码", "证件号码", "证照编号", "credit code", "usci")

# --- columns, kind by kind -------------------------------------------------------------------------------------------
_PARTIES = (
    Column(name="party_id", type="party", zh="机构标识", en="Party id", required=True, max_length=80,
           aliases=("机构编号", "单位编号", "企业编号", "编号", "id"), comment="Stable name other registers refer to."),
    Column(name="kind", type="choice", zh="机构类型", en="Kind", required=True, values=_PARTY_KINDS,
           aliases=("单位类型", "类型", "性质", "party kind", "type")),
    Column(name="name", type="text", zh="单位名称", en="Name", required=True, max_length=300,
           aliases=("名称", "企业名称", "公司名称", "机构名称", "全称", "party name", "company")),
    Column(name="uscc", type="sponsor", zh="统一社会信用代码", en="USCC", max_length=60,
           aliases=(*_USCC, "unified social credit code")),
    Column(name="region", type="region", zh="所在地区", en="Region", max_length=10,
           aliases=("地区", "省份", "省", "所属省", "注册地", "province")),
    Column(name="parent_id", type="party", zh="上级机构标识", en="Parent id", max_length=80,
           aliases=("上级机构", "上级单位", "母公司", "parent"), comment="The owning organisation."),
)
_LICENCES = (
    Column(name="licence_no", type="licence_no", zh="许可证编号", en="Licence number", required=True, max_length=80,
           aliases=("许可证号", "经营许可证编号", "经营许可证号", "证号", "license no", "license number",
                    "licence no")),
    Column(name="provider_id", type="party", zh="持证单位标识", en="Provider id", required=True, max_length=80,
           aliases=(*_PROVIDER, "持证单位", "持证企业", "企业标识")),
    Column(name="category", type="categories", zh="业务种类", en="Category", required=True, max_length=60,
           aliases=("业务类别", "业务类型", "许可业务", "categories", "service category"),
           comment="Codes of the catalogue catalogue_year means; a code it does not hold covers nothing."),
    Column(name="catalogue_year", type="year", zh="目录年份", en="Catalogue year", required=True,
           aliases=("业务目录年份", "目录版本", "分类目录", "catalog year", "catalogue")),
    Column(name="regions", type="regions", zh="业务覆盖范围", en="Regions", required=True, max_length=10,
           aliases=("覆盖范围", "服务范围", "经营地区", "业务范围", "region", "coverage")),
    Column(name="valid_from", type="date", zh="有效期起", en="Valid from", required=True,
           aliases=("发证日期", "生效日期", "起始日期", "颁发日期", "issued on", "start date")),
    Column(name="valid_to", type="date", zh="有效期止", en="Valid to",
           aliases=("有效期至", "到期日期", "截止日期", "失效日期", "expires on", "end date"), comment="Blank: open."),
    Column(name="status", type="choice", zh="状态", en="Status", required=True, values=_LICENCE_STATUS,
           aliases=("许可证状态", "证照状态")),
    Column(name="issuer", type="text", zh="发证机关", en="Issuer", max_length=200, aliases=("颁发机关", "发证单位",
                                                                                        "issued by")),
)
_ANNUAL_REVIEWS = (
    Column(name="licence_no", type="licence_no", zh="许可证编号", en="Licence number", required=True, max_length=80,
           aliases=("许可证号", "经营许可证编号", "经营许可证号", "证号", "license no", "license number",
                    "licence no")),
    Column(name="year", type="year", zh="年度", en="Year", required=True, aliases=("年检年度", "年份", "年报年度")),
    Column(name="result", type="choice", zh="年检结果", en="Result", required=True, values=_REVIEW_RESULT,
           aliases=("结果", "年检结论", "年报结果", "review result")),
    Column(name="decided_on", type="date", zh="决定日期", en="Decided on",
           aliases=("年检日期", "审核日期", "结论日期", "date", "decision date")),
)
_FILINGS = (
    Column(name="filing_no", type="filing_no", zh="备案号", en="Filing number", required=True, max_length=80,
           aliases=("网站备案号", "备案编号", "ICP备案号", "网站备案/许可证号", "备案/许可证号", "filing no",
                    "icp number", "icp")),
    Column(name="subject_no", type="filing_no", zh="主体备案号", en="Subject number", max_length=80,
           aliases=("备案主体号", "主体号", "主体编号", "subject no"), comment="Blank: filing_no without its -N."),
    Column(name="subject_name", type="text", zh="主办单位名称", en="Subject name", required=True, max_length=300,
           aliases=("单位名称", "主体名称", "主办者", "主办者名称", "主办单位", "网站主办者", "sponsor",
                    "sponsor name")),
    Column(name="subject_uscc", type="sponsor", zh="主办单位统一社会信用代码", en="Subject USCC", max_length=60,
           aliases=(*_USCC, "主办单位证件号码", "主体证件号码", "uscc", "sponsor id", "subject id"),
           comment="A resident id is kept as a keyed token, never as written."),
    Column(name="subject_kind", type="choice", zh="主办单位性质", en="Subject kind", required=True,
           values=_SUBJECT_KIND,
           aliases=("主体性质", "单位性质", "主办者性质", "主体类型", "sponsor kind")),
    Column(name="site_name", type="text", zh="网站名称", en="Site name", max_length=300, aliases=("站点名称",
                                                                                              "服务名称", "site")),
    Column(name="domains", type="domains", zh="域名", en="Domains", expected=True, max_length=253,
           aliases=("网站域名", "域名列表", "域名清单", "domain", "domain names")),
    Column(name="home_url", type="url", zh="首页网址", en="Home page", max_length=2000,
           aliases=("网站首页网址", "首页地址", "首页URL", "网址", "url", "home page url")),
    Column(name="provider_id", type="party", zh="接入服务商", en="Provider id", required=True, max_length=80,
           aliases=_PROVIDER),
    Column(name="addresses", type="cidrs", zh="IP地址", en="Addresses", max_length=50,
           aliases=("IP地址列表", "网站IP地址", "IP", "ip addresses", "address")),
    Column(name="service_kind", type="choice", zh="服务类型", en="Service kind", required=True, values=_SITE_KIND,
           aliases=("服务形式", "网站类型", "互联网信息服务类型", "site kind")),
    Column(name="filed_on", type="date", zh="备案日期", en="Filed on",
           aliases=("审核通过日期", "审核日期", "审核时间", "备案时间", "filing date", "approved on")),
    Column(name="verified_on", type="date", zh="核验日期", en="Verified on",
           aliases=("最近核验日期", "真实性核验日期", "核查日期", "verification date")),
    Column(name="status", type="choice", zh="备案状态", en="Status", required=True, values=_FILING_STATUS,
           aliases=("状态",)),
)
_ACCESS = (
    Column(name="access_id", type="code", zh="接入编号", en="Access id", required=True, max_length=80,
           aliases=("业务编号", "订单号", "接入标识", "id", "order id", "contract id")),
    Column(name="provider_id", type="party", zh="接入服务商", en="Provider id", required=True, max_length=80,
           aliases=_PROVIDER),
    Column(name="customer_name", type="text", zh="客户名称", en="Customer name", max_length=300,
           aliases=("单位名称", "用户名称", "客户", "用户单位", "主办单位名称", "customer")),
    Column(name="customer_uscc", type="sponsor", zh="客户统一社会信用代码", en="Customer USCC", max_length=60,
           aliases=(*_USCC, "客户证件号码", "uscc", "customer id")),
    Column(name="service_kind", type="choice", zh="接入方式", en="Service kind", required=True, values=_ACCESS_KIND,
           aliases=("服务类型", "业务类型", "接入类型", "网站接入方式", "access kind")),
    Column(name="domain", type="domain", zh="域名", en="Domain", expected=True, max_length=253,
           aliases=("网站域名", "domain name", "host")),
    Column(name="ip", type="ip", zh="IP地址", en="IP address", max_length=39, aliases=("IP", "网站IP地址", "address")),
    Column(name="filing_no", type="filing_no", zh="备案号", en="Filing number", max_length=80,
           aliases=("网站备案号", "备案编号", "ICP备案号", "申报备案号", "filing no", "icp number", "icp"),
           comment="The number the customer declared."),
    Column(name="connected_on", type="date", zh="接入日期", en="Connected on",
           aliases=("开通日期", "开通时间", "接入时间", "connection date")),
    Column(name="upstream_provider_id", type="party", zh="上游接入服务商", en="Upstream provider id", max_length=80,
           aliases=("上游接入商", "上级接入商", "上级接入服务商", "上游", "upstream", "upstream provider")),
)
_ADDRESSES = (
    Column(name="cidr", type="cidr", zh="地址段", en="CIDR", required=True, max_length=50,
           aliases=("IP地址段", "IP段", "网段", "地址块", "IP地址", "block", "prefix", "network")),
    Column(name="holder_id", type="party", zh="持有单位", en="Holder id", required=True, max_length=80,
           aliases=("持有者", "使用单位", "分配单位", "单位标识", "接入商", "holder", "provider_id")),
    Column(name="kind", type="choice", zh="分配方式", en="Kind", required=True, values=_ADDRESS_KIND,
           aliases=("地址类型", "来源", "类型", "type")),
    Column(name="valid_from", type="date", zh="有效期起", en="Valid from", default="0001-01-01",
           aliases=("启用日期", "分配日期", "起始日期", "start date"), comment="Blank: since ever."),
    Column(name="valid_to", type="date", zh="有效期止", en="Valid to",
           aliases=("有效期至", "停用日期", "截止日期", "end date"), comment="Blank: open."),
)
_POSTS = (
    Column(name="provider_id", type="party", zh="接入服务商", en="Provider id", required=True, max_length=80,
           aliases=(*_PROVIDER, "单位标识")),
    Column(name="branch", type="text", zh="分支机构", en="Branch", required=True, max_length=200,
           aliases=("分公司", "机构", "部门", "branch office")),
    Column(name="region", type="region", zh="所在地区", en="Region", max_length=10, aliases=("地区", "省份", "省",
                                                                                         "province")),
    Column(name="person", type="text", zh="责任人", en="Person", expected=True, max_length=200,
           aliases=("姓名", "负责人", "联系人", "name"), comment="Blank: the post exists and nobody fills it."),
    Column(name="role", type="text", zh="岗位", en="Role", required=True, max_length=80, aliases=("职务", "岗位名称",
                                                                                                "职责", "post")),
    Column(name="phone", type="phone", zh="联系电话", en="Phone", max_length=60,
           aliases=("电话", "手机", "手机号码", "办公电话", "telephone", "mobile")),
    Column(name="email", type="email", zh="电子邮箱", en="E-mail", max_length=254, aliases=("邮箱", "电子邮件",
                                                                                        "email address", "mail")),
    Column(name="valid_from", type="date", zh="任职日期", en="Valid from", aliases=("有效期起", "起始日期",
                                                                                "start date")),
    Column(name="valid_to", type="date", zh="离任日期", en="Valid to", aliases=("有效期止", "截止日期", "end date")),
)
_BLACKLIST = (
    Column(name="kind", type="choice", zh="对象类型", en="Kind", required=True, values=_BLACKLIST_KIND,
           aliases=("类型", "类别", "type")),
    Column(name="value", type="listed", zh="对象", en="Value", required=True, max_length=253,
           aliases=("值", "名单内容", "域名", "entry"),
           comment="A domain, a sponsor's id, an address block or a party id."),
    Column(name="ground", type="ground", zh="事由", en="Ground", required=True, field="ground_id", max_length=40,
           aliases=("列入事由", "原因", "理由", "reason"), comment="One of the closed grounds; there is no other."),
    Column(name="decided_on", type="date", zh="决定日期", en="Decided on", required=True,
           aliases=("列入日期", "列入时间", "decision date", "date")),
    Column(name="valid_to", type="date", zh="有效期止", en="Valid to", aliases=("有效期至", "解除日期", "截止日期",
                                                                            "end date"),
           comment="Blank: open."),
    Column(name="decision_ref", type="text", zh="决定文号", en="Decision reference", required=True, max_length=200,
           aliases=("文号", "依据文书", "决定书编号", "reference", "decision")),
)

KINDS: tuple[Kind, ...] = (
    Kind(id="parties", zh="机构", en="Organisations", model="parties.Party", key=("party_id",), columns=_PARTIES,
         keeper="authority", comment="Organisations other registers refer to."),
    Kind(id="licences", zh="许可证", en="Licences", model="registers.Licence", key=("licence_no", "valid_from"),
         columns=_LICENCES, register="licences", keeper="authority", two_person=True, period=("licence_no",),
         comment="Who may offer which service, where, when. Rule: Notice §4.1.1"),
    Kind(id="annual_reviews", zh="年检结果", en="Annual reviews", model="registers.AnnualReview", key=("licence_no",
                                                                                                   "year"),
         columns=_ANNUAL_REVIEWS, register="annual_reviews", keeper="authority", two_person=True,
         comment="Failing counts as unlicensed. Rule: Notice §4.1.1"),
    Kind(id="filings", zh="备案", en="Filings", model="registers.Filing", key=("filing_no",), columns=_FILINGS,
         register="filings", keeper="provider", owner_column="provider_id",
         comment="Filed sites: subject, site, access part. Rule: Notice §4.1.1"),
    Kind(id="access", zh="接入", en="Access relations", model="registers.AccessRelation", key=("provider_id",
                                                                                             "access_id"),
         columns=_ACCESS, keeper="provider", owner_column="provider_id",
         comment="What each provider connects, and from whom it buys. Rule: Notice §4.1.1"),
    Kind(id="addresses", zh="地址段", en="Address blocks", model="registers.AddressBlock",
         key=("cidr", "holder_id", "valid_from"), columns=_ADDRESSES, register="addresses", keeper="provider",
         owner_column="holder_id", period=("cidr", "holder_id"),
         comment="Addresses and who holds them; one block may have several holders."),
    Kind(id="posts", zh="岗位", en="Duty posts", model="parties.Post", key=("provider_id", "branch", "role", "person"),
         columns=_POSTS, keeper="provider", owner_column="provider_id",
         comment="Dedicated posts in every branch. Rule: Notice §4.2.2"),
    Kind(id="blacklist", zh="黑名单", en="Blacklist", model="registers.BlacklistEntry", key=("kind", "value", "ground"),
         columns=_BLACKLIST, register="blacklist", keeper="authority", two_person=True,
         comment="Who or what may not be connected again. Rule: Notice §4.5"),
)
KIND_BY_ID: Mapping[str, Kind] = {kind.id: kind for kind in KINDS}

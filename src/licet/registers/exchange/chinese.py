"""Why a cell was not taken and what repairs it, in Chinese.

Checks say it in English, in bulk and in processes that know no language; errors.csv is written in the language of whoever
reads it. One row per English text, values in braces; a test finds every text a check can say.
"""

from __future__ import annotations

import functools
import re

from licet.core.language import is_chinese
from licet.core.spreadsheet import visible

TEXTS: tuple[tuple[str, str], ...] = (
    # cells
    ("the cell holds {kind}, not text", "单元格内容为 {kind}，不是文本"),
    ("write text", "请填写文本"),
    ("a number this long has lost digits in the spreadsheet", "数字过长，电子表格已丢失部分位数"),
    ("format the column as text and enter the value again", "请将该列设为文本格式后重新填写"),
    ("the cell has {count} characters; {column} takes {most}", "单元格有 {count} 个字符；{column} 最多 {most} 个"),
    ("shorten it", "请缩短"),
    ("the cell holds control characters", "单元格含有控制字符"),
    ("remove them; the cell was probably pasted from a program", "请删除；内容可能是从其他程序粘贴而来"),
    ("this is no date", "不是有效日期"),
    ("this looks like an Excel date without its format", "像是丢失日期格式的 Excel 日期"),
    ("it would be {day}; write it like {example}, or format the column as a date",
     "对应 {day}；请按 {example} 的格式填写，或将该列设为日期格式"),
    ("write it like {examples}", "请按此格式填写：{examples}"),
    ("'{value}' is not one of the values of {column}", "“{value}”不是 {column} 的可选值"),
    ("use one of: {values}, or leave it blank", "可选：{values}，或留空"),
    ("use one of: {values}", "可选：{values}"),
    ("this is no year", "不是有效年份"),
    ("write four digits, like 2026", "请填写四位数字，如 2026"),
    ("'{value}' is not a region of the profile {profile}", "“{value}”不是方案 {profile} 中的地区"),
    ("did you mean {value}?", "是否为 {value}？"),
    ("use a region code like {values}", "请填写地区代码，如 {values}"),
    ("the profile has no licence catalogue of {year}", "方案中没有 {year} 版业务分类目录"),
    ("set catalogue_year to one of: {years}", "catalogue_year 可选：{years}"),
    ("'{value}' is not a category of the {year} catalogue", "“{value}”不在 {year} 版业务分类目录中"),
    ("only http and https addresses are taken", "仅接受 http 或 https 地址"),
    ("the range is {count} blocks", "该地址范围包含 {count} 个地址段"),
    ("write one row per block: {blocks}", "请每个地址段写一行：{blocks}"),
    ("'{value}' is no ground: the list of grounds is closed", "“{value}”不是规定事由：事由清单是封闭的"),
    ("this is no telephone number", "不是有效的电话号码"),
    ("write digits, like {example}, or leave it blank", "请填写数字，如 {example}，或留空"),
    ("this is no e-mail address", "不是有效的电子邮箱"),
    ("write one address, like {example}, or leave it blank", "请填写一个邮箱，如 {example}，或留空"),
    # rows
    ("{column} takes {most} characters", "{column} 最多 {most} 个字符"),
    ("this is no identifier of an organisation or person", "不是有效的单位或个人证件号码"),
    ("write the 18 characters of the credit code, or leave the cell blank", "请填写 18 位统一社会信用代码，或留空"),
    ("unusable: {values}; the other names were taken", "无法使用：{values}；其余域名已收录"),
    ("unusable: {values}", "无法使用：{values}"),
    ("this is no change", "不是有效的变更类型"),
    ("the row belongs to {owner}, the load is for {provider}", "该行属于 {owner}，而本次导入针对 {provider}"),
    ("remove the row, or load it for its own organisation", "请删除该行，或以其所属机构导入"),
    ("{column} ({title}) is blank", "{column}（{title}）为空"),
    ("fill it", "请填写"),
    ("valid_to lies before {start} ({day})", "valid_to 早于 {start}（{day}）"),
    ("correct the dates", "请更正日期"),
    ("line {line} has the same {key} and says something else", "第 {line} 行的 {key} 相同而内容不同"),
    ("keep the row that is right", "请保留正确的一行"),
    ("its validity overlaps that of line {line}", "有效期与第 {line} 行重叠"),
    ("end one period before the other begins", "请使前一有效期在后一有效期开始前结束"),
    ("the register holds a later version of this record", "登记册中已有该记录的更新版本"),
    ("load it with a later --as-of, or leave it out", "请以更晚的 --as-of 日期导入，或不导入该行"),
    ("its validity overlaps that of a present row", "有效期与现有记录重叠"),
    ("end the present row first, in the same file", "请先在同一文件中终止现有记录"),
    ("the record belongs to another organisation", "该记录属于其他机构"),
    ("its organisation must end it first", "须由其所属机构先行终止"),
    # files
    ("the row has {cells} cells, the header {heads}", "该行有 {cells} 个单元格，表头有 {heads} 个"),
    ('put cells that contain the delimiter into "quotes"', "含分隔符的单元格请用英文双引号括起"),
    ("write every column; leave a cell blank where there is no value", "请写全各列；没有值时留空"),
    ("the line is no JSON object", "该行不是 JSON 对象"),
    ("write one complete object per line", "请每行写一个完整的 JSON 对象"),
    ("the cell holds a formula", "单元格为公式"),
    ("replace the formula by its value (copy, paste values only)", "请将公式替换为其值（复制后仅粘贴数值）"),
    # addresses
    ("'{value}' is not a range.", "“{value}”不是有效的地址范围。"),
    ("Write the first and the last address, as in {example}.", "请写出首尾两个地址，如 {example}。"),
    ("Did you mean {value}?", "是否为 {value}？"),
    ("'{value}' mixes IPv4 and IPv6.", "“{value}”混用了 IPv4 与 IPv6。"),
    ("Give one range for each.", "请分别填写。"),
    ("'{value}' ends before it begins.", "“{value}”的末尾地址小于起始地址。"),
    ("There is no address.", "没有地址。"),
    ("Write it like {example}.", "请按此格式填写：{example}。"),
    ("'{value}' has a zone, which only means something on one machine.", "“{value}”带有仅在本机有意义的区域标识。"),
    ("'{value}' is not an IP address.", "“{value}”不是 IP 地址。"),
    ("'{value}' is not a valid prefix.", "“{value}”不是有效的地址前缀。"),
    ("'{value}' holds more than the IPv4 addresses.", "“{value}”超出 IPv4 地址范围。"),
    ("The part after the slash is a number from 0 to {width}.", "斜杠后应为 0 至 {width} 的数字。"),
    # domains
    ("There is no name.", "没有域名。"),
    ("Give the site's host name, such as {example}.", "请填写网站主机名，如 {example}。"),
    ("Only http and https addresses name a site.", "只有 http 或 https 地址才能指明网站。"),
    ("Give the host name alone.", "请只填写主机名。"),
    ("The name holds a user name or an e-mail address.", "其中含有用户名或电子邮箱。"),
    ("Give the part after the @ if that is the site.", "如 @ 之后为网站，请只填写该部分。"),
    ("A wildcard names no single site.", "通配符不能指明单个网站。"),
    ("Give the domain itself; hosts below it are covered by its filing.", "请填写域名本身；其下主机由该域名备案涵盖。"),
    ("This is an IP address, not a name.", "这是 IP 地址，不是域名。"),
    ("Put it into the address field and leave the domain empty.", "请填入地址栏，域名留空。"),
    ("A name has at most 253 characters and a label at most 63.", "域名最长 253 个字符，每级最长 63 个。"),
    ("Check for missing separators.", "请检查是否缺少分隔符。"),
    ("A label holds something other than letters, digits and inner hyphens, or is empty.",
     "某一级为空，或含有字母、数字、中间连字符以外的字符。"),
    ("Check for spaces, doubled dots and leading or trailing hyphens; one name per field.",
     "请检查空格、连续的点和首尾连字符；每栏只填一个域名。"),
    ("An internationalised label is not valid under IDNA 2008.", "国际化域名不符合 IDNA 2008。"),
    ("Check the spelling, or give the xn-- form.", "请检查拼写，或填写 xn-- 形式。"),
    ("A single label is no public site name.", "只有一级的名称不是公开网站域名。"),
    ("Add the domain, as in {example}.", "请补全域名，如 {example}。"),
    ("This is a suffix under which a registry sells names.", "这是注册局据以出售域名的公共后缀。"),
    ("Give the name below it.", "请填写其下的域名。"),
)
_QUOTED = re.compile(r"'(?P<value>.*)': (?P<text>[A-Z].*\.)(?P<code> \(\w+\))?", re.DOTALL)  # UnusableDomain's message


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    made = []
    for english, chinese in TEXTS:
        parts = re.split(r"\{(\w+)\}", english)
        pattern = "".join(f"(?P<{part}>.*)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        made.append((re.compile(pattern, re.DOTALL), chinese))
    return made


@functools.lru_cache(maxsize=10_000)
def in_chinese(text: str) -> str:
    """The Chinese of a text a check said; a text nobody translated stays as it is."""
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(text):
            return chinese.format(**found.groupdict())
    if found := _QUOTED.fullmatch(text):
        return f"“{found['value']}”：{in_chinese(found['text'])}{found['code'] or ''}"
    return text


def error_cells(line: int, field: str, value: str, reason: str, repair: str) -> list[str]:
    """A row of errors.csv, in the language of whoever reads it; control characters of the value can be seen."""
    return [str(line), field, visible(value), in_active_language(reason), in_active_language(repair)]


def in_active_language(text: str) -> str:
    """Chinese where the page or the terminal is Chinese."""
    return in_chinese(text) if is_chinese() else text

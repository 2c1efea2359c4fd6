"""What messages are answered with, in the language they were written in. Pairs: (what is wrong, what to do)."""

from __future__ import annotations

WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "zh-hans": {
        "receipt": ("您的举报已收到",
                    "您的举报已收到并已妥善保存。\n\n回执号：{number}\n查询码：{code}\n\n"
                    "请保存本回执。凭回执号和查询码可在以下页面查询处理结果：{page}\n"
                    "您的联系方式不会告知被举报方和接入服务商。\n"),
        "refused": ("您的举报缺少内容", "{problem}\n{hint}\n\n也可在以下页面举报：{page}\n"),
        "large": ("邮件太大，未予接收。", "请只写网址或号码，不要附带文件。"),
        "nested": ("邮件无法读取。", "请用纯文本重新发送。"),
        "bounce": ("这是退信通知，不是举报。", "请用纯文本发送举报内容。"),
        "feedback": ("反馈报告缺少必填字段。", "按 RFC 5965 写明 Feedback-Type、User-Agent 和 Version。"),
        "several": ("一份报告写了多个网址。", "每个网址单独发一封邮件：每条举报有自己的回执。"),
        "ground": ("邮件没有说明举报事由。", "请加一行，例如“事由：淫秽色情内容”。可选事由：{grounds}"),
        "target": ("邮件没有写明举报对象。", "请加一行，例如“对象：https://www.lantern.example/page”或“对象：1062 1234”。"),
    },
    "en": {
        "receipt": ("We have your report",
                    "We have your report, and it is kept safely.\n\nReceipt number: {number}\nCheck code: {code}\n\n"
                    "Keep this receipt. With number and code this page shows what became of it: {page}\n"
                    "Neither who was reported nor their provider learns who you are.\n"),
        "refused": ("Your report lacks something", "{problem}\n{hint}\n\nOr use the form: {page}\n"),
        "large": ("The message is too large and was not taken.", "Send the address or number alone, without attachments."),
        "nested": ("The message cannot be read.", "Send it again as plain text."),
        "bounce": ("This is a notice about delivery, no report.", "Send what you report as plain text."),
        "feedback": ("The feedback report lacks a field it must have.",
                     "RFC 5965 wants Feedback-Type, User-Agent and Version."),
        "several": ("One report names several addresses.",
                    "Send a message for each: every report has a receipt of its own."),
        "ground": ("The message does not say what is wrong.",
                   "Add a line such as  Ground: pornography  with one of: {grounds}"),
        "target": ("The message names nothing this ground can be about.",
                   "Add a line such as  Target: https://www.lantern.example/page  or  Target: 1062 1234"),
    },
}

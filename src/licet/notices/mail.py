# ruff: noqa: E501 (sentences are read as one line)
"""One letter as a message: a covering letter, the exact text, the page as HTML, the PDF where one can be made."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from licet.notices.models import Delivery
from licet.notices.pdf import NoFont, pdf_of

_COVER = {
    "zh": {
        "provider": "随函送达{title}（{number}）。请按其内容办理，并将以下页面地址转交网站主办者：主办者无需账号，可在该页面查看、陈述意见、提交材料和申诉。",
        "owner": "随函送达{title}（{number}）。在以下页面可查看最新状态、陈述意见、提交材料和申诉，无需账号。",
        "subject": "随函送达{title}（{number}）。在以下页面可查看最新状态、陈述意见、提交材料和申诉，无需账号；贵单位人员也可登录控制台查看。",
        "foot": "页面地址请勿公开：持有者可以代表贵方陈述意见和申诉。文书原文的 SHA-256：{sha256}",
    },
    "en": {
        "provider": "Enclosed: {title} ({number}). Please act on it, and pass the address below on to the owner of the site, "
                    "who needs no account to read it, answer, hand in documents and appeal.",
        "owner": "Enclosed: {title} ({number}). On the page below you see how things stand, answer, hand in documents and "
                 "appeal. You need no account.",
        "subject": "Enclosed: {title} ({number}). On the page below you see how things stand, answer, hand in documents and "
                   "appeal, without an account; your own people find it in the console as well.",
        "foot": "Keep the address to yourselves: whoever has it can answer and appeal in your name. "
                "SHA-256 of the enclosed text: {sha256}",
    },
}


def message_of(delivery: Delivery, *, page_address: str, at: dt.datetime) -> EmailMultiAlternatives:
    """The message of a delivery; the same Message-ID for every try."""
    notice = delivery.notice
    zh, en = notice.body["zh"], notice.body["en"]
    covers = [_cover(language, delivery, page_address) for language in ("zh", "en")]
    message = EmailMultiAlternatives(
        subject=f"{zh['title']} / {en['title']} · {notice.number}",
        body="\n\n".join(covers) + "\n\n" + "=" * 40 + "\n\n" + notice.text,
        from_email=settings.DEFAULT_FROM_EMAIL, to=[delivery.address], connection=get_connection(),
        headers={"Message-ID": header_id(delivery), "Date": format_datetime(at), "Auto-Submitted": "auto-generated"})
    message.attach_alternative(render_to_string("notices/mail.html", {
        "covers": covers, "documents": [zh, en], "number": notice.number}), "text/html")
    try:
        message.attach(f"{_file_name(notice.number)}.pdf", pdf_of(notice), "application/pdf")
    except NoFont:  # the text is complete without it; licet doctor says what is missing
        message.attach(f"{_file_name(notice.number)}.txt", notice.text, "text/plain")
    return message


def header_id(delivery: Delivery) -> str:
    """The Message-ID header."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{delivery.message_id}@{domain}>"


def _cover(language: str, delivery: Delivery, page_address: str) -> str:
    page: dict[str, Any] = delivery.notice.body[language]
    words = _COVER[language]
    return "\n\n".join((words[delivery.recipient].format(title=page["title"], number=page["number"]), page_address,
                        words["foot"].format(sha256=delivery.notice.sha256)))


def _file_name(number: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in number)

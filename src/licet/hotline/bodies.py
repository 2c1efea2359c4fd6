"""What may be sent to a public address at all: no files where none are taken, and no more than a form can hold.

Looked at before anything of the body is read, so that what is not taken is not received: no temporary file, no memory.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from licet.hotline.public import wants_json

KB = 1024
FORM_BYTES = 64 * KB  # target and words of a report, percent-encoded, are below 40 KB
REPORT_BYTES = 64 * KB
XARF_BYTES = 256 * KB
BATCH_BYTES = 10 * KB * KB
LETTER_BYTES = 64 * KB * KB  # documents of a site's owner; how many and how large says the profile (notices)
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Door:
    """What is taken at addresses that begin and end so; the first that fits counts."""

    path: str
    most_bytes: int
    end: str = ""
    files: bool = False


DOORS: tuple[Door, ...] = (
    *(Door(path=path, most_bytes=FORM_BYTES) for path in ("/welcome/", "/report/", "/check/", "/transparency/", "/.well-known/")),
    Door(path="/portal/notices/", end="/answer/", most_bytes=LETTER_BYTES, files=True),
    Door(path="/portal/notices/", most_bytes=FORM_BYTES, files=True),  # small enough to stay in memory, and not looked at
    Door(path="/portal/", most_bytes=FORM_BYTES),
    Door(path="/accounts/", most_bytes=FORM_BYTES, files=True),
    Door(path="/i18n/", most_bytes=FORM_BYTES, files=True),
    Door(path="/api/hotline/reports/batch", most_bytes=BATCH_BYTES),
    Door(path="/api/hotline/xarf", most_bytes=XARF_BYTES),
    Door(path="/api/hotline/", most_bytes=REPORT_BYTES),
)
# (status, code, Chinese, what to do, English, what to do)
_NO_FILES = (415, "no_files", "此处不接收文件。", "请只填写网址、号码或名称，不要附带图片或文件。",
             "No files are taken here.", "Give the address, number or name alone, without pictures or files.")
_TOO_LARGE = (413, "too_large", "提交的内容过大，未予接收。", "请返回上一页，缩短后重新提交。",
              "This is too large and was not taken.", "Go back one page, make it shorter and send it again.")


class NothingButForms:
    """Middleware, before anything that reads a body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        door = _door(request.path_info)
        if door is None:
            return self.get_response(request)
        if not door.files and request.META.get("CONTENT_TYPE", "").strip().casefold().startswith("multipart/"):
            return _refused(request, _NO_FILES)
        if _length(request) > door.most_bytes:
            return _refused(request, _TOO_LARGE)
        return self.get_response(request)


def _door(path: str) -> Door | None:
    return next((row for row in DOORS if path.startswith(row.path) and path.endswith(row.end)), None)


def _length(request: HttpRequest) -> int:
    """What the request says it brings. Of a body without a length Django reads nothing."""
    text = str(request.META.get("CONTENT_LENGTH") or "0").strip()
    return int(text) if text.isascii() and text.isdigit() else 0


def _refused(request: HttpRequest, why: tuple[int, str, str, str, str, str]) -> HttpResponse:
    status, code, zh, zh_hint, en, en_hint = why
    if wants_json(request):
        problem = {"type": f"urn:licet:error:{code}", "title": en, "status": status, "detail": en, "hint": en_hint,
                   "instance": request.path_info}
        response = HttpResponse(json.dumps(problem), status=status, content_type="application/problem+json")
    else:
        response = HttpResponse(
            f'<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" '
            f'content="width=device-width, initial-scale=1"><title>{zh} {en}</title></head><body><main><h1>{zh}</h1><p>{zh_hint}'
            f'</p><h1 lang="en">{en}</h1><p lang="en">{en_hint}</p></main></body></html>', status=status)
    for name, value in _HEADERS.items():
        response[name] = value
    return response

"""Bytes to text, and HTML to the text a reader sees, with a tree parser as the oracle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from licet.registers.identifiers import decode_page
from licet.registers.identifiers.pages import BREAK, CELL, shown_text

TEXT = "京ICP备05012345号"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT.encode(), id="utf-8"),
        pytest.param(TEXT.encode("utf-8-sig"), id="utf-8-mark"),
        pytest.param(b"\xff\xfe" + TEXT.encode("utf-16-le"), id="utf-16-le"),
        pytest.param(b"\xfe\xff" + TEXT.encode("utf-16-be"), id="utf-16-be"),
        pytest.param(TEXT.encode("gb2312"), id="gb2312-undeclared"),
        pytest.param(b"<meta charset=GBK>" + TEXT.encode("gbk"), id="gbk-declared"),
        pytest.param(b"<meta charset='gb2312'>" + TEXT.encode(), id="declared-wrongly"),
        pytest.param(b'<meta content="text/html; charset=gb2312">' + TEXT.encode("gbk"), id="http-equiv"),
        pytest.param(b"<meta charset=gb2312>" + TEXT.encode("gbk") + b"\xff", id="declared-with-a-broken-byte"),
        pytest.param(b"<meta charset=unicode_escape>" + TEXT.encode(), id="no-such-web-charset"),
    ],
)
def test_a_page_is_decoded(data):
    assert TEXT in decode_page(data)


@given(st.binary(max_size=200))
def test_no_bytes_are_refused(data):
    assert isinstance(decode_page(data), str)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<b>b</b>c", "abc"),
        ("a<p>b</p>c", f"a{BREAK}b{BREAK}c"),
        ("a<br/>b", "a b"),
        ("<table><tr><td>a</td><th>b</th></tr></table>", f"{BREAK * 2}{CELL}a{CELL * 2}b{CELL}{BREAK * 2}"),
        ("a<!-->b", "ab"),
        ("a<!-- <p> --!>b", "ab"),
        ("a</ x>b<?x y>c<!doctype d>d</>e", "abcde"),
        ("<a title='>'>x</a>", "x"),
        ("<p don't>x</p>", f"{BREAK}x{BREAK}"),
        ("a<script><b></scripty></script >b", "ab"),
        ("&lt;p&gt;&amp;#20140;", "<p>&#20140;"),
        ("a\x00b", "a\ufffdb"),
    ],
)
def test_running_text(html, text):
    assert shown_text(html).text == text


INLINE = ["b", "span", "font", "em"]
BLOCK = ["div", "section", "article"]


def documents():
    """Well-formed bodies of the elements both sides define alike."""
    text = st.text(alphabet="ab京备<>&;#3 '\"", max_size=6).map(
        lambda raw: raw.replace("&", "&amp;").replace("<", "&lt;")
    )
    hidden = st.sampled_from(["<!-- <p>x -->", "<script>'<b>'</script>", "<style>a>b{}</style>", "<wbr>"])
    attribute = st.sampled_from(["", " class=a", ' data-x="a>b"', " x='\"' y", " checked "])
    inline = st.recursive(
        text | hidden,
        lambda inner: st.builds(
            lambda name, mark, parts: f"<{name}{mark}>{''.join(parts)}</{name.upper()}>",
            st.sampled_from(INLINE),
            attribute,
            st.lists(inner, max_size=3),
        ),
        max_leaves=8,
    )
    block = st.builds(
        lambda name, mark, parts: f"<{name}{mark}>{''.join(parts)}</{name}>",
        st.sampled_from(BLOCK),
        attribute,
        st.lists(inline, max_size=3),
    )
    return st.lists(inline | block, max_size=6).map("".join)


def tree_text(html: str) -> list[str]:
    """What the tree parser makes of it: texts of neighbouring inline content joined, blocks apart."""
    runs = [""]

    def walk(node):
        while node is not None:
            if node.is_text_node:
                runs[-1] += node.text_content
            elif node.tag not in {"script", "style", "-comment"}:
                apart = node.tag in BLOCK
                runs.extend([""] * apart)
                walk(node.first_child)
                runs.extend([""] * apart)
            node = node.next

    walk(LexborHTMLParser(f"<!doctype html><body><i></i>{html}").body.first_child)
    return [run for run in runs if run]


@settings(max_examples=200)
@given(documents())
def test_the_tree_parser_sees_the_same_text(html):
    assert [run for run in shown_text(html).text.split(BREAK) if run] == tree_text(html)

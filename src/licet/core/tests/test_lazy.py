"""A library is imported with its first use, and behaves as itself from then on."""

import subprocess
import sys

import pytest

from licet.core.lazy import lazy

USED = """
import sys
from licet.core.lazy import lazy
xml = lazy("xml", "xml.dom.minidom")
assert "xml.dom" not in sys.modules
assert xml.dom.minidom.parseString("<a/>").documentElement.tagName == "a"
try:
    xml.dom.minidom.parseString("<a")
except xml.parsers.expat.ExpatError:
    print("caught")
"""


def test_imported_when_used():
    assert subprocess.run([sys.executable, "-c", USED], capture_output=True, text=True,
                          check=True).stdout.strip() == "caught"


def test_what_is_missing_is_said_when_it_is_used():
    absent = lazy("no_such_library")
    assert "no_such_library" in repr(absent)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        absent.anything  # noqa: B018
    with pytest.raises(AttributeError):
        lazy("json").no_such_function  # noqa: B018

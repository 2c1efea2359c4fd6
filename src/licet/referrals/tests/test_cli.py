"""Keys and packages of a police desk, on the command line; nothing here has a database."""

import hashlib

import pytest
import typer
from typer.testing import CliRunner

from licet.core.errors import LicetError
from licet.referrals import cli
from licet.referrals.packages import parse_public, seal_for


@pytest.fixture
def licet():
    """``licet("keygen", …)``: the output; refusals raise."""
    app = typer.Typer()
    app.callback()(lambda: None)
    cli.register(app)

    def run(*words):
        result = CliRunner().invoke(app, ["referrals", *(str(word) for word in words)])
        if result.exception is not None:
            raise result.exception
        return result.stdout.strip()

    return run


def test_package_is_opened_with_the_desks_key(licet, tmp_path):
    public = licet("keygen", tmp_path / "desk.key")
    content = b"sealed bag" * 20_000
    (tmp_path / "bag.zip.sealed").write_bytes(b"".join(seal_for(parse_public(public), [content[:70_000], content[70_000:]])))

    said = licet("open", tmp_path / "bag.zip.sealed", "--key", tmp_path / "desk.key", "--out", tmp_path / "bag.zip")

    assert (tmp_path / "bag.zip").read_bytes() == content
    assert hashlib.sha256(content).hexdigest() in said
    assert oct((tmp_path / "desk.key").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize("position", [0, 20, 60, -1])
def test_changed_package_is_refused_and_leaves_nothing(licet, tmp_path, position):
    public = licet("keygen", tmp_path / "desk.key")
    package = bytearray(b"".join(seal_for(parse_public(public), [b"sealed bag"])))
    package[position] ^= 1
    (tmp_path / "x.sealed").write_bytes(package)

    with pytest.raises(LicetError):
        licet("open", tmp_path / "x.sealed", "--key", tmp_path / "desk.key", "--out", tmp_path / "bag.zip")
    assert {path.name for path in tmp_path.iterdir()} - {"home"} == {"desk.key", "x.sealed"}


def test_nothing_is_overwritten(licet, tmp_path):
    licet("keygen", tmp_path / "desk.key")
    with pytest.raises(LicetError, match="already"):
        licet("keygen", tmp_path / "desk.key")

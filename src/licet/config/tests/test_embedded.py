"""The embedded server survives what an operating system does to it, and refuses what it cannot use."""

import os

import psutil
import pytest

from licet.config import databases, environment
from licet.config.embedded import EmbeddedServer
from licet.core.errors import BadSetting, Unavailable


def test_lock_file_of_a_stranger_is_not_our_server(tmp_path):
    server = EmbeddedServer(tmp_path, "secret")
    server.data.mkdir()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    assert server.process_id() is None


def test_remains_of_a_killed_server_are_cleared(tmp_path):
    server = EmbeddedServer(tmp_path, "secret")
    server.data.mkdir()
    server.sockets.mkdir(parents=True)
    remains = [server.data / "postmaster.pid", server.sockets / ".s.PGSQL.5432.lock"]
    for path in remains:
        path.write_text("1\n")
    server._clear_remains()
    assert not any(path.exists() for path in remains)


def test_remains_are_kept_while_a_process_works_there(tmp_path, monkeypatch):
    server = EmbeddedServer(tmp_path, "secret")
    server.data.mkdir()
    (server.data / "postmaster.pid").write_text("1\n")
    monkeypatch.setattr("licet.config.embedded.STRAYS_S", 0.1)
    monkeypatch.setattr(server, "_strays", lambda: [psutil.Process().pid])
    with pytest.raises(Unavailable, match="still work"):
        server._clear_remains()
    assert (server.data / "postmaster.pid").exists()


def test_long_home_gets_a_short_socket_path(tmp_path):
    long = tmp_path / ("x" * 120)
    assert len(str(databases.socket_directory(long))) < 100
    assert databases.socket_directory(tmp_path) == tmp_path / "run"


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://host:5432", "nonsense"])
def test_unusable_database_address_is_refused(url, tmp_path):
    with pytest.raises(BadSetting, match="DATABASE_URL"):
        databases.databases(url=url, app_url="", home=tmp_path, secrets={"app_password": "x"})


def test_socket_address_is_understood(tmp_path):
    entry = databases.databases(url="postgresql://own:p%40ss@/desk?host=/run/pg", app_url="", home=tmp_path,
                                secrets={"app_password": "app"})
    assert (entry["owner"]["HOST"], entry["owner"]["PASSWORD"], entry["owner"]["NAME"]) == ("/run/pg", "p@ss", "desk")
    assert (entry["default"]["USER"], entry["default"]["PASSWORD"]) == (databases.APP_ROLE, "app")


@pytest.mark.parametrize(("name", "value"), [("LICET_PORT", "99999"), ("LICET_HTTPS", "perhaps")])
def test_bad_setting_names_itself_and_the_repair(name, value):
    with pytest.raises(BadSetting, match=name) as refused:
        environment.read({name: value})
    assert refused.value.hint

"""What is shipped: every module imports, and the wheel holds every file that is not Python."""

import importlib
import pkgutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import licet

ROOT = Path(__file__).resolve().parents[1]
DATA = (".toml", ".html", ".css", ".js", ".svg", ".woff2", ".po", ".mo", ".txt", ".png", ".ico", ".typed", ".xsd")
MODULES = sorted(module.name for module in pkgutil.walk_packages(licet.__path__, "licet.")
                 if ".tests" not in module.name and ".migrations." not in module.name)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports(name):
    assert importlib.import_module(name).__name__ == name


def test_help_answers_without_heavy_libraries():
    code = ("import sys; sys.argv = ['licet', '--help']\n"
            "from licet.cli import main\n"
            "try: main()\nexcept SystemExit: pass\n"
            "heavy = {'django', 'duckdb', 'numba', 'pyarrow', 'numpy'} & set(sys.modules)\n"
            "sys.exit(f'imports {heavy}' if heavy else 0)")
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel built from what git knows (and new files it does not ignore), as a list of names."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if name.startswith("src/") or "/" not in name:
            copy = source / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_file():
                copy.write_bytes((ROOT / name).read_bytes())
    build = ("import os, sys; os.chdir(sys.argv[1]); from setuptools import build_meta; "
             "print(build_meta.build_wheel(sys.argv[2]))")
    subprocess.run([sys.executable, "-c", build, str(source), str(target)], check=True, capture_output=True)
    with zipfile.ZipFile(next(target.glob("*.whl"))) as archive:
        return set(archive.namelist())


def test_wheel_holds_every_data_file(wheel):
    wanted = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src" / "licet").rglob("*")
              if path.suffix in DATA and path.is_file() and "/tests/" not in str(path)}
    assert wanted - wheel == set()
    assert any(name.endswith("cn-2007/thresholds.toml") for name in wheel)


def test_wheel_holds_the_licence_and_the_command(wheel):
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
    assert any(name.endswith("entry_points.txt") for name in wheel)

"""The formats of the shipped profile, as the tests of this folder use them."""

import tomllib
from pathlib import Path

import licet
from licet.registers.identifiers import NumberFormats

TABLE = tomllib.loads((Path(licet.__file__).parent / "profiles/cn-2007/numbers.toml").read_text(encoding="utf-8"))
FORMATS = NumberFormats.from_toml(TABLE)

"""Why a file as a whole cannot be used; none of them leaves anything imported."""

from __future__ import annotations

from licet.core.errors import BadInput


class UnusableFile(BadInput):
    """The file cannot be read."""

    code = "unusable_file"


class BrokenContainer(UnusableFile):
    """The file is truncated, damaged or not of the format its name says."""

    code = "broken_container"
    hint = "nothing was imported; export or transfer the file again"


class MixedEncodings(UnusableFile):
    """The file mixes character encodings."""

    code = "mixed_encodings"
    hint = "nothing was imported; save the whole file as UTF-8"


class NulBytes(UnusableFile):
    """The file holds NUL bytes."""

    code = "nul_bytes"
    hint = "nothing was imported; the file is damaged or binary: export it again as CSV in UTF-8"


class WrongColumns(UnusableFile):
    """The file does not have the columns of this kind."""

    code = "wrong_columns"


class UnknownKind(BadInput):
    """There is no such kind of register data."""

    code = "unknown_kind"

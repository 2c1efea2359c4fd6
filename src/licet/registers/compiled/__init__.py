"""The compiled register: snapshot → parts on disk → mapped and bound to a day → facts of access rows.

``compile_part`` builds each part from Parquet; ``open_register`` maps them; ``CompiledRegister.bind`` does the work of a
day; ``BoundRegister.gather`` answers for batches of ``AccessRows`` by the million or for one. What facts mean is
docs/judging.md; what follows from them is ``licet.gate.rules``.
"""

from __future__ import annotations

from licet.registers.compiled.bind import BoundRegister, Connected
from licet.registers.compiled.build import compile_part
from licet.registers.compiled.facts import Facts
from licet.registers.compiled.layout import KINDS, DamagedPart, UnusableSnapshot
from licet.registers.compiled.opening import CompiledRegister, open_register
from licet.registers.compiled.params import JudgingParams
from licet.registers.compiled.rows import AccessRows, RowNormaliser

__all__ = ["KINDS", "AccessRows", "BoundRegister", "CompiledRegister", "Connected", "DamagedPart", "Facts",
           "JudgingParams", "RowNormaliser", "UnusableSnapshot", "compile_part", "open_register"]

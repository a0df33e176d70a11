"""What the exit codes of `lienthong` say; each means the same in every command."""

from typing import Final

EXIT_NO: Final = 1
"""The answer is no: refused, not found, broken, mistaken, different."""

EXIT_UNUSABLE: Final = 2
"""What was named cannot be used: no server there, no stores in the folder, an option that does not exist."""

EXIT_IN_USE: Final = 3
"""Somebody else has it: the port, the stores, or a rehearsal that was played before."""

EXIT_NOT_READY: Final = 4
"""It was started and did not become ready in time."""

IN_WORDS: Final = (
    "Exit codes: 0 done, all holds; 1 the answer is no (refused, not found, broken); 2 what was named cannot be used "
    "(no server, no stores, a wrong option); 3 in use by somebody else; 4 not ready in time."
)

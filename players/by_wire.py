"""The stage without HTTP: acts go straight to the borders of an engine that is turned on the caller's own thread.

Many lives' acts are given before each turn, so that they share its commit; nobody waits for a clock or a socket.
"""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Final, Protocol

from chassis.executor import Answered
from chassis.lru import Recent
from chassis.run import Engine
from chassis.vault import Vault
from chassis.web.acts import Border
from chassis.web.auth import Principal
from players.schedule import Player, Schedule
from players.script import Answer, Do, Move, See, Send, Until, Who

AT_ONCE: Final = 64
"""How many commands are given before the engine is turned."""

PEOPLE_REMEMBERED: Final = 8_192
NOT_FOUND: Final = Answer(404, {})


class Platform(Protocol):
    """What the stage needs of the product: an engine that nobody else turns, its borders and its vault."""

    @property
    def engine(self) -> Engine: ...
    @property
    def borders(self) -> dict[str, Border]: ...
    @property
    def vault(self) -> Vault: ...

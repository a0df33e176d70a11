"""What follows when a limit comes near or has passed: a warning, one apology with a new date, and who is told next.

Law: NĐ 61/2018/NĐ-CP art. 19.9.
"""

from kernel.refusal import Refused
from services.routing.domain.clock_commands import ApologiseForDelay, PassEscalation, PassWarning
from services.routing.domain.moving_on import Facts
from services.routing.domain.progress import Chain


def act_on_lateness(command: PassWarning | ApologiseForDelay | PassEscalation, chain: Chain) -> Facts | Refused:
    raise NotImplementedError

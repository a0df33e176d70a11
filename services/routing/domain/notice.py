"""What the tax agency determined that the applicant owes, and what follows when it is paid."""

from kernel.refusal import Refused
from services.routing.domain.clock_commands import SettleNotice
from services.routing.domain.moving_on import Facts
from services.routing.domain.progress import Chain


def settle_notice(command: SettleNotice, chain: Chain) -> Facts | Refused:
    raise NotImplementedError

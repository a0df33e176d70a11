"""When a clock stands still on a ground that the law names, and when it runs again."""

from kernel.refusal import Refused
from services.routing.domain.clock_commands import (
    DeclareIncident,
    EndIncident,
    EndPause,
    RedateAppointment,
    ResumeStepClock,
    StopStepClock,
)
from services.routing.domain.moving_on import Facts
from services.routing.domain.progress import Chain


def act_on_clock(
    command: StopStepClock | ResumeStepClock | EndPause | DeclareIncident | EndIncident | RedateAppointment,
    chain: Chain,
) -> Facts | Refused:
    raise NotImplementedError

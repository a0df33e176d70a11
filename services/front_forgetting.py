"""Forgetting a person where every service is a process of its own: each is asked what of theirs is still open.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14 (deletion on request; where it cannot be done for a legitimate
reason, the one who asks is told).
"""

from urllib.parse import urlencode

from fastapi.concurrency import contextmanager_in_threadpool
from starlette.concurrency import run_in_threadpool

from chassis.forgetting import MATTERS_OPEN, NOT_KNOWN, REST_WITHIN_S
from chassis.rehearsal_conductor import Conductor
from chassis.vault_keys import CannotOpen
from chassis.vault_port import Custody, Forgotten
from chassis.web.door_instance import Instance
from chassis.web.door_instances import Instances
from kernel.refusal import Invalid, Refused


async def forget_everywhere(
    instances: Instances, conductor: Conductor, vault: Custody, proof: Forgotten
) -> Forgotten | Refused:
    """Forget a person, or say what is still open; nothing can be handed in for them meanwhile, through any process.

    Asked again about somebody who was forgotten, it finishes what could not be reached and returns the first proof.

    Raises:
        NotAtRest: the processes do not come to rest; ask again.
        Nobody: a service does not answer, so that it is not known what is open there.
    """
    person = proof.person
    if all(one.person != person for one in await run_in_threadpool(vault.forgotten)):
        if not await run_in_threadpool(vault.is_known, person):
            return Refused(NOT_KNOWN)
        async with contextmanager_in_threadpool(vault.leaving(person)):
            await conductor.settle(patience_s=REST_WITHIN_S, busy_s=REST_WITHIN_S)
            if matters := await _open_matters(instances, person):
                return Refused(MATTERS_OPEN, tuple(Invalid("person", matter) for matter in matters))
            return await _forgotten(vault, proof)
    return await _forgotten(vault, proof)


async def _forgotten(vault: Custody, proof: Forgotten) -> Forgotten | Refused:
    try:
        return await run_in_threadpool(vault.forget, proof)
    except CannotOpen:
        return Refused(NOT_KNOWN)


async def _open_matters(instances: Instances, person: str) -> list[str]:
    target = f"/internal/open-matters?{urlencode({'person': person})}"

    async def ask(instance: Instance) -> list[str]:
        lines: list[str] = (await instances.inner(instance, "GET", target))["lines"]
        return lines

    told = await instances.of_every_service(ask)
    return [line for lines in told.values() for line in lines]

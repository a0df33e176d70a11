"""A service's store of PostgreSQL to whoever may only look: what would write is refused before it is sent."""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import NoReturn

from chassis.stores.postgres import READ_MODELS
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_looks import Looks
from chassis.stores.store import Generation, Statement, StoreUnavailable, Writes


class ReadOnlyStore(Looks):
    """The store port for `verify`: it looks, tends nothing, and shows what the service's own processes wrote."""

    def __init__(self, access: PostgresAccess, any_form: bool = False) -> None:
        """Open it to look.

        Args:
            any_form: its read models may be of another version: only the log is of interest.
        """
        super().__init__(access)
        self.name = access.name
        self._any_form = any_form
        self._generations = self._known_generations()

    @property
    def shared(self) -> bool:
        return True

    def duty(self, name: str) -> bool:
        return False

    def leave(self, name: str) -> None:
        """Nothing was had."""

    def news(self) -> Mapping[str, int]:
        return {}

    def listen(self, told: Callable[[], None]) -> None:
        """Tell nobody: whoever looks asks."""

    def define(self, tables: Iterable[str], form: str = "") -> bool:
        """Check that the read models are those of this version.

        Raises:
            StoreUnavailable: they are of another; the service's own process or `lienthong rebuild` makes them anew.
        """
        if not self._any_form and self.note(READ_MODELS) != sha256("\n".join((form, *tables)).encode()).hexdigest():
            raise StoreUnavailable(f"the read models of {self.name} are not those of this version of the product")
        return False

    def commit(self, writes: Writes) -> int:
        self._refuse()

    def stage(self, writes: Writes) -> None:
        self._refuse()

    def flush(self) -> int:
        self._refuse()

    def fill(self, statements: Iterable[Statement]) -> None:
        self._refuse()

    def begin_generation(self, at_us: int, why: str) -> Generation:
        self._refuse()

    def prune_answers(self, before_us: int, limit: int) -> int:
        self._refuse()

    def move_relayed(self, topic: str, before: int, now: int) -> None:
        self._refuse()

    def keep_note(self, name: str, value: str) -> None:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise StoreUnavailable(f"{self.name} is only looked at here")

    def close(self) -> None:
        self._readers.close()

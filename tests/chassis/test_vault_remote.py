"""The vault's process: the contract of all vaults over HTTP, who is let in, and what happens when it is killed.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from chassis.inner_client import Refused
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import StoreUnavailable
from chassis.vault_port import Custody
from chassis.vault_remote import RemoteVault
from tests.chassis import vault_places
from tests.chassis.inner_process import PROJECT, InnerProcess
from tests.chassis.vault_contract import (
    AT,
    NAME,
    NEIGHBOUR,
    PARTICULARS,
    PERSONAL_ID,
    PHONE,
    Open,
    VaultContract,
    known,
    proof,
    read,
    relying_on,
)
from tests.postgres_server import PostgresServer

KEY = vault_places.new_key()


@pytest.fixture(scope="module")
def access(postgres_server: PostgresServer) -> Iterator[PostgresAccess]:
    made = vault_places.fresh(postgres_server)
    yield made
    postgres_server.drop(made)


@pytest.fixture(scope="module")
def shared(access: PostgresAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerProcess]:
    """A process for all tests that let it live."""
    process = vault_places.process(access, KEY, tmp_path_factory.mktemp("vault"))
    process.start()
    yield process
    process.close()


@pytest.fixture
def process(shared: InnerProcess, access: PostgresAccess) -> InnerProcess:
    """That process over an empty vault."""
    vault_places.empty(access)
    return shared


def client(process: InnerProcess, name: str = "all", ca: str = "") -> RemoteVault:
    return RemoteVault(process.url, process.tokens[name], ca)


@pytest.fixture
def vault(process: InnerProcess) -> Iterator[RemoteVault]:
    with closing(client(process)) as vault:
        yield vault


class TestRemoteVault(VaultContract):
    """Every promise of the port, kept over HTTP by a process of its own."""

    @pytest.fixture
    def open_vault(self, process: InnerProcess) -> Iterator[Open]:
        opened: list[RemoteVault] = []

        def open_again() -> Custody:
            opened.append(client(process))
            return opened[-1]

        yield open_again
        for vault in opened:
            vault.close()


# --- who is let in ---


@pytest.mark.parametrize(
    ("token", "said"),
    [("", "LIENTHONG_VAULT_TOKEN_FILE"), ("guessed-by-somebody", "not in LIENTHONG_VAULT_TOKENS"), ("é", "not in")],
)
def test_nobody_is_let_in_without_a_token_of_theirs(process: InnerProcess, token: str, said: str) -> None:
    """Each question says what an operator has to do; nothing is lost meanwhile, for it may be asked again."""
    answer = httpx.post(
        f"{process.url}/v1/meet", json={"kind": "personal_id", "identifier": PERSONAL_ID},
        headers=[(b"authorization", b"Bearer " + token.encode())] if token else [],
    )  # fmt: skip
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_unknown"
    assert said in answer.json()["said"]
    assert PERSONAL_ID not in answer.text
    if token.isascii():
        with closing(RemoteVault(process.url, token)) as stranger, pytest.raises(Refused, match=said):
            stranger.person("personal_id", PERSONAL_ID)


def test_a_service_asks_only_what_it_may(process: InnerProcess, vault: RemoteVault) -> None:
    """One whose line names no rights meets, seals and opens; it neither searches nor forgets."""
    person, sealed = known(vault)
    with closing(client(process, "few")) as few, closing(client(process, "reader")) as reader:
        assert few.person("personal_id", PERSONAL_ID) == person
        assert read(few, sealed) == PARTICULARS
        assert reader.find("phone", PHONE) == (person,)
        for refused in (
            lambda: few.find("phone", PHONE),
            lambda: few.openings(person),
            lambda: few.forget(proof(person)),
            lambda: few.forgotten(),
            lambda: reader.seal(person, {}),
            lambda: reader.prove(sealed),
        ):
            with pytest.raises(Refused, match="LIENTHONG_VAULT_TOKENS"):
                refused()
        with pytest.raises(Refused), few.leaving(person):
            raise AssertionError("not held back, so nothing inside is done")
    assert vault.person("personal_id", PERSONAL_ID) == person
    assert not vault.is_forgotten(person)


def test_an_auditor_checks_everything_and_reads_nothing(process: InnerProcess, vault: RemoteVault) -> None:
    """That what is sealed is whole, that who was forgotten is; neither values nor who anybody is."""
    person, sealed = known(vault)
    with closing(client(process, "auditor")) as auditor:
        auditor.prove(sealed)
        assert (auditor.forgotten(), auditor.kept_in_spite(), auditor.copies.pending()) == ((), (1, ()), ())
        for refused in (
            lambda: read(auditor, sealed),
            lambda: auditor.find("phone", PHONE),
            lambda: auditor.person("personal_id", NEIGHBOUR),
            lambda: auditor.forget(proof(person)),
        ):
            with pytest.raises(Refused, match="may not"):
                refused()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/meet", b"", 400),
        ("/v1/meet", b'{"kind": 7, "identifier": "x"}', 400),
        ("/v1/meet", b'{"kind": "\xff"}', 400),
        ("/v1/nothing", b"{}", 404),
        ("/v1/seal", b'{"person": "p", "fields": {"x": "' + b"y" * 4_194_305 + b'"}}', 413),
        ("/v1/seal", b'{"person": "p\\u0000", "fields": {}}', 422),
    ],
)
def test_what_cannot_be_read_is_refused(process: InnerProcess, path: str, body: bytes, status: int) -> None:
    """With a reason, and none of it said again."""
    token = {"authorization": f"Bearer {process.tokens['all']}"}
    answer = httpx.post(f"{process.url}{path}", content=body, headers=token)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "said"}


def test_health_and_figures_need_no_token(process: InnerProcess, vault: RemoteVault) -> None:
    """And tell nothing of anybody."""
    _, sealed = known(vault)
    read(vault, sealed)
    pages = {path: httpx.get(f"{process.url}{path}") for path in ("/livez", "/readyz", "/startupz", "/metrics")}
    assert {page.status_code for page in pages.values()} == {200}
    figures = pages["/metrics"].text
    assert 'lienthong_vault_openings_total{purpose="visit"}' in figures
    assert "lienthong_vault_drafts 0.0" in figures
    assert 'lienthong_vault_seconds_count{asked="open",came_to="answered"}' in figures
    assert NAME not in figures


def test_nothing_that_is_asked_or_answered_is_logged(process: InnerProcess, vault: RemoteVault) -> None:
    """Neither values, nor tokens, nor keys; at the level that tells most."""
    person, sealed = known(vault)
    read(vault, sealed)
    vault.find("personal_id", PERSONAL_ID)
    for secret in (NAME, PERSONAL_ID, PHONE, KEY, *process.tokens.values(), person):
        assert secret not in process.said


def test_no_secret_stands_in_the_list_of_processes(process: InnerProcess, access: PostgresAccess) -> None:
    """Neither as an argument nor, where files name them, in the environment."""
    told = b"".join(Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    assert b"chassis.vault_server" in told
    for secret in (KEY, access.password, *process.tokens.values()):
        assert secret.encode() not in told


# --- killed, stopped, frozen ---


@pytest.fixture
def own(access: PostgresAccess, tmp_path: Path) -> Iterator[InnerProcess]:
    """A process that a test may kill."""
    process = vault_places.process(access, KEY, tmp_path / "own")
    process.start()
    yield process
    process.close()


def test_killed_between_a_meeting_and_the_batch_nothing_is_lost(process: InnerProcess, own: InnerProcess) -> None:
    """The same client, which knows of no death, settles what it was given before."""
    with closing(client(own)) as vault:
        person = vault.person("personal_id", PERSONAL_ID)
        vault.also_known(person, "phone", PHONE)
        sealed = vault.seal(person, PARTICULARS)
        own.kill()
        with pytest.raises(StoreUnavailable, match="does it run"):
            vault.settle(relying_on(person))
        own.start()
        vault.settle(relying_on(person))
        assert vault.find("phone", PHONE) == (person,)
        assert read(vault, sealed) == PARTICULARS


def test_stopped_it_answers_what_it_was_asked_and_ends(process: InnerProcess, own: InnerProcess) -> None:
    """Started again meanwhile, nobody who waits for it has lost anything, and each reading is one line."""
    with closing(client(own)) as vault:
        person, sealed = known(vault)
        read_times, stopping = [0], threading.Event()

        def go_on_reading() -> None:
            while not stopping.is_set():
                try:
                    read(vault, sealed, "name")
                    read_times[0] += 1
                except StoreUnavailable:
                    time.sleep(0.01)

        readers = [threading.Thread(target=go_on_reading) for _ in range(1)]
        for reader in readers:
            reader.start()
        for _ in range(2):
            time.sleep(0.3)
            assert own.stop() in (0, -signal.SIGTERM)
            before = read_times[0]
            own.start()
            time.sleep(0.3)
            assert read_times[0] > before
        stopping.set()
        for reader in readers:
            reader.join()
        assert len(vault.openings(person)) >= read_times[0] > 0


def test_one_that_hangs_is_left_alone_and_comes_back(process: InnerProcess, own: InnerProcess) -> None:
    """Only who asks first waits for it; when it goes on, so does everything."""
    with closing(client(own)) as vault:
        person, sealed = known(vault)
        own.freeze()
        with pytest.raises(StoreUnavailable):
            read(vault, sealed)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="did not answer just now"):
            read(vault, sealed)
        assert time.monotonic() - began < 0.5
        own.thaw()
        time.sleep(1.1)
        assert read(vault, sealed) == PARTICULARS
        assert vault.person("personal_id", PERSONAL_ID) == person


def test_two_processes_over_one_database_are_one_vault(process: InnerProcess, own: InnerProcess) -> None:
    """Whoever is forgotten through one is unreadable through the other, which had read them."""
    with closing(client(process)) as one, closing(client(own)) as two:
        person, sealed = known(one)
        assert read(two, sealed) == PARTICULARS
        assert two.person("personal_id", PERSONAL_ID) == person
        one.forget(proof(person))
        assert two.is_forgotten(person)
        assert two.person("personal_id", PERSONAL_ID) != person
        assert two.find("personal_id", PERSONAL_ID) == ()
        assert one.copies.catch_up() == two.copies.pending() == ()
        assert two.copies.known() == ()


def test_over_tls_only_with_the_authority_that_vouches_for_it(
    process: InnerProcess, access: PostgresAccess, tmp_path: Path
) -> None:
    made = [sys.executable, "deploy/native/tls.py", str(tmp_path)]
    subprocess.run(made, cwd=PROJECT, check=True, capture_output=True)
    tls = {"TLS_CERTIFICATE": str(tmp_path / "tls/http.crt"), "TLS_KEY": str(tmp_path / "tls/http.key")}
    own = vault_places.process(access, KEY, tmp_path / "own", **tls)
    try:
        own.start()
        with closing(client(own, ca=str(tmp_path / "tls/ca.pem"))) as vault:
            _, sealed = known(vault)
            assert read(vault, sealed) == PARTICULARS
        with closing(client(own)) as unsure, pytest.raises(StoreUnavailable, match="not vouched for"):
            unsure.person("personal_id", NEIGHBOUR)
    finally:
        own.close()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"VAULT_KEY": ""}, "LIENTHONG_VAULT_KEY_FILE"),
        ({"VAULT_KEY": "not a key"}, "base64"),
        ({"VAULT_KEY": KEY, "VAULT_TOKENS": "intake:abc"}, "line 1 of the tokens"),
        ({"VAULT_KEY": KEY, "VAULT_TOKENS": ""}, "no token"),
        ({"VAULT_KEY": KEY, "VAULT_TOKENS": f"a:{'0' * 64}:everything"}, "rights that do not exist: everything"),
        ({"VAULT_KEY": vault_places.new_key()}, "master key"),
        ({"VAULT_KEY": KEY, "TLS_KEY": "x"}, "given together"),
        ({"VAULT_KEY": KEY, "TLS_KEY": "nowhere.key", "TLS_CERTIFICATE": "nowhere.crt"}, "nowhere.crt"),
    ],
)
def test_what_it_cannot_start_with_is_said_in_a_line(
    process: InnerProcess, access: PostgresAccess, settings: dict[str, str], said: str
) -> None:
    """To an operator, without saying a secret again."""
    tokens = {"VAULT_TOKENS": f"a:{'0' * 64}"}
    given = {"DATABASE": access.conninfo, "DATABASE_PASSWORD": access.password} | tokens | settings
    done = subprocess.run(
        [sys.executable, "-m", "chassis.vault_server"], cwd=PROJECT, capture_output=True, text=True, timeout=60,
        env={f"LIENTHONG_{name}": value for name, value in given.items()}, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert access.password not in done.stderr
    assert settings["VAULT_KEY"] not in done.stderr or not settings["VAULT_KEY"]


def test_the_master_key_is_exchanged_by_command(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """While no process runs; afterwards the new key opens everything, and the old one is refused."""
    access, new = vault_places.fresh(postgres_server), vault_places.new_key()
    with closing(vault_places.opened(access, KEY)) as vault:
        _, sealed = known(vault)
    given = {"DATABASE": access.conninfo, "DATABASE_PASSWORD": access.password, "VAULT_KEY": KEY}
    command = [sys.executable, "-m", "chassis.vault_server", "rotate"]
    for more, status, said in (({}, 1, "LIENTHONG_VAULT_KEY_NEXT"), ({"VAULT_KEY_NEXT": new}, 0, "1 keys")):
        environment = {f"LIENTHONG_{name}": value for name, value in (given | more).items()}
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status
        assert said in done.stderr + done.stdout
    with closing(vault_places.opened(access, new)) as vault:
        assert vault.open(sealed, "officer:7", "visit", (), AT) == PARTICULARS
    postgres_server.drop(access)

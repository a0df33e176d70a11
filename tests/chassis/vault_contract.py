"""What every vault must do: one suite, run on each implementation by subclassing `VaultContract`.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.stores.store import NewEvent, StoreUnavailable, Writes
from chassis.vault_port import CannotOpen, Custody, Erased, Forgotten, is_sealed

AT = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
NAME = "Nguyễn Thị Hồng Ánh"
PERSONAL_ID = "051185003187"
NEIGHBOUR = "051185003188"
PHONE = "0905671283"
PARTICULARS: dict[str, Any] = {
    "name": NAME,
    "personal_id": PERSONAL_ID,
    "address": "12 Phan Đình Phùng",
    "children": 2,
}

Open = Callable[[], Custody]

PHONES = [
    ("0905671283", "0905 671 283", True),
    ("0905671283", "+84 905.671.283", True),
    ("0905671283", "0084-905-671-283", True),
    ("+84905671283", "84905671283", True),
    ("0905671283", "0905671284", False),
    ("0905671283", "905671283", False),
    ("84905671", "0905671", False),
]


def read(vault: Custody, sealed: str, *fields: str) -> dict[str, Any]:
    return vault.open(sealed, by="officer:7", purpose="visit", fields=fields, at=AT)


def relying_on(*people: str) -> Writes:
    """Return a batch with one event that names people, as intake writes one."""
    data = b'{"applicant":"%s","note":"p0123456789abcdef01234567"}' % ",".join(people).encode()
    event: dict[str, Any] = dict.fromkeys(NewEvent._fields)
    return Writes(events=[NewEvent(**(event | {"stream": "dossier-1", "version": 1, "data": data}))])


def proof(person: str) -> Forgotten:
    return Forgotten(person, AT.isoformat(), "system:archive", "91/2025/QH15:14", "12/QD-UBND")


def known(vault: Custody, personal_id: str = PERSONAL_ID) -> tuple[str, str]:
    """Return somebody who is durably known, and what was sealed for them."""
    person = vault.person("personal_id", personal_id)
    vault.also_known(person, "phone", PHONE)
    sealed = vault.seal(person, PARTICULARS)
    vault.settle()
    return person, sealed


class VaultContract:
    """Subclass it and give the fixture `open_vault`: a function that opens the vault of this test, again and again."""

    @pytest.fixture
    def open_vault(self) -> Open:
        raise NotImplementedError

    @pytest.fixture
    def vault(self, open_vault: Open) -> Custody:
        return open_vault()

    def test_what_was_sealed_can_be_opened(self, vault: Custody) -> None:
        """All of it, or only the fields that the purpose needs."""
        sealed = vault.seal(vault.person("personal_id", PERSONAL_ID), PARTICULARS)
        assert is_sealed(sealed)
        assert read(vault, sealed) == PARTICULARS
        assert read(vault, sealed, "name", "phone") == {"name": NAME}

    def test_the_same_identifier_is_the_same_person(self, vault: Custody) -> None:
        """Of the same kind; and the id tells nothing of who it is."""
        person = vault.person("personal_id", PERSONAL_ID)
        assert vault.person("personal_id", PERSONAL_ID) == person
        assert vault.person("tax_code", PERSONAL_ID) != person
        assert vault.person("personal_id", NEIGHBOUR) != person
        assert PERSONAL_ID not in person

    def test_two_threads_that_meet_somebody_new_agree_on_who_it_is(self, vault: Custody) -> None:
        """The counter and the portal hand in for the same citizen at the same moment."""
        met: list[str] = []
        threads = [
            threading.Thread(target=lambda: met.extend(vault.person("personal_id", f"{n:012d}") for n in range(50)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(met) == 200
        assert len(set(met)) == 50

    def test_people_and_keys_are_found_again_after_a_restart(self, open_vault: Open) -> None:
        """Once settled; whoever sealed before a restart is still the same person, and what was sealed opens."""
        vault = open_vault()
        person = vault.person("personal_id", PERSONAL_ID)
        sealed = vault.seal(person, PARTICULARS)
        vault.settle()
        vault.close()
        again = open_vault()
        assert again.person("personal_id", PERSONAL_ID) == person
        assert read(again, sealed) == PARTICULARS
        again.prove(sealed)

    def test_a_key_is_kept_with_the_batch_that_names_its_person(self, open_vault: Open) -> None:
        """Whoever is named in nothing that was taken is found by nobody, and has no durable key."""
        vault = open_vault()
        taken, refused = (vault.person("personal_id", f"{n:012d}") for n in (1, 2))
        for person in (taken, refused):
            vault.also_known(person, "phone", "0905 671 283")
        sealed = vault.seal(taken, PARTICULARS)
        vault.settle(Writes())
        assert vault.kept_in_spite() == (0, ())
        vault.settle(relying_on(taken))
        for one in (vault, open_vault()):
            assert one.find("phone", PHONE) == one.find("personal_id", f"{1:012d}") == (taken,)
            assert one.find("personal_id", f"{2:012d}") == ()
            assert [one.is_known(person) for person in (taken, refused)] == [True, False]
            assert one.kept_in_spite() == (1, ())
            assert read(one, sealed) == PARTICULARS

    def test_what_is_kept_without_an_event_is_durable(self, open_vault: Open) -> None:
        """As for a token; once more is no harm, nor is somebody who was durable before."""
        vault = open_vault()
        person = vault.person("personal_id", PERSONAL_ID)
        vault.keep(person)
        vault.keep(person)
        assert vault.is_known(person)
        assert open_vault().find("personal_id", PERSONAL_ID) == (person,)

    @pytest.mark.parametrize(("kept", "sought", "found"), PHONES)
    def test_a_phone_is_found_however_it_is_written(self, vault: Custody, kept: str, sought: str, found: bool) -> None:
        """Spaces, dots and the country's prefix say nothing about whose it is."""
        person = vault.person("personal_id", PERSONAL_ID)
        vault.also_known(person, "phone", kept)
        vault.settle()
        assert vault.find("phone", sought) == ((person,) if found else ())

    def test_people_are_found_by_what_they_have_and_a_phone_by_several(self, vault: Custody) -> None:
        """Parents and children share one; a personal id is one person's, and nobody is found by another kind."""
        people = sorted(vault.person("personal_id", f"{n:012d}") for n in range(3))
        for person in (*people, people[0]):
            vault.also_known(person, "phone", "0905 671 283")
        assert vault.find("phone", PHONE) == (), "nothing is relied on yet"
        vault.settle()
        vault.also_known(people[0], "phone", PHONE)
        assert vault.find("phone", PHONE) == tuple(people)
        assert vault.find("personal_id", f" {1:012d} ") == (vault.person("personal_id", f"{1:012d}"),)
        assert vault.find("tax_code", f"{1:012d}") == ()
        assert vault.find("phone", "") == ()

    def test_another_phone_of_somebody_known_comes_with_the_batch(self, vault: Custody) -> None:
        """A correction: it is found by once the batch that names the person is written, and not before."""
        person, _ = known(vault)
        vault.also_known(person, "phone", "0912 000 111")
        assert vault.find("phone", "0912000111") == ()
        vault.settle(relying_on(person))
        assert vault.find("phone", "0912000111") == vault.find("phone", PHONE) == (person,)

    def test_a_search_is_written_down_with_whoever_was_found(self, vault: Custody) -> None:
        """Also one that finds nobody: who fishes is seen."""
        person = vault.person("personal_id", PERSONAL_ID)
        vault.searched((person,), "officer:7", "phone", AT)
        vault.searched((), "officer:7", "personal_id", AT)
        (line,) = vault.openings(person)
        assert (line["by"], line["purpose"], line["fields"]) == ("officer:7", "search", "phone")
        assert [line["fields"] for line in vault.openings("")] == ["personal_id"]

    def test_what_was_told_outside_is_written_down(self, vault: Custody) -> None:
        """Though nothing that was sealed is in it; and readings are counted by what they were for."""
        person, _ = known(vault)
        vault.told(person, "portal", "status", ("code", "step"), AT, "01J0", "portal")
        (line,) = vault.openings_about("01J0")
        assert (line["person"], line["fields"], line["handed_to"]) == (person, "code,step", "portal")
        assert vault.opened_for() == {"status": 1}

    def test_sealing_the_same_twice_gives_different_texts(self, vault: Custody) -> None:
        """Otherwise equal addresses could be found without opening them."""
        person = vault.person("personal_id", PERSONAL_ID)
        assert vault.seal(person, PARTICULARS) != vault.seal(person, PARTICULARS)

    def test_any_alteration_is_refused(self, vault: Custody) -> None:
        """Any letter, anywhere: changed, taken out, or put in."""
        sealed = vault.seal(vault.person("personal_id", PERSONAL_ID), PARTICULARS)

        @settings(max_examples=100)
        @given(st.integers(0, len(sealed)), st.integers(0, 3), st.text(st.characters(max_codepoint=0x1FF), max_size=3))
        def alter(place: int, cut: int, put: str) -> None:
            altered = sealed[:place] + put + sealed[place + cut :]
            if altered != sealed:
                with pytest.raises(CannotOpen):
                    read(vault, altered)
                with pytest.raises(CannotOpen):
                    vault.prove(altered)

        alter()

    @pytest.mark.parametrize(
        "altered",
        [
            "",
            "plain text",
            "s1..",
            "s1.p0.",
            "s1.p0.AAAA",
            "s1.{person}.",
            "s1.{person}.AAAA",
            "s1.{person}.{other}",
            "s1.{person}.ü",
        ],
    )
    def test_what_is_not_sealed_here_is_refused(self, vault: Custody, altered: str) -> None:
        """Also one person's data under another's name."""
        person, stranger = vault.person("personal_id", PERSONAL_ID), vault.person("personal_id", NEIGHBOUR)
        other = vault.seal(stranger, {"name": "Trần"}).split(".")[2]
        with pytest.raises(CannotOpen):
            read(vault, altered.replace("{person}", person).replace("{other}", other))

    def test_every_opening_is_written_down(self, vault: Custody) -> None:
        """Who, why, which fields, when; what was only proved was read by nobody."""
        person = vault.person("personal_id", PERSONAL_ID)
        sealed = vault.seal(person, PARTICULARS)
        vault.prove(sealed)
        read(vault, sealed, "name", "address")
        vault.open(sealed, "postal_staff:3", "call", ("phone",), AT, about="01J0", to="postal_staff")
        first, second = vault.openings(person)
        assert {name: text for name, text in first.items() if name != "id"} == {
            "person": person, "by": "officer:7", "purpose": "visit", "fields": "name,address",
            "at": AT.isoformat(), "about": "", "handed_to": "",
        }  # fmt: skip
        assert (second["by"], second["about"], second["handed_to"]) == ("postal_staff:3", "01J0", "postal_staff")
        assert vault.openings(person, after=int(first["id"])) == vault.openings_about("01J0") == [second]
        assert vault.openings(person, limit=1) == [first]
        assert vault.openings("somebody else") == []
        assert vault.opened_for() == {"visit": 1, "call": 1}

    def test_a_closed_vault_is_not_available(self, vault: Custody) -> None:
        """Whoever asks is told to come again."""
        sealed = vault.seal(vault.person("personal_id", PERSONAL_ID), PARTICULARS)
        vault.close()
        with pytest.raises(StoreUnavailable):
            read(vault, sealed)

    # --- forgetting ---

    def test_a_forgotten_person_cannot_be_read_or_found(self, open_vault: Open) -> None:
        """Nor through another vault or after a restart; the neighbour is as before, and the log of readings stays."""
        vault = open_vault()
        person, sealed = known(vault)
        neighbour, other = known(vault, NEIGHBOUR)
        read(vault, sealed, "name")
        assert not vault.is_forgotten(person)
        assert vault.forget(proof(person)) == proof(person)
        for again in (vault, open_vault()):
            with pytest.raises(Erased):
                read(again, sealed)
            with pytest.raises(Erased):
                again.seal(person, PARTICULARS)
            assert again.find("personal_id", PERSONAL_ID) == ()
            assert again.find("phone", PHONE) == (neighbour,)
            assert read(again, other) == PARTICULARS
            assert [line["purpose"] for line in again.openings(person)] == ["visit"]
            assert again.forgotten() == (proof(person),)
            assert again.is_forgotten(person)
            assert not again.is_forgotten(neighbour)
            assert again.kept_in_spite() == (1, ())
        assert vault.person("personal_id", PERSONAL_ID) != person, "whoever comes back is somebody new"

    def test_asked_twice_it_is_done_once(self, vault: Custody) -> None:
        """The first proof stays; and nobody is forgotten who was never known, nor durably."""
        person, _ = known(vault)
        vault.forget(proof(person))
        assert vault.forget(proof(person)._replace(decision="13/QD-UBND")) == proof(person)
        draft = vault.person("personal_id", NEIGHBOUR)
        for stranger in ("p" + "0" * 24, "", draft):
            with pytest.raises(CannotOpen):
                vault.forget(proof(stranger))
        assert vault.forgotten() == (proof(person),)

    def test_nobody_hands_anything_in_for_whoever_is_leaving(self, vault: Custody) -> None:
        """Not now; and as before when they stay."""
        person, sealed = known(vault)
        with vault.leaving(person):
            with pytest.raises(StoreUnavailable):
                vault.person("personal_id", PERSONAL_ID)
            with pytest.raises(StoreUnavailable):
                vault.seal(person, PARTICULARS)
            assert read(vault, sealed) == PARTICULARS
        assert vault.person("personal_id", PERSONAL_ID) == person

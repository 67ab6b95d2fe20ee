"""What is sealed opens for its person, version and key, and for nothing else."""

import base64
import hashlib
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.vault import BadKey, Tampered, Vault, parse_key, parse_master

OLD, NEW, SEARCH = (hashlib.sha256(name).digest() for name in (b"old", b"new", b"search"))
ANNA, BERTA = uuid4(), uuid4()
VAULT = Vault({"new": NEW, "old": OLD}, SEARCH)


def line(key_id: str, key: bytes) -> str:
    return f"{key_id} {base64.b64encode(key).decode()}"


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=2**31 - 1))
def test_what_is_sealed_is_opened_and_two_seals_differ(content: bytes, version: int) -> None:
    key, wrapped = VAULT.new_key(ANNA)
    sealed = VAULT.seal(ANNA, version, key, content)
    assert VAULT.open(ANNA, version, VAULT.unwrap(ANNA, wrapped), sealed) == content
    assert VAULT.seal(ANNA, version, key, content) != sealed
    assert len(content) < 4 or content not in sealed


def test_nothing_can_be_put_in_the_place_of_another() -> None:
    key, wrapped = VAULT.new_key(ANNA)
    sealed = VAULT.seal(ANNA, 2, key, b"details")
    for person, version in ((BERTA, 2), (ANNA, 1), (ANNA, 3)):
        with pytest.raises(Tampered):
            VAULT.open(person, version, key, sealed)
    with pytest.raises(Tampered):
        VAULT.unwrap(BERTA, wrapped)
    with pytest.raises(Tampered):
        VAULT.unwrap(ANNA, replace(wrapped, key_id="old"))
    with pytest.raises(Tampered):
        VAULT.open(ANNA, 2, VAULT.new_key(ANNA)[0], sealed)


@given(st.data())
def test_every_changed_bit_is_noticed(data: st.DataObject) -> None:
    key, _ = VAULT.new_key(ANNA)
    sealed = bytearray(VAULT.seal(ANNA, 1, key, b"details"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Tampered):
        VAULT.open(ANNA, 1, key, bytes(sealed))
    with pytest.raises(Tampered):
        VAULT.open(ANNA, 1, key, bytes(sealed[: data.draw(st.integers(0, 20))]))


def test_a_key_is_wrapped_under_the_newest_and_opens_under_the_older() -> None:
    before = Vault({"old": OLD}, SEARCH)
    key, wrapped = before.new_key(ANNA)
    assert (wrapped.key_id, VAULT.current) == ("old", "new")
    again = VAULT.wrap(ANNA, VAULT.unwrap(ANNA, wrapped))
    assert again.key_id == "new"
    assert Vault({"new": NEW}, SEARCH).unwrap(ANNA, again) == key
    with pytest.raises(KeyError):
        Vault({"new": NEW}, SEARCH).unwrap(ANNA, wrapped)


def test_hashes_tell_kinds_values_and_keys_apart() -> None:
    other = Vault({"new": NEW}, OLD)
    hashes = {VAULT.hash("id", "1"), VAULT.hash("id", "2"), VAULT.hash("phone", "1"), other.hash("id", "1")}
    assert len(hashes) == 4
    assert VAULT.hash("id", "1") == Vault({"x": OLD}, SEARCH).hash("id", "1")
    assert len({VAULT.search_check, VAULT.fingerprint_key, other.search_check}) == 3


def test_files_of_keys_are_read() -> None:
    text = f"\n{line('key-b', NEW)}\n  {line('key-a', OLD)}  \n"
    assert list(parse_master(text).items()) == [("key-b", NEW), ("key-a", OLD)]
    assert parse_key(base64.b64encode(SEARCH).decode() + "\n") == SEARCH


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "holds no key"),
        (line("key-a", OLD[:31]), "line 1"),
        (f"{line('key-a', OLD)}\n{line('key-a', NEW)}", "line 2"),
        (f"{line('key-a', OLD)}\n\nKEY {base64.b64encode(NEW).decode()}", "line 3"),
        (base64.b64encode(OLD).decode(), "line 1"),
        ("key-a", "line 1"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_by_line_and_not_quoted(text: str, where: str) -> None:
    with pytest.raises(BadKey, match=where) as caught:
        parse_master(text)
    assert base64.b64encode(OLD).decode() not in str(caught.value)

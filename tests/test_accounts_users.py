"""Passwords are kept as hashes, and checked in a time that tells nothing."""

import os

import pytest

from core.accounts.users import Users, hashed, matches


@pytest.fixture(scope="module")
def ann():
    return hashed("correct horse")


@pytest.fixture
def users(ann):
    return Users({"ann": ann})


def test_a_hash_tells_its_password_apart_and_does_not_contain_it(ann):
    assert matches("correct horse", ann)
    assert not matches("correct hors", ann)
    assert "correct" not in ann
    assert hashed("correct horse") != ann


def test_the_right_name_and_password_get_in(users):
    assert users.check("ann", "correct horse")
    assert not users.check("ann", "wrong")
    assert not users.check("ben", "correct horse")
    assert not users.check("", "\ud800")


def test_a_version_changes_with_the_line_of_a_name(users, ann):
    assert users.version("ann") == Users({"ann": ann}).version("ann")
    assert users.version("ann") != Users({"ann": hashed("correct horse")}).version("ann")
    assert users.version("ben") == ""


def test_the_file_is_read_again_when_it_has_changed(tmp_path, ann, caplog):
    path = tmp_path / "users"
    path.write_text(f"ann:{ann}\n")
    users = Users.read(path)
    before = users.version("ann")
    path.write_text(f"ben:{ann}\n")
    os.utime(path, ns=(1, 1))
    assert (users.version("ann"), users.version("ben")) == ("", before)
    path.write_text("nonsense\n")
    os.utime(path, ns=(2, 2))
    assert users.version("ben") == before
    assert "cannot be read again" in caplog.text


def test_the_list_is_a_file_with_comments(tmp_path, ann):
    path = tmp_path / "users"
    path.write_text(f"# the crew\n\nann:{ann}\n")
    assert Users.read(path).check("ann", "correct horse")
    path.write_text("ann:plain password\n")
    with pytest.raises(ValueError, match=r"python -m core\.accounts\.users"):
        Users.read(path)

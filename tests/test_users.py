"""Passwords are kept as hashes, checked in a time that tells nothing, locked when guessed at."""

import pytest

from core.users import LOCKED_SECONDS, TRIES, Users, hashed, matches


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
    assert users.check("ann", "correct horse", 0.0)
    assert not users.check("ann", "wrong", 0.0)
    assert not users.check("ben", "correct horse", 0.0)


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one(users):
    for _ in range(TRIES):
        assert not users.check("ann", "wrong", 0.0)
    assert users.is_locked("ann", 1.0)
    assert not users.check("ann", "correct horse", 1.0)
    assert users.check("ann", "correct horse", LOCKED_SECONDS + 1)


def test_the_right_password_clears_the_count(users):
    for _ in range(TRIES - 1):
        users.check("ann", "wrong", 0.0)
    users.check("ann", "correct horse", 0.0)
    users.check("ann", "wrong", 0.0)
    assert not users.is_locked("ann", 0.0)


def test_guessed_names_are_forgotten_in_the_end(users):
    for number in range(3):
        users.check(f"guess {number}", "x", 0.0)
    users.check("another", "x", LOCKED_SECONDS + 1)
    assert set(users._failures) == {"another"}


def test_the_list_is_a_file_with_comments(tmp_path, ann):
    path = tmp_path / "users"
    path.write_text(f"# the crew\n\nann:{ann}\n")
    assert Users.read(path).check("ann", "correct horse", 0.0)
    path.write_text("ann:plain password\n")
    with pytest.raises(ValueError, match=r"python -m core\.users"):
        Users.read(path)

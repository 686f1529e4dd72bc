"""Whose key pays: the browser's that typed it, in every mode; a script's; the operator's."""

import pytest
from pydantic import SecretStr

from core.accounts.keys import Keyring
from core.errors import MissingKey

HERS, HIS = "hers-0123456789abcdef", "his-0123456789abcdef"


@pytest.fixture
def keyring():
    return Keyring(lambda _: None)


@pytest.mark.parametrize("owner", ["", "user:ann"])
def test_a_typed_key_serves_the_browser_that_typed_it_alone(keyring, owner):
    keyring.put(owner, "krea", HERS, "one")
    assert keyring.purse(owner, "krea", "one") == SecretStr(HERS)
    assert keyring.payer(owner, "krea", "one") == "visitor"
    for other in ("two", ""):
        assert keyring.purse(owner, "krea", other) is None
        assert keyring.payer(owner, "krea", other) == "sandbox"


def test_who_logs_in_after_another_in_one_browser_does_not_find_the_key(keyring):
    keyring.put("user:ann", "krea", HERS, "one")
    assert keyring.payer("user:ben", "krea", "one") == "sandbox"


def test_one_browser_forgets_its_own_key_only(keyring):
    keyring.put("", "krea", HERS, "one")
    keyring.put("", "krea", HIS, "two")
    keyring.put("", "krea", "", "two")
    assert keyring.payer("", "krea", "one") == "visitor"
    assert keyring.payer("", "krea", "two") == "sandbox"


def test_a_key_that_a_script_set_serves_every_browser_without_its_own(keyring):
    keyring.put("", "krea", HERS)
    keyring.put("", "krea", HIS, "two")
    assert keyring.purse("", "krea", "one") == SecretStr(HERS)
    assert keyring.purse("", "krea", "two") == SecretStr(HIS)


def test_a_job_goes_with_the_key_of_the_browser_that_ordered_it(keyring, make_job):
    keyring.put("", "aimlapi", HERS, "one")
    job = make_job(key_from="visitor", account=keyring.visitors_mark("", "aimlapi", "one"))
    keyring.put("", "aimlapi", HIS, "two")
    assert keyring.key(job) == SecretStr(HERS)
    keyring.put("", "aimlapi", "", "one")
    with pytest.raises(MissingKey):
        keyring.key(job)


def test_of_two_keys_none_is_guessed_where_a_row_does_not_tell(keyring, make_job):
    job = make_job(key_from="visitor", account=None)
    keyring.put("", "aimlapi", HERS, "one")
    keyring.put("", "aimlapi", HERS, "three")
    keyring.put("somebody else", "aimlapi", HIS, "two")
    assert keyring.key(job) == SecretStr(HERS)
    keyring.put("", "aimlapi", HIS, "two")
    with pytest.raises(MissingKey):
        keyring.key(job)


def test_an_order_with_the_operator_s_key_has_no_typed_key_s_mark():
    keyring = Keyring(lambda _: SecretStr(HERS))
    keyring.put("", "krea", HIS, "two")
    assert keyring.visitors_mark("", "krea", "one") is None
    assert keyring.visitors_mark("", "krea", "two") == keyring.mark("krea", SecretStr(HIS))

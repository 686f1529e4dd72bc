"""Whose key pays: the browser's that typed it, in every mode; a script's; the operator's."""

import pytest
from pydantic import SecretStr

from core.accounts.keys import Keys
from core.errors import MissingKey

HERS, HIS = "hers-0123456789abcdef", "his-0123456789abcdef"


@pytest.fixture
def keys():
    return Keys(lambda _: None)


@pytest.mark.parametrize("owner", ["", "user:ann"])
def test_a_typed_key_serves_the_browser_that_typed_it_alone(keys, owner):
    keys.put(owner, "krea", HERS, "one")
    assert keys.purse(owner, "krea", "one") == SecretStr(HERS)
    assert keys.payer(owner, "krea", "one") == "visitor"
    for other in ("two", ""):
        assert keys.purse(owner, "krea", other) is None
        assert keys.payer(owner, "krea", other) == "sandbox"


def test_who_logs_in_after_another_in_one_browser_does_not_find_the_key(keys):
    keys.put("user:ann", "krea", HERS, "one")
    assert keys.payer("user:ben", "krea", "one") == "sandbox"


def test_one_browser_forgets_its_own_key_only(keys):
    keys.put("", "krea", HERS, "one")
    keys.put("", "krea", HIS, "two")
    keys.put("", "krea", "", "two")
    assert keys.payer("", "krea", "one") == "visitor"
    assert keys.payer("", "krea", "two") == "sandbox"


def test_a_key_that_a_script_set_serves_every_browser_without_its_own(keys):
    keys.put("", "krea", HERS)
    keys.put("", "krea", HIS, "two")
    assert keys.purse("", "krea", "one") == SecretStr(HERS)
    assert keys.purse("", "krea", "two") == SecretStr(HIS)


def test_a_job_goes_with_the_key_of_the_browser_that_ordered_it(keys, make_job):
    keys.put("", "aimlapi", HERS, "one")
    job = make_job(key_from="visitor", account=keys.visitors_mark("", "aimlapi", "one"))
    keys.put("", "aimlapi", HIS, "two")
    assert keys.key(job) == SecretStr(HERS)
    keys.put("", "aimlapi", "", "one")
    with pytest.raises(MissingKey):
        keys.key(job)


def test_of_two_keys_none_is_guessed_where_a_row_does_not_tell(keys, make_job):
    job = make_job(key_from="visitor", account=None)
    keys.put("", "aimlapi", HERS, "one")
    keys.put("", "aimlapi", HERS, "three")
    keys.put("somebody else", "aimlapi", HIS, "two")
    assert keys.key(job) == SecretStr(HERS)
    keys.put("", "aimlapi", HIS, "two")
    with pytest.raises(MissingKey):
        keys.key(job)


def test_an_order_with_the_operator_s_key_has_no_typed_key_s_mark():
    keys = Keys(lambda _: SecretStr(HERS))
    keys.put("", "krea", HIS, "two")
    assert keys.visitors_mark("", "krea", "one") is None
    assert keys.visitors_mark("", "krea", "two") == keys.mark("krea", SecretStr(HIS))

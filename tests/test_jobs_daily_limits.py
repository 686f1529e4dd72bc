"""Nobody spends more of the operator's money than was allowed, however the orders come."""

import threading
from datetime import timedelta

import pytest
from pydantic import SecretStr

from core import Settings, open_studio
from core.accounts.households import Households, network_of
from core.errors import NotAllowed, NotConfirmed
from core.jobs.daily_limits import ASSUMED_PRICE, DailyLimits
from core.jobs.store import JobStore
from core.providers.protocol import State

WAN = "aimlapi:krea/krea-wan-14b/text-to-video"


@pytest.fixture
def order(store, make_job):
    def order(daily_limits, household="", **changes):
        job = make_job(**{"owner": "ann"} | changes)
        return store.add(job, daily_limits.check_day, household=household)

    return order


def test_a_person_s_takes_are_counted_over_all_of_their_sessions(order, store):
    three = DailyLimits(takes_per_person=3)
    for _ in range(3):
        order(three)
    with pytest.raises(NotAllowed, match="more than your 3 takes"):
        order(three)
    order(three, owner="ben")
    assert len(store.recent("ann", limit=9)) == 3


def test_a_person_s_dollars_are_counted_with_the_new_order_in(order):
    half = DailyLimits(dollars_per_person=0.5)
    order(half, dollars=0.3)
    order(half, dollars=0.2)
    with pytest.raises(NotAllowed, match=r"your \$0.50"):
        order(half, dollars=0.01)


def test_the_server_s_dollars_are_everybody_s_together(order):
    one = DailyLimits(dollars_in_all=1.0)
    order(one, dollars=0.6)
    with pytest.raises(NotAllowed, match="This server has spent"):
        order(one, owner="ben", dollars=0.6)


def test_a_household_counts_as_one_person_whoever_its_callers_say_they_are(order, store):
    three = DailyLimits(takes_per_person=3)
    for number in range(3):
        order(three, "here", owner=f"cookie {number}")
    with pytest.raises(NotAllowed, match="3 takes for today of everybody at your address"):
        order(three, "here", owner="another cookie")
    order(three, "there", owner="another cookie")
    order(three, owner="user:ann")
    assert store.recent("another cookie", limit=9)[0].owner == "another cookie"


def test_a_household_s_dollars_count_together_too(order):
    one = DailyLimits(dollars_per_person=1.0)
    order(one, "here", owner="a", dollars=0.6)
    with pytest.raises(NotAllowed, match=r"\$1.00 for today of everybody at your address"):
        order(one, "here", owner="b", dollars=0.6)


def test_a_household_of_several_people_may_order_for_each_of_them(order):
    two = DailyLimits(takes_per_person=1, people_per_household=2)
    order(two, "here", owner="a")
    order(two, "here", owner="b")
    with pytest.raises(NotAllowed, match="2 takes"):
        order(two, "here", owner="c")
    with pytest.raises(NotAllowed, match="your 1 takes"):
        order(two, "there", owner="a")


def test_of_yesterday_s_orders_nobody_knows_where_they_came_from(order, store, clock):
    one = DailyLimits(takes_per_person=1)
    order(one, "here")
    order(one, "here", created_at=clock.now + timedelta(hours=12))
    with store._reading() as db:
        kept = db.exec_driver_sql("SELECT count(*) FROM households").scalar()
    assert kept == 1


def test_the_takes_of_all_together_have_a_limit(order):
    two = DailyLimits(takes_in_all=2)
    order(two, "here", owner="a")
    order(two, "there", owner="b")
    with pytest.raises(NotAllowed, match="This server has made its 2 takes"):
        order(two, "elsewhere", owner="user:c")


def test_a_network_is_an_ipv4_address_or_64_bits_of_ipv6():
    assert network_of("198.51.100.7") == network_of("::ffff:198.51.100.7") == "198.51.100.7"
    assert network_of("198.51.100.8") != network_of("198.51.100.7")
    assert network_of("2001:db8:1:2::7") == network_of("2001:db8:1:2:ffff::1%eth0")
    assert network_of("2001:db8:1:3::7") != network_of("2001:db8:1:2::7")
    assert network_of("") == network_of("unknown") == ""


def test_a_household_is_named_by_a_hash_that_tells_no_address():
    here = Households(b"a" * 32)
    assert here.of("2001:db8:1:2::7") == here.of("2001:db8:1:2::8")
    assert here.of("198.51.100.7") != Households(b"b" * 32).of("198.51.100.7")
    assert len(here.of("198.51.100.7")) == 32
    assert here.of("unknown") == ""


def test_an_unknown_price_counts_as_a_dollar(order):
    cap = DailyLimits(dollars_in_all=ASSUMED_PRICE)
    order(cap, dollars=None)
    with pytest.raises(NotAllowed):
        order(cap, dollars=None)


def test_what_was_not_charged_does_not_count(order, store):
    cap = DailyLimits(dollars_per_person=1.0)
    failed = order(cap, dollars=1.0)
    store.change(failed.id, state=State.FAILED, dollars=0.0)
    order(cap, dollars=1.0)


def test_a_person_s_own_key_and_the_sandbox_do_not_count(order):
    cap = DailyLimits(takes_per_person=1)
    order(DailyLimits(), key_from="visitor")
    order(DailyLimits(), key_from="sandbox")
    order(cap)


def test_a_new_utc_day_begins_at_zero(order, clock):
    one = DailyLimits(takes_per_person=1)
    order(one)
    with pytest.raises(NotAllowed):
        order(one)
    order(one, created_at=clock.now + timedelta(hours=12))


def test_orders_that_come_at_once_do_not_slip_past_together(order, store):
    cap, refused = DailyLimits(takes_per_person=3), []

    def press():
        try:
            order(cap)
        except NotAllowed:
            refused.append(1)

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), len(store.recent("ann", limit=9))) == (5, 3)


def test_a_dear_order_must_be_confirmed():
    daily_limits = DailyLimits(confirm_above=0.1)
    daily_limits.check_price(0.1, confirmed=False)
    daily_limits.check_price(5.0, confirmed=True)
    with pytest.raises(NotConfirmed, match=r"about \$0.11"):
        daily_limits.check_price(0.11, confirmed=False)
    with pytest.raises(NotConfirmed, match="not known"):
        daily_limits.check_price(None, confirmed=False)


def test_a_refused_order_leaves_no_row_no_file_and_reaches_nobody(tmp_path):
    settings = Settings(
        dailies_data_dir=tmp_path,
        aimlapi_api_key=SecretStr("key"),
        aimlapi_base_url="http://127.0.0.1:9",
        dailies_takes_per_person=0,
        dailies_confirm_above=0.01,
    )
    with open_studio(settings) as studio:
        with pytest.raises(NotConfirmed):
            studio.submit(WAN, {"prompt": "x"})
        with pytest.raises(NotAllowed):
            studio.submit(WAN, {"prompt": "x"}, confirmed=True)
        assert studio.jobs() == []
    assert not list((tmp_path / "takes").glob("*"))


def test_on_a_space_the_owner_s_key_serves_nobody_unless_the_owner_says_so():
    key = SecretStr("key")
    assert Settings(krea_api_key=key).key("krea") == key
    assert Settings(krea_api_key=key, space_id="me/dailies").key("krea") is None
    shared = Settings(krea_api_key=key, space_id="me/dailies", dailies_share_keys=True)
    assert shared.key("krea") == key


def test_the_day_s_sums_are_read_from_the_rows_after_a_restart(order, tmp_path, make_job, store):
    one = DailyLimits(takes_per_person=1)
    order(one)
    again = JobStore(f"sqlite:///{tmp_path / 'jobs.db'}")
    with pytest.raises(NotAllowed):
        again.add(make_job(owner="ann"), one.check_day)
    again.close()

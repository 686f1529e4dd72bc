"""Rows on PostgreSQL: a bad one takes no list down, and nothing bad is written."""

import json
import math

import pytest
import sqlalchemy as sql
from postgres import running_postgres
from sqlalchemy.engine.url import make_url

from core.errors import UnknownJob
from core.jobs.rows import EPOCH
from core.jobs.store import JobStore
from core.providers.protocol import State


@pytest.fixture(scope="module")
def server():
    with running_postgres() as url:
        if url is None:
            pytest.skip("there is no PostgreSQL here")
        yield url


@pytest.fixture
def postgres(server):
    store = JobStore(server)
    yield store
    store.close()


def spoil(server, change, job):
    engine = sql.create_engine(make_url(server).set(drivername="postgresql+psycopg"))
    with engine.begin() as db:
        db.exec_driver_sql("ALTER TABLE jobs ALTER provider_status DROP NOT NULL")
        db.exec_driver_sql(f"UPDATE jobs SET {change} WHERE id = '{job.id}'")
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "created_at = '10000-01-01', submitted_at = 'infinity', finished_at = '0044-03-15 BC'",
        "dollars = 'NaN', progress = 'Infinity'",
        "state = 'rewinding', provider_status = NULL",
        "params = '[]', usage = '{\"usd\": 1e999}', facts = '{\"a\": \"\\ud83d\"}', error = '3'",
        f"facts = '{'[' * 2000}{']' * 2000}'",
        f"usage = '{{\"usd\": {'9' * 5000}}}'",
    ],
)
def test_a_bad_row_is_shown_as_what_can_be_read_of_it(postgres, server, make_job, change):
    good, bad = (postgres.add(make_job(owner=change, created_at=EPOCH)) for _ in "ab")
    spoil(server, change, bad)
    found = {job.id: job for job in postgres.recent(change, limit=10)}
    assert set(found) == {good.id, bad.id}
    assert all(math.isfinite(figure) for figure in found[bad.id].usage.values())
    assert found[bad.id].dollars is None or math.isfinite(found[bad.id].dollars)
    json.dumps(dict(found[bad.id].facts), allow_nan=False, ensure_ascii=False).encode()
    assert postgres.charged(change, EPOCH) >= 0
    postgres.last_end(change, among=20)
    assert isinstance(found[bad.id].state, State)


def test_what_postgres_refuses_is_not_written(postgres, make_job):
    job = postgres.add(make_job(owner="x", params={"prompt": "a\x00b \ud83d"}, dollars=math.inf))
    assert job.params == {"prompt": "ab �"}
    assert job.dollars is None
    told = postgres.change(job.id, note="a\x00 \ud83d", provider_status="\x00", progress=math.nan)
    assert (told.note, told.provider_status, told.progress) == ("a �", "", None)


def test_an_id_with_a_zero_is_nobody_s(postgres):
    with pytest.raises(UnknownJob):
        postgres.get("a\x00")
    assert postgres.by_token("\x00") is None

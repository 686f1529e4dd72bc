"""A database of any earlier shape, and an empty one, end alike; a failing step is a sentence."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sql
from postgres import running_postgres
from sqlalchemy.engine.url import make_url

import core.jobs.migrations
from core.errors import StorageError
from core.jobs.migrations import MIGRATIONS, MigrationFailed
from core.jobs.store import JobStore
from core.jobs.store_troubles import StoreAway, StoreBroken
from core.jobs.tables import METADATA

SHAPES = (
    *("first-day", "before-the-news-index", "before-frozen-migrations"),
    "before-the-day-sums",
)
SAMPLES = Path(__file__).parent / "samples" / "databases"
ROW = {
    "id": "old",
    "token": "t",
    "owner": "a",
    "model": "m",
    "provider": "krea",
    "live": True,
    "key_from": "operator",
    "params": '{"prompt": "fog"}',
    "request_id": "r",
    "state": "running",
    "provider_status": "",
    "note": "",
    "usage": "{}",
    "files": "{}",
    "facts": "{}",
    "created_at": datetime(2026, 11, 21, tzinfo=UTC),
    "runner": "x",
    "revision": 1,
}


@pytest.fixture(scope="module")
def server():
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path, server):
    """Give the address of one empty database after another."""
    made = []

    def make():
        name = f"shape{len(made)}_{request.node.name.__hash__() & 0xFFFFFF}"
        made.append(name)
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path / name}.db"
        if server is None:
            pytest.skip("there is no PostgreSQL here")
        run(server, f"CREATE DATABASE {name}")
        return server.replace("/postgres?", f"/{name}?")

    return make


def engine_of(url):
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return sql.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sql.NullPool)


def run(url, *statements):
    with engine_of(url).connect() as db:
        for statement in statements:
            db.exec_driver_sql(statement)


def made_as(shape, url):
    """Make the tables as they were made then, with one take in them."""
    kind = make_url(url).get_backend_name()
    run(url, *(SAMPLES / f"{shape}.{kind}.sql").read_text().split(";\n")[:-1])
    names = ", ".join(ROW)
    values = ", ".join(f":{name}" for name in ROW)
    with engine_of(url).connect() as db:
        db.execute(sql.text(f"INSERT INTO jobs ({names}) VALUES ({values})"), ROW)
    return url


def shape_of(url):
    """Say what tables stand there: columns, types, keys, indexes, and what was run."""
    inspector = sql.inspect(engine_of(url))
    found = {}
    for table in inspector.get_table_names():
        columns = {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(table)
        }
        uniques = {tuple(key["column_names"]) for key in inspector.get_unique_constraints(table)}
        indexes = {
            (index["name"], tuple(index["column_names"]), index["unique"])
            for index in inspector.get_indexes(table)
            if not index.get("duplicates_constraint")
        }
        key = tuple(inspector.get_pk_constraint(table)["constrained_columns"])
        found[table] = (columns, uniques, indexes, key)
    return found


def opened(url):
    JobStore(url).close()
    return shape_of(url)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_old_database_and_an_empty_one_end_alike(shape, empty):
    old, new = made_as(shape, empty()), empty()
    assert opened(old) == opened(new)
    store = JobStore(old)
    assert store.get("old").params == {"prompt": "fog"}
    assert store.change("old", note="carried on").note == "carried on"
    store.close()


def test_the_migrations_lead_to_the_shape_that_is_asked_for_today(empty):
    by_migrations, by_definition = empty(), empty()
    with engine_of(by_definition).connect() as db:
        METADATA.create_all(db)
    made = opened(by_migrations)
    assert made.pop("versions")
    assert made == shape_of(by_definition)


def test_each_step_is_run_once(empty):
    url = empty()
    opened(url)
    opened(url)
    with engine_of(url).connect() as db:
        done = list(db.exec_driver_sql("SELECT number FROM versions ORDER BY number").scalars())
    assert done == list(range(1, len(MIGRATIONS) + 1))


def test_a_step_that_fails_is_a_sentence_and_changes_nothing(empty, monkeypatch, caplog):
    def half_done(db):
        db.exec_driver_sql("ALTER TABLE jobs ADD COLUMN wrong FLOAT")
        db.exec_driver_sql("ALTER TABLE jobs ADD COLUMN dollars FLOAT")

    url = made_as("before-frozen-migrations", empty())
    before = shape_of(url)
    monkeypatch.setattr(core.jobs.migrations, "MIGRATIONS", [*MIGRATIONS, half_done])
    with pytest.raises(MigrationFailed, match=rf"step {len(MIGRATIONS) + 1} failed") as caught:
        JobStore(url)
    assert "Nothing was changed" in caught.value.next_step
    assert shape_of(url) == before
    with caplog.at_level(logging.ERROR):
        assert "dollars" in caplog.text, "the log has the true words"


def test_a_database_of_a_newer_version_is_left_alone(empty):
    url = empty()
    opened(url)
    run(url, "INSERT INTO versions (number) VALUES (999)")
    with pytest.raises(MigrationFailed, match="newer version"):
        JobStore(url)


def test_what_no_wait_would_mend_is_not_called_away(empty):
    url = empty()
    store = JobStore(url)
    run(url, "ALTER TABLE jobs DROP COLUMN progress")
    with pytest.raises(StoreBroken) as caught:
        store.recent("a", limit=1)
    assert not isinstance(caught.value, StoreAway)
    assert isinstance(caught.value, StorageError)
    store.close()

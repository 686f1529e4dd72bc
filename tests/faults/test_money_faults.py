"""Faults of what a provider says of money and of content: no odd figure, and the right name."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sql
from provider import answer
from world import KLING, assert_completed, assert_ended

from core.jobs.daily_limits import midnight
from core.jobs.store import JobStore
from core.providers.protocol import State

pytestmark = pytest.mark.anyio

ODD = ["Infinity", "-Infinity", "NaN", "1e999", "-0.5", "true", '"free"', '"1e999"', "[]", "null"]
ODD += ["1" + "0" * 400, "1e300", "{}"]


def strictly(text):
    """Parse JSON as a browser does, which knows no infinity."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def told_by(model, figure, clip_url, status="completed"):
    """The last answer of either vendor, with a figure of its own for what the take cost."""
    if model == KLING:
        clip = f'"result": {{"urls": ["{clip_url}"]}}, ' if status == "completed" else ""
        return answer(
            200, f'{{"job_id": "task-1", "status": "{status}", {clip}"cost_usd": {figure}}}'
        )
    clip = f'"video": {{"url": "{clip_url}"}}, ' if status == "completed" else ""
    usage = f'"credits_used": {figure}, "usd_spent": {figure}'
    return answer(
        200,
        f'{{"id": "task-1", "status": "{status}", {clip}"progress": {figure}, '
        f'"meta": {{"usage": {{{usage}}}}}}}',
    )


def order_of(world, new_job, model, **more):
    if model == KLING:
        world.script(creates=[answer(200, {"job_id": "task-1", "status": "queued"})])
        return new_job(KLING, params={"prompt": "a fox"}, **more)
    return new_job(**more)


@pytest.mark.fault(
    190,
    "a price of Infinity, NaN, 1e999, below zero, true, a text, 400 digits",
    "completed; the price is unknown, the estimate counts, and the feed can be read",
)
@pytest.mark.parametrize("figure", ODD, ids=lambda figure: figure[:12])
@pytest.mark.parametrize("model", ["", KLING])
async def test_an_odd_price_is_no_price(world, new_job, model, figure):
    job = order_of(world, new_job, model, dollars=0.25)
    world.script(polls=[told_by(model, figure, world.provider.clip_url)])
    job = await world.carry(job)
    assert_completed(world, job)
    shown = strictly(json.dumps(world.shown(job)))
    assert shown["cost"] is None
    assert shown["usage"] == {}
    assert job.dollars == 0.25
    assert not figure_in(world.folder / "jobs.db")


def figure_in(path):
    """Whether any row of the database has a figure that JSON cannot say."""
    engine = sql.create_engine(f"sqlite:///{path}")
    with engine.connect() as db:
        rows = db.exec_driver_sql("SELECT dollars, progress, usage, facts FROM jobs").all()
    engine.dispose()
    said = str(rows)
    return any(word in said.lower() for word in ("inf", "nan"))


@pytest.mark.fault(
    191,
    "an answer that failed or was cancelled, with usage above zero",
    "failed or cancelled, charged yes with that amount, which caps count",
)
@pytest.mark.parametrize("status", ["failed", "cancelled"])
@pytest.mark.parametrize("model", ["", KLING])
async def test_a_failure_that_was_billed_is_said_to_be(world, new_job, model, status):
    job = order_of(world, new_job, model, dollars=9.0)
    world.script(polls=[told_by(model, "0.5", "", status)])
    job = await world.carry(job)
    assert job.state is (State.FAILED if status == "failed" else State.CANCELLED)
    assert (job.error.charged, job.dollars) == ("yes", 0.5)
    assert world.shown(job)["cost"] == {"amount": 0.5, "currency": "USD", "basis": "charged"}
    day = []
    twin = {"id": "twin", "token": "twin", "request_id": "twin", "dollars": 0.25}
    world.store.add(
        type(job)(**{**vars(job), **twin, "created_at": world.clock.now}),
        lambda sums: day.append((sums.own.dollars, sums.everybody.dollars)),
    )
    assert day == [(0.75, 0.75)]


async def test_a_failure_whose_usage_is_zero_is_free_though_its_order_held_money(world, new_job):
    held = {"id": "task-1", "status": "queued", "meta": {"usage": {"usd_spent": 0.5}}}
    world.script(creates=[answer(200, held)], polls=[told_by("", "0", "", "error")])
    job = await world.carry(new_job())
    assert (job.error.charged, job.dollars) == ("no", 0.0)
    assert world.shown(job)["cost"]["amount"] == 0


async def test_a_failure_after_the_end_is_billed_as_its_answer_says(world, new_job):
    done = told_by("", "0.25", world.provider.clip_url)
    failed = told_by("", "0.75", "", "error")
    world.script(polls=[done, *[failed] * 50], files=[answer(404)])
    job = await world.carry(new_job())
    assert job.state is State.FAILED
    assert (job.error.charged, job.dollars) == ("yes", 0.75)


UNREAD = [
    {"meta": {"usage": {"usd_spent": "0.5 USD"}}},
    {"data": {"status": "failed", "usage": {"credits_used": "many"}}},
    {"usage": {"usd_spent": -1}},
    {"usage": "half a dollar"},
    {"cost": {"total": 3}},
]
READ = [
    {"usage": {"usd_spent": 0.5}},
    {"data": {"status": "failed", "meta": {"usage": {"usd_spent": 0.5}}}},
    {"task": {"status": "failed", "usage": {"credits_used": 1_000_000}}},
]


@pytest.mark.fault(
    166,
    "a failed end with its cost in another place, or in words",
    "that cost; charged unknown where it is no figure",
)
@pytest.mark.parametrize(
    ("told", "charged"),
    [*[(told, "unknown") for told in UNREAD], *[(told, "yes") for told in READ]],
)
async def test_a_failure_is_never_free_where_its_answer_tells_a_cost(world, new_job, told, charged):
    world.script(polls=[answer(200, {"id": "task-1", "status": "failed", **told})])
    job = await world.carry(new_job())
    assert (job.state, job.error.charged) == (State.FAILED, charged)
    assert job.dollars == (0.5 if charged == "yes" else None)


@pytest.mark.parametrize("nothing", ["0", "0.00", None, 0, ""])
async def test_a_failure_whose_cost_is_nothing_in_words_is_free(world, new_job, nothing):
    told = {"id": "task-1", "status": "failed", "usage": {"usd_spent": nothing}}
    world.script(polls=[answer(200, told)])
    assert (await world.carry(new_job())).error.charged == "no"


FLAT = {"statusCode": 403, "message": "You've run out of credits. Please top up your balance"}
POOR = [
    ("", 400, {"message": "Insufficient funds"}),
    ("", 402, {"message": "no"}),
    ("", 403, {"message": "Your quota is exceeded"}),
    ("", 422, {"detail": [{"msg": "balance not enough", "type": "x"}]}),
    ("", 429, {"error": {"code": "insufficient_quota", "message": "see your plan"}}),
    ("", 200, FLAT),
    ("", 200, {"message": "Insufficient funds"}),
    ("", 200, {"status": "error", "error": {"name": "OutOfFundsException"}}),
    ("", 200, {"id": "", "error": "not enough compute units"}),
    (KLING, 400, {"error": "not enough compute units"}),
    (KLING, 402, {"message": "INSUFFICIENT_BALANCE"}),
    (KLING, 403, {"error": {"message": "Account balance not enough"}}),
    (KLING, 429, {"message": "Account balance not enough"}),
    (KLING, 200, {"error": "You have no credits left"}),
    (KLING, 200, {"job_id": None, "status": "failed", "error": {"code": "INSUFFICIENT_FUNDS"}}),
]


@pytest.mark.fault(
    192,
    "want of money in whatever words and under whatever status, 200 and 429 too",
    "failed · out_of_credit · free; ordered once",
)
@pytest.mark.parametrize(("model", "status", "body"), POOR, ids=str)
async def test_want_of_money_is_called_so(world, new_job, model, status, body):
    job = order_of(world, new_job, model)
    world.script(creates=[answer(status, body)])
    job = await world.carry(job)
    assert_ended(
        world, job, State.FAILED, "out_of_credit", charged="no", says="cannot pay", then="Top up"
    )


@pytest.mark.fault(193, "a task that fails for want of money", "failed · out_of_credit · free")
@pytest.mark.parametrize(
    ("model", "end"),
    [
        ("", {"id": "task-1", "status": "error", "error": {"message": "Insufficient balance"}}),
        ("", {"id": "task-1", "status": "error", "error": {"name": "OutOfFundsException"}}),
        (KLING, {"job_id": "task-1", "status": "failed", "error": {"code": "NO_CREDITS_LEFT"}}),
        (KLING, {"job_id": "task-1", "status": "failed", "result": {"error": "quota exceeded"}}),
    ],
)
async def test_a_task_that_cannot_be_paid_for_says_so(world, new_job, model, end):
    job = order_of(world, new_job, model)
    world.script(polls=[answer(200, end)])
    job = await world.carry(job)
    assert_ended(
        world, job, State.FAILED, "out_of_credit", charged="no", says="cannot pay", then="Top up"
    )


CONTENT = [
    (400, {"message": "Your prompt was rejected by our moderation system"}, "the prompt"),
    (400, {"message": "Output data may contain inappropriate content."}, "the result"),
    (403, {"error": {"code": "content_policy_violation", "message": "no"}}, "the content"),
    (422, {"detail": [{"loc": ["body", "image_url"], "msg": "flagged as NSFW"}]}, "image_url"),
    (422, {"detail": [{"loc": ["body", "prompt"], "msg": "sensitive words"}]}, "the prompt"),
    (400, {"error": "The input image violates our usage policies"}, "the image"),
    (200, {"status": "error", "error": "The prompt was flagged"}, "the prompt"),
]


@pytest.mark.fault(
    194,
    "an order that moderation refuses",
    "failed · moderated · free; says whether the prompt, which file or the result",
)
@pytest.mark.parametrize(("status", "body", "what"), CONTENT, ids=str)
@pytest.mark.parametrize("model", ["", KLING])
async def test_a_refusal_by_moderation_names_what_it_refused(
    world, new_job, model, status, body, what
):
    job = order_of(world, new_job, model)
    world.script(creates=[answer(status, body)])
    job = await world.carry(job)
    assert_ended(
        world, job, State.FAILED, "moderated", charged="no", says=what, then="generate again"
    )


@pytest.mark.fault(
    195,
    "a task that moderation ends, its result withheld",
    "failed · moderated · charged as its answer says",
)
@pytest.mark.parametrize("usd", [0, 0.5])
@pytest.mark.parametrize("model", ["", KLING])
async def test_a_result_that_is_withheld_is_named(world, new_job, model, usd):
    error = {"message": "The generated video was flagged by the safety system"}
    ids = {"job_id": "task-1", "cost_usd": usd, "status": "failed", "result": {"error": error}}
    if not model:
        usage = {"usage": {"usd_spent": usd, "credits_used": usd * 2e6}}
        ids = {"id": "task-1", "status": "error", "error": error, "meta": usage}
    job = order_of(world, new_job, model)
    world.script(polls=[answer(200, ids)])
    job = await world.carry(job)
    assert_ended(
        world,
        job,
        State.FAILED,
        "moderated",
        charged="yes" if usd else "no",
        says="the result",
        then="seed",
    )
    assert job.dollars == usd


LOCKED = [
    ({"message": "verify the account first"}, "forbidden"),
    ({"message": "This model is not available in your region"}, "forbidden"),
    ({"message": "Your API key has no permission for this workspace"}, "forbidden"),
    ({"message": "this model requires the Pro plan"}, "out_of_credit"),
    ({"message": "blocked by content moderation"}, "moderated"),
    ({"message": "Invalid API key"}, "unauthorized"),
    ({"message": "The api token was revoked"}, "unauthorized"),
    ("<html><title>Attention required!</title></html>", "forbidden"),
    ("", "forbidden"),
]


@pytest.mark.fault(
    196,
    "403 for a plan, a region, verification, moderation, or the key",
    "failed · each under its own name; `the key was refused` of the key alone · free",
)
@pytest.mark.parametrize(("body", "kind"), LOCKED, ids=str)
@pytest.mark.parametrize("model", ["", KLING])
async def test_only_a_refused_key_is_called_one(world, new_job, model, body, kind):
    job = order_of(world, new_job, model)
    world.script(creates=[answer(403, body)])
    job = await world.carry(job)
    assert (job.state, job.error.kind, job.error.charged) == (State.FAILED, kind, "no")
    assert ("refused the key" in job.error.message) == (kind == "unauthorized")


@pytest.mark.fault(
    197,
    "an older database in which prices are Infinity and NaN",
    "the takes are shown, their prices unknown; the day's caps count an assumed price",
)
async def test_odd_figures_of_an_older_version_harm_nothing(world, new_job, make_job):
    world.orders = 0
    old = new_job(state=State.COMPLETED, dollars=0.1)
    engine = sql.create_engine(f"sqlite:///{world.folder / 'jobs.db'}")
    with engine.begin() as db:
        db.execute(
            sql.text(
                "UPDATE jobs SET dollars = 9e999, progress = 9e999, usage = :odd, facts = :odd"
            ),
            {"odd": '{"usd": Infinity, "credits": NaN, "fps": 1e999}'},
        )
    engine.dispose()
    store = JobStore(f"sqlite:///{world.folder / 'jobs.db'}")
    job = store.get(old.id)
    assert (job.dollars, job.progress, job.usage) == (None, None, {})
    assert strictly(json.dumps(world.shown(job)))["cost"] is None
    day = []
    new = make_job(dollars=0.5, created_at=midnight(old.created_at) + timedelta(hours=20))
    store.add(new, lambda sums: day.append((sums.own.dollars, sums.everybody.dollars)))
    store.close()
    assert day == [(1.5, 1.5)]


USED = {"meta": {"usage": {"usd_spent": 0.5}}}
FAILED_ENDS = {
    "a state inside": {"data": {"id": "task-1", "status": {"state": "failed"}, **USED}},
    "a code inside": {"data": {"status": {"code": "FAILED"}}, **USED},
    "two levels": {"status": {"status": {"name": "failed"}}, **USED},
    "results": {"results": {"status": "failed", **USED}},
    "with a prefix": {"status": "TASK_STATUS_FAILED", **USED},
    "a number and a text": {"status": 3, "status_text": "failed", **USED},
    "usage without meta": {"status": "failed", "usage": {"usd_spent": 0.5}},
    "a figure in a text": {"status": "failed", "meta": {"usage": {"usd_spent": "0.50"}}},
}


@pytest.mark.fault(163, "a failed end and its cost, told in other shapes", "failed · its cost")
@pytest.mark.parametrize("told", FAILED_ENDS)
async def test_a_failed_end_and_its_cost_are_read_in_any_shape(world, carry, told):
    world.script(polls=[answer(200, {"id": "task-1", **FAILED_ENDS[told]})])
    job = await carry()
    assert (job.state, job.dollars) == (State.FAILED, 0.5)

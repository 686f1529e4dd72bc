"""A price is read where it is plain, and is unknown wherever it could mean something else."""

import pytest

from core.schema.prices import aimlapi_price, krea_price


def fixed(**unit):
    return {"kind": "fixed", "currency": "USD", "units": [unit]}


@pytest.mark.parametrize(
    ("pricing", "dollars"),
    [
        (fixed(measure="second", price=0.05, per=1), 0.25),
        (fixed(measure="seconds", price="0.5", per=10), 0.25),
        (fixed(measure="minute", price=6, per=1), 0.5),
        (fixed(name="video", price=0.4, per="second"), 2.0),
        (fixed(measure="video", price=0.4, per=1), 0.4),
        (fixed(measure="request", price="$0.40"), 0.4),
        (fixed(name="generation", price=0.4, per=1), 0.4),
        ({"units": [{"measure": "second", "price": 0.05}]}, 0.25),
    ],
)
def test_what_five_seconds_cost(pricing, dollars):
    assert aimlapi_price(pricing).of({}, 5) == pytest.approx(dollars)


@pytest.mark.parametrize(
    "pricing",
    [
        None,
        5,
        {},
        {"kind": "variable"},
        {"kind": "fixed", "units": []},
        {"kind": "fixed", "units": [5]},
        fixed(measure="token", price=1, per=1000),
        fixed(measure="megapixel", price=1, per=1),
        fixed(measure="second", price=-1, per=1),
        fixed(measure="second", price=None, per=1),
        fixed(measure="second", price=1, per=0),
        fixed(measure="second", price=True, per=1),
        fixed(price=1, per=1),
        fixed(measure="second", price=1, amount=2, per=1),
        fixed(measure="second", price=1) | {"currency": "EUR"},
        {
            "kind": "fixed",
            "units": [{"measure": "second", "price": 1}, {"measure": "video", "price": 1}],
        },
        {"kind": "variants", "variants": [{"price": 1, "measure": "video"}]},
        {"kind": "variants", "variants": {}},
    ],
)
def test_what_is_not_plain_is_unknown(pricing):
    assert aimlapi_price(pricing) is None


def test_each_variant_has_its_price():
    price = aimlapi_price(
        {
            "kind": "variants",
            "currency": "USD",
            "dimensions": ["resolution", "duration"],
            "variants": [
                {
                    "resolution": "720p",
                    "duration": 5,
                    "units": [{"measure": "video", "price": 0.2}],
                },
                {
                    "resolution": "720p",
                    "duration": 10,
                    "units": [{"measure": "video", "price": 0.3}],
                },
                {"params": {"resolution": "1080p"}, "units": [{"measure": "second", "price": 0.1}]},
            ],
        }
    )
    assert price.of({"resolution": "720p", "duration": "10"}, 10) == 0.3
    assert price.of({"resolution": "1080p", "duration": 10}, 10) == 1.0
    assert price.of({"resolution": "480p", "duration": 5}, 5) is None


@pytest.mark.parametrize(
    ("pricing", "dollars"),
    [
        ({"currency": "USD", "unit": "request", "price_points": [{"price": 0.4}]}, 0.4),
        ({"currency": "USD", "unit": "request", "price_points": [0.4]}, 0.4),
        ({"currency": "USD", "unit": "request", "price_points": {"amount": "0.4"}}, 0.4),
        ({"currency": "USD", "unit": "second", "price_points": [{"usd": 0.1}]}, 0.5),
        ({"currency": "USD", "unit": "request", "price": 0.4}, 0.4),
        (
            {
                "unit": "request",
                "price_points": [{"duration": 5, "price": 0.4}, {"duration": 10, "price": 0.8}],
            },
            0.4,
        ),
    ],
)
def test_what_krea_s_five_seconds_cost(pricing, dollars):
    assert krea_price(pricing).of({"duration": 5}, 5) == pytest.approx(dollars)


@pytest.mark.parametrize(
    "pricing",
    [
        None,
        [],
        {"currency": "CU", "unit": "request", "price_points": [200]},
        {"currency": "USD", "unit": "token", "price_points": [1]},
        {"currency": "USD", "unit": "request", "price_points": [{"price": 1}, {"price": 2}]},
        {"currency": "USD", "unit": "request", "price_points": [{"price": 1}, "x"]},
        {"currency": "USD", "unit": "request", "price_points": []},
        {"currency": "USD", "unit": "request", "price_points": [{"when": {"a": {}}, "price": 1}]},
    ],
)
def test_what_krea_does_not_say_plainly_is_unknown(pricing):
    assert krea_price(pricing) is None

"""An entry that a person brings in adds a model, and nothing that its vendor alone can say."""

from dataclasses import replace

import pytest

from core.catalog.admission import admitted, priced, unbelieved
from core.errors import InvalidInput
from core.models import MODELS, PerClip, Price

WAN, KLING = (
    MODELS[key] for key in ("aimlapi:krea/krea-wan-14b/text-to-video", "krea:kling/kling-2.5")
)
FREE = Price(rules=(PerClip(usd=0.0),), source="me")


def entry(of, **changes):
    return replace(of, **{"id": "maker/new", "price": FREE, "called": "", **changes})


@pytest.mark.parametrize("of", [WAN, KLING], ids=["aimlapi", "krea"])
def test_a_price_and_further_names_are_not_believed(of):
    found = unbelieved(admitted(entry(of, aliases=("x",)), MODELS))
    assert (found.price, found.aliases, found.dollars({"duration": 5})) == (None, (), None)


def test_an_entry_that_orders_a_known_model_costs_what_that_model_does():
    paid = {KLING.key: replace(KLING, price=Price(rules=(PerClip(usd=3.0),), source="vendor"))}
    for path in (KLING.path, KLING.path.upper().replace("/GENERATE/VIDEO", "/generate/video")):
        assert priced(admitted(entry(KLING, path=path), paid), paid).dollars({}) == 3.0
    elsewhere = unbelieved(admitted(entry(KLING, path="/generate/video/maker/new"), paid))
    assert priced(elsewhere, paid).dollars({}) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"id": WAN.id},
        {"called": WAN.id},
        {"id": KLING.id},
        {"id": WAN.key},
        {"aliases": (WAN.id,)},
    ],
    ids=str,
)
def test_no_name_of_a_model_is_taken(changes):
    with pytest.raises(InvalidInput, match="is here already"):
        admitted(entry(WAN, **changes), MODELS)


@pytest.mark.parametrize(
    "path",
    [
        *("/v2/billing", "/v2/video/generations/../../billing", "/v2/video/generations?x=1"),
        *("/v2/video%2Fgenerations", "//evil.example/video", "/video", "/generate/video/x/y"),
        *("/v2/video/generations#", "/v2/generate/video/a/b/generation", "/v2/video/generations\n"),
    ],
)
def test_no_order_leads_elsewhere_at_aimlapi(path):
    with pytest.raises(InvalidInput, match="path"):
        admitted(entry(WAN, path=path), MODELS)


@pytest.mark.parametrize(
    "path", ["/jobs/video", "/generate/video/../x", "/generate/video/", "/assets", "/v2/video"]
)
def test_no_order_leads_elsewhere_at_krea(path):
    with pytest.raises(InvalidInput, match="path"):
        admitted(entry(KLING, path=path), MODELS)

"""The form: places for every parameter of every model, read back by name."""

import json
from dataclasses import replace

import gradio as gr
import pytest
from catalogs.on_disk import specs

from core import MODELS
from core.params import Image, Number, Text, Toggle
from ui.form import REST, Form, in_order, slot_of

WAN, WAN_VIDEO, WAN_21, KLING_16, KLING_25 = MODELS.values()
FACES = [spec.when(live=live) for spec in MODELS.values() for live in (False, True)]


@pytest.fixture(scope="module")
def form():
    with gr.Blocks(analytics_enabled=False):
        made = Form(FACES, FACES[0])
        made.draw()
    return made


def model(*params):
    return replace(WAN, id="maker/any", params=params, built_in=False)


@pytest.mark.parametrize("spec", FACES, ids=lambda spec: spec.key)
def test_every_parameter_has_a_place_on_the_page(form, spec):
    for param in spec.params:
        assert slot_of(param).id in form.ids


def test_parameters_of_one_name_and_one_look_share_a_place():
    prompts = {slot_of(spec.param("prompt")) for spec in FACES}
    assert len(prompts) == 1


def test_a_duration_to_pick_and_a_duration_to_slide_have_two_places():
    assert slot_of(KLING_16.param("duration")) != slot_of(KLING_25.param("duration"))


def test_each_model_s_parameters_stand_in_its_own_order():
    order = in_order(FACES)
    for spec in FACES:
        places = [order.index(slot_of(param)) for param in spec.params]
        assert places == sorted(places)


def test_only_the_first_model_s_widgets_are_seen_at_first(form):
    by_id = dict(zip(form.ids, form.components, strict=True))
    seen = {name for name, component in by_id.items() if component.visible}
    assert seen == {slot_of(param).id for param in WAN.params}


def test_both_faces_of_a_model_are_told_as_json(form):
    live, sandbox = (form.sheet(KLING_25.when(live=live)) for live in (True, False))
    assert "width" in [field["name"] for field in json.loads(json.dumps(sandbox))["fields"]]
    names = [field["name"] for field in live["fields"]]
    assert "width" not in names
    assert "start_image" in names


def test_the_page_knows_of_a_withdrawn_model_what_to_use_instead(form):
    told = form.sheet(WAN_21)["withdrawn"]
    assert told == {"since": "2025-08-05", "instead": "alibaba/wan2.1-t2v-turbo"}


def test_a_parameter_of_an_unknown_name_gets_a_widget_of_its_kind_and_its_own_look(form):
    shown = model(Toggle(name="loop", label="Loop"), Image(name="mask", label="Mask"))
    by_id = dict(zip(form.ids, form.components, strict=True))
    loop, mask = form.sheet(shown)["fields"]
    assert isinstance(by_id[loop["slot"]], gr.Radio)
    assert isinstance(by_id[mask["slot"]], gr.File)
    assert (loop["look"], mask["look"]) == ("onoff", "image")


def test_no_two_parameters_share_a_widget(form):
    many = [Number(name=f"weight_{n}", label=f"Weight {n}") for n in range(40)]
    fields = form.sheet(model(*many))["fields"]
    slots = [field["slot"] for field in fields]
    assert len(set(slots)) == len(slots)
    assert set(slots) <= set(form.ids)


def test_a_parameter_that_finds_no_widget_of_its_look_is_typed(form):
    many = [Number(name=f"weight_{n}", label="Weight", default=0.5) for n in range(9)]
    last = form.sheet(model(*many))["fields"][-1]
    assert last["look"] == "text"
    assert last["shown"] == "0.5"


def test_what_finds_no_widget_at_all_is_one_json_object_and_not_lost(form):
    many = [Number(name=f"weight_{n}", label="Weight", default=1) for n in range(30)]
    fields = form.sheet(model(*many))["fields"]
    rest = fields[-1]
    names = [field["name"] for field in fields[:-1]] + rest["names"]
    assert names == [param.name for param in many]
    assert json.loads(rest["shown"]) == dict.fromkeys(rest["names"], 1)


def test_a_built_in_model_keeps_its_own_widgets_beside_the_spare_ones(form):
    for spec in FACES:
        assert [field["slot"] for field in form.sheet(spec)["fields"]] == [
            slot_of(param).id for param in spec.params
        ]


def test_what_is_only_guessed_of_a_model_is_not_told(form):
    sheet = form.sheet(model(Text(name="prompt", label="Prompt")))
    assert (sheet["wait"], sheet["sound"]) == (None, None)


def test_a_widget_whose_name_the_model_does_not_have_is_lent_to_another_parameter(form):
    masks = [Image(name=f"mask_{n}", label="Mask") for n in range(5)]
    fields = form.sheet(model(*masks))["fields"]
    assert {field["look"] for field in fields} == {"image"}
    assert slot_of(KLING_25.when(live=True).param("start_image")).id in [
        field["slot"] for field in fields
    ]


def test_a_widget_that_the_model_has_by_name_is_lent_to_no_other(form):
    many = [Number(name=f"weight_{n}", label="Weight", default=1) for n in range(9)]
    own = WAN_21.param("guidance_scale")
    fields = {field["name"]: field for field in form.sheet(model(*many, own))["fields"]}
    assert fields["guidance_scale"]["slot"] == slot_of(own).id
    assert len({field["slot"] for field in fields.values()}) == len(fields)


def test_a_choice_that_finds_no_segments_is_a_menu(form):
    many = [Toggle(name=f"switch_{n}", label="Switch") for n in range(13)]
    looks = [field["look"] for field in form.sheet(model(*many))["fields"]]
    assert looks[:10] == ["onoff"] * 10
    assert looks[10:] == ["menu"] * 3


def test_the_models_of_both_catalogs_find_widgets_for_nearly_all_they_take(form):
    fields = [field for spec in specs() for field in form.sheet(spec)["fields"]]
    written_by_hand = [field for field in fields if field["slot"] == REST]
    assert len(fields) > 1500
    assert len(written_by_hand) <= 12

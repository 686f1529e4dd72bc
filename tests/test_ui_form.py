"""The form: places for every parameter of every model, read back by name."""

import json

import gradio as gr
import pytest

from core import MODELS
from ui.form import Form, Slot, address_id, in_order, sheets, slot_of

WAN, WAN_VIDEO, WAN_21, KLING_16, KLING_25 = MODELS.values()
FACES = [spec.when(live=live) for spec in MODELS.values() for live in (False, True)]


@pytest.fixture(scope="module")
def form():
    with gr.Blocks(analytics_enabled=False):
        made = Form(FACES, FACES[0])
        made.draw(advanced=False)
        made.draw(advanced=True)
    return made


def held(form, **values):
    return [values.get(name.replace("-", "_")) for name in form.ids]


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


def test_the_form_is_read_by_the_model_s_names(form):
    values = held(form, field_prompt_text="A fox", field_num_frames_grid=90, field_seed_seed=None)
    assert form.read(WAN, values) == {"prompt": "A fox", "num_frames": 90}


def test_what_another_model_s_widgets_hold_is_left_out(form):
    values = held(form, field_prompt_text="A fox", field_width_slider=1280)
    assert "width" not in form.read(WAN, values)


def test_nought_is_a_value(form):
    values = held(form, field_strength_slider=0, field_seed_seed=0)
    assert form.read(WAN_VIDEO, values) == {"strength": 0, "seed": 0}


def test_an_address_stands_in_for_a_file(form):
    slot = slot_of(WAN_VIDEO.param("video_url"))
    both = {slot.id: None, address_id(slot): "https://example.com/a.mp4"}
    values = [both.get(name) for name in form.ids]
    assert form.read(WAN_VIDEO, values) == {"video_url": "https://example.com/a.mp4"}


def test_a_file_goes_before_an_address(form):
    slot = slot_of(WAN_VIDEO.param("video_url"))
    both = {slot.id: "/tmp/a.mp4", address_id(slot): "https://example.com/a.mp4"}
    values = [both.get(name) for name in form.ids]
    assert form.read(WAN_VIDEO, values) == {"video_url": "/tmp/a.mp4"}


def test_the_page_gets_both_faces_of_a_model_as_json():
    table = json.loads(json.dumps(sheets(MODELS.values())))
    faces = table[KLING_25.key]
    names = {face: [field["name"] for field in faces[face]["fields"]] for face in faces}
    assert "width" in names["sandbox"]
    assert "width" not in names["live"]
    assert "start_image" in names["live"]


def test_the_page_knows_of_a_withdrawn_model_what_to_use_instead():
    told = sheets([WAN_21])[WAN_21.key]["live"]["withdrawn"]
    assert told == {"since": "2025-08-05", "instead": "alibaba/wan2.1-t2v-turbo"}


def test_an_advanced_parameter_has_another_place_than_a_plain_one():
    assert Slot("a", "text", advanced=True).id != Slot("a", "text", advanced=False).id

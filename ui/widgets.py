"""WIDGETS, the third table: kind of parameter → Gradio widget. It alone knows both.

To show a new kind of parameter: a `Widget` and a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core.params import Choice, Image, Integer, Number, Param, Seed, Text, Toggle, Video

Props = dict[str, Any]

PROVIDERS_CHOICE = "provider's choice"
MOST_SEGMENTS = 5
LENGTH_UNITS = ("s", "frames")
UNSET = ""


@dataclass(frozen=True, kw_only=True)
class Widget:
    """One look of a parameter.

    `props` fits it to one parameter; `widest` joins the props of all parameters that share it, so
    that Gradio's own check, which knows only the first set, refuses nothing that a model takes.
    `blank` is its value when nothing is chosen. A `wide` one has a row to itself.
    """

    look: str
    component: Callable[..., Any]
    props: Callable[[Any], Props]
    widest: Callable[[Sequence[Props]], Props] = lambda every: every[0]
    blank: Any = None
    wide: bool = False

    def make(self, every: Sequence[Props], **more: Any) -> gr.components.Component:
        """Make the widget for all the parameters that have these props."""
        made: gr.components.Component = self.component(
            **{**every[0], **self.widest(every)}, interactive=True, **more
        )
        return made


def title(param: Param) -> str:
    """Return the label with its unit, unless the label says the unit already."""
    unit = "" if param.unit.lower() == param.label.lower() else param.unit
    return f"{param.label}, {unit}" if unit else param.label


def _text(param: Text) -> Props:
    return {"label": title(param), "lines": min(param.lines, 4), "placeholder": param.help}


def _slider(param: Number) -> Props:
    low, high = float(param.minimum or 0), float(param.maximum or 0)
    return {
        "label": title(param),
        "minimum": param.minimum,
        "maximum": param.maximum,
        "step": param.step or _fine(param, high - low),
    }


def _fine(param: Number, span: float) -> float:
    if isinstance(param, Integer):
        return 1
    return 0.01 if span <= 1 else 0.1


def _widest_slider(every: Sequence[Props]) -> Props:
    return {
        "minimum": min(props["minimum"] for props in every),
        "maximum": max(props["maximum"] for props in every),
    }


def _number(param: Number) -> Props:
    placeholder = PROVIDERS_CHOICE if param.default is None else f"{param.default:g}"
    return {"label": title(param), "placeholder": placeholder, "step": 1}


def _seed(param: Seed) -> Props:
    return {"label": title(param), "placeholder": "random", "step": 1}


def _choices(param: Choice) -> Props:
    unit = f" {param.unit}" if param.unit and all(isinstance(c, int) for c in param.choices) else ""
    named = [(f"{choice}{unit}", choice) for choice in param.choices]
    return {"label": param.label, "choices": _with_auto(param, named)}


def _onoff(param: Toggle) -> Props:
    return {"label": param.label, "choices": _with_auto(param, [("On", "on"), ("Off", "off")])}


def _with_auto(param: Param, choices: list[Any]) -> list[Any]:
    unset = param.default is None and not param.required
    return [("Auto", UNSET), *choices] if unset else choices


def _widest_choices(every: Sequence[Props]) -> Props:
    return {"choices": list(dict.fromkeys(pair for props in every for pair in props["choices"]))}


def _file(param: Video | Image) -> Props:
    return {"label": param.label}


# Not gr.Video and gr.Image: the one fetches 32 MB of ffmpeg into the browser for each upload and
# refuses what that browser cannot play, the other encodes the picture anew (6.31, measured). The
# page shows its own preview of the file.
def _video_widget(**props: Any) -> gr.File:
    return gr.File(file_types=["video"], type="filepath", height=96, **props)


def _image_widget(**props: Any) -> gr.File:
    return gr.File(file_types=["image"], type="filepath", height=96, **props)


def _menu(**props: Any) -> gr.Dropdown:
    return gr.Dropdown(filterable=False, **props)


TEXT = Widget(look="text", component=gr.Textbox, props=_text, blank="", wide=True)
GRID = Widget(look="grid", component=gr.Slider, props=_slider, widest=_widest_slider, wide=True)
LENGTH = Widget(look="length", component=gr.Slider, props=_slider, widest=_widest_slider, wide=True)
SLIDER = Widget(look="slider", component=gr.Slider, props=_slider, widest=_widest_slider)
NUMBER = Widget(look="number", component=gr.Number, props=_number)
SEED = Widget(look="seed", component=gr.Number, props=_seed)
SEGMENTS = Widget(
    look="segments", component=gr.Radio, props=_choices, widest=_widest_choices, blank=UNSET
)
MENU = Widget(look="menu", component=_menu, props=_choices, widest=_widest_choices, blank=UNSET)
ONOFF = Widget(look="onoff", component=gr.Radio, props=_onoff, widest=_widest_choices, blank=UNSET)
VIDEO = Widget(look="video", component=_video_widget, props=_file, wide=True)
IMAGE = Widget(look="image", component=_image_widget, props=_file)


def _numeric(param: Number) -> Widget:
    bounded = param.minimum is not None and param.maximum is not None
    if not bounded or param.default is None:
        return NUMBER
    if param.step:
        return GRID
    return LENGTH if param.unit in LENGTH_UNITS else SLIDER


WIDGETS: Mapping[type[Param], Callable[[Any], Widget]] = {
    Text: lambda _: TEXT,
    Choice: lambda param: SEGMENTS if len(param.choices) <= MOST_SEGMENTS else MENU,
    Toggle: lambda _: ONOFF,
    Number: _numeric,
    Integer: _numeric,
    Seed: lambda _: SEED,
    Video: lambda _: VIDEO,
    Image: lambda _: IMAGE,
}


def widget_of(param: Param) -> Widget:
    """Return how a parameter looks. Raises KeyError for a kind that has no row."""
    return WIDGETS[type(param)](param)


def shown(param: Param) -> Any:
    """Return the value that the parameter's widget holds when nothing was touched."""
    if isinstance(param, Toggle) and param.default is not None:
        return "on" if param.default else "off"
    return widget_of(param).blank if param.default is None else param.default

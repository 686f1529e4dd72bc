"""WIDGETS, the third table: kind of parameter → Gradio widget. It alone knows both.

To show a new kind of parameter: a `Widget` and a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from core.params import (
    AnyFile,
    AnyFiles,
    Audio,
    Audios,
    Choice,
    Image,
    Images,
    Integer,
    Json,
    Media,
    Number,
    Param,
    Seed,
    Several,
    Text,
    Toggle,
    Video,
    Videos,
)

Props = dict[str, Any]

PROVIDERS_CHOICE = "provider's choice"
MOST_SEGMENTS = 5
MOST_LETTERS = 19
"""Letters of all choices together that stand side by side in half the form's width."""
LENGTH_UNITS = ("s", "frames")
UNSET = ""


@dataclass(frozen=True, kw_only=True)
class Widget:
    """One look of a parameter: the Gradio component, and the props that fit it to one parameter.

    `blank` is its value when nothing is chosen, `bare` the props of one that waits for a parameter.
    A `wide` one has a row to itself.
    """

    look: str
    component: Callable[..., Any]
    props: Callable[[Any], Props]
    bare: Props = field(default_factory=dict)
    blank: Any = None
    wide: bool = False

    def make(self, props: Props, **more: Any) -> gr.components.Component:
        """Make the widget. What it holds is checked by the model, never by Gradio."""
        made: gr.components.Component = self.component(**props, interactive=True, **more)
        return made


def title(param: Param) -> str:
    """Return the label with its unit, unless the label says the unit already."""
    unit = "" if param.unit.lower() == param.label.lower() else param.unit
    return f"{param.label}, {unit}" if unit else param.label


def _text(param: Text) -> Props:
    lines = min(param.lines, 4)
    return {"label": title(param), **_tall(lines), "placeholder": param.help}


def _tall(lines: int) -> Props:
    # A box that Gradio lets grow is measured, and the page laid out anew, with each change of its
    # words; `assets/form.css` lets it grow as well. (With one line at most it takes no second.)
    return {"lines": lines, "max_lines": max(lines, 2)}


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


FILE_TYPES = {
    "file": None,
    "audio": ["audio", ".mp4", ".m4a", ".mka", ".flac", ".ogg", ".opus"],
    "video": ["video", ".mkv", ".mov", ".3gp"],
    "image": ["image", ".heic", ".heif", ".hif", ".avif"],
}
"""What a file picker offers. Many browsers know no media type for the endings that are named."""


def _file(param: Media | Several) -> Props:
    kind = param.of.media if isinstance(param, Several) else param.media
    return {"label": param.label, "file_types": FILE_TYPES[kind]}


def _json(param: Json) -> Props:
    return {"label": title(param), **_tall(3), "placeholder": param.help or "JSON"}


# Not gr.Video and gr.Image: the one fetches 32 MB of ffmpeg into the browser for each upload and
# refuses what that browser cannot play, the other encodes the picture anew (6.31, measured). The
# page shows its own preview of the file.
def _file_widget(**props: Any) -> gr.File:
    return gr.File(type="filepath", height=96, **props)


def _files_widget(**props: Any) -> gr.File:
    return gr.File(type="filepath", height=96, file_count="multiple", **props)


def _menu(**props: Any) -> gr.Dropdown:
    return gr.Dropdown(filterable=False, **props)


_RANGE = {"minimum": 0, "maximum": 1}
_LABEL = {"label": ""}
_CHOICES = {"label": "", "choices": [("Auto", UNSET)]}

TEXT = Widget(look="text", component=gr.Textbox, props=_text, bare=_LABEL, blank="", wide=True)
GRID = Widget(look="grid", component=gr.Slider, props=_slider, bare=_RANGE, wide=True)
LENGTH = Widget(look="length", component=gr.Slider, props=_slider, bare=_RANGE, wide=True)
SLIDER = Widget(look="slider", component=gr.Slider, props=_slider, bare=_RANGE)
NUMBER = Widget(look="number", component=gr.Number, props=_number, bare=_LABEL)
SEED = Widget(look="seed", component=gr.Number, props=_seed, bare=_LABEL)
SEGMENTS = Widget(look="segments", component=gr.Radio, props=_choices, bare=_CHOICES, blank=UNSET)
MENU = Widget(look="menu", component=_menu, props=_choices, bare=_CHOICES, blank=UNSET)
ONOFF = Widget(look="onoff", component=gr.Radio, props=_onoff, bare=_CHOICES, blank=UNSET)
VIDEO = Widget(look="video", component=_file_widget, props=_file, bare=_LABEL, wide=True)
IMAGE = Widget(look="image", component=_file_widget, props=_file, bare=_LABEL)
FILE = Widget(look="file", component=_file_widget, props=_file, bare=_LABEL, wide=True)
FILES = Widget(look="files", component=_files_widget, props=_file, bare=_LABEL, wide=True)
JSON = Widget(look="json", component=gr.Textbox, props=_json, bare=_LABEL, blank="", wide=True)


def _numeric(param: Number) -> Widget:
    bounded = param.minimum is not None and param.maximum is not None
    if not bounded or param.default is None:
        return NUMBER
    if param.step:
        return GRID
    return LENGTH if param.unit in LENGTH_UNITS else SLIDER


def _choice(param: Choice) -> Widget:
    names = [name for name, _ in _choices(param)["choices"]]
    few = len(param.choices) <= MOST_SEGMENTS and len("".join(names)) <= MOST_LETTERS
    return SEGMENTS if few else MENU


WIDGETS: Mapping[type[Param], Callable[[Any], Widget]] = {
    Text: lambda _: TEXT,
    Choice: _choice,
    Toggle: lambda _: ONOFF,
    Number: _numeric,
    Integer: _numeric,
    Seed: lambda _: SEED,
    Video: lambda _: VIDEO,
    Image: lambda _: IMAGE,
    Audio: lambda _: FILE,
    AnyFile: lambda _: FILE,
    Videos: lambda _: FILES,
    Images: lambda _: FILES,
    Audios: lambda _: FILES,
    AnyFiles: lambda _: FILES,
    Json: lambda _: JSON,
}


def widget_of(param: Param) -> Widget:
    """Return how a parameter looks. Raises KeyError for a kind that has no row."""
    return WIDGETS[type(param)](param)


def shown(param: Param) -> Any:
    """Return the value that the parameter's widget holds when nothing was touched."""
    if isinstance(param, Toggle) and param.default is not None:
        return "on" if param.default else "off"
    if param.default is None:
        return widget_of(param).blank
    if isinstance(param, Json) and not isinstance(param.default, str):
        return json.dumps(param.default, ensure_ascii=False, indent=1)
    return param.default

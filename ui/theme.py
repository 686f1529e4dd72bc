"""The look: every colour, size and face as a token, once, and Gradio's theme mapped onto them.

`assets/*.css` may only use these tokens; nothing else decides on a colour.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradio.themes import Base

LIGHT: Mapping[str, str] = {
    "paper": "#f6f4ef",
    "sheet": "#fffdf8",
    "line": "#e2ddd1",
    "edge": "#928979",
    "ink": "#1f1d1a",
    "soft": "#655f55",
    "accent": "#a84f15",
    "accent-deep": "#964611",
    "accent-ink": "#ffffff",
    "glow": "#f6e9db",
    "ok": "#2a7047",
    "bad": "#a93228",
    "bad-glow": "#f8e4df",
    "shadow": "0 1px 2px rgb(40 30 10 / .06), 0 6px 24px rgb(40 30 10 / .06)",
    "veil": "rgb(31 29 26 / .35)",
}
DARK: Mapping[str, str] = {
    "paper": "#131211",
    "sheet": "#1b1a18",
    "line": "#302d29",
    "edge": "#756d61",
    "ink": "#efeae0",
    "soft": "#a89f91",
    "accent": "#f0a04b",
    "accent-deep": "#f6b26a",
    "accent-ink": "#1a1206",
    "glow": "#33271b",
    "ok": "#6bc28d",
    "bad": "#f28a7b",
    "bad-glow": "#35201c",
    "shadow": "none",
    "veil": "rgb(0 0 0 / .6)",
}
# The screen is as dark by day as by night, so what lies on it has one set of colours.
SHARED: Mapping[str, str] = {
    "stage": "#0f0e0d",
    "stage-ink": "#f3ede2",
    "stage-soft": "#b3aa9b",
    "stage-line": "#38332d",
    "lamp": "#f0a04b",
    "lamp-ink": "#1a1206",
    "round": "10px",
    "round-small": "8px",
    "gap": "14px",
    "hit": "32px",
    "ui": '"Inter Variable", system-ui, sans-serif',
    "mono": '"JetBrains Mono Variable", monospace',
}


def tokens_css() -> str:
    """Return the tokens as CSS custom properties, the dark ones under Gradio's class for it."""
    return (
        f":root{{color-scheme:light;{_declared({**LIGHT, **SHARED})}}}\n"
        f":root.dark,body.dark{{color-scheme:dark;{_declared(DARK)}}}\n"
    )


def theme() -> Base:
    """Return Gradio's theme with its own variables pointed at the tokens."""
    faces = [face.strip(' "') for face in SHARED["ui"].split(",")]
    monos = [face.strip(' "') for face in SHARED["mono"].split(",")]
    look = Base(font=faces, font_mono=monos)
    look.name = "dailies"
    for name, token in MAPPED.items():
        setattr(look, name, token)
        setattr(look, f"{name}_dark", token)
    # Gradio paints these two before any stylesheet of ours has come.
    look.body_background_fill = LIGHT["paper"]
    look.body_background_fill_dark = DARK["paper"]
    look.body_text_color = LIGHT["ink"]
    look.body_text_color_dark = DARK["ink"]
    return look


def _declared(tokens: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in tokens.items())


MAPPED: Mapping[str, str] = {
    "body_text_color_subdued": "var(--soft)",
    "background_fill_primary": "var(--sheet)",
    "background_fill_secondary": "var(--paper)",
    "border_color_primary": "var(--line)",
    "border_color_accent": "var(--accent)",
    "border_color_accent_subdued": "var(--line)",
    "color_accent": "var(--accent)",
    "color_accent_soft": "var(--glow)",
    "link_text_color": "var(--accent)",
    "link_text_color_hover": "var(--accent-deep)",
    "link_text_color_active": "var(--accent-deep)",
    "link_text_color_visited": "var(--accent)",
    "accordion_text_color": "var(--soft)",
    "block_background_fill": "transparent",
    "block_border_color": "transparent",
    "block_border_width": "0px",
    "block_info_text_color": "var(--soft)",
    "block_label_background_fill": "transparent",
    "block_label_border_width": "0px",
    "block_label_text_color": "var(--soft)",
    "block_title_text_color": "var(--soft)",
    "block_title_background_fill": "transparent",
    "block_title_border_width": "0px",
    "block_shadow": "none",
    "panel_background_fill": "transparent",
    "panel_border_width": "0px",
    "code_background_fill": "var(--paper)",
    "checkbox_background_color": "var(--paper)",
    "checkbox_background_color_focus": "var(--paper)",
    "checkbox_background_color_hover": "var(--paper)",
    "checkbox_background_color_selected": "var(--accent)",
    "checkbox_border_color": "var(--edge)",
    "checkbox_border_color_focus": "var(--accent)",
    "checkbox_border_color_selected": "var(--accent)",
    "checkbox_label_background_fill": "transparent",
    "checkbox_label_background_fill_hover": "var(--sheet)",
    "checkbox_label_background_fill_selected": "var(--glow)",
    "checkbox_label_border_width": "0px",
    "checkbox_label_shadow": "none",
    "checkbox_label_text_color": "var(--soft)",
    "checkbox_label_text_color_selected": "var(--accent)",
    "error_background_fill": "var(--bad-glow)",
    "error_border_color": "var(--bad)",
    "error_text_color": "var(--bad)",
    "error_icon_color": "var(--bad)",
    "input_background_fill": "var(--paper)",
    "input_background_fill_focus": "var(--paper)",
    "input_background_fill_hover": "var(--paper)",
    "input_border_color": "var(--line)",
    "input_border_color_focus": "var(--accent)",
    "input_border_color_hover": "var(--edge)",
    "input_border_width": "1px",
    "input_placeholder_color": "var(--soft)",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "loader_color": "var(--accent)",
    "slider_color": "var(--accent)",
    "button_border_width": "1px",
    "button_primary_background_fill": "var(--accent)",
    "button_primary_background_fill_hover": "var(--accent-deep)",
    "button_primary_border_color": "transparent",
    "button_primary_border_color_hover": "transparent",
    "button_primary_text_color": "var(--accent-ink)",
    "button_primary_text_color_hover": "var(--accent-ink)",
    "button_primary_shadow": "none",
    "button_secondary_background_fill": "var(--sheet)",
    "button_secondary_background_fill_hover": "var(--paper)",
    "button_secondary_border_color": "var(--line)",
    "button_secondary_border_color_hover": "var(--edge)",
    "button_secondary_text_color": "var(--ink)",
    "button_secondary_text_color_hover": "var(--ink)",
    "button_secondary_shadow": "none",
}
"""Gradio's variable → ours. The tokens change with the theme, so both halves are the same."""

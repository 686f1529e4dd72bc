"""Which of Gradio's styles the page needs, as its scripts tell."""

from pathlib import Path

import pytest

from ui.gradio_styles import styles_of
from ui.server import GRADIO

ENTRY = '<script type="module" src="./assets/index-a1.js"></script>'
LINKED = '<link rel="stylesheet" href="./assets/index-b2.css">'


def files(*names):
    return (
        "const __vite__mapDeps=(i,m=x,d=(m.f||(m.f=[" + ",".join(f'"./{n}"' for n in names) + "])))"
    )


def imports(name, *numbers):
    deps = ",".join(map(str, numbers))
    return f"v(()=>import(`./{name}`).then(e=>e.t),__vite__mapDeps([{deps}]),import.meta.url)"


@pytest.fixture
def frontend(tmp_path):
    """A frontend as Vite writes it, with one kind of widget and its example."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text(ENTRY + LINKED)
    first = files("Index-f.js", "core-c.js", "index-b2.css", "frame.css", "core.css")
    (assets / "index-a1.js").write_text(
        f"{first};{imports('Index-f.js', 0, 2, 3)},{imports('core-c.js', 1, 4)}"
    )
    (assets / "Index-f.js").write_text(
        f"{files('Blocks-b.js', 'blocks.css', 'login.css')};"
        f"{imports('Blocks-b.js', 0, 1)};{imports('Login-l.js', 2)}"
    )
    core = files("Index-t.js", "text.css", "Example-t.js", "example.css", "chart.css")
    example, component = imports("Example-t.js", 2, 3), imports("Index-t.js", 0, 1, 3)
    text = f"textbox:{{example:()=>{example},component:()=>{component}}}"
    (assets / "core-c.js").write_text(
        f"{core};H={{multitextbox:{{component:()=>{imports('Index-m.js', 4)}}},{text}}}"
    )
    for name in ("index-b2", "frame", "core", "blocks", "login", "text", "example", "chart"):
        (assets / f"{name}.css").write_text(f".{name}{{}}")
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_the_frame_s_styles_come_first_and_then_those_of_each_kind(frontend):
    found = names(styles_of(frontend, ["textbox", "column"]))
    assert found == ["frame.css", "core.css", "blocks.css", "text.css", "example.css"]


def test_what_no_part_of_the_page_needs_is_left_out(frontend):
    assert "text.css" not in names(styles_of(frontend, []))


def test_a_style_that_names_other_files_stays_where_it_is(frontend):
    (frontend / "assets" / "text.css").write_text(".a{background:url(./a.svg)}")
    assert "text.css" not in names(styles_of(frontend, ["textbox"]))


def test_a_style_that_is_not_there_is_left_to_gradio(frontend):
    (frontend / "assets" / "blocks.css").unlink()
    assert "blocks.css" not in names(styles_of(frontend, ["textbox"]))


@pytest.mark.parametrize("file", ["index.html", "assets/index-a1.js", "assets/core-c.js"])
def test_scripts_that_are_written_otherwise_give_less_and_no_error(frontend, file):
    (frontend / file).write_text("nothing of the kind")
    assert "text.css" not in names(styles_of(frontend, ["textbox"]))


def test_the_gradio_that_is_installed_is_understood():
    found = names(styles_of(GRADIO, ["textbox", "slider"]))
    assert len(found) > 8
    assert any(name.startswith("Blocks-") for name in found)
    assert len(names(styles_of(GRADIO, []))) < len(found)
    assert all(Path(GRADIO / "assets" / name).is_file() for name in found)

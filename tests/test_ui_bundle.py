"""The page's modules as one script, its styles as one."""

import re

import pytest

from ui import bundle
from ui.head import ENTRY
from ui.server import ASSETS


def joined(folder, **modules):
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return bundle.scripts(folder / "page.js")


def test_a_module_stands_before_those_that_need_it_and_only_once(tmp_path):
    text = joined(
        tmp_path,
        page='import { a } from "./one.js";\nimport { b as c } from "./two.js";\nuse(a, c);\n',
        one='import { b } from "./two.js";\nexport const a = b;\n',
        two="export function b() {}\n",
    )
    assert re.findall(r"const module_(\w+) =", text) == ["two", "one", "page"]
    assert "const { a } = module_one;" in text
    assert "const { b: c } = module_two;" in text
    assert "return { b };" in text
    assert not re.search(r"^(import|export)\b", text, re.MULTILINE)


@pytest.mark.parametrize(
    "line",
    [
        "export default 3;",
        "export { a };",
        'import all from "./one.js";',
        'import * as all from "./one.js";',
        "import { a } from 'elsewhere';",
        "export let changing = 1;",
    ],
)
def test_a_form_that_it_does_not_know_is_refused_and_not_guessed(tmp_path, line):
    with pytest.raises(ValueError, match="cannot be joined"):
        joined(tmp_path, page=f"{line}\n", one="export const a = 1;\n")


def test_modules_in_a_circle_are_refused(tmp_path):
    with pytest.raises(ValueError, match="imports itself"):
        joined(
            tmp_path,
            page='import { a } from "./one.js";\nexport const b = a;\n',
            one='import { b } from "./page.js";\nexport const a = b;\n',
        )


def test_every_module_of_the_page_is_in_it():
    text = bundle.scripts(ASSETS / ENTRY)
    # The ticker is a worker of its own; the others stand in the document.
    mine = {path.stem for path in ASSETS.glob("*.js")} - {"ticker", "theme", "place", "visitor"}
    assert set(re.findall(r"^const module_(\w+) =", text, re.MULTILINE)) == mine


def test_styles_keep_their_order(tmp_path):
    first, second = tmp_path / "b.css", tmp_path / "a.css"
    first.write_text("b {}")
    second.write_text("a {}")
    assert bundle.styles([first, second]) == "b {}\na {}"

"""Writes the README's tables of models and settings from the code; `--check` only compares."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from core import MODELS, PROVIDERS, Param, Settings  # noqa: E402

README = ROOT / "README.md"


def models() -> Iterator[str]:
    """Yield the table of models, one row each."""
    yield "| model | provider | takes |"
    yield "| --- | --- | --- |"
    for spec in MODELS.values():
        gone = " (withdrawn by its vendor)" if spec.withdrawn else ""
        takes = ", ".join(map(parameter, spec.params))
        yield f"| `{spec.id}`{gone} | {PROVIDERS[spec.provider].label} | {takes} |"


def parameter(param: Param) -> str:
    """Return a parameter as `name` with its range or choices."""
    told = param.as_json()
    star = "\\*" if param.required else ""
    if told["choices"]:
        return f"`{param.name}`{star} ({', '.join(map(str, told['choices']))})"
    if told["minimum"] is not None and told["maximum"] is not None:
        return f"`{param.name}`{star} ({told['minimum']}–{told['maximum']})"
    return f"`{param.name}`{star}"


def settings() -> Iterator[str]:
    """Yield the table of environment variables, one row each."""
    yield "| variable | default | meaning |"
    yield "| --- | --- | --- |"
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default not in (None, "", ()) else "none"
        yield f"| `{name.upper()}` | {default} | {field.description} |"


def written(text: str) -> str:
    """Return the README with each table between its two marks made anew."""
    for name, table in (("models", models), ("settings", settings)):
        body = "\n".join(table())
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marks.sub(lambda found, body=body: f"{found[1]}{body}\n{found[2]}", text)
    return text


def main() -> int:
    """Write the tables, or with `--check` say whether they are as they should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    old = README.read_text()
    new = written(old)
    if parser.parse_args().check:
        if old != new:
            print("README.md: its tables are out of date; run scripts/readme_tables.py")
        return int(old != new)
    README.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())

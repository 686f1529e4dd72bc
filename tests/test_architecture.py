"""What docs/architecture.md draws is there, and every room of the code is drawn."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/architecture.md").read_text()


def test_every_room_is_drawn():
    rooms = {path.parent.name for path in (ROOT / "core").glob("*/__init__.py")}
    assert len(rooms) > 9
    assert rooms <= set(re.findall(r"core/([a-z]+)", TEXT))


def test_every_path_that_is_named_is_there():
    named = set(re.findall(r"`?((?:core|ui|tests|docs)/[a-z_/]+(?:\.py|\.md)?)`?", TEXT))
    assert len(named) > 20
    for name in named:
        path = ROOT / name.rstrip("/")
        assert path.exists() or path.with_suffix(".py").exists(), name

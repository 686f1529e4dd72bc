"""Whoever takes this project knows under which terms, and what in it is others' work."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTICES = (ROOT / "THIRD_PARTY_NOTICES.md").read_text()


def test_the_licence_is_the_one_that_the_front_matter_names():
    front = (ROOT / "README.md").read_text().split("---")[1]
    assert "\nlicense: apache-2.0\n" in front
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0" in text
    assert "[name of copyright owner]" not in text


def test_every_work_of_others_has_its_licence_beside_it_and_a_notice():
    vendored = [*(ROOT / "assets").glob("fonts/*.woff2"), *(ROOT / "assets").glob("vendor/*.js")]
    assert vendored
    for path in vendored:
        stem = path.name.split("-latin")[0].removesuffix(".js")
        licence = path.with_name(f"{stem}-LICENSE.txt")
        assert licence.exists(), path
        assert licence.relative_to(ROOT).as_posix() in NOTICES, path

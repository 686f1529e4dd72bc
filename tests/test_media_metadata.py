"""Settings inside the MP4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import MediaError, StorageError, UnsafeMedia
from core.media import embed, ffmpeg, probe, read_tags


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module", params=["index first", "index last"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both ways of writing the settings: the first film needs no ffmpeg, the second does."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    sources = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=12:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    flags = ["-movflags", "+faststart"] if request.param == "index first" else []
    ffmpeg.run([*sources, "-pix_fmt", "yuv420p", "-c:a", "aac", *flags, str(path)])
    return path


def pictures(path: Path) -> bytes:
    return ffmpeg.run(["-i", str(path), "-c", "copy", "-f", "framemd5", "-"])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(settings_=st.dictionaries(st.text(max_size=30), values, max_size=5), prompt=st.text())
@settings(max_examples=25, deadline=None)
def test_settings_come_back_exactly(
    film: Path, tmp_path_factory: pytest.TempPathFactory, settings_: dict[str, Any], prompt: str
) -> None:
    target = tmp_path_factory.getbasetemp() / "tagged.mp4"
    embed(film, target, settings_ | {"prompt": prompt})
    assert read_tags(target) == settings_ | {"prompt": prompt}


@pytest.mark.parametrize(
    "prompt",
    [
        "=;#\\\n[STREAM]\ntitle=stolen\n;FFMETADATA1",
        "“quotes” 'and' \"more\"\t\r\n\0\x1f\x7f\x85\u2028\ufeff",
        "日本語 العربية 👩‍👩‍👧 \U0010ffff",
        "half a pair \ud83d",
        "\\" * 50,
        "long " * 60_000,
        "",
    ],
)
def test_awkward_prompts_come_back_exactly(film: Path, tmp_path: Path, prompt: str) -> None:
    embed(film, tmp_path / "a.mp4", {"prompt": prompt})
    assert read_tags(tmp_path / "a.mp4") == {"prompt": prompt}


def test_the_pictures_and_the_sound_are_not_touched(film: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    embed(film, target, {"prompt": "x"})
    rows = [line for line in pictures(film).splitlines() if not line.startswith(b"#")]
    assert rows == [line for line in pictures(target).splitlines() if not line.startswith(b"#")]
    clip = probe(target)
    assert (clip.whole, clip.faststart, clip.audio, clip.frames) == (True, True, True, 12)


def test_the_title_is_the_beginning_of_the_prompt_on_one_line(film: Path, tmp_path: Path) -> None:
    embed(film, tmp_path / "a.mp4", {"prompt": "two\nlines; and = more " + "x" * 200})
    listing = ffmpeg.run(["-i", str(tmp_path / "a.mp4"), "-f", "ffmetadata", "-"]).decode()
    title = next(line for line in listing.splitlines() if line.startswith("title="))
    assert title == ("title=two lines\\; and \\= more " + "x" * 78)


def test_a_zero_does_not_end_the_title(film: Path, tmp_path: Path) -> None:
    embed(film, tmp_path / "a.mp4", {"prompt": "one\0two"})
    listing = ffmpeg.run(["-i", str(tmp_path / "a.mp4"), "-f", "ffmetadata", "-"]).decode()
    assert "title=one two" in listing.splitlines()


def test_a_file_can_be_tagged_in_place_and_again(film: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(film.read_bytes())
    for number in (1, 2):
        embed(path, path, {"number": number})
        assert read_tags(path) == {"number": number}
    assert names(tmp_path) == ["a.mp4"]


def test_a_file_without_settings_has_none(film: Path, tmp_path: Path) -> None:
    assert read_tags(film) == {}
    for words in ("just words", "[1, 2]", "[" * 100_000):
        meta = ["-metadata", f"comment={words}"]
        ffmpeg.run(["-i", str(film), "-c", "copy", *meta, str(tmp_path / "a.mp4")])
        assert read_tags(tmp_path / "a.mp4") == {}


def test_what_is_no_whole_mp4_is_not_tagged(film: Path, tmp_path: Path) -> None:
    path, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    for content in (b"text", film.read_bytes()[:-10]):
        path.write_bytes(content)
        with pytest.raises(UnsafeMedia):
            embed(path, target, {})
    assert names(tmp_path) == ["a.mp4"]


def test_what_is_no_mp4_has_no_settings_to_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"text")
    with pytest.raises(UnsafeMedia):
        read_tags(path)


def test_a_failed_tagging_leaves_the_clip_as_it_was(film: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(film.read_bytes())
    (tmp_path / ".a.mp4.part").mkdir()
    with pytest.raises((StorageError, MediaError)):
        embed(path, path, {"prompt": "x"})
    assert path.read_bytes() == film.read_bytes()

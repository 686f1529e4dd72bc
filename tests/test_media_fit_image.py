"""What a user hands in as a still: read whole, turned, in sRGB, and telling nothing else."""

from __future__ import annotations

import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from test_media_fit_video import HOSTILE

from core.errors import UnsafeMedia
from core.media import check_image, fit_image
from core.media.fit.icc import PRIMARIES, SRGB, Primaries, write_profile

SAMPLES = Path(__file__).parent / "samples" / "stills"


def image(path: Path, size: tuple[int, int] = (60, 40), **options: object) -> Path:
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    picture.save(path, **options)
    return path


def test_an_image_that_fits_is_copied_untouched(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg"):
        given = image(tmp_path / name)
        made = fit_image(given, tmp_path / "fitted.png")
        assert made.changes == ""
        assert made.path.read_bytes() == given.read_bytes()
        assert made.path.suffix == given.suffix


def test_a_photograph_is_turned_upright_and_tells_nothing_of_its_camera(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "camera"
    made = fit_image(image(tmp_path / "photo.jpg", exif=exif), tmp_path / "fitted.jpg")
    assert (made.width, made.height, made.mime) == (40, 60, "image/jpeg")
    assert b"camera" not in made.path.read_bytes()


def test_an_image_shrinks_to_the_pixels_and_bytes_that_are_taken(tmp_path: Path) -> None:
    noise = Image.effect_noise((400, 300), 90).convert("RGB")
    noise.save(tmp_path / "noise.png")
    made = fit_image(tmp_path / "noise.png", tmp_path / "a.png", max_side=240, max_bytes=9_000)
    assert made.mime == "image/jpeg"
    assert made.path.suffix == ".jpg"
    assert made.path.stat().st_size <= 9_000
    assert max(made.width, made.height) <= 240
    assert made.width / made.height == pytest.approx(4 / 3, abs=0.05)


def test_of_a_moving_image_the_first_picture_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    for name in ("a.gif", "a.webp", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        made = fit_image(tmp_path / name, tmp_path / "fitted.png")
        with Image.open(made.path) as result:
            assert getattr(result, "n_frames", 1) == 1
            red, green, blue = result.convert("RGB").getpixel((9, 9))
            assert red > 240
            assert green + blue < 30
        assert "first picture taken" in made.changes


@pytest.mark.parametrize("size", [(1, 5000), (4000, 1)])
def test_the_thinnest_picture_is_shrunk_too(tmp_path: Path, size: tuple[int, int]) -> None:
    for name in ("a.jpg", "a.png"):
        made = fit_image(image(tmp_path / name, size), tmp_path / "fitted.png")
        assert sorted((made.width, made.height)) == [1, 2048]


def test_what_can_be_seen_through_stays_a_png_with_nothing_hidden_in_it(tmp_path: Path) -> None:
    given = Image.new("RGBA", (2100, 40), (9, 8, 7, 0))
    given.paste((200, 0, 0, 120), (0, 0, 1000, 40))
    for name in ("a.png", "a.webp"):
        given.save(tmp_path / name)
        made = fit_image(tmp_path / name, tmp_path / "fitted.jpg")
        assert (made.path.suffix, made.mime, made.width) == (".png", "image/png", 2048)
        with Image.open(made.path) as result:
            assert result.getpixel((2000, 5)) == (255, 255, 255, 0)
            assert result.getpixel((50, 5)) == pytest.approx((200, 0, 0, 120), abs=3)


def test_a_png_that_can_be_seen_through_and_fits_is_copied_untouched(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (0, 0, 0, 90)).save(tmp_path / "a.png")
    made = fit_image(tmp_path / "a.png", tmp_path / "fitted.png")
    assert made.path.read_bytes() == (tmp_path / "a.png").read_bytes()


def test_a_see_through_picture_shrinks_to_the_bytes_that_are_taken(tmp_path: Path) -> None:
    noise = Image.effect_noise((300, 300), 90).convert("RGBA")
    noise.putalpha(Image.effect_noise((300, 300), 90))
    noise.save(tmp_path / "a.png")
    made = fit_image(tmp_path / "a.png", tmp_path / "b.png", max_bytes=30_000)
    assert made.path.suffix == ".png"
    assert 3_000 < made.path.stat().st_size <= 30_000


def test_what_was_done_to_an_image_is_told(tmp_path: Path) -> None:
    image(tmp_path / "a.webp", (3000, 2000))
    made = fit_image(tmp_path / "a.webp", tmp_path / "b.png")
    assert made.changes == "scaled from 3000×2000 to 2048×1365, converted from WebP to JPEG"
    image(tmp_path / "b.webp")
    made = fit_image(tmp_path / "b.webp", tmp_path / "c.png")
    assert made.changes == "converted from WebP to JPEG"


def bomb(kind: str, side: int) -> bytes:
    content = io.BytesIO()
    Image.new("1" if kind == "PNG" else "L", (side, side)).save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize(("kind", "side"), [("PNG", 13_000), ("GIF", 5_000), ("JPEG", 8_000)])
def test_an_image_bomb_is_refused_by_its_header(tmp_path: Path, kind: str, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(kind, side))
    for use in (check_image, lambda given: fit_image(given, tmp_path / "out.png")):
        with pytest.raises(UnsafeMedia):
            use(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_large_photograph_is_shrunk_while_it_is_read(tmp_path: Path) -> None:
    made = fit_image(image(tmp_path / "photo.jpg", (6000, 4000)), tmp_path / "a.jpg")
    assert (made.width, made.height) == (2048, 1365)
    assert made.changes == "scaled from 6000×4000 to 2048×1365"


def test_a_jpeg_of_endless_passes_is_refused(tmp_path: Path) -> None:
    path = image(tmp_path / "slow.jpg")
    path.write_bytes(path.read_bytes() + b"\xff\xda\0\x08" * 200)
    with pytest.raises(UnsafeMedia, match="slow"):
        check_image(path)


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_image_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.png"
    path.write_text(HOSTILE[kind])
    with pytest.raises(UnsafeMedia, match=re.escape("PNG, JPEG, WebP, GIF, AVIF or HEIC")):
        check_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif", "a.avif"])
def test_half_an_image_is_refused(tmp_path: Path, name: str) -> None:
    path = image(tmp_path / name, (300, 200))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for use in (check_image, lambda given: fit_image(given, tmp_path / "out.png")):
        with pytest.raises(UnsafeMedia, match="cut off"):
            use(path)


DISPLAY_P3 = write_profile(
    PRIMARIES[12], lambda v: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
)
ADOBE_RGB = write_profile(
    Primaries(SRGB.white, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), lambda v: v**2.19921875
)
SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def colours() -> Image.Image:
    """Sixteen flat squares of colours that all lie inside sRGB, whatever the profile."""
    levels = [(90, 110, 140), (200, 160, 120), (110, 150, 100), (60, 60, 60), (230, 215, 235)]
    blocks = np.array([levels[n % 5] for n in range(16)], np.uint8).reshape(4, 4, 3)
    return Image.fromarray(blocks.repeat(32, 0).repeat(32, 1))


def linear(values: np.ndarray) -> np.ndarray:
    values = values / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def coded(light: np.ndarray) -> np.ndarray:
    light = light.clip(0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


P3_TO_SRGB = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])
ADOBE_TO_SRGB = np.array([[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]])
"""Between linear light, as published (W3C css-color-4), so that the test shares no sum of ours."""


def p3_in_srgb(picture: Image.Image) -> np.ndarray:
    return coded(linear(np.asarray(picture, float)) @ P3_TO_SRGB.T)


def adobe_in_srgb(picture: Image.Image) -> np.ndarray:
    return coded((np.asarray(picture, float) / 255) ** 2.19921875 @ ADOBE_TO_SRGB.T)


def seen(path: Path) -> np.ndarray:
    with Image.open(path) as result:
        assert not result.info.get("icc_profile")
        return np.asarray(result.convert("RGB"), float)


def middles(pixels: np.ndarray) -> np.ndarray:
    """The middle of each square, where no coder has smeared the edges."""
    return pixels[16::32, 16::32]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.avif"])
@pytest.mark.parametrize("profile", ["p3", "adobe"])
def test_the_colours_of_another_profile_are_brought_to_srgb(
    tmp_path: Path, name: str, profile: str
) -> None:
    icc, right = {"p3": (DISPLAY_P3, p3_in_srgb), "adobe": (ADOBE_RGB, adobe_in_srgb)}[profile]
    colours().save(tmp_path / name, icc_profile=icc, quality=95)
    made = fit_image(tmp_path / name, tmp_path / "b.png")
    assert np.abs(middles(seen(made.path)) - middles(right(colours()))).max() <= 5
    assert np.abs(middles(right(colours())) - middles(np.asarray(colours(), float))).max() > 6
    assert "colours converted to sRGB" in made.changes


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_an_srgb_profile_or_a_broken_one_changes_nothing(tmp_path: Path, name: str) -> None:
    for icc in (SRGB_PROFILE, b"no profile at all " * 20, DISPLAY_P3[:300]):
        colours().save(tmp_path / name, icc_profile=icc)
        made = fit_image(tmp_path / name, tmp_path / "b.png")
        assert made.path.read_bytes() == (tmp_path / name).read_bytes()


def test_alpha_stays_beside_converted_colours(tmp_path: Path) -> None:
    given = colours()
    given.putalpha(Image.linear_gradient("L").resize(given.size))
    given.save(tmp_path / "a.png", icc_profile=DISPLAY_P3)
    made = fit_image(tmp_path / "a.png", tmp_path / "b.png")
    with Image.open(made.path) as result:
        assert result.mode == "RGBA"
        assert np.array_equal(np.asarray(result.getchannel("A")), np.asarray(given)[..., 3])
        apart = np.asarray(result.convert("RGB"), float) - p3_in_srgb(colours())
    assert np.abs(apart[30:]).max() <= 2


def test_a_palette_s_colours_are_converted_too(tmp_path: Path) -> None:
    colours().quantize(8).save(tmp_path / "a.png", icc_profile=DISPLAY_P3)
    made = fit_image(tmp_path / "a.png", tmp_path / "b.png")
    assert np.abs(middles(seen(made.path)) - middles(p3_in_srgb(colours()))).max() <= 5


def grey_profile(gamma: float) -> bytes:
    """A profile of one curve, for grey pictures."""
    whole = write_profile(SRGB, lambda v: v**gamma)
    tag = b"curv" + struct.pack(">4xIH2x", 1, round(gamma * 256))
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    table = struct.pack(">I", 2) + struct.pack(">4sII4sII", b"wtpt", 156, 20, b"kTRC", 176, 16)
    head = bytearray(whole[:128])
    head[:4] = struct.pack(">I", 192)
    head[16:20] = b"GRAY"
    return bytes(head) + table + white + tag


def test_a_grey_picture_with_a_curve_of_its_own_is_converted(tmp_path: Path) -> None:
    Image.new("L", (32, 32), 128).save(tmp_path / "a.jpg", icc_profile=grey_profile(1.0))
    made = fit_image(tmp_path / "a.jpg", tmp_path / "b.png")
    assert seen(made.path)[9, 9] == pytest.approx(coded(np.array([128 / 255] * 3)), abs=3)


def test_a_picture_in_printing_inks_becomes_rgb(tmp_path: Path) -> None:
    colours().convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    made = fit_image(tmp_path / "a.jpg", tmp_path / "b.png")
    assert np.abs(middles(seen(made.path)) - middles(np.asarray(colours(), float))).max() <= 6


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(path: Path, *chunks: bytes) -> Path:
    """The PNG with chunks put behind its header."""
    content = path.read_bytes()
    path.write_bytes(content[:33] + b"".join(chunks) + content[33:])
    return path


CODED = {
    "P3 by cICP": (chunk(b"cICP", bytes([12, 13, 0, 1])), p3_in_srgb),
    "linear by gAMA": (
        chunk(b"gAMA", struct.pack(">I", 100_000)),
        lambda picture: coded(np.asarray(picture, float) / 255),
    ),
    "P3 by gAMA and cHRM": (
        chunk(b"gAMA", struct.pack(">I", 45455))
        + chunk(
            b"cHRM",
            struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000),
        ),
        p3_in_srgb,
    ),
    "the usual gAMA": (
        chunk(b"gAMA", struct.pack(">I", 45455)),
        lambda picture: np.asarray(picture, float),
    ),
    "sRGB over gAMA": (
        chunk(b"sRGB", b"\0") + chunk(b"gAMA", struct.pack(">I", 100_000)),
        lambda picture: np.asarray(picture, float),
    ),
    "cHRM that makes no triangle": (
        chunk(b"cHRM", bytes(32)),
        lambda picture: np.asarray(picture, float),
    ),
}


@pytest.mark.parametrize("how", CODED)
def test_a_png_that_names_its_colours_by_numbers_is_believed(tmp_path: Path, how: str) -> None:
    chunks, right = CODED[how]
    colours().save(tmp_path / "a.png")
    made = fit_image(with_chunk(tmp_path / "a.png", chunks), tmp_path / "b.png")
    assert np.abs(middles(seen(made.path)) - middles(right(colours()))).max() <= 5


def test_a_png_in_pq_is_seen_with_its_white_at_203_nits(tmp_path: Path) -> None:
    nits = np.array([5, 20, 60, 120, 203, 400], float)
    power = (nits / 10_000) ** (2610 / 16384)
    code = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    grey = np.round(code * 255).astype(np.uint8)[None, :, None].repeat(8, 0).repeat(3, 2)
    Image.fromarray(grey).save(tmp_path / "a.png")
    with_chunk(tmp_path / "a.png", chunk(b"cICP", bytes([9, 16, 0, 1])))
    made = fit_image(tmp_path / "a.png", tmp_path / "b.png")
    assert seen(made.path)[4, :, 1] == pytest.approx(coded(nits / 203), abs=8)


def test_sixteen_bits_of_grey_become_eight(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(32, 0)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    made = fit_image(tmp_path / "a.png", tmp_path / "b.png")
    assert np.abs(seen(made.path)[16, :, 0] - np.arange(256)).max() <= 3
    assert made.changes == "converted from PNG to JPEG, 16 bits reduced to 8"


def deep_png(kind: int, channels: int) -> bytes:
    """A PNG of sixteen bits a channel, each pixel at 0x8000, with half of the last channel."""
    row = b"\0" + (struct.pack(">H", 0x8000) * (channels - 1) + b"\xff\xff") * 20
    header = struct.pack(">IIBBBBB", 20, 20, 16, kind, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * 20)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("kind", "channels"), [(4, 2), (6, 4), (2, 4)])
def test_sixteen_bits_of_other_kinds_are_scaled_as_well(
    tmp_path: Path, kind: int, channels: int
) -> None:
    wanted = 3 if kind == 2 else channels
    content = deep_png(kind, wanted)
    (tmp_path / "a.png").write_bytes(content)
    made = fit_image(tmp_path / "a.png", tmp_path / "b.png")
    with Image.open(made.path) as result:
        assert result.convert("RGB").getpixel((9, 9))[0] == pytest.approx(128, abs=3)


def test_a_clear_grey_of_sixteen_bits_stays_clear(tmp_path: Path) -> None:
    values = np.full((20, 20), 0x4000, np.uint16)
    values[:, 10:] = 0x4001
    Image.fromarray(values).save(tmp_path / "a.png")
    with_chunk(tmp_path / "a.png", chunk(b"tRNS", b"\x40\x00"))
    made = fit_image(tmp_path / "a.png", tmp_path / "b.png")
    with Image.open(made.path) as result:
        assert result.getpixel((3, 3))[3] == 0
        assert result.getpixel((15, 3)) == (64, 64, 64, 255)


@pytest.mark.parametrize("name", ["a.avif", "a.heic"])
def test_what_phones_write_is_read(tmp_path: Path, name: str) -> None:
    if name == "a.avif":
        colours().save(tmp_path / name, icc_profile=DISPLAY_P3, quality=95)
    else:
        (tmp_path / name).write_bytes((SAMPLES / "phone.heic").read_bytes())
    check_image(tmp_path / name)
    made = fit_image(tmp_path / name, tmp_path / "b.png")
    assert made.mime == "image/jpeg"
    assert f"converted from {name[2:].upper()} to JPEG" in made.changes
    assert np.abs(middles(seen(made.path)) - middles(p3_in_srgb(colours()))).max() <= 5
    assert b"Exif" not in made.path.read_bytes()


def test_p3_by_the_numbers_of_an_avif_is_brought_to_srgb(tmp_path: Path) -> None:
    colours().save(tmp_path / "a.avif", quality=95)
    content = (tmp_path / "a.avif").read_bytes()
    at = content.index(b"colrnclx") + 8
    (tmp_path / "a.avif").write_bytes(content[:at] + b"\0\x0c" + content[at + 2 :])
    made = fit_image(tmp_path / "a.avif", tmp_path / "b.png")
    assert np.abs(middles(seen(made.path)) - middles(p3_in_srgb(colours()))).max() <= 5


def place() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "a camera of mine"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.25), 3: "E", 4: (13.0, 24.0, 36.5)})
    return exif


XMP = b"<x:xmpmeta>exif:GPSLatitude=52,31.2N a camera of mine</x:xmpmeta>"
TELLING = (b"GPS", b"a camera of mine", b"52,31", b"Exif", b"xmpmeta")


def segment(mark: int, body: bytes) -> bytes:
    return bytes([0xFF, mark]) + struct.pack(">H", len(body) + 2) + body


def noted(tmp_path: Path, how: str) -> Path:
    """A still that fits, with a place in it."""
    path = tmp_path / f"a{Path(how).suffix}"
    options = {"exif": place()} if how.startswith("EXIF") else {}
    colours().save(path, **options)
    content = path.read_bytes()
    if how == "XMP.jpg":
        content = content[:2] + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP) + content[2:]
    elif how == "IPTC.jpg":
        content = content[:2] + segment(0xED, b"Photoshop 3.0\0" + XMP) + content[2:]
    elif how == "comment.jpg":
        content = content[:2] + segment(0xFE, XMP) + content[2:]
    elif how == "behind the end.jpg":
        content += XMP
    elif how == "text.png":
        content = content[:33] + chunk(b"tEXt", b"Raw profile type exif\0" + XMP) + content[33:]
    elif how == "late text.png":
        content = (
            content[:-12] + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP) + content[-12:]
        )
    elif how == "own chunk.png":
        content = content[:33] + chunk(b"caNv", XMP) + content[33:]
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "how",
    [
        *("EXIF.jpg", "XMP.jpg", "IPTC.jpg", "comment.jpg", "behind the end.jpg", "EXIF.png"),
        *("text.png", "late text.png", "own chunk.png"),
    ],
)
def test_the_place_in_a_still_stays_here_and_its_picture_is_not_coded_anew(
    tmp_path: Path, how: str
) -> None:
    path = noted(tmp_path, how)
    assert any(word in path.read_bytes() for word in TELLING)
    made = fit_image(path, tmp_path / "b.png")
    assert made.changes == "rid of its notes (place, camera)"
    assert not any(word in made.path.read_bytes() for word in TELLING)
    with Image.open(path) as before, Image.open(made.path) as after:
        assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("how", ["EXIF.webp", "EXIF.avif", "EXIF.gif"])
def test_the_place_in_a_still_that_is_converted_stays_here(tmp_path: Path, how: str) -> None:
    path = tmp_path / f"a{Path(how).suffix}"
    colours().save(path, **({"comment": XMP} if "gif" in how else {"exif": place(), "xmp": XMP}))
    made = fit_image(path, tmp_path / "b.png")
    assert not any(word in made.path.read_bytes() for word in TELLING)


def two_pictures(size: tuple[int, int]) -> bytes:
    """A phone's JPEG: a second, smaller picture behind the first, with a place of its own."""
    first, second = (
        Image.linear_gradient("L").resize(side).convert("RGB") for side in (size, (64, 48))
    )
    content = io.BytesIO()
    first.save(content, "MPO", save_all=True, append_images=[second], exif=place())
    return content.getvalue()


def test_the_first_picture_of_a_phone_s_two_is_taken_as_a_jpeg(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(two_pictures((6000, 4000)))
    check_image(tmp_path / "a.jpg")
    made = fit_image(tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert (made.width, made.height) == (2048, 1365)
    (tmp_path / "a.jpg").write_bytes(two_pictures((300, 200)))
    made = fit_image(tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert (made.width, made.height, made.changes) == (300, 200, "rid of its notes (place, camera)")
    assert made.path.read_bytes().count(b"\xff\xd8\xff") == 1


def test_a_jpeg_that_lacks_nothing_but_its_end_is_given_one(tmp_path: Path) -> None:
    for options in ({}, {"progressive": True}):
        colours().save(tmp_path / "a.jpg", **options)
        content = (tmp_path / "a.jpg").read_bytes()
        (tmp_path / "a.jpg").write_bytes(content[:-2])
        check_image(tmp_path / "a.jpg")
        assert fit_image(tmp_path / "a.jpg", tmp_path / "b.jpg").path.read_bytes() == content


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("left", [0.3, 0.7, 0.97])
def test_a_cut_off_jpeg_is_refused_when_it_is_handed_in(
    tmp_path: Path, left: float, *, progressive: bool
) -> None:
    path = tmp_path / "a.jpg"
    Image.effect_noise((300, 200), 80).convert("RGB").save(path, progressive=progressive)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * left)])
    with pytest.raises(UnsafeMedia, match="cut off"):
        check_image(path)


@pytest.mark.parametrize(
    ("kind", "side", "most"), [("PNG", 13_000, 16), ("PNG", 20_000, 16), ("JPEG", 8_000, 60)]
)
def test_what_is_too_large_is_told_the_true_bound(
    tmp_path: Path, kind: str, side: int, most: int
) -> None:
    (tmp_path / "a.png").write_bytes(bomb(kind, side))
    with pytest.raises(UnsafeMedia, match=f"{most} megapixels.*most that is taken"):
        check_image(tmp_path / "a.png")

"""The files of a job: taken in as hostile, fitted, and handed to either vendor."""

import base64
import io
import json
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image as Picture
from pydantic import SecretStr
from served import serve_app
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route as WebRoute

from core.client import Connection, Downloader, Route, connect
from core.errors import InvalidInput, MediaError, StorageError, UnsafeMedia
from core.jobs.files import JobFiles
from core.jobs.inputs import Caps, JobInputs
from core.jobs.inputs.fit import shares
from core.jobs.inputs.signed_links import Links
from core.media import check_sound, ffmpeg, probe, sniff
from core.models import MODELS, ModelSpec, find_model
from core.params import (
    AnyFile,
    AnyFiles,
    Audio,
    Audios,
    Image,
    Images,
    Text,
    Video,
    Videos,
)
from core.providers import PROVIDERS
from core.providers.protocol import Phase, State
from core.sandbox import create_sandbox

pytestmark = pytest.mark.anyio

WAN_VIDEO = find_model("aimlapi:krea/krea-wan-14b/video-to-video")
KLING = find_model("krea:kling/kling-2.5").when(live=True)


def spec_of(provider="aimlapi", wire=None, **kinds):
    """A model such as a vendor's document describes, with a parameter of each kind."""
    params = tuple(kind(name=name, label=name.capitalize()) for name, kind in kinds.items())
    path = "/v2/video/generations" if provider == "aimlapi" else "/generate/video/maker/many"
    return ModelSpec(
        id="maker/many",
        provider=provider,
        name="Many",
        task="video",
        path=path,
        params=(Text(name="prompt", label="Prompt"), *params),
        wire=wire,
        built_in=False,
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One file of each usual kind, small and sound."""
    folder = tmp_path_factory.mktemp("files")

    def run(name, source, *arguments):
        ffmpeg.run(["-f", "lavfi", "-i", source, *arguments, str(folder / name)])
        return folder / name

    h264 = ("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast")
    still = Picture.linear_gradient("L").resize((90, 60)).convert("RGB")
    for name in ("a.png", "a.jpg", "a.webp", "a.gif"):
        still.save(folder / name)
    Picture.new("RGB", (3000, 1000), "teal").save(folder / "wide.jpg")
    return SimpleNamespace(
        folder=folder,
        png=folder / "a.png",
        jpg=folder / "a.jpg",
        webp=folder / "a.webp",
        gif=folder / "a.gif",
        wide=folder / "wide.jpg",
        mp4=run("a.mp4", "testsrc2=s=96x64:r=12:d=1", *h264),
        webm=run("a.webm", "testsrc2=s=96x64:r=12:d=1", "-c:v", "libvpx"),
        long=run("long.mp4", "testsrc2=s=960x540:r=10:d=12", *h264),
        wav=run("a.wav", "sine=d=2", "-fflags", "+bitexact"),
        mp3=run("a.mp3", "sine=d=2", "-c:a", "libmp3lame", "-id3v2_version", "0"),
        m4a=run("a.m4a", "sine=d=2", "-c:a", "aac"),
        ogg=run("a.opus", "sine=d=2", "-c:a", "libopus"),
        flac=run("a.flac", "sine=d=2"),
    )


@pytest.fixture
def job_files(tmp_path):
    return JobFiles(tmp_path / "takes")


@pytest.fixture
def sources(store, job_files):
    return JobInputs(store, job_files)


@pytest.fixture
def job_of(make_job):
    def job_of(spec, **params):
        given = {"prompt": "a fox"} | {
            name: [str(one) for one in value] if isinstance(value, list) else str(value)
            for name, value in params.items()
        }
        return make_job(spec.key, params=given)

    return job_of


def data_uri(path, mime="image/png"):
    return f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode()}"


def opened(uri):
    """What a data URI holds: its media type and its bytes."""
    head, _, body = uri.partition(",")
    return head.removeprefix("data:").removesuffix(";base64"), base64.b64decode(body)


class Vendor:
    """A server that takes uploads, and notes them."""

    def __init__(self):
        self.uploads = []
        self.app = Starlette(routes=[WebRoute("/assets", self.take, methods=["POST"])])

    async def take(self, request):
        async with request.form() as form:
            file = form["file"]
            self.uploads.append((file.filename, file.content_type, await file.read()))
        return JSONResponse({"image_url": f"https://gen.krea.ai/{len(self.uploads)}"})


@pytest.fixture
def vendor():
    return Vendor()


@asynccontextmanager
async def line_to(url, provider):
    route = Route(provider=PROVIDERS[provider], key=SecretStr("key-of-a-test"), base_url=url)
    async with connect(route) as line:
        yield line


@asynccontextmanager
async def line_of(vendor, provider="krea", afar=None):
    """A line to the vendor over a socket; `afar` answers for the rest of the world."""
    with serve_app(vendor.app) as url:
        async with (
            line_to(url, provider) as line,
            httpx.AsyncClient(transport=httpx.MockTransport(afar or nobody)) as world,
        ):
            yield Connection(client=line.client, downloader=Downloader(world, trusted=None))


def nobody(request):
    raise AssertionError(f"nothing may be fetched, and {request.url} was")


async def wired(sources, store, job, spec, line):
    """The job taken in, written down and made to travel: what is sent, and what the row says."""
    job = store.add(sources.take_in(job, spec))
    values = await sources.wire(job, spec, line)
    return values, store.get(job.id)


# Taking in


EVERY = {
    "mp4": (Video, ".mp4"),
    "webm": (Video, ".webm"),
    "png": (Image, ".png"),
    "jpg": (Image, ".jpg"),
    "webp": (Image, ".webp"),
    "gif": (Image, ".gif"),
    "wav": (Audio, ".wav"),
    "mp3": (Audio, ".mp3"),
    "m4a": (Audio, ".m4a"),
    "ogg": (Audio, ".ogg"),
    "flac": (Audio, ".flac"),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_file_is_kept_under_a_name_of_ours_with_the_ending_of_its_content(
    sources, job_files, job_of, files, tmp_path, name
):
    kind, suffix = EVERY[name]
    path = tmp_path / "..%2f..%2fetc;passwd.exe"
    shutil.copy(getattr(files, name), path)
    for param in (kind, AnyFile):
        spec = spec_of(source=param)
        job = job_of(spec, source=path)
        kept = sources.take_in(job, spec).params["source"]
        assert kept == f"/takes/{job.token}/source-source_1{suffix}"
        assert job_files.public(job, kept.split("/")[3]).read_bytes() == path.read_bytes()
        assert len(list(job_files.folder(job).iterdir())) == 1


def test_a_name_of_a_parameter_leads_nowhere_else(sources, job_files, job_of, files, store):
    spec = spec_of(**{"../../Image URL\n": Image, "x" * 300: Images})
    job = job_of(spec, **{"../../Image URL\n": files.png, "x" * 300: [files.png, files.jpg]})
    params = sources.take_in(job, spec).params
    assert params["../../Image URL\n"].endswith("/source-______image_url__1.png")
    store.add(job)
    for address in (params["../../Image URL\n"], *params["x" * 300]):
        assert job_files.public(job, address.split("/")[3])


def test_a_list_of_files_is_taken_in_one_by_one(sources, job_files, job_of, files):
    spec = spec_of(images=Images, clips=Videos, sounds=Audios, mixed=AnyFiles)
    afar = "https://example.com/b.png"
    job = job_of(
        spec,
        images=[files.png, afar, files.jpg, files.png],
        clips=[files.mp4],
        sounds=[files.wav, files.ogg],
        mixed=[files.flac, files.webm, files.gif],
    )
    params = sources.take_in(job, spec).params
    names = [address.rpartition("/")[2] for address in params["images"]]
    assert names == [
        "source-images_1.png",
        "b.png",
        "source-images_3.jpg",
        "source-images_1.png",
    ]
    assert params["images"][1] == afar
    kept = sorted(path.name for path in job_files.folder(job).iterdir())
    assert kept == sorted(
        [
            *("source-images_1.png", "source-images_3.jpg", "source-clips_5.mp4"),
            *("source-sounds_6.wav", "source-sounds_7.ogg", "source-mixed_8.flac"),
            *("source-mixed_9.webm", "source-mixed_10.gif"),
        ]
    )


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        (Video, "png", "not an MP4"),
        (Video, "m4a", "no pictures"),
        (Image, "mp4", "not a PNG"),
        (Image, "wav", "not a PNG"),
        (Audio, "png", "not a WAV"),
    ],
)
def test_a_file_of_another_kind_is_refused_on_its_field(
    sources, job_files, job_of, files, kind, name, why
):
    spec = spec_of(source=kind)
    job = job_of(spec, source=getattr(files, name))
    with pytest.raises(InvalidInput) as refused:
        sources.take_in(job, spec)
    assert set(refused.value.problems) == {"source"}
    assert why in refused.value.problems["source"]
    assert not any(path.name == job.id for path in job_files.folder(job).parent.glob("*/*"))


@pytest.mark.parametrize("name", ["a.txt", "a.svg", "a.m3u8", "a.heic", "a.avif", "a.exe"])
def test_what_is_no_file_of_any_kind_is_refused(sources, job_of, tmp_path, name):
    content = {"a.m3u8": b"#EXTM3U\n"} | {
        f"a.{brand.decode()}": b"\0\0\0\x20ftyp" + brand + bytes(50) for brand in (b"heic", b"avif")
    }
    (tmp_path / name).write_bytes(content.get(name, b"words, and more words, without end"))
    for kind in (AnyFile, Video, Image, Audio):
        spec = spec_of(source=kind)
        with pytest.raises(InvalidInput, match="The (file is n|image is damaged)"):
            sources.take_in(job_of(spec, source=tmp_path / name), spec)


def test_the_bad_one_of_a_list_is_named_and_nothing_is_left(sources, job_files, job_of, files):
    spec = spec_of(images=Images)
    job = job_of(spec, images=[files.png, files.mp4])
    with pytest.raises(InvalidInput) as refused:
        sources.take_in(job, spec)
    assert refused.value.problems["images"].startswith("File 2: The file is not a PNG")
    assert not list(job_files.folder(job).iterdir())


@pytest.mark.parametrize(
    "given",
    [
        *("/nonexistent", "x" * 5000, "a\0b", "/", "/dev/zero"),
        *("/takes/" + "0" * 32 + "/clip.mp4", "/takes/../../etc/passwd", ""),
    ],
)
def test_what_is_no_file_here_is_refused(sources, job_of, given):
    spec = spec_of(images=Images)
    with pytest.raises(InvalidInput) as refused:
        sources.take_in(job_of(spec, images=[given]), spec)
    assert refused.value.problems["images"].startswith("File 1: That file is not here any more")


def test_a_data_uri_is_decoded_and_kept_whatever_it_says_it_is(sources, job_files, job_of, files):
    spec = spec_of(image=Image, clips=Videos)
    job = job_of(
        spec, image=data_uri(files.jpg, "image/png"), clips=[data_uri(files.long, "video/webm")]
    )
    params = sources.take_in(job, spec).params
    assert params["image"].endswith("/source-image_1.jpg")
    kept = job_files.public(job, params["clips"][0].split("/")[3])
    assert kept.read_bytes() == files.long.read_bytes()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("data:image/png,AAAA", "base64"),
        ("data:image/png;base64,!!!!", "broken"),
        ("data:image/png;base64,AAAAA", "broken"),
        ("data:image/png;base64,é", "broken"),
        ("data:image/png;base64,", "PNG"),
        ("data:;base64,AAAA", "PNG"),
    ],
)
def test_a_data_uri_that_cannot_be_read_is_refused(sources, job_of, given, why):
    spec = spec_of(image=Image)
    with pytest.raises(InvalidInput, match=why):
        sources.take_in(job_of(spec, image=given), spec)


def test_too_many_files_and_too_many_bytes_are_refused(store, job_files, job_of, files):
    spec = spec_of(images=Images)
    four = JobInputs(store, job_files, caps=Caps(files=4))
    with pytest.raises(InvalidInput, match="At most 4 files"):
        four.take_in(job_of(spec, images=[files.png] * 5), spec)
    four.take_in(job_of(spec, images=[files.png] * 4), spec)
    few = JobInputs(store, job_files, caps=Caps(total=files.jpg.stat().st_size + 10))
    with pytest.raises(InvalidInput, match="File 2: The files are more than"):
        few.take_in(job_of(spec, images=[files.jpg, files.png]), spec)
    with pytest.raises(InvalidInput, match="File 2: The files are more than"):
        few.take_in(job_of(spec, images=[data_uri(files.jpg), data_uri(files.png)]), spec)
    large = files.folder / "large.png"
    with large.open("wb") as file:
        file.truncate(200_000_001)
    with pytest.raises(InvalidInput, match="200 MB is the most"):
        four.take_in(job_of(spec, images=[large]), spec)


def test_a_disk_that_takes_nothing_is_told_as_such(sources, job_files, job_of, files):
    spec = spec_of(image=Image)
    job = job_of(spec, image=files.png)
    (job_files.folder(job) / "intake-1.part").mkdir()
    with pytest.raises(StorageError):
        sources.take_in(job, spec)
    assert not list(job_files.folder(job).iterdir())


# AI/ML API, inside the order


async def test_a_video_goes_inside_the_order_fitted_to_its_model(
    sources, store, job_of, files, vendor
):
    async with line_of(vendor, "aimlapi") as line:
        job = job_of(WAN_VIDEO, video_url=files.long)
        values, row = await wired(sources, store, job, WAN_VIDEO, line)
    mime, content = opened(values["video_url"])
    fitted = files.folder / "fitted.mp4"
    fitted.write_bytes(content)
    clip = probe(fitted)
    assert (mime, clip.width, clip.height) == ("video/mp4", 832, 468)
    assert clip.seconds <= 10.125
    [said] = row.facts["sources"]
    assert said.startswith(
        "Source video: trimmed from 12.0 s to 10.1 s, scaled from 960×540 to 832×468, "
    )
    before = files.long.stat().st_size / 1e6
    assert f", {before:.1f} MB to " in said
    assert said.endswith(("kB.", "MB."))


async def test_files_that_fit_go_as_they_are_and_nothing_is_said(
    sources, store, job_of, files, vendor
):
    spec = spec_of(image=Image, clips=Videos, sounds=Audios)
    job = job_of(spec, image=files.png, clips=[files.mp4], sounds=[files.mp3, files.m4a, files.wav])
    async with line_of(vendor, "aimlapi") as line:
        values, row = await wired(sources, store, job, spec, line)
    assert opened(values["image"]) == ("image/png", files.png.read_bytes())
    assert opened(values["clips"][0]) == ("video/mp4", files.mp4.read_bytes())
    assert [opened(one) for one in values["sounds"]] == [
        ("audio/mpeg", files.mp3.read_bytes()),
        ("audio/mp4", files.m4a.read_bytes()),
        ("audio/wav", files.wav.read_bytes()),
    ]
    assert "sources" not in row.facts
    assert values["prompt"] == "a fox"


async def test_odd_kinds_are_converted_and_the_changes_are_told(
    sources, store, job_of, files, vendor
):
    spec = spec_of(images=Images, clip=Video, sounds=Audios)
    job = job_of(
        spec,
        images=[files.wide, files.webp, "https://example.com/a.png"],
        clip=files.webm,
        sounds=[files.ogg, files.flac],
    )
    async with line_of(vendor, "aimlapi") as line:
        values, row = await wired(sources, store, job, spec, line)
    kinds = [opened(uri)[0] for uri in (*values["images"][:2], values["clip"], *values["sounds"])]
    assert kinds == ["image/jpeg", "image/jpeg", "video/mp4", "audio/mpeg", "audio/mpeg"]
    assert values["images"][2] == "https://example.com/a.png"
    with Picture.open(io.BytesIO(opened(values["images"][0])[1])) as picture:
        assert picture.size == (2048, 682)
    told = [line.rsplit(", ", 1)[0] for line in row.facts["sources"]]
    assert told == [
        "Images 1: scaled from 3000×1000 to 2048×682",
        "Images 2: converted from WebP to JPEG",
        "Clip: converted to H.264 MP4",
        "Sounds 1: converted from Ogg to MP3",
        "Sounds 2: converted from FLAC to MP3",
    ]


async def test_all_files_of_an_order_together_stay_below_the_cap(
    store, job_files, job_of, files, vendor, tmp_path
):
    noise = Picture.effect_noise((500, 400), 90).convert("RGB")
    noise.save(tmp_path / "noise.png")
    spec = spec_of(images=Images, sound=Audio)
    small = JobInputs(store, job_files, caps=Caps(inline=100_000))
    other = tmp_path / "other.png"
    noise.transpose(Picture.Transpose.ROTATE_90).save(other)
    job = job_of(spec, images=[tmp_path / "noise.png", other, files.png], sound=files.wav)
    async with line_of(vendor, "aimlapi") as line:
        values, row = await wired(small, store, job, spec, line)
    sizes = [len(opened(uri)[1]) for uri in (*values["images"], values["sound"])]
    assert 40_000 < sum(sizes) <= 100_000
    assert len(row.facts["sources"]) == 3


async def test_what_cannot_be_made_small_enough_is_refused_before_anything_is_sent(
    store, job_files, job_of, files, vendor
):
    for provider, caps in (("aimlapi", Caps(inline=5_000)), ("krea", Caps(upload=5_000))):
        spec = spec_of(provider, sound=Audio, image=Image)
        small = JobInputs(store, job_files, caps=caps)
        async with line_of(vendor, provider) as line:
            job = job_of(spec, sound=files.wav, image=files.png)
            with pytest.raises(UnsafeMedia, match="Sound: The sound is 2 s long, too long"):
                await wired(small, store, job, spec, line)
    # A picture that cannot shrink any further is found out by its weight
    tiny = {"aimlapi": Caps(inline=60), "krea": Caps(upload=60)}
    words = {"aimlapi": "MB together after fitting", "krea": "Image is still"}
    for provider, caps in tiny.items():
        spec = spec_of(provider, image=Image)
        small = JobInputs(store, job_files, caps=caps)
        async with line_of(vendor, provider) as line:
            with pytest.raises(UnsafeMedia, match=words[provider]):
                await wired(small, store, job_of(spec, image=files.png), spec, line)
    assert vendor.uploads == []


def test_the_cap_is_shared_out_so_that_small_files_leave_room_for_large_ones():
    assert shares([], 100) == []
    assert shares([10, 10], 100) == [20, 20]
    assert shares([1000, 4], 100) == [88, 12]
    assert shares([1000, 1000, 1000], 99) == [33, 33, 33]
    for sizes in ([5, 500, 50, 0], [1] * 50, [10**9]):
        assert sum(shares(sizes, 1000)) <= 1000


# AI/ML API, by link


@pytest.fixture
def linked(store, job_files):
    return JobInputs(store, job_files, Links("https://films.test", b"s" * 32))


async def test_with_a_public_address_the_order_holds_links_to_the_fitted_files(
    linked, store, job_of, files, vendor
):
    job = job_of(WAN_VIDEO, video_url=files.long)
    async with line_of(vendor, "aimlapi") as line:
        values, row = await wired(linked, store, job, WAN_VIDEO, line)
    url = urlsplit(values["video_url"])
    assert (url.scheme, url.netloc) == ("https", "films.test")
    _, where, token, name = url.path.split("/")
    assert (where, token) == ("sources", job.token)
    query = {name: value[0] for name, value in parse_qs(url.query).items()}
    served = linked.signed_file(token, name, **query)
    assert served.mime == "video/mp4"
    assert probe(served.path).seconds <= 10.125
    assert row.facts["sources"]
    assert linked.signed_file(token, "source-video_url_1.mp4", **query) is None


async def test_each_file_of_a_list_gets_a_link_of_its_own(linked, store, job_of, files, vendor):
    spec = spec_of(mixed=AnyFiles)
    given = [files.png, files.wav, files.mp4, files.png, "https://example.com/a.mp4"]
    async with line_of(vendor, "aimlapi") as line:
        values, row = await wired(linked, store, job_of(spec, mixed=given), spec, line)
    links = values["mixed"]
    assert links[4] == given[4]
    assert links[0] == links[3]
    assert len(set(links)) == 4
    for link, path in zip(links[:3], given[:3], strict=True):
        url = urlsplit(link)
        query = {name: value[0] for name, value in parse_qs(url.query).items()}
        served = linked.signed_file(*url.path.split("/")[2:], **query)
        assert served.path.read_bytes() == path.read_bytes()
    assert "sources" not in row.facts


async def test_the_sandbox_is_given_no_links(linked, store, job_of, files, vendor):
    job = replace(job_of(WAN_VIDEO, video_url=files.mp4), live=False)
    async with line_of(vendor, "aimlapi") as line:
        values, _ = await wired(linked, store, job, WAN_VIDEO, line)
    assert values["video_url"].startswith("data:video/mp4;base64,")


# Models that take addresses only


def address_only(**fields):
    return {"type": "object", "properties": {"prompt": {"type": "string"}, **fields}}


HTTPS = {"type": "string", "pattern": "^https?://"}
STRICT = {
    "pattern": {"image": HTTPS},
    "one of two": {"image": {"anyOf": [HTTPS, {"type": "null"}]}},
    "length": {"image": {"type": "string", "format": "uri", "maxLength": 2048}},
}


@pytest.mark.parametrize("fields", STRICT.values(), ids=STRICT)
async def test_a_schema_that_forbids_data_uris_is_obeyed(
    sources, linked, store, job_of, files, vendor, fields
):
    spec = spec_of(image=Image, wire=address_only(**fields))
    with pytest.raises(InvalidInput) as refused:
        sources.take_in(job_of(spec, image=files.png), spec)
    why = refused.value.problems["image"]
    assert "DAILIES_PUBLIC_URL" in why
    assert "https address" in why
    afar = "https://example.com/a.png"
    async with line_of(vendor, "aimlapi") as line:
        values, _ = await wired(sources, store, job_of(spec, image=afar), spec, line)
        assert values["image"] == afar
        values, _ = await wired(linked, store, job_of(spec, image=files.png), spec, line)
        assert values["image"].startswith("https://films.test/sources/")
        # Taken in while there was a public address, and sent when there is none any more
        job = store.add(linked.take_in(job_of(spec, image=files.png), spec))
        with pytest.raises(InvalidInput, match="DAILIES_PUBLIC_URL"):
            await sources.wire(job, spec, line)


async def test_a_list_that_takes_addresses_only_is_obeyed_too(sources, job_of, files):
    wire = address_only(images={"type": "array", "items": HTTPS, "uniqueItems": True})
    spec = spec_of(images=Images, wire=wire)
    afar = ["https://example.com/a.png", "https://example.com/b.png"]
    assert sources.take_in(job_of(spec, images=afar), spec).params["images"] == afar
    with pytest.raises(InvalidInput, match="by address only"):
        sources.take_in(job_of(spec, images=[*afar, files.png]), spec)
    free = spec_of(images=Images, wire=address_only(images={"type": "array", "uniqueItems": True}))
    sources.take_in(job_of(free, images=[files.png, files.jpg]), free)


@pytest.mark.parametrize(
    ("prose", "warned"),
    [
        ("Only image URLs are supported.", True),
        ("The picture. URLs only", True),
        ("A URL or a data URI; only PNG.", False),
        ("Base64 or URL, only one of them.", False),
        ("The only picture. Give its URL.", False),
        ("An HTTPS URL of the first frame.", False),
    ],
)
async def test_prose_that_asks_for_addresses_is_a_hint_and_no_refusal(
    sources, store, job_of, files, vendor, prose, warned
):
    spec = replace(
        spec_of(), params=(Image(name="image", label="Image", help=prose),), wire=address_only()
    )
    async with line_of(vendor, "aimlapi") as line:
        values, row = await wired(sources, store, job_of(spec, image=files.png), spec, line)
        assert values["image"].startswith("data:")
        assert ("DAILIES_PUBLIC_URL" in json.dumps(row.facts.get("sources", []))) is warned
        afar = job_of(spec, image="https://example.com/a.png")
        _, row = await wired(sources, store, afar, spec, line)
        assert "sources" not in row.facts


# Krea


async def test_each_file_is_uploaded_once_and_only_in_kinds_that_krea_takes(
    sources, store, job_of, files, vendor
):
    spec = spec_of("krea", images=Images, start=Image, sounds=Audios, clip=Video)
    job = job_of(
        spec,
        images=[files.png, files.gif, files.png],
        start=files.png,
        sounds=[files.m4a, files.wav],
        clip=files.webm,
    )
    async with line_of(vendor) as line:
        values, row = await wired(sources, store, job, spec, line)
    kinds = [(name.rpartition(".")[2], sniff(content[:16])) for name, _, content in vendor.uploads]
    assert sorted(kinds) == sorted(
        [("png", "png"), ("jpg", "jpeg"), ("mp3", "mp3"), ("wav", "wav"), ("mp4", "mov")]
    )
    assert values["images"][0] == values["images"][2] == values["start"]
    assert all(
        url.startswith("https://gen.krea.ai/") for url in (*values["images"], values["clip"])
    )
    assert len(row.facts["sources"]) == 3


async def test_nothing_is_uploaded_before_all_is_known_to_fit(
    sources, store, job_files, job_of, files, vendor
):
    spec = spec_of("krea", images=Images)
    job = store.add(sources.take_in(job_of(spec, images=[files.png, files.jpg]), spec))
    job_files.public(job, "source-images_2.jpg").write_bytes(b"\xff\xd8\xff and no more")
    async with line_of(vendor) as line:
        with pytest.raises(UnsafeMedia, match="^Images 2: The image is damaged"):
            await sources.wire(job, spec, line)
    assert vendor.uploads == []


async def test_an_address_elsewhere_is_fetched_checked_and_uploaded(
    sources, store, job_of, files, vendor
):
    spec = spec_of("krea", images=Images)
    own = ["https://gen.krea.ai/a.png", "https://krea.ai/b.png"]
    afar = ["https://example.com/a.png?x=1", "https://krea.ai.example.com/b"]
    fetched = []

    def world(request):
        fetched.append(str(request.url))
        return httpx.Response(200, stream=httpx.ByteStream(files.wide.read_bytes()))

    job = job_of(spec, images=[own[0], afar[0], own[1], afar[0], afar[1]])
    async with line_of(vendor, afar=world) as line:
        values, row = await wired(sources, store, job, spec, line)
    assert fetched == afar
    assert len(vendor.uploads) == 2
    sent = values["images"]
    assert (sent[0], sent[2]) == tuple(own)
    assert sent[1] == sent[3] != sent[4]
    assert row.facts["sources"][0].startswith("Images 2: scaled from 3000×1000 to 2048×682")


async def test_in_the_sandbox_no_address_is_krea_s_own(sources, store, job_of, files, vendor):
    job = replace(job_of(KLING, start_image="https://gen.krea.ai/a.png"), live=False)

    def world(request):
        return httpx.Response(200, stream=httpx.ByteStream(files.png.read_bytes()))

    async with line_of(vendor, afar=world) as line:
        await wired(sources, store, job, KLING, line)
    assert [content for _, _, content in vendor.uploads] == [files.png.read_bytes()]


@pytest.mark.parametrize(
    ("status", "content", "why"),
    [
        (404, b"", "no file could be fetched"),
        (302, b"", "no file could be fetched"),
        (200, b"<html>log in</html>", "not a PNG"),
    ],
)
async def test_an_address_that_gives_no_file_ends_the_job_before_it_costs(
    sources, store, job_of, vendor, status, content, why
):
    spec = spec_of("krea", image=Image)
    headers = {"location": "http://127.0.0.1/"} if status == 302 else {}

    def world(request):
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))

    async with line_of(vendor, afar=world) as line:
        job = job_of(spec, image="https://example.com/a")
        with pytest.raises(MediaError, match=f"^Image: .*{why}") as refused:
            await wired(sources, store, job, spec, line)
    assert refused.value.charged == "no"
    assert vendor.uploads == []


# What has to hold for both


@pytest.mark.parametrize("provider", ["aimlapi", "krea"])
async def test_doing_it_again_after_a_crash_does_the_same(
    sources, store, job_files, job_of, files, vendor, provider
):
    spec = spec_of(provider, images=Images, sound=Audio)
    job = job_of(spec, images=[files.wide, files.webp], sound=files.ogg)
    async with line_of(vendor, provider) as line:
        first, row = await wired(sources, store, job, spec, line)
        before = {path.name: path.read_bytes() for path in job_files.folder(row).iterdir()}
        (job_files.folder(row) / ".source-sound_3_fitted.mp3.part").write_bytes(b"half")
        again = await sources.wire(row, spec, line)
    assert {path.name: path.read_bytes() for path in job_files.folder(row).iterdir()} == before
    assert store.get(row.id) == row  # and nothing is written for nothing
    if provider == "aimlapi":
        assert again == first
    else:
        uploads = [content for _, _, content in vendor.uploads]
        assert uploads[:3] == uploads[3:]


async def test_what_was_done_is_not_written_over_an_order_that_went_out(
    sources, store, job_of, files, vendor
):
    spec = spec_of(image=Image)
    job = store.add(sources.take_in(job_of(spec, image=files.wide), spec))
    store.change(job.id, state=State.SUBMITTING, facts={"width": 5})
    async with line_of(vendor, "aimlapi") as line:
        await sources.wire(job, spec, line)
    assert store.get(job.id).facts == {"width": 5}


MANY = {
    "aimlapi": spec_of(images=Images, clip=Video, sound=Audio),
    "krea": spec_of("krea", images=Images, clip=Video, sound=Audio),
}


@pytest.mark.parametrize("provider", MANY)
async def test_the_sandbox_takes_every_kind_of_file_over_a_socket(
    sources, store, job_of, files, tmp_path, provider
):
    spec = MANY[provider]
    app = create_sandbox(tmp_path / "sandbox", models=lambda: {**MODELS, spec.key: spec})
    job = replace(
        job_of(spec, images=[files.png, files.webp], clip=files.webm, sound=files.flac), live=False
    )
    with serve_app(app) as url:
        async with line_to(url, provider) as line:
            values, _ = await wired(sources, store, job, spec, line)
            snapshot = await line.client.create(spec, values, "request-1")
    assert snapshot.generation_id
    assert snapshot.phase is Phase.WAITING


@pytest.mark.parametrize(
    ("spec", "name", "file"), [(WAN_VIDEO, "video_url", "long"), (KLING, "start_image", "webp")]
)
async def test_the_built_in_models_get_their_sources_over_a_socket(
    sources, store, job_of, files, tmp_path, spec, name, file
):
    job = replace(job_of(spec, **{name: getattr(files, file)}), live=False)
    with serve_app(create_sandbox(tmp_path / "sandbox")) as url:
        async with line_to(url, spec.provider) as line:
            values, row = await wired(sources, store, job, spec, line)
            snapshot = await line.client.create(spec, values, "request-1")
    assert snapshot.phase is Phase.WAITING
    assert row.facts["sources"]


def test_a_sound_that_is_kept_can_be_measured(sources, job_files, job_of, files):
    spec = spec_of(sound=Audio)
    job = job_of(spec, sound=data_uri(files.mp3, "audio/mpeg"))
    name = sources.take_in(job, spec).params["sound"].split("/")[3]
    assert check_sound(job_files.public(job, name)).seconds == pytest.approx(2, abs=0.1)
    assert isinstance(job_files.public(job, name), Path)

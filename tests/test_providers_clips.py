"""Which addresses in an answer are clips: by their ending, by what is said beside them, by name."""

import pytest

from core.providers.clips import MOST_CLIPS, clips_in

A, B = "https://cdn.test/a.mp4", "https://cdn.test/b.mp4"
BARE = "https://cdn.test/1f"

FOUND = [
    ({"video": {"url": BARE}}, (BARE,)),
    ({"videos": [{"url": A}, {"url": B}, {"url": A}]}, (A, B)),
    ({"output": [BARE]}, (BARE,)),
    ({"output": {"url": A, "download_url": B}}, (A,)),
    ({"output": [A, BARE]}, (A,)),
    ({"video_url": A + "?sig=1", "video": {"url": A + "?sig=2"}}, (A + "?sig=1",)),
    ({"video": ["https://a.test/f?id=1", "https://a.test/f?id=2"]}, None),
    ({"videoUrl": BARE, "imageUrl": "https://a.test/i"}, (BARE,)),
    (
        {"files": [{"mime_type": "audio/mpeg", "url": BARE}, {"mime_type": "video/mp4", "url": B}]},
        (B,),
    ),
    ({"video": {"url": "//cdn.test/a.mp4"}}, (A,)),
    ({"video": {"url": {"hd": A, "sd": B}}}, (A, B)),
    ({"a": [{"b": {"c": [[{"d": A}]]}}]}, (A,)),
    ({"video": "HTTPS://cdn.test/x.MP4"}, ("HTTPS://cdn.test/x.MP4",)),
    ({"video": {"url": "https://cdn.test/a%2Emp4?x=.jpg"}}, ("https://cdn.test/a%2Emp4?x=.jpg",)),
]

FOUND += [
    ({"type": "image_to_video", "url": BARE}, (BARE,)),
    ({"first_frame_to_video": {"url": BARE}}, (BARE,)),
    ({"type": "audio-to-video", "output": BARE}, (BARE,)),
    *(
        ({"video": uri}, (uri,))
        for uri in (
            "data:;base64,AAAA",
            "data:,plain",
            "data:application/mp4; base64,AAAA",
            "data:binary/octet-stream;base64,AAAA",
        )
    ),
]

NOT_FOUND = [
    {"type": "video_to_audio", "url": A},
    {"video": "data:image/png;base64,AAAA"},
    {},
    {"video": None},
    {"video": {"url": ""}},
    {"video": {"url": "about:blank"}},
    {"thumbnail": A, "cover_url": A, "poster": {"url": A}, "lastFrame": A},
    {"input": {"video_url": A}, "request": {"url": A}, "params": {"start_video": A}},
    {"start_video": A, "source_video": A, "referenceVideo": A},
    {"urls": {"get": "https://api.test/x", "cancel": "https://api.test/y"}},
    {"webhook_url": A, "status_url": BARE, "response_url": BARE, "docs": BARE},
    {"homepage": BARE},
    {"output": "https://cdn.test/a.png"},
    {"audio": {"url": A}},
    {"error": {"message": f"cannot read {A}"}},
    {"prompt": f"like {A}"},
    {"output": {"type": "image", "url": BARE}},
    {"video": "data:image/png;base64,AAAA"},
]


@pytest.mark.parametrize(("answer", "clips"), FOUND, ids=str)
def test_clips_are_found(answer, clips):
    assert clips_in(answer).addresses == (tuple(answer["video"]) if clips is None else clips)


@pytest.mark.parametrize("answer", NOT_FOUND, ids=str)
def test_what_is_no_clip_is_left_out(answer):
    assert clips_in(answer).addresses == ()


def test_a_documented_place_comes_first_and_counts_without_an_ending():
    found = clips_in({"other": {"clip": A}}, [BARE])
    assert found.addresses == (BARE, A)
    assert found.sure


def test_an_address_under_a_general_name_is_not_sure():
    assert not clips_in({"result": {"url": BARE}}).sure
    assert clips_in({"result": {"url": A}}).sure


def test_an_endless_answer_is_read_within_bounds():
    deep = A
    for _ in range(500):
        deep = {"data": [deep]}
    assert clips_in(deep).addresses == ()
    many = {"videos": [f"https://cdn.test/{n}.mp4" for n in range(5000)]}
    assert len(clips_in(many).addresses) == MOST_CLIPS

"""A paid result's files are found in whatever shape the output has."""

from __future__ import annotations

import time

import pytest

from services.jobs.model import MediaKind
from services.runcomfy.outputs import find_leftovers, find_outputs, has_gaps
from services.runcomfy.wire import read_result

A, B = "https://files.runcomfy.net/a.png", "https://files.runcomfy.net/b.png"
FILM, SOUND = "https://files.runcomfy.net/c.mp4", "https://files.runcomfy.net/d.mp3"
IMAGE, VIDEO, AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ({"image": A}, [(A, IMAGE)]),
        ({"images": [A, B]}, [(A, IMAGE), (B, IMAGE)]),
        ({"images": A}, [(A, IMAGE)]),
        ({"video": A}, [(A, VIDEO)]),
        ({"videos": [FILM]}, [(FILM, VIDEO)]),
        ({"audio": SOUND}, [(SOUND, AUDIO)]),
        ({"audios": [SOUND, SOUND]}, [(SOUND, AUDIO)]),
        ({"image": A, "images": [A, B]}, [(A, IMAGE), (B, IMAGE)]),
        ({"image": A, "videos": [FILM]}, [(A, IMAGE), (FILM, VIDEO)]),
        (A, [(A, IMAGE)]),
        (FILM, [(FILM, VIDEO)]),
        (SOUND + "?x=1", [(SOUND + "?x=1", AUDIO)]),
        ([A, FILM], [(A, IMAGE), (FILM, VIDEO)]),
        ({"url": FILM}, [(FILM, VIDEO)]),
        ({"result": {"files": [{"url": A, "type": "image"}]}}, [(A, IMAGE)]),
        ({"videos": [{"url": "https://files.runcomfy.net/x"}]}, [("https://files.runcomfy.net/x", VIDEO)]),
        ({"generated_image_url": f" {A} "}, [(A, IMAGE)]),
        ([[{"image": [A]}], {"audio": {"url": SOUND}}], [(A, IMAGE), (SOUND, AUDIO)]),
        ({"image": A, "input": {"image": B}, "inputs": [B]}, [(A, IMAGE)]),
        ({"image": "HTTPS://files.runcomfy.net/a.png"}, [("HTTPS://files.runcomfy.net/a.png", IMAGE)]),
    ],
)
def test_every_shape_is_walked(output: object, found: list[tuple[str, MediaKind]]) -> None:
    """Objects, strings, lists and nestings give each URL once, in order, with its kind; echoed inputs do not count."""
    assert [(one.url, one.kind) for one in find_outputs(output)] == found


C = "https://files.runcomfy.net/c.png"


@pytest.mark.parametrize(
    ("output", "urls"),
    [
        ({"image": A, "thumbnail": B}, [A]),
        ({"images": [{"url": A, "thumbnail_url": B, "previewUrl": C}]}, [A]),
        ({"video": {"url": FILM, "cover": A, "poster_image": B}}, [FILM]),
        ({"image": A, "logs": ["https://runcomfy.net/log.txt"], "log_url": "https://runcomfy.net/l"}, [A]),
        ({"image": A, "page": "https://www.runcomfy.com/g/1", "url": "https://www.runcomfy.com/g/1.html"}, [A]),
        ({"image": A, "status_url": "https://x.net/s", "cancel_url": "https://x.net/c", "webhook": B}, [A]),
        ({"image": A, "source_image": B, "reference_images": [C]}, [A]),
        ({"audio": SOUND, "waveform": A, "metadata": {"image": B}}, [SOUND]),
        ({"image": A, "model_card": "https://huggingface.co/x/y"}, [A]),
        ({"preview": {"image": A}}, []),
        ({"cover_audio": SOUND, "cover": A}, [SOUND]),
        ({"coverSongs": [SOUND], "cover_image": A}, [SOUND]),
        ({"preview_audio": SOUND, "audio": f"{SOUND}?whole"}, [f"{SOUND}?whole"]),
        ({"thumbnail": A}, []),
        ({"picture_link": A}, [A]),
        ({"foo": FILM, "bar": "https://www.runcomfy.com/about"}, [FILM]),
        ({"upscaled": A, "page": B}, [A]),
        ({"foo": {"bar": ["https://files.runcomfy.net/x"]}}, ["https://files.runcomfy.net/x"]),
        ({"foo": "https://www.runcomfy.com/about.html"}, []),
        ({"data": [{"url": A, "content_type": "image/png", "file_name": "a.png"}]}, [A]),
        ({"outputs": [{"type": "image", "content": A}]}, [A]),
        ({"downloadUrl": A, "downloadPage": "https://x.net/p"}, [A]),
        ({"images": [A], "help_url": "https://x.net/h", "response_url": "https://x.net/r"}, [A]),
        ({"response": {"images": [{"url": "https://h.net/x"}]}}, ["https://h.net/x"]),
        ({"9": {"images": [{"url": A, "type": "output"}, {"url": B, "type": "temp"}]}}, [A]),
        ({"9": {"images": [{"url": B, "type": "temp"}]}}, [B]),
        ({"files": [{"type": "thumbnail", "url": B}, {"type": "original", "url": A}]}, [A]),
        ({"works": [{"url": FILM, "watermark_url": f"{FILM}?marked"}]}, [FILM]),
        ({"state": "success", "resultJson": f'{{"resultUrls":["{A}"]}}'}, [A]),
        (f'["{A}", "{B}"]', [A, B]),
        ({"image": A, "prompt": f'{{"image": "{B}"}}', "notes": f'{{"image": "{B}"}}'}, [A]),
        ({"result": "[" * 100_000}, []),
        ({"model_mesh": {"url": "https://h.net/m.glb"}, "model_card": "https://h.net/c"}, ["https://h.net/m.glb"]),
        ({"flux_model": {"image": A}}, [A]),
        ({"image": A, "model": {"image": B}}, [A]),
        ({"video": FILM, "captions_file": "https://h.net/c.srt"}, [FILM]),
        ({"image": "https://h.net/v1/requests/7/files/a.png"}, ["https://h.net/v1/requests/7/files/a.png"]),
        ({"url": "https://h.net/v1/requests/7/result?x=1", "path": "https://h.net/v1/requests/7"}, []),
        ({"prompt": A}, []),
        ({"workflow_outputs": {"image": A}}, [A]),
        ({"workflowResult": A, "workflow": B}, [A]),
        ({"request": {"id": "7", "input": {"image": B}, "output": {"images": [A]}}}, [A]),
        ({"request": {"image": B}, "report": {"results": [A]}}, [A]),
    ],
)
def test_only_results_are_results(output: object, urls: list[str]) -> None:
    """What the shape names as something else is none; a key that nobody knows is believed where nothing is named."""
    assert [one.url for one in find_outputs(output)] == urls


@pytest.mark.parametrize(
    ("document", "urls"),
    [
        ({"output": {"original": A, "thumbnail": B}}, [A]),
        ({"output": {"cover": A}}, [A]),
        ({"output": {"thumbnail": A}}, [A]),
        ({"output": {"preview": {"video": FILM}, "waveform": A}}, [FILM, A]),
        ({"output": None, "images": [A, B]}, [A, B]),
        ({"output": None, "result": {"web_view": A}}, [A]),
        ({"output": {"log": "https://h.net/log.txt", "page": "https://h.net/g/1"}}, []),
        (
            {"output": {"source_image": B, "webhook": A}, "input": {"image": A}, "prompt": A, "request": {"image": A}},
            [],
        ),
        ({"output": None, "status_url": "https://h.net/v1/requests/7/status"}, []),
    ],
)
def test_media_under_other_names_are_leftovers(document: object, urls: list[str]) -> None:
    """Anywhere in a result, except what went in; a small picture of something only where there is nothing else."""
    assert [one.url for one in find_leftovers(document)] == urls


def test_a_success_without_files_tells_its_leftovers() -> None:
    """They are no outputs: its files may still come."""
    told = read_result({"status": "completed", "output": {"original": A}})
    assert (told.outputs, [one.url for one in told.leftovers]) == ((), [A])
    assert read_result({"status": "completed", "output": {"image": A, "original": B}}).leftovers == ()


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://h.net/a b.png", "https://h.net/a%20b.png"),
        ("https://h.net/a\tb.png?sig=x+y%2F", "https://h.net/a%09b.png?sig=x+y%2F"),
        ("//h.net/a.png", "https://h.net/a.png"),
        ("https://h.net/\ud800.png", "https://h.net/?.png"),
        ("https://h.net:99999/a.png", "https://h.net:99999/a.png"),
        ("https://h.net/a%20b.png?Signature=A~b&Expires=1", "https://h.net/a%20b.png?Signature=A~b&Expires=1"),
    ],
)
def test_an_address_can_be_encoded_and_fetched(written: str, url: str) -> None:
    """Spaces are written as an address has them, halves of characters are replaced, all else stays as it was signed."""
    (found,) = find_outputs({"image": written})
    assert found.url == url
    found.url.encode()


@pytest.mark.parametrize(
    "output",
    [
        None,
        {},
        [],
        "",
        7,
        True,
        "a.png",
        {"image": ""},
        {"image": None},
        {"path": "/out/a.png"},
        "ftp://a.com/x.png",
        {"image": "data:image/png;base64,AAAA"},
        "https://" + "a" * 5000,
    ],
)
def test_what_names_no_file_gives_none(output: object) -> None:
    """Without a URL there is no output, and nothing breaks."""
    assert find_outputs(output) == ()


def test_the_walk_is_bounded() -> None:
    """A body of thousands of URLs, or nested without end, stays harmless."""
    assert len(find_outputs([f"https://a.com/{n}" for n in range(1000)])) == 64
    value: object = A
    for _ in range(500):
        value = [value]
    assert find_outputs(value) == ()


def test_a_body_of_nothing_but_addresses_costs_little() -> None:
    """More than can be shown is not looked at."""
    many = {"images": [f"https://h.net/{number}.png" for number in range(130_000)]}
    began = time.process_time()
    assert len(find_outputs(many)) == 64
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize("name", ["outputs", "result", "results"])
def test_where_there_is_no_output_its_nearest_name_is_walked(name: str) -> None:
    """`output` goes before them, also where it is empty: what stands beside it may be an echo."""
    image = "https://h.net/view?id=7"
    told = read_result({"status": "completed", name: {"image": image}})
    assert [one.url for one in told.outputs] == [image]
    beside = read_result({"status": "completed", "output": None, name: {"image": image}})
    assert beside.outputs == ()
    assert [one.url for one in beside.leftovers] == [image], "what there is if no output comes"


def test_what_stands_by_itself_is_left_over() -> None:
    """Files at the top of a result, without an extension; the request's own addresses are none of them."""
    own = {"result_url": "https://model-api.runcomfy.net/v1/requests/r/result", "request_id": "r"}
    told = read_result({"status": "completed", "images": [{"url": "https://h.net/8c1f"}], **own})
    assert [one.url for one in told.leftovers] == ["https://h.net/8c1f"]


@pytest.mark.parametrize(
    ("output", "has"),
    [
        ({"images": [A, None, None]}, True),
        ({"images": [A, ""]}, True),
        ({"images": [{"url": A}, {}]}, True),
        ([A, None], True),
        ({"images": [A]}, False),
        ({"images": [A], "video": None, "audios": []}, False),
        ({"images": [None, None]}, False),
    ],
)
def test_gaps_are_empty_places_beside_full_ones(output: object, *, has: bool) -> None:
    """A key without a value says nothing: many models have all of them."""
    assert has_gaps(output) is has


@pytest.mark.parametrize(
    ("output", "urls"),
    [
        (f"{A}\n{B}", [A, B]),
        ({"images": f"{A}, {B};{FILM}"}, [A, B, FILM]),
        (
            {"foo": "https://h.net/view?filename=out.png&type=output"},
            ["https://h.net/view?filename=out.png&type=output"],
        ),
        ({"image": "https://h.net/file.php?id=3"}, ["https://h.net/file.php?id=3"]),
        ({"url": "https://h.net/page.php?id=3"}, []),
    ],
)
def test_an_address_is_read_as_people_write_it(output: object, urls: list[str]) -> None:
    """Several in one text, a file named in the query, and a program that gives what its key says."""
    assert [one.url for one in find_outputs(output)] == urls


OWN, CDN, OTHER = "https://files.runcomfy.net/7", "https://cdn.example/7", "https://other.example/8"


@pytest.mark.parametrize(
    ("output", "urls"),
    [
        ({"url": f"{OWN}.png", "cdn_url": f"{CDN}.png"}, [f"{OWN}.png"]),
        ({"cdnUrl": f"{CDN}.png", "url": f"{OTHER}.png"}, [f"{OTHER}.png"]),
        ({"images": [{"download_url": f"{CDN}.png", "url": f"{OWN}.png", "width": 7}]}, [f"{OWN}.png"]),
        ({"url": "http://h.net/a.png", "download_url": f"{CDN}.png"}, [f"{CDN}.png"]),
        ({"url": "https://h.net/view/7", "download_url": f"{CDN}.mp4"}, [f"{CDN}.mp4"]),
        ({"url": OWN, "uri": CDN, "s3_url": OTHER}, [OWN]),
        ({"image": f"{CDN}.png", "image_url": f"{OWN}.png?x=1"}, [f"{OWN}.png?x=1"]),
        ({"video_url": f"{OTHER}.mp4", "video_signed_url": f"{OWN}.mp4"}, [f"{OWN}.mp4"]),
        ({"url": f"{OWN}.png", "href": f"{CDN}.webp"}, [f"{OWN}.png"]),
        ([{"url": "http://h.net/a.png"}, {"url": "https://h.net/a.png"}], ["https://h.net/a.png"]),
        (["https://h.net/a.png", "http://h.net/a.png"], ["https://h.net/a.png"]),
        ({"url": "https://h.net/v1/requests/7/result", "path": CDN}, [CDN]),
    ],
)
def test_a_file_at_two_addresses_is_one(output: object, urls: list[str]) -> None:
    """Within one object, whatever its addresses are called, and by http as by https: the best one is fetched."""
    assert [one.url for one in find_outputs(output)] == urls


@pytest.mark.parametrize(
    "output",
    [
        [{"url": f"{OWN}.png"}, {"url": f"{OTHER}.png"}],
        [{"url": f"{OWN}.png"}, {"cdn_url": f"{CDN}.png"}],
        {"image": f"{OWN}.png", "video": f"{CDN}.mp4"},
        {"image_url": f"{OWN}.png", "video_url": f"{CDN}.mp4"},
        {"url": f"{OWN}.png", "download_url": f"{CDN}.mp4"},
        {"image1": f"{OWN}.png", "image2": f"{OTHER}.png"},
        {"url_1": f"{OWN}.png", "url_2": f"{OTHER}.png"},
        {"front_url": f"{OWN}.png", "back_url": f"{CDN}.png"},
        {"image": f"{OWN}.png", "image_url": f"{OTHER}.png"},
        {"file": f"{OWN}.png", "content": f"{OTHER}.png"},
    ],
)
def test_two_files_are_two(output: object) -> None:
    """Of other objects, kinds, numbers or names: what was paid for is all shown."""
    assert len(find_outputs(output)) == 2


@pytest.mark.parametrize("end", [".txt", ".json", "", "/v1/requests/7/result"])
def test_a_picture_is_found_behind_any_number_of_other_things(end: str) -> None:
    """Documents, addresses of the API and whatever has no extension crowd out no medium."""
    others = [f"https://h.net/{number}{end}" for number in range(3_000)]
    assert A in [one.url for one in find_outputs({"foo": others, "image": A})]
    assert A in [one.url for one in find_outputs([*others, {"bar": {"foo": A}}])] or not end
    assert [one.url for one in find_leftovers({"output": None, "files": others, "original": A})] == [A]


def test_an_object_of_nothing_but_addresses_costs_little() -> None:
    """However many keys say the same."""
    many = {"url" + " " * number: f"https://h.net/{number}.png" for number in range(5_000)}
    began = time.process_time()
    assert len(find_outputs(many)) == 64
    assert time.process_time() - began < 0.5

"""The files that a result names, whatever shape its `output` has.

Seen or documented: an object with image, images, video, videos, audio, audios (single and plural together), also url
and path; a bare string; a bare list; objects nested in any of them, or written as JSON into a text. Only `output` is
walked: a result may echo its inputs elsewhere. Beside its files an output may name others: a preview, a log, the page
of the request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from urllib.parse import quote

from services.jobs.model import MediaKind, Output

_MOST_OUTPUTS = 64
# Of media, and of all else: so many of other things may stand before a picture.
_MOST_LOOKED_AT = 1_000
_MOST_WALKED = 20_000
_DEEPEST = 12
# A request's own addresses: its status, its result, its cancelling.
_OF_THE_API = re.compile(r"/v1/requests/[^/?#]*(?:/[a-z_-]*)?/?(?:[?#]|$)")
_LONGEST_URL = 4096
# Some write several addresses into one text.
_LONGEST_TEXT = 64 * _LONGEST_URL
_BETWEEN_URLS = re.compile(r"[\s,;](?=https?://)", re.IGNORECASE)

# A key is judged by its words: `thumbnail_url`, `thumbnailUrl` and `thumbnail` are one; a number is a place in a list.
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_RESULT_WORDS = frozenset(
    {
        *("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "gif", "gifs"),
        *("video", "videos", "movie", "movies", "clip", "clips", "animation", "animations"),
        *("audio", "audios", "sound", "sounds", "music", "song", "songs", "speech", "voice"),
        *("url", "urls", "uri", "uris", "path", "paths", "file", "files", "media", "download", "downloads"),
        *("output", "outputs", "result", "results", "data", "content", "contents", "artifact", "artifacts"),
    }
)
_OTHER_WORDS = frozenset(
    {
        *("thumbnail", "thumbnails", "thumb", "thumbs", "preview", "previews", "poster", "posters", "cover", "covers"),
        *("placeholder", "icon", "waveform", "spectrogram", "storyboard", "sprite", "subtitle", "subtitles"),
        *("log", "logs", "page", "webpage", "dashboard", "website", "homepage", "docs", "documentation", "html"),
        *("input", "inputs", "source", "sources", "original", "originals", "reference", "references", "request"),
        *("status", "cancel", "webhook", "callback", "meta", "metadata", "license", "debug", "report", "workflow"),
        *("share", "web", "view", "viewer", "seed", "init", "checkpoint", "lora", "loras"),
        *("prompt", "prompts"),
    }
)
# Of these, what goes into a request, or is ours: never its result.
_INPUT_WORDS = frozenset(
    {
        *("input", "inputs", "source", "sources", "reference", "references", "request", "prompt", "prompts"),
        *("webhook", "callback", "seed", "init", "checkpoint", "lora", "loras"),
    }
)
_SMALL_WORDS = frozenset(
    {
        *("thumbnail", "thumbnails", "thumb", "thumbs", "preview", "previews", "poster", "posters", "placeholder"),
        *("icon", "waveform", "spectrogram", "storyboard", "sprite"),
    }
)
# What a result may stand in, or be named after: `request.output`, `workflow_outputs`.
_AROUND_WORDS = frozenset({"request", "workflow", "report"})
_CLEAR_WORDS = frozenset({"output", "outputs", "result", "results"})
# By-products, and a model's own files: results only where there is nothing else, such as the model of a body.
_ASIDE_WORDS = frozenset(
    {"model", "models", "temp", "tmp", "intermediate", "intermediates", "backup", "watermark", "watermarked", "stream"}
)
# Keys whose texts say what stands beside them, and what such a text may say: less certain than a key.
_LABELS = ("type", "role", "kind")
_LABELLED_ASIDE = frozenset(
    {
        "thumbnail",
        "thumb",
        "preview",
        "poster",
        "placeholder",
        "icon",
        "waveform",
        "input",
        "log",
        "mask",
        "temp",
        "tmp",
    }
)
_COVER_WORDS = frozenset({"cover", "covers"})
_KIND_WORDS = {
    MediaKind.VIDEO: frozenset({"video", "videos", "movie", "movies", "clip", "clips", "animation", "animations"}),
    MediaKind.AUDIO: frozenset({"audio", "audios", "sound", "sounds", "music", "song", "songs", "speech", "voice"}),
    MediaKind.IMAGE: frozenset(
        {"image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "gif", "gifs"}
    ),
}
_EXTENSIONS = {
    MediaKind.VIDEO: frozenset({".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v"}),
    MediaKind.AUDIO: frozenset({".mp3", ".wav", ".ogg", ".opus", ".flac", ".m4a", ".aac"}),
    MediaKind.IMAGE: frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff", ".heic"}),
}
_MEDIA_EXTENSIONS = frozenset().union(*_EXTENSIONS.values())
_SHAPE_EXTENSIONS = frozenset({".glb", ".gltf", ".obj", ".fbx", ".stl", ".ply", ".usdz"})
_DOCUMENT_EXTENSIONS = frozenset(
    {".html", ".htm", ".php", ".aspx", ".json", ".txt", ".log", ".md", ".csv", ".xml", ".safetensors"}
    | {".srt", ".vtt", ".ass"}
)
# What a key says of an address alone, and what it says of no file in particular: `cdn_url` and `url` are of one file.
_ADDRESS_WORDS = frozenset({"url", "uri", "link", "href", "path", "download", "src", "location"})
_OF_ADDRESSES = frozenset(
    {"cdn", "public", "signed", "presigned", "direct", "secure", "http", "https", "s", "gs", "gcs", "oss", "storage"}
)
_OF_ANY_FILE = frozenset({"file", "output", "result", "data", "content", "media", "artifact"})
_DIGITS = re.compile(r"(?<![sS])[0-9]+")
_OWN_STORAGE = re.compile(r"https://[a-z0-9.-]+\.runcomfy\.(?:net|com)(?:[:/?#]|$)", re.IGNORECASE)
_MOST_ADDRESSES = 8  # of one file
# A program's address: what it gives, its key may tell.
_SCRIPT_EXTENSIONS = frozenset({".php", ".aspx"})
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """An address in an output; what its keys call no result is not found.

    `is_named`: its key calls it a result. `is_sure`: nothing around it could make it another thing, such as a page.
    `is_aside`: its keys call it a by-product; `is_small`: a small picture of another file.
    """

    url: str
    kind: MediaKind | None
    is_named: bool
    is_sure: bool
    is_aside: bool
    is_small: bool
    extension: str


# Who is a result, until one rule finds some.
_RULES: tuple[Callable[[_Found], bool], ...] = (
    lambda each: each.is_named and each.is_sure and not each.is_aside,
    lambda each: each.extension in _MEDIA_EXTENSIONS and not each.is_aside,
    lambda each: each.is_named and not each.is_aside,
    lambda each: not each.extension and not each.is_aside,
    lambda each: each.extension in _MEDIA_EXTENSIONS | _SHAPE_EXTENSIONS,
)


def find_outputs(output: object) -> tuple[Output, ...]:
    """Return the files in the order in which they stand, each URL once.

    Those are the addresses under a key that names a result, or under none. Where there is no such one, a key that
    nobody knows will do: first of addresses that end like a medium, then of those that end like nothing. By-products
    count where there is nothing else.
    What a file is comes from the nearest key around it, else from the extension; a picture where neither tells.
    """
    found = list(_looked_at(_walk(output, keys=(), passed_over=_OTHER_WORDS)))
    return next((chosen for rule in _RULES if (chosen := _choose(filter(rule, found)))), ())


def find_leftovers(document: object) -> tuple[Output, ...]:
    """Return the media in a whole result that stand under other names than a result's, but under no input's.

    `original`, `cover`, `web_view`; a thumbnail only where there is nothing else. What was paid for may be among them.
    """
    every = _looked_at(_walk(document, keys=(), passed_over=_INPUT_WORDS))
    media = [each for each in every if each.extension in _MEDIA_EXTENSIONS]
    return _choose(each for each in media if not each.is_small) or _choose(media)


def _looked_at(walked: Iterator[_Found]) -> Iterator[_Found]:
    """Yield what can be a result, as far as it is looked at: no number of other addresses hides a medium."""
    media = others = 0
    for each in islice(walked, _MOST_WALKED):
        if each.extension in _MEDIA_EXTENSIONS:
            media += 1
            yield each
            if media == _MOST_LOOKED_AT:
                return
        elif _can_be_result(each):
            others += 1
            if others <= _MOST_LOOKED_AT:
                yield each


def _can_be_result(found: _Found) -> bool:
    """Whether an address without a medium's extension is neither a document's nor one of the API's own."""
    if found.extension in _DOCUMENT_EXTENSIONS and not (found.kind and found.extension in _SCRIPT_EXTENSIONS):
        return False
    return not _OF_THE_API.search(found.url)


def has_gaps(output: object, *, depth: int = 0) -> bool:
    """Whether a list that holds something has places in which nothing stands: the first of several files, say."""
    if depth > _DEEPEST:
        return False
    if isinstance(output, Mapping):
        return any(has_gaps(each, depth=depth + 1) for each in output.values())
    if not isinstance(output, list):
        return False
    empty = sum(each is None or each in ("", {}) for each in output)
    return 0 < empty < len(output) or any(has_gaps(each, depth=depth + 1) for each in output)


def _choose(found: Iterable[_Found]) -> tuple[Output, ...]:
    chosen: dict[str, Output] = {}
    for each in found:
        if len(chosen) == _MOST_OUTPUTS:
            break
        kind = each.kind or _kind_by_extension(each.extension)
        # Plain and encrypted it is one file.
        scheme, _, address = each.url.partition("://")
        known = chosen.get(address)
        if known is None:
            chosen[address] = Output(url=each.url, kind=kind)
        elif scheme.lower() == "https" and not known.url.lower().startswith("https:"):
            chosen[address] = Output(url=each.url, kind=known.kind)
    return tuple(chosen.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Address:
    """An address that stands in an object by itself, and the words of its key."""

    key: object
    url: str
    words: frozenset[str]
    extension: str

    @property
    def worth(self) -> tuple[bool, bool, bool, bool, int]:
        """How good it is among those of one file; the plain key is the documents' own."""
        return (
            not _OF_THE_API.search(self.url),
            self.extension in _MEDIA_EXTENSIONS,
            self.url.lower().startswith("https:"),
            _OWN_STORAGE.match(self.url) is not None,
            -len(self.words & (_OF_ADDRESSES | {"download"})),
        )

    def is_same_file(self, other: _Address) -> bool:
        """Whether both lead to one file, given that their keys name the same thing."""
        if self.extension and other.extension and _type_of(self.extension) != _type_of(other.extension):
            return False
        own, name = (each.url.partition("?")[0].rpartition("/")[2] for each in (self, other))
        return bool(self.words & _ADDRESS_WORDS and other.words & _ADDRESS_WORDS) or (own == name and bool(own))


def _type_of(extension: str) -> MediaKind | str:
    return _kind_by_extension(extension) if extension in _MEDIA_EXTENSIONS else extension


def _second_addresses(value: Mapping[object, object], passed_over: frozenset[str]) -> set[object]:
    """Return the keys of an object under which a file stands once more, by a worse address than under another."""
    things: dict[frozenset[str], list[_Address]] = {}
    for key, item in value.items():
        text = item.strip() if isinstance(item, str) and len(item) <= _LONGEST_URL else ""
        words = _words(str(key))
        if not text.lower().startswith(("https://", "http://", "//")) or _names_something_else(words, passed_over):
            continue
        numbers = frozenset(_DIGITS.findall(str(key)[:100]))
        thing = (words - _ADDRESS_WORDS - _OF_ADDRESSES - _OF_ANY_FILE) | numbers
        url = f"https:{text}" if text.startswith("//") else text
        things.setdefault(thing, []).append(_Address(key=key, url=url, words=words, extension=_extension(url)))
    worse: set[object] = set()
    for addresses in things.values():
        kept: list[_Address] = []
        for each in sorted(addresses, key=lambda one: one.worth, reverse=True) if len(addresses) > 1 else ():
            if len(addresses) <= _MOST_ADDRESSES and any(each.is_same_file(one) for one in kept):
                worse.add(each.key)
            else:
                kept.append(each)
    return worse


def _walk(value: object, *, keys: tuple[frozenset[str], ...], passed_over: frozenset[str]) -> Iterator[_Found]:
    """Yield the addresses in a value whose own key, with those around it, has the words `keys`.

    What stands under one of the words `passed_over` is left out.
    """
    if len(keys) > _DEEPEST:
        return
    if isinstance(value, str):
        yield from _walk_text(value.strip(), keys, passed_over)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, keys=(*keys, frozenset()), passed_over=passed_over)
    elif isinstance(value, Mapping):
        around = (*keys, _ASIDE_WORDS) if _is_labelled_aside(value) else keys
        worse = _second_addresses(value, passed_over)
        for key, item in value.items():
            words = _words(str(key))
            if key in worse:
                continue
            if not _names_something_else(words, passed_over):
                yield from _walk(item, keys=(*around, words), passed_over=passed_over)
            elif words & _AROUND_WORDS and isinstance(item, Mapping):
                held = {name: each for name, each in item.items() if _words(str(name)) & _CLEAR_WORDS}
                yield from _walk(held, keys=around, passed_over=passed_over)


def _walk_text(text: str, keys: tuple[frozenset[str], ...], passed_over: frozenset[str]) -> Iterator[_Found]:
    if text.startswith(("{", "[")):
        if _is_named(keys):
            yield from _walk(_read_json(text), keys=(*keys, frozenset()), passed_over=passed_over)
        return
    for part in _BETWEEN_URLS.split(text) if len(text) <= _LONGEST_TEXT else ():
        url = f"https:{part}" if part.startswith("//") else part.strip(" \t\r\n,;")
        if url.lower().startswith(("https://", "http://")) and len(url) <= _LONGEST_URL:
            yield _found(url, keys)


def _read_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(text[:100]))


def _is_labelled_aside(value: Mapping[object, object]) -> bool:
    texts = (value.get(label) for label in _LABELS)
    return any(isinstance(text, str) and _words(text) & _LABELLED_ASIDE for text in texts)


def _names_something_else(words: frozenset[str], passed_over: frozenset[str]) -> bool:
    """Whether a key's words say that it is no result. A cover is a picture, but one that sounds is a song."""
    if words & _KIND_WORDS[MediaKind.AUDIO]:
        passed_over -= _COVER_WORDS
    if words & _CLEAR_WORDS:
        passed_over -= _AROUND_WORDS
    return bool(words & passed_over)


def _is_named(keys: tuple[frozenset[str], ...]) -> bool:
    """Whether the nearest key calls what it holds a result; so does none at all."""
    nearest = next((words for words in reversed(keys) if words - _ASIDE_WORDS), _RESULT_WORDS)
    return bool(nearest & _RESULT_WORDS)


def _found(text: str, keys: tuple[frozenset[str], ...]) -> _Found:
    nearest = (kind for words in reversed(keys) for kind, of_kind in _KIND_WORDS.items() if words & of_kind)
    url = _fetchable(text)
    kind, extension = next(nearest, None), _extension(url)
    return _Found(
        url=url,
        kind=kind,
        is_named=_is_named(keys),
        is_sure=kind is not None or extension in _MEDIA_EXTENSIONS or all(words <= _RESULT_WORDS for words in keys),
        is_aside=any(words & _ASIDE_WORDS for words in keys),
        is_small=any(words & _SMALL_WORDS for words in keys),
        extension=extension,
    )


def _fetchable(text: str) -> str:
    """Return the address without what none can hold: raw spaces are encoded, halves of characters replaced."""
    whole = text.encode(errors="replace").decode()
    return _NOT_IN_URLS.sub(lambda match: quote(match[0]), whole)


def _extension(url: str) -> str:
    """Return the extension of the file that an address names: in its path, or else in its query."""
    whole, _, query = url.partition("#")[0].partition("?")
    suffix = PurePosixPath(whole.partition("://")[2].partition("/")[2]).suffix.lower()
    if suffix and suffix not in _SCRIPT_EXTENSIONS:
        return suffix
    named = (PurePosixPath(part.partition("=")[2]).suffix.lower() for part in query.split("&"))
    return next((each for each in named if each in _MEDIA_EXTENSIONS), suffix)


def _kind_by_extension(extension: str) -> MediaKind:
    return next((kind for kind, extensions in _EXTENSIONS.items() if extension in extensions), MediaKind.IMAGE)

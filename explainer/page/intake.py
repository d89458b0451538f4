"""Where photos come in: the visitor's own, or one of the examples; and which one is looked at."""

import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st
from PIL import Image, ImageOps

from ..classifiers.classifier import ClassifierLike
from ..classifiers.published.efficientnet_lite import VARIANTS
from ..errors import PhotoError
from ..lime.explanation import Label
from ..names import printable
from ..photos.examples import EXAMPLES, example_photo
from ..photos.load import load_photo
from ..pictures.draw import fit_photo
from ..pictures.encode import data_uri, jpeg
from ..words.language import Language
from . import links
from .markup import plain
from .scripts import mount
from .uploads import (
    File,
    choose_files,
    forget_content,
    forget_files,
    forget_refused,
    offer_upload,
    refused_sentences,
)

_KEPT_PHOTOS = 4  # decoded; of the others there are the file and a thumbnail
_KEPT_PIXELS = 20_000_000  # of those, unless one alone has more
_THUMBNAIL = (170, 128)  # pixels, twice what is shown
_BAD_FILES = 4  # that are named
EXAMPLE = "example-"
"""Begins the keys of the examples."""
_decoding = threading.Lock()  # one photo at a time, for decoding takes several times a photo's memory


@dataclass(frozen=True)
class Photo:
    """A photo on the page, which is decoded when its pixels are asked for.

    Parameters
    ----------
    name : str
        The file's name, as the visitor's computer gave it: show it escaped only.
    key : str
        Short and unique to the content.
    open : callable, optional
        Decodes it, or remembers it decoded. Without it the photo has just come, and is still to be opened:
        it has no pixels yet, and another key then.
    """

    name: str
    key: str
    open: Callable[[], "Pixels"] | None = None
    classifier: ClassifierLike | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has been opened, and is a photo."""
        return self.open is not None

    @property
    def original(self) -> Image.Image:
        """The photo at its own resolution."""
        return self._pixels.original

    @property
    def canvas(self) -> Image.Image:
        """What of it the classifier sees, as large as pictures are drawn."""
        return self._pixels.canvas(self.classifier)

    def seen_by(self, classifier: ClassifierLike) -> "Photo":
        """The photo with what of it a classifier sees as its canvas."""
        return replace(self, classifier=classifier)

    @property
    def _pixels(self) -> "Pixels":
        assert self.open is not None, "the page asks for no pixels before a photo is open"
        return self.open()


class Pixels:
    """A decoded photo, and the sizes in which pictures are drawn over it."""

    def __init__(self, original: Image.Image) -> None:
        self.original = original
        self._canvases: dict[ClassifierLike | None, Image.Image] = {}

    def canvas(self, classifier: ClassifierLike | None = None) -> Image.Image:
        """The whole photo, or what of it a classifier sees, as large as pictures are drawn."""
        if classifier not in self._canvases:
            frame = classifier.frame(self.original) if classifier else self.original
            whole = frame is self.original and classifier is not None
            self._canvases[classifier] = self.canvas() if whole else fit_photo(frame)
        return self._canvases[classifier]


@dataclass(frozen=True)
class _Entry:
    """What is kept of every photo, however many there are."""

    key: str
    thumbnail: bytes


class Intake:
    """The photos of one visitor, which stay on this machine or do not, and what each was taken for."""

    def __init__(self, classifier: str, language: Language, stay: bool) -> None:
        self._classifier = classifier
        self._stay = stay
        self._language = language
        self._files: list[File] = []

    def choose_photo(self) -> Photo | None:
        """Draw the intake; returns the photo to explain, if there is one, without decoding it.

        It may still have to be opened, which `open_next` does.
        """
        self._files = choose_files(self._language)
        self._opened = _opened(self._files)
        fresh = [file.identity for file in self._files if _is_new(file)]
        if fresh:
            st.session_state.awaited = fresh[0]
        awaited = self._awaited
        example = links.asked("sample")
        example = example if example in EXAMPLES and not awaited else None
        photo = Photo(awaited.name, awaited.identity) if awaited else self._chosen_photo(example)
        is_empty = photo is None and not self.own_photos
        with st.container(
            horizontal=not is_empty,
            vertical_alignment="center",
            gap="small",
            key="strip-column" if is_empty else "strip-row",
        ):
            offer_upload(is_empty, self._stay, self._language)
            self._show_strip(photo.key if photo else "", is_empty)
        with st.container(key="bad-files"):
            self._show_bad_files()
        return photo

    @property
    def _awaited(self) -> File | None:
        """The file that is looked at as soon as it is open, if it is a photo."""
        identity = st.session_state.get("awaited")
        return next((file for file in self._files if file.identity == identity), None)

    def _chosen_photo(self, example: str | None) -> Photo | None:
        if example:
            return Photo(example, f"{EXAMPLE}{example}", partial(_example_pixels, example))
        photos, chosen = self.own_photos, links.asked("photo")
        if not photos or chosen is None:
            return None
        return self.open_photo(photos.get(chosen) or next(reversed(photos.values())))

    def open_next(self) -> bool:
        """Open one of the files that have just come, the chosen one first; returns whether there was one.

        The page then has to be drawn anew.
        """
        waiting = [file for file in self._files if file.identity not in self._opened]
        if not waiting:
            return False
        awaited = self._awaited
        file = awaited or waiting[0]
        entry = _open(file, keep=file is awaited)
        if file is awaited and isinstance(entry, _Entry):
            _look_at(photo=entry.key)  # first, for the run may be cut short after it
            st.session_state.awaited = None
        elif file is awaited:
            st.session_state.awaited = next((other.identity for other in waiting if other is not file), None)
        self._opened[file.identity] = entry
        return True

    @property
    def own_photos(self) -> dict[str, str]:
        """The visitor's own photos, each content once: their keys, and what `open_photo` takes them by."""
        identities: dict[str, str] = {}
        for file in self._files:
            entry = self._opened.get(file.identity)
            if isinstance(entry, _Entry):
                identities.setdefault(entry.key, file.identity)
        return identities

    def open_photo(self, identity: str) -> Photo:
        """One of the visitor's own photos."""
        entry = self._opened[identity]
        assert isinstance(entry, _Entry)
        file = next(file for file in self._files if file.identity == identity)
        return Photo(file.name, entry.key, partial(_decode, file))

    def note(self, photo: Photo, label: Label) -> None:
        """Have the strip say what a photo was taken for, from the next run on."""
        _answers()[photo.key, self._classifier] = label

    def _show_strip(self, chosen: str, is_large: bool) -> None:
        """The visitor's photos and the examples, in one row; each is the button to look at it."""
        _ = self._language.gettext
        photos = {identity: key for key, identity in self.own_photos.items()}
        tiles = [
            self._own_tile(photos.get(file.identity), file)
            for file in self._files
            if file.identity in photos or file.identity not in self._opened
        ]
        tiles += [self._example_tile(name) for name in EXAMPLES]
        for tile in tiles:
            tile["chosen"] = tile["id"] == chosen

        def take() -> None:
            asked = str(st.session_state["strip"]["take"])
            name = asked.removeprefix(EXAMPLE)
            if asked != name and name in EXAMPLES:
                take_example(name)
            elif asked in self.own_photos:
                take_photo(asked)
            else:  # one that is still to be opened
                st.session_state.awaited = asked

        def remove() -> None:
            identity = self.own_photos.get(str(st.session_state["strip"]["remove"]))
            if identity:
                key = self._opened[identity]
                same = [each for each, entry in self._opened.items() if entry == key or each == identity]
                forget_files(same)

        title = _("or try an example") if is_large else _("Photos")
        mount(
            "strip",
            "strip",
            {"large": is_large, "title": title, "tiles": tiles},
            {"take": take, "remove": remove},
        )

    def _own_tile(self, key: str | None, file: File) -> dict[str, Any]:
        name, entry = printable(file.name), self._opened.get(file.identity)
        if key is None or not isinstance(entry, _Entry):
            return self._tile(file.identity, name, "", b"")
        remove = self._language.gettext("Remove {name}").format(name=name)
        return self._tile(key, name, "", entry.thumbnail) | {"remove": remove}

    def _example_tile(self, name: str) -> dict[str, Any]:
        _ = self._language.gettext
        measured = self._classifier in VARIANTS  # what others take the photos for is not known here
        title, mark = {
            "coffee": (_("Coffee"), _("Right, and sure") if measured else ""),
            "rocket": (_("Rocket"), _("It is wrong here. Why?") if measured else ""),
            "cat-and-coffee": (_("Cat and coffee"), _("Two things in one photo")),
            "chelsea": (_("Cat"), ""),
            "astronaut": (_("Astronaut"), ""),
        }[name]
        return self._tile(f"{EXAMPLE}{name}", title, mark, _example_thumbnail(name))

    def _tile(self, key: str, title: str, mark: str, thumbnail: bytes) -> dict[str, Any]:
        label = _answers().get((key, self._classifier))
        taken_for = self._language.class_name(label.name, label.wnid) if label else ""
        words = " – ".join(part for part in (title, mark, taken_for) if part)
        return {
            "id": key,
            "words": words,
            "caption": title,
            "mark": mark,
            "source": data_uri(thumbnail) if thumbnail else "",
            "remove": "",
        }

    def _show_bad_files(self) -> None:
        """All that could not be taken, in one place; it goes when the visitor has seen it."""
        _ = self._language.gettext
        seen: set[str] = st.session_state.setdefault("seen_bad", set())
        bad = {
            file.identity: f"**{plain(file.name)}** – {plain(self._language.error(error))}"
            for file in self._files
            if isinstance(error := self._opened.get(file.identity), PhotoError) and file.identity not in seen
        }
        sentences = [*bad.values(), *refused_sentences(self._language)]
        if not sentences:
            return

        def dismiss() -> None:
            seen.update(bad)
            forget_refused()

        shown = sentences[:_BAD_FILES]
        if len(sentences) > _BAD_FILES:
            more = _("… and {number} more.")
            shown.append(more.format(number=self._language.number(len(sentences) - _BAD_FILES)))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.error("\n\n".join(shown), icon=":material/broken_image:")
            st.button(_("Close"), key="dismiss", on_click=dismiss, type="tertiary", icon=":material/close:")


def take_example(name: str) -> None:
    """Look at one of the examples from now on."""
    st.session_state.awaited = None
    _look_at(sample=name)


def take_photo(key: str) -> None:
    """Look at one of the visitor's own photos from now on."""
    st.session_state.awaited = None
    _look_at(photo=key)


def _look_at(sample: str | None = None, photo: str | None = None) -> None:
    choices = links.said(*links.OF_LOOKING)
    links.look_at(choices, sample, photo)
    links.write(choices)


def _is_new(file: File) -> bool:
    seen: set[str] = st.session_state.setdefault("seen_files", set())
    new = file.identity not in seen
    seen.add(file.identity)
    return new


def _answers() -> dict[tuple[str, str], Label]:
    answers: dict[tuple[str, str], Label] = st.session_state.setdefault("answers", {})
    return answers


def _opened(files: list[File]) -> dict[str, _Entry | PhotoError]:
    """What came of those of the files that were opened, by their identity."""
    known: dict[str, _Entry | PhotoError] = st.session_state.get("opened", {})
    opened = {file.identity: known[file.identity] for file in files if file.identity in known}
    st.session_state.opened = opened
    return opened


def _open(file: File, keep: bool) -> _Entry | PhotoError:
    """See whether a file is a photo; the pixels are kept of one that is looked at next."""
    try:
        pixels = _decode(file) if keep else _load(file)
    except PhotoError as error:
        if not isinstance(file.content, bytes):
            forget_content(file.content)
        error.__cause__ = error.__context__ = None  # like its traceback, they hold on to the picture
        return error.with_traceback(None)
    key = hashlib.sha256(pixels.original.tobytes()).hexdigest()[:16]
    return _Entry(key, _thumbnail(pixels.canvas()))


def _decode(file: File) -> Pixels:
    """Decode a file, or take it from this session's last few."""
    decoded: OrderedDict[str, Pixels] = st.session_state.setdefault("decoded", OrderedDict())
    if file.identity not in decoded:
        decoded[file.identity] = _load(file)
        while len(decoded) > 1 and (len(decoded) > _KEPT_PHOTOS or _size(decoded.values()) > _KEPT_PIXELS):
            decoded.popitem(last=False)
    decoded.move_to_end(file.identity)
    return decoded[file.identity]


def _load(file: File) -> Pixels:
    with _decoding:
        return Pixels(load_photo(file.content))


def _size(photos: Iterable[Pixels]) -> int:
    return sum(photo.original.width * photo.original.height for photo in photos)


@functools.cache
def _example_pixels(name: str) -> Pixels:
    return Pixels(example_photo(name))


def _thumbnail(photo: Image.Image) -> bytes:
    # Of a tall photo, the upper part says more: faces are there.
    cropped = ImageOps.fit(photo, _THUMBNAIL, Image.Resampling.BICUBIC, centering=(0.5, 0.3))
    return jpeg(cropped, 88)


@st.cache_data(show_spinner=False)
def _example_thumbnail(name: str) -> bytes:
    return _thumbnail(example_photo(name))

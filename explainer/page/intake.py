"""Where photos come in: the visitor's own, or one of the examples; and which one is looked at."""

import hashlib
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st
from PIL import Image, ImageOps
from streamlit.delta_generator import DeltaGenerator

from ..classifiers.classifier import ClassifierLike
from ..errors import PhotoError
from ..lime.explanation import Label
from ..photos.examples import EXAMPLES, example_photo
from ..photos.load import load_photo
from ..pictures.draw import fit_photo
from ..pictures.encode import jpeg
from ..words.language import Language
from .markup import plain
from .uploads import File, choose_files, forget_content

_KEPT_PHOTOS = 4  # decoded; of the others there are the file and a thumbnail
_KEPT_PIXELS = 20_000_000  # of those, unless one alone has more
_THUMBNAIL = (170, 128)  # pixels, twice what is shown
_TILE_WIDTH = 85  # four beside each other on a telephone
_TALLEST_GALLERY = 300
_PHOTOS_WITHOUT_SCROLLING = 12
_decoding = threading.Lock()  # one photo at a time, for decoding takes several times a photo's memory


@dataclass(frozen=True)
class Photo:
    """A photo on the page.

    Attributes
    ----------
    name : str
        The file's name, as the visitor's computer gave it: show it escaped only.
    key : str
        Short and unique to the content.
    original : PIL.Image.Image
        At its own resolution.
    canvas : PIL.Image.Image
        As large as pictures are drawn.
    """

    name: str
    key: str
    original: Image.Image
    canvas: Image.Image

    @property
    def is_open(self) -> bool:
        return True

    def seen_by(self, classifier: ClassifierLike) -> "Photo":
        """The photo with what of it a classifier sees as its canvas."""
        frame = classifier.frame(self.original)
        return self if frame is self.original else replace(self, canvas=fit_photo(frame))


@dataclass(frozen=True)
class _Entry:
    """What is kept of every photo, however many there are."""

    file: File
    key: str
    thumbnail: bytes


class Intake:
    """The photos of one visitor, and what the classifier took each for."""

    def __init__(self, classifier: str, language: Language) -> None:
        self._classifier = classifier
        self._language = language
        self._captions: defaultdict[str, list[DeltaGenerator]] = defaultdict(list)
        self._entries: dict[str, _Entry] = {}

    def choose_photo(self) -> Photo | None:
        """Draw the intake; returns the photo to explain, if there is one."""
        upload_column, example_column = st.columns(2, gap="medium")
        with upload_column:
            files = choose_files(self._language)
            entries = self._entries = _entries(files, self._language)
        fresh = [file.identity for file in files if _is_new(file) and file.identity in entries]
        if fresh:
            st.session_state.photo = fresh[-1]
            _forget_example()
        example = st.query_params.get("sample")
        example = example if example in EXAMPLES else None
        with example_column:
            _offer_examples(example, self._language)
        chosen = entries.get(st.session_state.get("photo", "")) or next(reversed(entries.values()), None)
        if len(entries) > 1 or (entries and example):
            self._show(list(entries.values()), None if example else chosen)
        if example:
            photo = example_photo(example)
            return Photo(example, f"example-{example}", photo, fit_photo(photo))
        return _decode(chosen.file) if chosen else None

    @property
    def own_photos(self) -> dict[str, str]:
        """The visitor's own photos, each content once: their keys, and what `take_photo` takes them by."""
        identities: dict[str, str] = {}
        for identity, entry in self._entries.items():
            identities.setdefault(entry.key, identity)
        return identities

    def open_photo(self, identity: str) -> Photo:
        """Decode one of the visitor's own photos."""
        return _decode(self._entries[identity].file)

    def note(self, photo: Photo, label: Label) -> None:
        """Write what a photo was taken for under its thumbnail, now and from now on."""
        _answers()[photo.key, self._classifier] = label
        self._caption(photo.key)

    def _show(self, entries: list[_Entry], chosen: _Entry | None) -> None:
        many = len(entries) > _PHOTOS_WITHOUT_SCROLLING
        with st.container(
            horizontal=True, gap="xsmall", height=_TALLEST_GALLERY if many else "content", key="gallery"
        ):
            for entry in entries:
                with st.container(width=_TILE_WIDTH, gap=None):
                    st.image(entry.thumbnail, alt="", width="stretch")
                    st.button(
                        plain(entry.file.name),
                        key=f"photo-{entry.file.identity}",
                        type="primary" if entry is chosen else "secondary",
                        width="stretch",
                        wrap=False,
                        on_click=take_photo,
                        args=(entry.file.identity,),
                    )
                    self._captions[entry.key].append(st.empty())
        for key in list(self._captions):
            self._caption(key)

    def _caption(self, key: str) -> None:
        label = _answers().get((key, self._classifier))
        if label is not None:
            name = self._language.class_name(label.name, label.wnid)
            for place in self._captions[key]:
                place.caption(f":material/check: {plain(name)}")


def _offer_examples(chosen: str | None, language: Language) -> None:
    _ = language.gettext
    titles = {
        "chelsea": _("Cat"),
        "coffee": _("Coffee"),
        "astronaut": _("Astronaut"),
        "rocket": _("Rocket"),
    }
    st.markdown(_("**or try an example**"))
    with st.container(horizontal=True, gap="xsmall", key="examples"):
        for name in EXAMPLES:
            with st.container(width=_TILE_WIDTH, gap=None):
                st.image(_example_thumbnail(name), alt=titles[name], width="stretch")
                st.button(
                    titles[name],
                    key=f"example-{name}",
                    type="primary" if name == chosen else "secondary",
                    width="stretch",
                    on_click=_take_example,
                    args=(name,),
                )


def _take_example(name: str) -> None:
    st.session_state.together = False
    st.query_params["sample"] = name


def _forget_example() -> None:
    st.query_params.pop("sample", None)


def take_photo(identity: str) -> None:
    """Look at one of the visitor's own photos from now on."""
    st.session_state.photo = identity
    st.session_state.together = False
    _forget_example()


def _is_new(file: File) -> bool:
    seen: set[str] = st.session_state.setdefault("seen_files", set())
    new = file.identity not in seen
    seen.add(file.identity)
    return new


def _answers() -> dict[tuple[str, str], Label]:
    answers: dict[tuple[str, str], Label] = st.session_state.setdefault("answers", {})
    return answers


def _entries(files: list[File], language: Language) -> dict[str, _Entry]:
    """Those of the files that are photos; what is wrong with the others is said."""
    _ = language.gettext
    known: dict[str, _Entry | PhotoError] = st.session_state.get("entries", {})
    new = [file for file in files if file.identity not in known]
    if new:
        with st.spinner(_("Opening the photos …")):
            known |= {file.identity: _open(file) for file in new}
    st.session_state.entries = {file.identity: known[file.identity] for file in files}
    entries = {}
    for file in files:
        entry = known[file.identity]
        if isinstance(entry, _Entry):
            entries[file.identity] = entry
        else:
            st.error(
                f"**{plain(file.name)}** – {plain(language.error(entry))}", icon=":material/broken_image:"
            )
    return entries


def _open(file: File) -> _Entry | PhotoError:
    try:
        photo = _decode(file)
    except PhotoError as error:
        if not isinstance(file.content, bytes):
            forget_content(file.content)
        error.__cause__ = error.__context__ = None  # like its traceback, they hold on to the picture
        return error.with_traceback(None)
    return _Entry(file, photo.key, _thumbnail(photo.canvas))


def _decode(file: File) -> Photo:
    """Decode a file, or take it from this session's last few."""
    decoded: OrderedDict[str, Photo] = st.session_state.setdefault("decoded", OrderedDict())
    if file.identity not in decoded:
        with _decoding:
            original = load_photo(file.content)
        key = hashlib.sha256(original.tobytes()).hexdigest()[:16]
        decoded[file.identity] = Photo(file.name, key, original, fit_photo(original))
        while len(decoded) > 1 and (len(decoded) > _KEPT_PHOTOS or _pixels(decoded.values()) > _KEPT_PIXELS):
            decoded.popitem(last=False)
    decoded.move_to_end(file.identity)
    return decoded[file.identity]


def _pixels(photos: Iterable[Photo]) -> int:
    return sum(photo.original.width * photo.original.height for photo in photos)


def _thumbnail(photo: Image.Image) -> bytes:
    # Of a tall photo, the upper part says more: faces are there.
    cropped = ImageOps.fit(photo, _THUMBNAIL, Image.Resampling.BICUBIC, centering=(0.5, 0.3))
    return jpeg(cropped, 88)


@st.cache_data(show_spinner=False)
def _example_thumbnail(name: str) -> bytes:
    return _thumbnail(example_photo(name))

"""Where photos come in: dropped, taken with the camera, or one of the samples; and which one is looked at."""

import hashlib
from collections import OrderedDict, defaultdict
from dataclasses import dataclass

import streamlit as st
from PIL import Image, ImageOps
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ..errors import PhotoError
from ..explanation import Label
from ..language import Language
from ..photo import FILE_EXTENSIONS, load_photo
from ..photo_limits import MAX_BYTES
from ..render import fit_photo
from ..samples import SAMPLES, sample_photo
from .markup import jpeg, plain

_KEPT_PHOTOS = 4  # decoded; of the others there are the file and a thumbnail
_KEPT_SHOTS = 8
_THUMBNAIL = (170, 128)  # pixels, twice what is shown
_TILE_WIDTH = 85  # four beside each other on a telephone
_TALLEST_GALLERY = 300
_PHOTOS_WITHOUT_SCROLLING = 12


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


@dataclass(frozen=True)
class _File:
    """What a photo can be decoded from, any time."""

    identity: str
    name: str
    content: UploadedFile | bytes


@dataclass(frozen=True)
class _Entry:
    """What is kept of every photo, however many there are."""

    file: _File
    key: str
    thumbnail: bytes


class Gallery:
    """The photos of one visitor, and what the classifier took each for."""

    def __init__(self, classifier: str, language: Language) -> None:
        self._classifier = classifier
        self._language = language
        self._captions: defaultdict[str, list[DeltaGenerator]] = defaultdict(list)

    def choose_photo(self) -> Photo | None:
        """Draw the intake; returns the photo to explain, if there is one."""
        upload_column, sample_column = st.columns(2, gap="medium")
        with upload_column:
            files = [*_uploads(self._language), *_shots(self._language)]
            entries = _entries(files, self._language)
        fresh = [file.identity for file in files if _is_new(file) and file.identity in entries]
        if fresh:
            st.session_state.photo = fresh[-1]
            _forget_sample()
        sample = st.query_params.get("sample")
        sample = sample if sample in SAMPLES else None
        with sample_column:
            _offer_samples(sample, self._language)
        chosen = entries.get(st.session_state.get("photo", "")) or next(reversed(entries.values()), None)
        if len(entries) > 1 or (entries and sample):
            self._show(list(entries.values()), None if sample else chosen)
        if sample:
            photo = sample_photo(sample)
            return Photo(sample, f"sample-{sample}", photo, fit_photo(photo))
        return _decode(chosen.file) if chosen else None

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
                        on_click=_take_photo,
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


def _uploads(language: Language) -> list[_File]:
    _ = language.gettext
    files = st.file_uploader(
        _("Drop photos here"),
        type=list(FILE_EXTENSIONS),
        accept_multiple_files=True,
        key="uploads",
        help=_("JPEG, PNG, WebP, AVIF, HEIC, BMP, GIF or TIFF, up to {limit} MB each.").format(
            limit=MAX_BYTES >> 20
        )
        + " "
        + _("Photos stay on the machine that runs this page."),
    )
    return [_File(file.file_id, file.name, file) for file in files or []]


def _shots(language: Language) -> list[_File]:
    """What was taken with the camera, which is not asked for before someone wants it."""
    _ = language.gettext
    popover = st.popover(_("Take a photo"), icon=":material/photo_camera:", key="camera", on_change="rerun")
    if popover.open:
        with popover:
            st.camera_input(_("Take a photo"), key="shot", label_visibility="collapsed", on_change=_keep_shot)
    return list(st.session_state.get("shots", []))


def _keep_shot() -> None:
    shot = st.session_state.get("shot")
    if shot is None:
        return
    number = st.session_state.get("number_of_shots", 0) + 1
    st.session_state.number_of_shots = number
    shots = [*st.session_state.get("shots", []), _File(shot.file_id, f"camera-{number}.jpg", shot.getvalue())]
    st.session_state.shots = shots[-_KEPT_SHOTS:]
    st.session_state.camera = False


def _offer_samples(chosen: str | None, language: Language) -> None:
    _ = language.gettext
    titles = {
        "chelsea": _("Cat"),
        "coffee": _("Coffee"),
        "astronaut": _("Astronaut"),
        "rocket": _("Rocket"),
    }
    st.markdown(_("**or try a sample**"))
    with st.container(horizontal=True, gap="xsmall", key="samples"):
        for name in SAMPLES:
            with st.container(width=_TILE_WIDTH, gap=None):
                st.image(_sample_thumbnail(name), alt=titles[name], width="stretch")
                st.button(
                    titles[name],
                    key=f"sample-{name}",
                    type="primary" if name == chosen else "secondary",
                    width="stretch",
                    on_click=_take_sample,
                    args=(name,),
                )


def _take_sample(name: str) -> None:
    st.query_params["sample"] = name


def _forget_sample() -> None:
    st.query_params.pop("sample", None)


def _take_photo(identity: str) -> None:
    st.session_state.photo = identity
    _forget_sample()


def _is_new(file: _File) -> bool:
    seen: set[str] = st.session_state.setdefault("seen_files", set())
    new = file.identity not in seen
    seen.add(file.identity)
    return new


def _answers() -> dict[tuple[str, str], Label]:
    answers: dict[tuple[str, str], Label] = st.session_state.setdefault("answers", {})
    return answers


def _entries(files: list[_File], language: Language) -> dict[str, _Entry]:
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


def _open(file: _File) -> _Entry | PhotoError:
    try:
        photo = _decode(file)
    except PhotoError as error:
        return error
    return _Entry(file, photo.key, _thumbnail(photo.canvas))


def _decode(file: _File) -> Photo:
    """Decode a file, or take it from this session's last few."""
    decoded: OrderedDict[str, Photo] = st.session_state.setdefault("decoded", OrderedDict())
    if file.identity not in decoded:
        original = load_photo(file.content)
        key = hashlib.sha256(original.tobytes()).hexdigest()[:16]
        decoded[file.identity] = Photo(file.name, key, original, fit_photo(original))
        while len(decoded) > _KEPT_PHOTOS:
            decoded.popitem(last=False)
    decoded.move_to_end(file.identity)
    return decoded[file.identity]


def _thumbnail(photo: Image.Image) -> bytes:
    # Of a tall photo, the upper part says more: faces are there.
    cropped = ImageOps.fit(photo, _THUMBNAIL, Image.Resampling.BICUBIC, centering=(0.5, 0.3))
    return jpeg(cropped, 88)


@st.cache_data(show_spinner=False)
def _sample_thumbnail(name: str) -> bytes:
    return _thumbnail(sample_photo(name))

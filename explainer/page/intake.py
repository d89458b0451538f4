"""Where a photo comes in: dropped, taken with the camera, or one of the samples."""

import hashlib
import io
from collections import OrderedDict
from dataclasses import dataclass

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ..errors import PhotoError
from ..language import Language
from ..photo import FILE_EXTENSIONS, MAX_BYTES, load_photo
from ..render import fit_photo
from ..samples import SAMPLES, sample_photo
from .markup import plain

_KEPT_PHOTOS = 4
_THUMBNAIL = (176, 132)  # pixels, twice what is shown


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


def choose_photo(language: Language) -> Photo | None:
    """Draw the intake; returns the photo to explain, if there is one."""
    _ = language.gettext
    upload_column, sample_column = st.columns(2, gap="medium")
    with upload_column:
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
            on_change=_forget_sample,
        )
    with sample_column:
        _offer_samples(language)
    sample = st.query_params.get("sample")
    if sample in SAMPLES:
        return _sample(sample, language)
    return _choose_upload(list(files or []), language)


def _offer_samples(language: Language) -> None:
    _ = language.gettext
    titles = {
        "chelsea": _("Cat"),
        "coffee": _("Coffee"),
        "astronaut": _("Astronaut"),
        "rocket": _("Rocket"),
    }
    st.markdown(_("**or try a sample**"))
    with st.container(horizontal=True, gap="small", key="samples"):
        for name in SAMPLES:
            with st.container(width=94, gap=None):
                st.image(_thumbnail(name), alt=titles[name], width="stretch")
                st.button(
                    titles[name],
                    key=f"sample-{name}",
                    width="stretch",
                    on_click=_take_sample,
                    args=(name,),
                )


def _take_sample(name: str) -> None:
    st.query_params["sample"] = name


def _forget_sample() -> None:
    st.query_params.pop("sample", None)


@st.cache_data(show_spinner=False)
def _thumbnail(name: str) -> bytes:
    photo = sample_photo(name)
    scale = max(_THUMBNAIL[0] / photo.width, _THUMBNAIL[1] / photo.height)
    resized = photo.resize((round(photo.width * scale), round(photo.height * scale)))
    left, top = (resized.width - _THUMBNAIL[0]) // 2, (resized.height - _THUMBNAIL[1]) // 2
    stream = io.BytesIO()
    resized.crop((left, top, left + _THUMBNAIL[0], top + _THUMBNAIL[1])).save(stream, "JPEG", quality=88)
    return stream.getvalue()


def _sample(name: str, language: Language) -> Photo:
    photo = sample_photo(name)
    return Photo(name, f"sample-{name}", photo, fit_photo(photo))


def _choose_upload(files: list[UploadedFile], language: Language) -> Photo | None:
    _ = language.gettext
    photos = []
    for file in files:
        try:
            photos.append(_upload(file))
        except PhotoError as error:
            st.error(f"**{plain(file.name)}** – {plain(language.error(error))}", icon="🖼️")
    if not photos:
        return None
    if len(photos) == 1:
        return photos[0]
    by_key = {photo.key: photo for photo in photos}
    chosen = st.pills(
        _("Photos"),
        list(by_key),
        format_func=lambda key: plain(by_key[key].name),
        default=photos[-1].key,
        required=True,
        key="photo-" + "-".join(by_key)[:80],
    )
    return by_key.get(chosen or "", photos[-1])


def _upload(file: UploadedFile) -> Photo:
    """Decode an upload, or take it from this session's last few."""
    decoded: OrderedDict[str, Photo] = st.session_state.setdefault("decoded", OrderedDict())
    if file.file_id not in decoded:
        original = load_photo(file)
        key = hashlib.sha256(original.tobytes()).hexdigest()[:16]
        decoded[file.file_id] = Photo(file.name, key, original, fit_photo(original))
        while len(decoded) > _KEPT_PHOTOS:
            decoded.popitem(last=False)
    decoded.move_to_end(file.file_id)
    return decoded[file.file_id]

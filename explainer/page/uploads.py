"""The files that a visitor hands over: dropped, or taken with the camera; and how much of them is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from ..photos.limits import MAX_BYTES
from ..words.language import Language

MOST_PHOTOS = 60
"""How many photos the page keeps for a visitor."""

MOST_BYTES = 200 << 20
"""How large their files may be together."""

_KEPT_SHOTS = 8
_LONGEST_NAME = 255  # characters, as in most file systems; whoever sends more means no good


@dataclass(frozen=True)
class File:
    """What a photo can be decoded from, any time.

    Attributes
    ----------
    identity : str
        Tells it from all other files.
    name : str
        As the visitor's computer gave it: show it escaped only.
    content : UploadedFile or bytes
        As `load_photo` takes it.
    """

    identity: str
    name: str
    content: UploadedFile | bytes


def choose_files(language: Language) -> list[File]:
    """Draw where photos are dropped and taken; returns those that the page keeps."""
    _ = language.gettext
    uploads = st.file_uploader(
        _("Drop photos here"),
        accept_multiple_files=True,
        key="uploads",
        help=_("JPEG, PNG, WebP, AVIF, HEIC, BMP, GIF or TIFF, up to {limit} MB each.").format(
            limit=MAX_BYTES >> 20
        )
        + " "
        + _("Photos stay on the machine that runs this page."),
    )
    kept, refused = _sort_out(uploads or [])
    if refused:
        st.warning(
            language.ngettext(
                "The page keeps at most {most} photos and {limit} MB for you, so {number} photo was left "
                "out: remove others, and choose it again.",
                "The page keeps at most {most} photos and {limit} MB for you, so {number} photos were left "
                "out: remove others, and choose them again.",
                refused,
            ).format(
                most=language.number(MOST_PHOTOS),
                limit=language.number(MOST_BYTES >> 20),
                number=language.number(refused),
            ),
            icon=":material/photo_library:",
        )
    return [*(File(file.file_id, file.name[:_LONGEST_NAME], file) for file in kept), *_shots(language)]


def forget_content(upload: UploadedFile) -> None:
    """Free the memory that a file takes which is of no use; the visitor's list of files still names it."""
    context = get_script_run_ctx()
    if context is not None:
        nothing = UploadedFileRec(upload.file_id, upload.name, upload.type, b"")
        context.uploaded_file_mgr.add_file(context.session_id, nothing)  # type: ignore[attr-defined]
    upload.truncate(0)


def _sort_out(uploads: Sequence[UploadedFile]) -> tuple[list[UploadedFile], int]:
    """The files that are kept, and how many others there are, whose content is forgotten."""
    refused: set[str] = st.session_state.setdefault("refused", set())
    refused &= {upload.file_id for upload in uploads}
    kept: list[UploadedFile] = []
    held = 0
    for upload in uploads:
        if upload.file_id in refused:
            continue
        if len(kept) < MOST_PHOTOS and held + upload.size <= MOST_BYTES:
            kept.append(upload)
            held += upload.size
        else:
            refused.add(upload.file_id)
            forget_content(upload)
    return kept, len(refused)


def _shots(language: Language) -> list[File]:
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
    shots = [*st.session_state.get("shots", []), File(shot.file_id, f"camera-{number}.jpg", shot.getvalue())]
    st.session_state.shots = shots[-_KEPT_SHOTS:]
    st.session_state.camera = False

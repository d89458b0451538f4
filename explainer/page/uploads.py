"""The files that a visitor hands over: dropped, or taken with the camera; and how much of them is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from ..photos.limits import MAX_BYTES
from ..words.language import Language
from .markup import plain
from .scripts import mount

MOST_PHOTOS = 60
"""How many photos the page keeps for a visitor."""

MOST_BYTES = 200 << 20
"""How large their files may be together."""

_KEPT_SHOTS = 8
_MOST_TOLD = 60
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
    """The files that the page keeps; `offer_upload` gives them to Streamlit's own uploader, out of sight."""
    uploads = st.file_uploader(
        language.gettext("Add photos"),
        accept_multiple_files=True,
        key="uploads",
        label_visibility="collapsed",
    )
    gone: set[str] = st.session_state.setdefault("gone", set())
    kept = _sort_out([upload for upload in uploads or [] if upload.file_id not in gone])
    files = [File(file.file_id, file.name[:_LONGEST_NAME], file) for file in kept]
    return [*files, *st.session_state.get("shots", [])]


def offer_upload(is_large: bool, stay: bool, language: Language) -> None:
    """Draw where photos are dropped, chosen and taken.

    Parameters
    ----------
    is_large : bool
        Whether there is no photo yet, so that there is nothing else to see.
    stay : bool
        Whether photos stay on the machine that runs the page, which is said then.
    language : Language
        What it is written in.
    """
    _ = language.gettext
    told = _("Photos stay on the machine that runs this page.") if stay else ""
    kinds = _("JPEG, PNG, WebP, AVIF, HEIC, BMP, GIF or TIFF, up to {limit} MB each.")

    def refuse() -> None:
        refused = st.session_state["drop"]["refused"]
        told: list[tuple[str, str]] = st.session_state.setdefault("told", [])
        told += [(str(each["name"])[:_LONGEST_NAME], str(each["reason"])) for each in refused[:_MOST_TOLD]]
        del told[:-_MOST_TOLD]

    mount(
        "drop",
        "drop",
        {
            "large": is_large,
            "choose": _("Add photos"),
            "drop": _("Drop photos here, or click to choose"),
            "kinds": f"{kinds.format(limit=MAX_BYTES >> 20)} {told}".rstrip(),
            "anywhere": _("Drop photos anywhere"),
            "most": MAX_BYTES,
            "streamlit": {
                "Take Photo": _("Take photo"),
                "Clear photo": _("Take another"),
                "This app would like to use your camera.": _("The page needs your camera for this."),
                "Learn how to allow access.": _("How to allow it"),
            },
        },
        {"refused": refuse},
    )
    _offer_camera(language)


def refused_sentences(language: Language) -> list[str]:
    """What was refused before the page had it, in Markdown."""
    _ = language.gettext
    told: list[tuple[str, str]] = st.session_state.get("told", [])
    reasons = {
        "large": _("The file is larger than {limit} MB.").format(limit=MAX_BYTES >> 20),
        "folder": _("This is a folder: drop the photos in it."),
        "failed": _("The file did not get here: please add it again."),
    }
    sentences = [f"**{plain(name)}** – {plain(reasons[why])}" for name, why in told if why in reasons]
    if number := len(st.session_state.get("refused", ())):
        left_out = language.ngettext(
            "The page keeps at most {most} photos and {limit} MB for you, so {number} photo was left "
            "out: remove others, and choose it again.",
            "The page keeps at most {most} photos and {limit} MB for you, so {number} photos were left "
            "out: remove others, and choose them again.",
            number,
        )
        limits = {"most": language.number(MOST_PHOTOS), "limit": language.number(MOST_BYTES >> 20)}
        sentences.append(plain(left_out.format(number=language.number(number), **limits)))
    return sentences


def forget_refused() -> None:
    """Have nothing to say any more of what was refused."""
    st.session_state.pop("told", None)
    st.session_state.setdefault("gone", set()).update(st.session_state.pop("refused", ()))


def forget_files(identities: Iterable[str]) -> None:
    """Let go of some files."""
    gone: set[str] = st.session_state.setdefault("gone", set())
    gone.update(identities)
    st.session_state.shots = [shot for shot in st.session_state.get("shots", []) if shot.identity not in gone]


def forget_content(upload: UploadedFile) -> None:
    """Free the memory that a file takes which is of no use; the visitor's list of files still names it."""
    context = get_script_run_ctx()
    if context is not None:
        nothing = UploadedFileRec(upload.file_id, upload.name, upload.type, b"")
        context.uploaded_file_mgr.add_file(context.session_id, nothing)  # type: ignore[attr-defined]
    upload.truncate(0)


def _sort_out(uploads: Sequence[UploadedFile]) -> list[UploadedFile]:
    """The files that are kept; the content of the others is forgotten."""
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
    return kept


def _offer_camera(language: Language) -> None:
    """What asks for the camera, which it does not do before someone wants it."""
    _ = language.gettext
    popover = st.popover(_("Take a photo"), icon=":material/photo_camera:", key="camera", on_change="rerun")
    if popover.open:
        with popover:
            st.camera_input(_("Take a photo"), key="shot", label_visibility="collapsed", on_change=_keep_shot)


def _keep_shot() -> None:
    shot = st.session_state.get("shot")
    if shot is None:
        return
    number = st.session_state.get("number_of_shots", 0) + 1
    st.session_state.number_of_shots = number
    shots = [*st.session_state.get("shots", []), File(shot.file_id, f"camera-{number}.jpg", shot.getvalue())]
    st.session_state.shots = shots[-_KEPT_SHOTS:]
    st.session_state.camera = False

"""All of a visitor's photos together: explained one after the other, and shown as a gallery."""

import statistics
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ..classifiers.catalogue import load_classifier
from ..errors import ExplainerError
from ..folders.bundle import bundle
from ..folders.gallery.parts import Source
from ..folders.results import subfolders
from ..folders.task import PhotoResult, PhotoTask, not_explained, photo_result, task_key
from ..lime.explain import OnProgress, explain
from ..pictures.encode import card_uri
from ..words.language import Language
from . import links
from .controls import Settings, View, choose_view
from .delivery import offer_file
from .gallery_view import show
from .intake import Intake, Photo, take_photo
from .live import Live
from .markup import plain
from .session import remembered
from .uploads import MOST_PHOTOS

_SURPLUS = 1.2  # by how much the mean number of samples until settled is above the median
_VIEW_WIDTH = 560  # pixels
_KEPT_RESULTS = MOST_PHOTOS + 8  # a megabyte each; with what the camera took


def show_together(intake: Intake, settings: Settings, language: Language) -> bool:
    """Offer to explain all photos; returns whether the page is about all of them now.

    Parameters
    ----------
    intake : Intake
        The visitor's photos.
    settings : Settings
        How they are explained.
    language : Language
        What the page is written in.
    """
    photos = intake.own_photos
    slot = st.container()  # always, so that what follows keeps its place on the page
    if len(photos) < 2:
        links.ask("all", None)
        return False
    if links.asked("all") is None:
        seen = settings.seen(st.session_state.get("view", View()))
        with slot:
            _Batch(intake, photos, seen, language).offer()
            _clear()
        return False
    _clear()
    with slot:
        bar = st.container(horizontal=True, vertical_alignment="center", gap="small", key="together")
        with st.container(width=_VIEW_WIDTH):
            view = choose_view(language)
        _Batch(intake, photos, settings.seen(view), language).show(bar)
    return True


def _clear() -> None:
    """Have what the page has had here vanish at once, and not only when all photos are done."""
    st.empty()


class Pace:
    """How long it will take, by what the photos before have taken.

    The first photo says how many samples a photo needs, and not how long they take: it wakes the network.

    Parameters
    ----------
    is_settled_by_number : bool
        Whether all photos get as many samples; else some need many more than most.
    clock : callable
        The time in seconds.
    """

    def __init__(self, is_settled_by_number: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._surplus = 1.0 if is_settled_by_number else _SURPLUS
        self._clock = clock
        self._done: list[tuple[int, float]] = []  # samples and seconds
        self.begin_photo()

    def begin_photo(self) -> None:
        """A photo is begun, or begun anew."""
        self._samples = 0
        self._started = self._clock()

    def note(self, samples: int) -> None:
        """So many samples of the photo are there."""
        self._samples = samples

    def end_photo(self) -> None:
        """The photo is done; one that asked for no samples says nothing of the others."""
        if self._samples:
            self._done.append((self._samples, self._clock() - self._started))

    def seconds_left(self, photos: int) -> float | None:
        """How long so many photos take, the one that was begun among them; unknown before one is done."""
        if not self._done:
            return None
        timed = self._done[1:] or self._done
        a_sample = sum(seconds for _, seconds in timed) / sum(samples for samples, _ in timed)
        a_photo = self._surplus * statistics.median(samples for samples, _ in self._done) * a_sample
        return max(0.0, a_photo - (self._clock() - self._started)) + a_photo * (photos - 1)


class _Batch:
    def __init__(
        self, intake: Intake, photos: dict[str, str], settings: Settings, language: Language
    ) -> None:
        self._intake = intake
        self._photos = photos
        self._settings = settings
        self._language = language
        self._kept: OrderedDict[Hashable, PhotoResult] = st.session_state.setdefault("results", OrderedDict())
        self._finished = {
            key: self._kept[self._job(key)] for key in self._photos if self._job(key) in self._kept
        }
        self._missing = [key for key in self._photos if key not in self._finished]

    def offer(self) -> None:
        language = self._language
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="offer-all"):
            if self._missing:
                text = language.gettext("Explain all {number} photos")
            else:
                text = language.gettext("Show all {number} photos")
            st.button(
                text.format(number=language.number(len(self._photos))),
                key="explain-all",
                icon=":material/photo_library:",
                on_click=self._start,
            )

    def show(self, bar: DeltaGenerator) -> None:
        _ = self._language.gettext
        running = bool(self._missing and st.session_state.get("explaining_all"))
        with bar:
            st.button(_("Back to one photo"), key="back", icon=":material/arrow_back:", on_click=_go_back)
            if running:
                st.button(_("Stop"), key="stop-all", icon=":material/stop_circle:", on_click=_stop)
            elif self._missing:
                number = len(self._missing)
                st.button(
                    self._language.ngettext(
                        "Explain the missing {number} photo", "Explain the missing {number} photos", number
                    ).format(number=self._language.number(number)),
                    key="go-on",
                    icon=":material/play_circle:",
                    on_click=self._start,
                )
            if self._finished and not running:
                self._offer_download()
        with st.container():
            self._show_gallery(running)

    def _show_gallery(self, running: bool) -> None:
        _ = self._language.gettext
        progress = st.container()
        if self._finished:
            records = [result.record for result in self._finished.values()]
            keys = {result.record.key: key for key, result in self._finished.items()}
            show(
                records,
                self._language,
                _source(self._finished.values()),
                "all",
                on_details=lambda key: take_photo(keys[key]) if key in keys else None,
            )
        if running:
            self._explain_next(progress)

    def _explain_next(self, progress: DeltaGenerator) -> None:
        """Explain one photo and draw the page anew, so that the photo is on it."""
        key = self._missing[0]
        photo = self._intake.open_photo(self._photos[key])
        pace = self._pace()
        pace.begin_photo()
        bar = progress.progress(0.0)
        self._draw_progress(bar, photo, 0.0)

        def report(done: int, total: int) -> None:
            pace.note(done)
            self._draw_progress(bar, photo, done / total)

        try:
            result = self._explained(photo, report)
        except ExplainerError as error:
            classifier = load_classifier(self._settings.classifier)
            result = not_explained(self._task(photo), classifier, self._language.error(error))
        pace.end_photo()
        self._kept[self._job(key)] = result
        while len(self._kept) > _KEPT_RESULTS:
            self._kept.popitem(last=False)
        st.rerun()

    def _explained(self, photo: Photo, on_progress: OnProgress) -> PhotoResult:
        settings = self._settings
        classifier = load_classifier(settings.classifier)
        explanation = explain(photo.original, classifier, settings.recipe, on_progress=on_progress)
        Live(photo, settings.classifier, settings.recipe).take(explanation)
        self._intake.note(photo, explanation.labels[0])
        return photo_result(
            self._task(photo), photo.original, explanation, settings.positive_only, settings.palette
        ).told(self._language)

    def _task(self, photo: Photo) -> PhotoTask:
        name = f"{photo.key[:8]}-{photo.name}"  # cameras call every photo image.jpg
        settings = self._settings
        drawn = f"{photo.key} {settings.classifier} {settings.positive_only} {settings.palette.name}"
        key = task_key(drawn.encode(), (), "", settings.recipe)
        return PhotoTask(photo.name, subfolders([name])[name], key)

    def _draw_progress(self, bar: DeltaGenerator, photo: Photo, share: float) -> None:
        """Say how far it is, when so much of a photo is done."""
        language = self._language
        finished, total = len(self._finished), len(self._photos)
        done = finished + min(1.0, share)
        text = language.gettext("Photo {number} of {total}: {name}").format(
            number=language.number(finished + 1), total=language.number(total), name=plain(photo.name)
        )
        left = self._pace().seconds_left(total - finished)
        if left is not None:
            text += " · " + language.gettext("about {seconds} s left").format(seconds=language.number(left))
        bar.progress(done / total, text=text)

    def _job(self, key: str) -> Hashable:
        return key, self._settings

    def _start(self) -> None:
        links.ask("all", "true")
        st.session_state.explaining_all = True
        st.session_state.pop("pace", None)

    def _pace(self) -> Pace:
        is_settled_by_number = self._settings.recipe.num_samples != "auto"
        return remembered("pace", self._settings, lambda: Pace(is_settled_by_number))

    def _offer_download(self) -> None:
        _ = self._language.gettext
        results = list(self._finished.values())
        offer_file(
            _("Take all away"),
            "download-all",
            lambda: bundle(results, self._language, _("Many photos")),
            "limelight.zip",
            "application/zip",
            ":material/folder_zip:",
            _("Gallery, pictures and a table of all figures, in one ZIP file."),
        )


def _source(results: Iterable[PhotoResult]) -> Source:
    """Where the browser finds the pictures of photos that were explained here."""
    result_in = {result.subfolder: result for result in results}

    def address(path: str) -> str:
        subfolder, _, name = path.rpartition("/")
        result = result_in[subfolder]
        return _data_uri(result.record.key, name, result.files[name])

    return address


@st.cache_data(show_spinner=False, max_entries=4 * MOST_PHOTOS)
def _data_uri(key: str, name: str, _contents: bytes) -> str:
    return card_uri(_contents)


def _go_back() -> None:
    links.ask("all", None)


def _stop() -> None:
    st.session_state.explaining_all = False

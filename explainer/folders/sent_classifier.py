"""A classifier on its way to the workers: by name and hash where they have it, else as a whole."""

import pickle  # nosec B403
import shutil
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..classifiers.added.models import load_model_folder, model_folder, model_names
from ..classifiers.cache import cache_folder
from ..classifiers.catalogue import load_classifier
from ..classifiers.classifier import ClassifierLike
from ..errors import ClassifierError, ExplainerError, reason_of

_RECEIVED = "received-models"


@dataclass(frozen=True)
class SentClassifier:
    """What a worker needs to load a classifier.

    Attributes
    ----------
    name, fingerprint : str
        Those of the classifier.
    files : dict of str to bytes
        An added model's folder, by path in it; empty for a classifier that comes with the package.
    pickled : bytes
        The classifier itself, where it has no name to load it by; else empty.
    """

    name: str
    fingerprint: str
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    pickled: bytes = field(default=b"", repr=False)

    def load(self) -> ClassifierLike:
        """The classifier, ready to be asked.

        Raises
        ------
        ClassifierError
            This machine has another one of this name, or can't load it.
        """
        if self.pickled:
            # From whoever runs the workers: a visitor of the page never gets here.
            return _loaded(pickle.loads(self.pickled))  # nosec B301
        if self.files:
            return _loaded(self._load_model())
        classifier = load_classifier(self.name)
        if classifier.fingerprint != self.fingerprint:
            raise ClassifierError(
                "A worker has another version of the classifier {name}; please install the same version "
                "everywhere.",
                name=self.name,
            )
        return _loaded(classifier)

    def _load_model(self) -> ClassifierLike:
        kept = cache_folder() / _RECEIVED / self.fingerprint
        added = [model_folder(self.name)] if self.name in model_names() else []
        for folder in (*added, kept):
            if classifier := self._load_folder(folder):
                return classifier
        classifier = self._load_folder(self._unpack(kept))
        if classifier is None:
            raise ClassifierError(
                "The model {name} can't be used on a worker; please check that it has the same version of "
                "Limelight and of its packages.",
                name=self.name,
            )
        return classifier

    def _load_folder(self, folder: Path) -> ClassifierLike | None:
        """The classifier, if the folder is there, undamaged, and holds this one; else None."""
        with suppress(ExplainerError, OSError):
            classifier = load_model_folder(folder, self.name)
            if classifier.fingerprint == self.fingerprint:
                return classifier
        return None

    def _unpack(self, kept: Path) -> Path:
        """Write the files to where they are kept for the next run, or else to a temporary folder."""
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=kept.parent, prefix=".unfinished-"))
        except OSError:
            folder = Path(tempfile.mkdtemp(prefix="limelight-model-"))
        for name, contents in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
        if self._load_folder(kept):  # another process of this machine was quicker
            shutil.rmtree(folder, ignore_errors=True)
            return kept
        shutil.rmtree(kept, ignore_errors=True)
        try:
            return folder.rename(kept)
        except OSError:
            return folder


class LoadedOnce:
    """Loads a sent classifier at the first question for it, once a process."""

    def __init__(self, sent: SentClassifier) -> None:
        self._sent = sent
        self._classifier: ClassifierLike | None = None
        self._loading = threading.Lock()

    def get(self) -> ClassifierLike:
        with self._loading:
            if self._classifier is None:
                self._classifier = self._sent.load()
            return self._classifier


def _loaded(classifier: ClassifierLike) -> ClassifierLike:
    classifier.describe_engine()
    return classifier


def pack_classifier(classifier: ClassifierLike) -> SentClassifier:
    """Pack a classifier for the workers.

    Raises
    ------
    ClassifierError
        It can be neither loaded by name nor sent.
    """
    name, fingerprint = classifier.name, classifier.fingerprint
    if fingerprint and name in model_names():
        folder = model_folder(name)
        if load_model_folder(folder).fingerprint == fingerprint:
            paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
            files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
            return SentClassifier(name, fingerprint, files)
    if fingerprint:
        with suppress(ExplainerError):
            if load_classifier(name).fingerprint == fingerprint:
                return SentClassifier(name, fingerprint)
    import cloudpickle  # comes with distributed

    try:
        return SentClassifier(name, fingerprint, pickled=cloudpickle.dumps(classifier))
    except Exception as error:  # pickling fails in any way there is
        raise ClassifierError(
            "The classifier {name} can't be sent to other processes: {reason}.",
            name=name,
            reason=reason_of(error),
        ) from error

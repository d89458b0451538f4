"""Runs a network fast: OpenVINO on a CPU, TensorFlow on a GPU.

On a CPU each picture is an inference request of its own, on as many streams as there are cores.
That is faster than batches, and what a picture gets can't depend on which others happened to be in
its batch.
"""

import hashlib
import importlib.util
import logging
import math
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..errors import ClassifierError, ExplainerError
from ..recipe import Precision
from . import cache as network_cache
from .calls import NeverAnsweredError, WatchedCalls
from .openvino_runtime import import_openvino, read_model, reasons_of
from .random_weights import permuted

if TYPE_CHECKING:
    import keras
    import openvino

logger = logging.getLogger(__name__)

_TENSORFLOW_BATCH = 32


class Engine(Protocol):
    """One way of running a network, one batch at a time; `fallback` says why it is not the fastest way."""

    description: str
    fallback: str

    def run(self, batch: np.ndarray) -> np.ndarray: ...


class Network:
    """A network that is loaded and compiled on its first use, by whatever runs it fastest here.

    Parameters
    ----------
    name : str
        For the cache and for messages.
    weights_hash : str
        SHA-256 of the weights; together with `name` it identifies what the network computes.
    build : callable, optional
        Returns the trained `keras.Model`. Not called where a converted copy is in the cache. Without it,
        the network runs in OpenVINO only.
    read : callable, optional
        Returns the network as OpenVINO takes it, where it need not be converted.
    input_shape : sequence of int, optional
        Of one picture, as the network takes it; needed where `build` leaves its size open.
    has_layers : bool
        False where what `build` returns is a SavedModel, which can be asked, but not looked into.
    """

    def __init__(
        self,
        name: str,
        weights_hash: str,
        build: "Callable[[], keras.Model] | None" = None,
        read: "Callable[[], openvino.Model] | None" = None,
        input_shape: Sequence[int] | None = None,
        has_layers: bool = True,
    ) -> None:
        self.name = name
        self.weights_hash = weights_hash
        self._build = build
        self._read = read
        self._input_shape = input_shape
        self._has_layers = has_layers
        self._engines: dict[Precision, Engine] = {}
        self._lock = threading.Lock()
        self._keras: keras.Model | None = None
        self._building = threading.Lock()
        self._calls = WatchedCalls()

    def predict(self, batch: np.ndarray, precision: Precision = "exact") -> np.ndarray:
        """Run the network on float32 (N, H, W, 3), or as it takes pictures; returns float32 (N, classes).

        Threads that ask at once have a batch each in turn.

        Raises
        ------
        NeverAnsweredError
            It did not come back; see `WatchedCalls`. The next question loads it anew.
        """
        engine = self._engine(precision)
        try:
            return self._calls.ask(engine.run, batch)
        except NeverAnsweredError:
            with self._lock:
                self._engines = {key: kept for key, kept in self._engines.items() if kept is not engine}
            raise

    def describe(self) -> str:
        return self._engine("exact").description

    def fallback(self) -> str:
        return next((engine.fallback for engine in [*self._engines.values()]), "")

    def keras_network(self) -> "keras.Model":
        """The network as it was trained, built once, for whoever needs more than answers.

        Raises
        ------
        ClassifierError
            It is in another format than Keras'.
        """
        if self._build is None:
            raise ClassifierError(
                "The network {name} runs in OpenVINO, which gives answers and no gradients, and these are "
                "needed: they can be had of a network in Keras' format.",
                name=self.name,
            )
        if not self._has_layers:
            raise ClassifierError(
                "The network {name} is a SavedModel, which can't be looked into: save it in Keras' format, "
                "as a .keras file, to have its gradients.",
                name=self.name,
            )
        with self._building:
            if self._keras is None:
                self._keras = _built(self._build)
            return self._keras

    def with_random_weights(self, seed: int) -> "Network":
        """The same network with permuted weights, which runs in OpenVINO and is nowhere kept.

        Never in TensorFlow, not even on a GPU: what a seed makes of a network is the same everywhere.
        """
        identity = hashlib.sha256(f"{self.weights_hash} permuted {seed}".encode()).hexdigest()

        def read() -> "openvino.Model":
            return permuted(self._openvino_model(), seed, self.name)

        return Network(f"{self.name} with random weights", identity, read=read)

    def _engine(self, precision: Precision) -> Engine:
        with self._lock:
            if precision not in self._engines:
                self._engines[precision] = self._load_engine(precision)
            return self._engines[precision]

    def _load_engine(self, precision: Precision) -> Engine:
        wanted = os.environ.get("EXPLAINER_ENGINE", "")
        if wanted == "tensorflow" or (self._build and wanted != "openvino" and _tensorflow_sees_gpu()):
            return self._tensorflow_engine()
        try:
            return OpenVINOEngine(self._openvino_model(), precision)
        except ExplainerError:
            raise
        except Exception as error:  # openvino's converter has exceptions of its own
            if self._build is None:
                raise ClassifierError("OpenVINO can't run the network {name}.", name=self.name) from error
            reason = _reason(error)
            logger.warning(
                "%s runs in TensorFlow here, which is slower, because OpenVINO can't run it: %s",
                self.name,
                reason,
            )
            return self._tensorflow_engine(reason)

    def _tensorflow_engine(self, fallback: str = "") -> "TensorFlowEngine":
        for engine in self._engines.values():
            if isinstance(engine, TensorFlowEngine):  # it has one precision only
                return engine
        if self._build is None:
            raise ClassifierError(
                "The network {name} is in a format that needs OpenVINO, and EXPLAINER_ENGINE asks for "
                "TensorFlow.",
                name=self.name,
            )
        return TensorFlowEngine(_built(self._build), fallback)

    def _openvino_model(self) -> "openvino.Model":
        if self._read is not None:
            return self._read()
        return network_cache.load(self.name, self.weights_hash, self._convert)

    def _convert(self) -> "openvino.Model":
        assert self._build is not None
        return convert(self._build, self._input_shape)


def convert(
    build: "Callable[[], keras.Model]", input_shape: Sequence[int | None] | None = None
) -> "openvino.Model":
    """Convert a Keras network, for one picture at a time.

    Parameters
    ----------
    build : callable
        Returns the network.
    input_shape : sequence of int, optional
        Of one picture; needed where the network leaves more of it open than is to be.
    """
    network = _built(build)
    one_picture = (1, *(input_shape or network.input_shape[1:]))
    names = getattr(network, "output_names", ())  # which a Sequential does not have

    def serve(pictures: Any) -> Any:
        answers = network(pictures, training=False)
        return answers if len(names) < 2 else dict(zip(names, answers, strict=True))

    with tempfile.TemporaryDirectory() as folder:
        # By way of a SavedModel, since openvino.convert_model fails on Python 3.13. Not Keras' own export(),
        # which leaves layers that change pictures at random as they are in training.
        if type(network).__module__.startswith("tf_keras"):
            import tensorflow as tf

            archive = tf.Module()
            archive.kept = network.variables
            spec = tf.TensorSpec(one_picture, tf.float32)
            tf.saved_model.save(archive, folder, signatures=tf.function(serve, input_signature=[spec]))
        else:
            from keras import InputSpec
            from keras.export import ExportArchive

            archive = ExportArchive()
            archive.track(network)
            archive.add_endpoint("serve", serve, [InputSpec("float32", one_picture)])
            archive.write_out(folder, verbose=False)
        return read_model(Path(folder))


def _reason(error: Exception) -> str:
    """What an error comes down to, in one line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return (reasons_of(error) or lines)[0]


def _built(build: "Callable[[], keras.Model]") -> "keras.Model":
    """Build a network with a TensorFlow that keeps what it finds on this machine to itself."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return build()


class OpenVINOEngine:
    """OpenVINO on the CPU, one stream a core, one picture a request."""

    fallback = ""

    def __init__(self, model: "openvino.Model", precision: Precision) -> None:
        openvino = import_openvino()
        streams = _streams()
        compiled = openvino.Core().compile_model(
            model,
            "CPU",
            {
                "NUM_STREAMS": str(streams),
                "INFERENCE_NUM_THREADS": streams,
                "INFERENCE_PRECISION_HINT": "bf16" if precision == "fast" else "f32",
                # Quantised networks are computed in floats: in 8-bit numbers, answers depend on the number
                # of threads, and with one (2026.4) are wrong.
                "LP_TRANSFORMS_MODE": "NO",
            },
        )
        self.description = f"OpenVINO {openvino.__version__.split('-')[0]} on CPU"
        self._classes = math.prod(compiled.output(0).shape)
        self._requests = openvino.AsyncInferQueue(compiled, streams)
        self._requests.set_callback(_store_answer)

    def run(self, batch: np.ndarray) -> np.ndarray:
        answers = np.empty((len(batch), self._classes), np.float32)
        for picture, answer in zip(batch, answers, strict=True):
            self._requests.start_async(picture[np.newaxis], answer, share_inputs=True)
        self._requests.wait_all()
        return answers


def _streams() -> int:
    """How many pictures are computed at once: ``EXPLAINER_THREADS``, else as many as there are cores.

    Each is computed by one thread, so that its answer does not depend on their number.
    """
    configured = os.environ.get("EXPLAINER_THREADS", "")
    if configured.isdecimal() and int(configured):
        return int(configured)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _store_answer(request: Any, answer: np.ndarray) -> None:
    answer[:] = request.get_output_tensor(0).data.ravel()


class TensorFlowEngine:
    """A compiled TensorFlow function, on a GPU where there is one; always in 32-bit floats."""

    def __init__(self, network: "keras.Model", fallback: str = "") -> None:
        import tensorflow as tf

        self.fallback = fallback
        where = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        self.description = f"TensorFlow {tf.__version__} on {where}"
        self._classes = math.prod(network.output_shape[1:])
        self._function = tf.function(
            lambda batch: network(batch, training=False),
            input_signature=[tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)],
        )

    def run(self, batch: np.ndarray) -> np.ndarray:
        parts = [
            self._function(batch[start : start + _TENSORFLOW_BATCH]).numpy().reshape(-1, self._classes)
            for start in range(0, len(batch), _TENSORFLOW_BATCH)
        ]
        return np.concatenate(parts) if parts else np.empty((0, self._classes), np.float32)


def _tensorflow_sees_gpu() -> bool:
    """Ask TensorFlow, but import it (seconds) only where there is a sign of a GPU."""
    signs = (
        Path("/dev/nvidia0").exists(),
        Path("/dev/kfd").exists(),
        importlib.util.find_spec("tensorflow-plugins") is not None,
    )
    if not any(signs):
        return False
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))

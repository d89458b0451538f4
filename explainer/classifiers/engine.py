"""Runs a network fast: OpenVINO on a CPU, TensorFlow on a GPU.

On a CPU each picture is an inference request of its own, on as many streams as there are cores.
That is faster than batches, and what a picture gets can't depend on which others happened to be in
its batch.
"""

import contextlib
import importlib.util
import logging
import math
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..errors import ClassifierError, ExplainerError
from . import cache as network_cache
from .calls import NeverAnsweredError, WatchedCalls
from .predictor import Precision

if TYPE_CHECKING:
    import keras
    import openvino

logger = logging.getLogger(__name__)

# convert_model reports its use over the network unless this package can't be imported.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_TENSORFLOW_BATCH = 32


class Engine(Protocol):
    """One way of running a network, one batch at a time."""

    description: str

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
    """

    def __init__(
        self,
        name: str,
        weights_hash: str,
        build: "Callable[[], keras.Model] | None" = None,
        read: "Callable[[], openvino.Model] | None" = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        self.name = name
        self.weights_hash = weights_hash
        self._build = build
        self._read = read
        self._input_shape = input_shape
        self._engines: dict[Precision, Engine] = {}
        self._lock = threading.Lock()
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
            logger.warning("OpenVINO can't run %s, TensorFlow does instead: %s", self.name, error)
            return self._tensorflow_engine()

    def _tensorflow_engine(self) -> "TensorFlowEngine":
        for engine in self._engines.values():
            if isinstance(engine, TensorFlowEngine):  # it has one precision only
                return engine
        if self._build is None:
            raise ClassifierError(
                "The network {name} is in a format that needs OpenVINO, and EXPLAINER_ENGINE asks for "
                "TensorFlow.",
                name=self.name,
            )
        return TensorFlowEngine(self._build())

    def _openvino_model(self) -> "openvino.Model":
        if self._read is not None:
            return self._read()
        return network_cache.load(self.name, self.weights_hash, self._convert)

    def _convert(self) -> "openvino.Model":
        import openvino

        assert self._build is not None
        network = self._build()
        with root_logger_kept(), warnings.catch_warnings():
            # Keras warns that the converter passes a list of one input and not the input.
            warnings.filterwarnings("ignore", message="The structure of `inputs`")
            # Shared weights would go with the Keras network, before they are even saved.
            model = openvino.convert_model(network, share_weights=False)
        model.reshape([1, *(self._input_shape or network.input_shape[1:])])
        return model


@contextlib.contextmanager
def root_logger_kept() -> Iterator[None]:
    """Undo what convert_model does to logging, which it forgets to where it fails."""
    root = logging.getLogger()
    level, filters, handlers = root.level, root.filters[:], root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.filters[:], root.handlers[:] = filters, handlers


class OpenVINOEngine:
    """OpenVINO on the CPU, one stream a core, one picture a request."""

    def __init__(self, model: "openvino.Model", precision: Precision) -> None:
        import openvino

        streams = _streams()
        compiled = openvino.Core().compile_model(
            model,
            "CPU",
            {
                "NUM_STREAMS": str(streams),
                "INFERENCE_NUM_THREADS": streams,
                "INFERENCE_PRECISION_HINT": "bf16" if precision == "fast" else "f32",
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

    def __init__(self, network: "keras.Model") -> None:
        import tensorflow as tf

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

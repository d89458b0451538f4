"""Servers that answer as those of others do, with a known function behind; and their faults."""

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

COLOURS = ("red", "green", "blue", "grey")
HEIGHT, WIDTH = 24, 32
KEY = "s3cr3t-k3y-0f-th3-t3st"


def colours(batch: np.ndarray) -> np.ndarray:
    """What is on pictures, float32 (N, H, W, 3) from 0 to 1, by their mean colour."""
    mean = np.asarray(batch, np.float64).mean(axis=(1, 2))
    scores = 12 * np.concatenate(
        [mean - mean.mean(axis=1, keepdims=True), np.full((len(mean), 1), 0.1)], axis=1
    )
    powers = np.exp(scores)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


class Server(ThreadingHTTPServer):
    """A server whose networks all answer by `colours`.

    Attributes
    ----------
    faults : list of callable
        What happens instead of the next answers to questions, one after the other; each is given the handler.
    asked : list of tuple
        Method, path, headers and body of each request.
    told : dict
        What networks tell of themselves, to be changed: shapes, types, versions. With ``strict``, they call
        grey whatever does not go from 0 to 1.
    over : threading.Event
        Set when it closes; what is slow waits for it.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.faults: list[Callable[[_Handler], Any]] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.told: dict[str, Any] = {
            "version": "3",
            "binary": True,
            "max_batch_size": 8,
            "key": "",
            "strict": False,
        }
        self.over = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def questions(self) -> list[tuple[str, str, dict[str, str], bytes]]:
        """What was asked about pictures."""
        return [asked for asked in self.asked if asked[0] == "POST"]


@contextmanager
def serving() -> Iterator[Server]:
    """Start such a server."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join(20)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._note(b"")
        if self._may():
            found = _told(self.path, self.server.told)
            self.answer(found) if found is not None else self.answer({"error": "Not found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._note(body)
        if not self._may():
            return
        if self.server.faults:
            self.server.faults.pop(0)(self)
            return
        try:
            found = _answered(self.path, self.headers, body, self.server.told)
        except (KeyError, ValueError, TypeError) as error:
            self.answer({"error": f"Could not parse the request: {type(error).__name__}"}, 400)
            return
        self.answer(found) if found is not None else self.answer({"error": "Servable not found"}, 404)

    def _note(self, body: bytes) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers), body))

    def _may(self) -> bool:
        wanted = self.server.told["key"]
        if wanted and wanted not in (self.headers.get("Authorization"), self.headers.get("api-key")):
            self.answer({"error": {"message": f"not with {self.headers.get('Authorization')}"}}, 401)
            return False
        return True

    def answer(self, what: Any, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def fault(status: int, what: Any = None, **headers: str) -> Callable[[_Handler], None]:
    """An answer that is none."""
    return lambda handler: handler.answer(
        {"error": "made to fail"} if what is None else what, status, **headers
    )


def never(handler: _Handler) -> None:
    """No answer."""
    handler.server.over.wait(30)
    handler.close_connection = True


def trickling(handler: _Handler) -> None:
    """An answer that comes byte by byte, and never ends."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    handler.close_connection = True
    try:
        while not handler.server.over.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        pass


def cut_off(handler: _Handler) -> None:
    """An answer that breaks off."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"predictions": [[0.1,')
    handler.close_connection = True


def hung_up(handler: _Handler) -> None:
    """Not even a beginning."""
    handler.close_connection = True


def endless(handler: _Handler) -> None:
    """An answer that is larger than any."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 30))
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(1 << 14):
            handler.wfile.write(bytes(1 << 16))
    except OSError:
        pass


def _told(path: str, told: dict[str, Any]) -> Any:
    """What a network tells of itself."""
    if "says" in told:
        return told["says"]
    shape = told.get("shape", [-1, HEIGHT, WIDTH, 3])
    dtype = told.get("dtype", "FP32")
    outputs = told.get("outputs", {"probabilities": [-1, 4]})
    if path in ("/v1/models/colours/metadata", "/v1/models/colours/versions/3/metadata"):

        def tensor(sizes: list[int], kind: str) -> dict[str, Any]:
            dims = [{"size": str(size), "name": ""} for size in sizes]
            return {"dtype": kind, "tensor_shape": {"dim": dims, "unknown_rank": False}, "name": "x:0"}

        kinds = {"FP32": "DT_FLOAT", "UINT8": "DT_UINT8", "BYTES": "DT_STRING"}
        signature = {
            "inputs": {"picture": tensor(shape, kinds[dtype])},
            "outputs": {name: tensor(sizes, "DT_FLOAT") for name, sizes in outputs.items()},
            "method_name": "tensorflow/serving/predict",
        }
        return {
            "model_spec": {"name": "colours", "signature_name": "", "version": told["version"]},
            "metadata": {"signature_def": {"signature_def": {"serving_default": signature}}},
        }
    if path == "/v2":
        extensions = ["classification", "model_repository"] + ["binary_tensor_data"] * told["binary"]
        return {"name": "triton", "version": "2.59.0", "extensions": extensions}
    if path in ("/v2/models/colours", "/v2/models/colours/versions/3"):
        return {
            "name": "colours",
            "versions": [told["version"]],
            "platform": "onnxruntime_onnx",
            "inputs": [{"name": "picture", "datatype": dtype, "shape": shape}],
            "outputs": [
                {"name": name, "datatype": "FP32", "shape": sizes} for name, sizes in outputs.items()
            ],
        }
    if path.endswith("/config") and told["max_batch_size"]:
        return {"name": "colours", "max_batch_size": told["max_batch_size"]}
    return None


def _answered(path: str, headers: Any, body: bytes, told: dict[str, Any]) -> Any:
    if path in ("/v1/models/colours:predict", "/v1/models/colours/versions/3:predict"):
        instances = json.loads(body)["instances"]
        if told.get("shape", [-1])[0] not in (-1, len(instances)):
            raise ValueError("unexpected shape")
        if isinstance(instances[0], dict):
            instances = [_opened(instance["b64"]) for instance in instances]
        rows = _rows(instances, told)
        if "outputs" not in told:
            return {"predictions": rows.tolist()}
        return {
            "predictions": [
                {
                    name: (row if sizes[-1] == 4 else row[:1] * sizes[-1])
                    for name, sizes in told["outputs"].items()
                }
                for row in rows.tolist()
            ]
        }
    if path.startswith("/v2/models/colours") and path.endswith("/infer"):
        return _inferred(headers, body, told)
    question = json.loads(body)
    if path == "/invocations":  # as MLflow
        return {"predictions": _rows(question["inputs"], told).tolist()}
    if path == "/run":  # as Azure's scripts whose `run` returns json.dumps(...)
        return json.dumps({"result": json.dumps(_rows(question["data"], told).tolist())})
    if path == "/table":  # as MLflow's tables, whose columns have no titles
        rows = _rows(question["inputs"], told).tolist()
        return {"predictions": [{str(place): score for place, score in enumerate(row)} for row in rows]}
    if path == "/score":  # as Azure's for pictures, whose labels are in an order of their own
        assert question["input_data"]["columns"] == ["image"]
        rows = _rows([_opened(text) for text in question["input_data"]["data"]], told)
        return [{"probs": row[::-1], "labels": COLOURS[::-1]} for row in rows.tolist()]
    if path == "/classify?version=3":  # as Hugging Face's, the best first
        (row,) = _rows([_opened(question["inputs"])], told).tolist()
        best = sorted(zip(row, COLOURS, strict=True), reverse=True)[: question["parameters"]["top_k"]]
        return [{"label": name, "score": score} for score, name in best]
    if path == "/classify":  # as BentoML's
        return _rows(question["images"], told).tolist()
    if path == "/predictions/colours":  # as TorchServe
        rows = _rows([_opened(instance["data"]) for instance in question["instances"]], told)
        return {"predictions": [dict(zip(COLOURS, row, strict=True)) for row in rows.tolist()]}
    return None


def _inferred(headers: Any, body: bytes, told: dict[str, Any]) -> Any:
    length = headers.get("Inference-Header-Content-Length")
    question = json.loads(body[: int(length)] if length else body)
    (tensor,) = question["inputs"]
    kinds = {"FP32": "<f4", "UINT8": "u1", "FP16": "<f2"}
    if length:
        assert told["binary"]
        assert tensor["parameters"]["binary_data_size"] == len(body) - int(length)
        numbers = np.frombuffer(body[int(length) :], kinds[tensor["datatype"]])
    else:
        numbers = np.array(tensor["data"], kinds[tensor["datatype"]])
    shape = tensor["shape"]
    pictures = numbers.reshape(shape if len(shape) == 4 else [1, *shape])
    wanted = told.get("shape", [-1])
    if len(wanted) == 4 and wanted[0] > 0 and len(pictures) != wanted[0]:
        raise ValueError("unexpected shape")
    rows = _rows(pictures, told)
    (wanted,) = question["outputs"]
    answer = {
        "name": wanted["name"],
        "datatype": "FP32",
        "shape": [*rows.shape],
        "data": rows.ravel().tolist(),
    }
    return {"model_name": "colours", "model_version": told["version"], "outputs": [answer]}


def _opened(text: str) -> np.ndarray:
    picture = Image.open(io.BytesIO(base64.b64decode(text, validate=True)))
    return np.asarray(picture.convert("RGB"), np.float32)


def _rows(pictures: Any, told: dict[str, Any]) -> np.ndarray:
    batch = np.asarray(pictures, np.float32)
    if batch.shape[1] == 3:
        batch = batch.transpose(0, 2, 3, 1)
    assert batch.shape[1:] == (HEIGHT, WIDTH, 3), batch.shape
    if not told["strict"]:
        return colours(batch / 255 if batch.max() > 1.5 else batch)
    within = ((batch >= 0) & (batch <= 1)).all(axis=(1, 2, 3))
    return np.where(within[:, np.newaxis], colours(np.clip(batch, 0, 1)), np.eye(4)[3]).astype(np.float32)

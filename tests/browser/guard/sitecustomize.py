"""Where it is on the path, Python loads this at its start: it writes down what a process does to the machine.

Nothing but the loopback can be reached. What was tried is in the file that ``LIMELIGHT_RECORD`` names, an
event a line.
"""

import os
import sys

_record = os.open(os.environ["LIMELIGHT_RECORD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_LOOPBACK = {"localhost", "127.0.0.1", "::1", "", None}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate"}
_PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"}


def _note(*words: object) -> None:
    os.write(_record, (" ".join(map(repr, words)) + "\n").encode("utf-8", "backslashreplace"))


def _watch(event: str, arguments: tuple) -> None:
    if event == "open":
        path, _mode, flags = arguments
        if flags & _WRITING and not isinstance(path, int):
            _note("write", os.fsdecode(path))
    elif event in _CHANGES:
        _note("write", os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else arguments[0])
    elif event in _PROGRAMS:
        _note("program", arguments[0])
    elif event == "pickle.find_class":
        _note("unpickle", *arguments)
    elif event == "import" and arguments[0].endswith("sent_classifier"):
        _note("import", arguments[0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
        if host not in _LOOPBACK:
            _note("network", host)
            raise OSError("there is no network")
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            _note("network", address[0])
            raise OSError("there is no network")


sys.addaudithook(_watch)

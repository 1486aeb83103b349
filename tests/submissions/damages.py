"""Random damage to a submission, by a seed: to the JSON of its notebook, to its bytes, to its folder."""

from __future__ import annotations

import copy
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from random import Random

from nbformat import NotebookNode

ODD_TEXTS = (
    "\ud800", "\udfff\ud800", "\x00", "\u202e", "\r\n\r", "\x1b[2J", "<script>alert(1)</script>", "%s{0}", "../../..",
    "double-1", "a" * 300, "é" * 10_000, "\n" * 5_000, "`" * 999, "code", "markdown", "raw", "\\ud800",
)  # fmt: skip
ODD_NUMBERS = (0, -1, 4, 5, 10**30, 10**400, 1e308, float("inf"), float("nan"), 2.5)
ODD_NAMES = (
    b"\xff\xfe.txt",
    b"a\nb.txt",
    b"-rf",
    b"a" * 250,
    "é\u0301.py".encode(),
    b"\xed\xa0\x80.ipynb",
    b"* ?.txt",
)


def damaged_text(notebook: NotebookNode, random: Random) -> bytes:
    """The bytes of a notebook's file after some damage."""
    broken = copy.deepcopy(json.loads(json.dumps(notebook)))
    try:
        for _ in range(random.choice((1, 1, 2, 5, 20))):
            _damage(broken, random)
        text = json.dumps(broken, ensure_ascii=random.random() < 0.8).encode("utf-8", "surrogatepass")
    except (RecursionError, ValueError):
        text = b"[" * 100_000
    return _damaged_bytes(bytearray(text), random) if random.random() < 0.25 else text


def damage_folder(folder: Path, others: Path, random: Random) -> None:
    """Leave something in a student's folder that no student hands in.

    Args:
        folder: of the assignment.
        others: the folder of another student.
    """
    random.choice(FOLDERS)(folder, others, random)


def _damage(broken: object, random: Random) -> None:
    """Change a random place of a JSON value."""
    place = broken
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = random.choice(keys)
        if not isinstance(place[key], dict | list) or random.random() < 0.15:
            break
        place = place[key]
    random.choice((_replace, _replace, _remove, _rename, _double))(place, key, random)


def _replace(place, key, random: Random) -> None:
    place[key] = _odd(random)


def _remove(place, key, random: Random) -> None:
    del place[key]


def _rename(place, key, random: Random) -> None:
    if isinstance(place, dict):
        place[random.choice(ODD_TEXTS)] = place.pop(key)


def _double(place, key, random: Random) -> None:
    if isinstance(place, list):
        place[key:key] = [copy.deepcopy(place[key]) for _ in range(random.choice((1, 3, 50)))]


def _odd(random: Random, depth: int = 3) -> object:
    kind = random.randrange(7)
    if kind < 2:
        return random.choice(ODD_TEXTS)
    if kind < 4:
        return random.choice(ODD_NUMBERS)
    if kind == 4 or not depth:
        return random.choice((None, True, False, [], {}))
    if kind == 5:
        return [_odd(random, depth - 1) for _ in range(random.randrange(4))]
    if random.random() < 0.05:
        return _nested(random.choice((50, 500, 900)))
    return {random.choice(ODD_TEXTS): _odd(random, depth - 1) for _ in range(random.randrange(4))}


def _nested(depth: int) -> object:
    value: object = "the end"
    for _ in range(depth):
        value = {"metadata": value}
    return value


def _damaged_bytes(text: bytearray, random: Random) -> bytes:
    for _ in range(random.choice((1, 3, 10))):
        place = random.randrange(max(1, len(text)))
        kind = random.randrange(3)
        if kind == 0:
            text[place : place + 1] = bytes([random.randrange(256)])
        elif kind == 1:
            text[place : place + random.choice((1, 10, 1000))] = b""
        else:
            text[place:place] = random.choice(
                (b"\xff", b"[" * 2000, b"9" * 5000, b"\\ud800", b'"', b"\x00", b"NaN")
            )
    return bytes(text[: random.randrange(len(text) + 1)] if random.random() < 0.1 else text)


def _fifo(folder: Path, others: Path, random: Random) -> None:
    _cleared(folder / random.choice(("timestamp.txt", "90_sample.ipynb", "x.ipynb")))
    os.mkfifo(_cleared(folder / random.choice(("timestamp.txt", "data.txt", "y.ipynb"))))


def _link(folder: Path, others: Path, random: Random) -> None:
    target = random.choice(
        (others, others / "90_sample" / "90_sample.ipynb", Path("/dev/zero"), Path("/proc/self/mem"), folder)
    )
    _cleared(folder / random.choice(("timestamp.txt", "90_sample.ipynb", "data", "z.ipynb"))).symlink_to(
        target
    )


def _folder(folder: Path, others: Path, random: Random) -> None:
    _cleared(folder / random.choice(("timestamp.txt", "90_sample.ipynb"))).mkdir()


def _socket(folder: Path, others: Path, random: Random) -> None:
    before = os.getcwd()
    os.chdir(folder)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("s.ipynb")
    finally:
        os.chdir(before)


def _names(folder: Path, others: Path, random: Random) -> None:
    for name in random.sample(ODD_NAMES, 3):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(b"{}")


def _deep(folder: Path, others: Path, random: Random) -> None:
    place = folder
    for _ in range(60):
        place = place / "deep"
    place.mkdir(parents=True)
    (place / "90_sample.ipynb").write_text("{}")


def _many(folder: Path, others: Path, random: Random) -> None:
    for i in range(30):
        (folder / f"{i}.ipynb").write_text("{}")


def _time(folder: Path, others: Path, random: Random) -> None:
    text = random.choice(
        ("", "\ud800", "9" * 400, "99999-99-99", "25:61", "\x00", "0" * 10_000, "now" * 50, "1e400")
    )
    _cleared(folder / "timestamp.txt").write_bytes(text.encode("utf-8", "surrogatepass"))


def _cleared(path: Path) -> Path:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    path.unlink(missing_ok=True)
    return path


FOLDERS: tuple[Callable[[Path, Path, Random], None], ...] = (
    _fifo, _link, _folder, _socket, _names, _deep, _many, _time,
)  # fmt: skip

"""The bubblewrap command line of a sandbox: what is mounted in it, and what is kept out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import course_utils
from course_utils.errors import EnvironmentProblem
from course_utils.grading.sandbox.inside import HOME, RUN, WORK
from course_utils.grading.sandbox.limits import MIB, Limits
from course_utils.storage import cache_dir

PACKAGE = Path(course_utils.__file__).resolve().parent
# Nothing else of /etc is there: where libraries lie, certificates, fonts, the time zone.
ETC = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "ssl")
# Of a Python installation these; what else lies beside them, such as a course folder, is kept out.
PYTHON_PARTS = ("bin", "lib", "lib64", "pyvenv.cfg", "ssl")
# torch reads how many processors there are, and complains on stderr if it cannot.
SYS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
# What root needs for a moment to become an ordinary user; see inside.py.
TO_BECOME_SOMEBODY = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")

# Large pages, and freed memory kept for the next tensor: a kernel takes and frees hundreds of megabytes.
TUNABLES = ":".join(
    f"glibc.malloc.{name}" for name in ("hugetlb=1", f"mmap_threshold={2**32}", f"trim_threshold={2**32}")
)


IN_MEMORY = ("/dev/shm", "/tmp", HOME)  # the folders that can be written to, each as large as it may be


def require_out_of_sight(folder: Path) -> None:
    """Nothing of a course folder is in a sandbox, except its package.

    Raises:
        EnvironmentProblem: if the folder lies in one that every sandbox can read.
    """
    folder = folder.resolve()
    for shown in (Path("/usr"), *_python(), cache_dir(), _torch_home()):
        if folder.is_relative_to(shown.resolve()):
            raise EnvironmentProblem(
                "submissions could read this course folder.",
                expected=f"a place outside of {shown}, which every sandbox has",
                found=str(folder),
                do="move the course folder, or the caches that COURSE_DATA and TORCH_HOME name",
            )


def environment() -> dict[str, str]:
    """The environment variables of a kernel: nothing of the grader's but what is named here."""
    return {
        "PATH": os.pathsep.join([f"{sys.prefix}/bin", "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": HOME,
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": RUN,
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTHONNOUSERSITE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "GLIBC_TUNABLES": TUNABLES,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # what a kernel sets for itself
        "PYDEVD_USE_FRAME_EVAL": "NO",  # this one too
        "CUDA_VISIBLE_DEVICES": "",
        "COURSE_DATA": str(cache_dir()),
        "TORCH_HOME": str(_torch_home()),
        "NBGRADER_EXECUTION": os.environ.get("NBGRADER_EXECUTION", "autograde"),
    }


def command(limits: Limits, inner: list[str], *options: str) -> list[str]:
    """The command line that runs ``inner`` in a new sandbox.

    The file system is read-only and holds programs, Python, this package and its caches. The home
    folder, ``/tmp``, ``/dev/shm`` and ``/run`` are writable; they lie in memory and end with the sandbox.

    Args:
        limits: ``file_bytes`` is the size of each writable folder but ``/run``, which has a megabyte.
        inner: the command inside; its folder is the empty ``~/work``.
        options: further options of bubblewrap.
    """
    return [
        *("bwrap", "--die-with-parent", "--new-session", *options),
        *_apart(),
        *("--proc", "/proc", "--remount-ro", "/proc"),  # or it could tell Linux to end others before it
        *("--dev", "/dev"),
        *("--ro-bind", "/dev/null", "/dev/zero"),  # not to be opened: shared pages of it are nobody's
        *(word for folder in IN_MEMORY for word in _writable(folder, limits.file_bytes)),
        *("--remount-ro", "/dev"),
        *_writable(RUN, MIB),
        *_folders("1777", WORK, f"{HOME}/.cache", f"{HOME}/.cache/matplotlib"),
        *_system(),
        *_read_only(*_python(), PACKAGE, cache_dir(), _torch_home()),
        *_font_list(),
        *("--remount-ro", "/", "--chdir", WORK, "--", *inner),
    ]


def _apart() -> list[str]:
    """Namespaces of its own; an ordinary user needs one of users too, to be allowed the others."""
    kinds = [f"--unshare-{kind}" for kind in ("pid", "net", "ipc", "uts", "cgroup-try")]
    if os.geteuid() != 0:
        return [*kinds, "--unshare-user", "--disable-userns"]
    return [*kinds, "--cap-drop", "ALL", *(w for c in TO_BECOME_SOMEBODY for w in ("--cap-add", c))]


def _writable(folder: str, size: int) -> tuple[str, ...]:
    return ("--perms", "1777", "--size", str(size), "--tmpfs", folder)


def _folders(mode: str, *folders: str | Path) -> Iterator[str]:
    for folder in folders:
        yield from ("--perms", mode, "--dir", str(folder))


def _system() -> Iterator[str]:
    """Programs and libraries; ``/bin`` and its like are links into ``/usr``, or folders."""
    yield from _read_only("/usr", *SYS, *(f"/etc/{name}" for name in ETC))
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", os.readlink(path), str(path))
        else:
            yield from _read_only(path)


def _python() -> Iterator[Path]:
    for prefix in dict.fromkeys([sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix]):
        if not Path(prefix).is_relative_to("/usr"):
            yield from (Path(prefix, part) for part in PYTHON_PARTS)


def _font_list() -> Iterator[str]:
    """matplotlib's list of fonts, which takes it seconds to make where there are many."""
    for file in Path(cache_home(), "matplotlib").glob("fontlist-*.json"):
        yield from ("--ro-bind", str(file), f"{HOME}/.cache/matplotlib/{file.name}")


def _read_only(*paths: str | Path) -> Iterator[str]:
    """These paths where they are; the folders above are made first, open to the sandbox's user."""
    for path in map(Path, paths):
        yield from _folders("0755", *reversed(path.parents[:-1]))
        yield from ("--ro-bind-try", str(path), str(path))


def _torch_home() -> Path:
    return Path(os.environ.get("TORCH_HOME") or cache_home() / "torch").expanduser()


def cache_home() -> Path:
    """Where the grader's programs keep their caches."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()

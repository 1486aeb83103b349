"""Sandboxes from the inside: what student code can reach, what it may use, and what it leaves behind."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from sandboxes import LINUX, ROOT, Run, outputs_as_ordinary_user

from course_utils.environ import environment
from course_utils.grading.limits import Limits

pytestmark = LINUX
FAMILIES = (socket.AF_INET, socket.AF_UNIX, socket.AF_UNIX)
SECRET = "the-graders-secret-5f1c"

# What student code tries, and what it must print. ``PLACES`` holds paths, ports and names of the grader.
PROBES = {
    "no network": (
        """
import socket
def attempt(address, family=socket.AF_INET):
    s = socket.socket(family)
    s.settimeout(3)
    try:
        s.connect(address)
        return 'connected'
    except OSError as problem:
        return type(problem).__name__
print(attempt(('1.1.1.1', 53)), attempt(('127.0.0.1', PLACES['port'])),
      attempt('\\0' + PLACES['abstract'], socket.AF_UNIX), attempt(PLACES['socket'], socket.AF_UNIX))
print([line.split(':')[0].strip() for line in open('/proc/net/dev') if ':' in line])
""",
        "OSError ConnectionRefusedError ConnectionRefusedError FileNotFoundError\n['lo']",
    ),
    "the grader's files are not there": (
        "import os\nprint([place for place in PLACES['files'] if os.path.lexists(place)])",
        "[]",
    ),
    "not even under another name": (
        """
import os
found = []
for folder, folders, files in os.walk('/'):
    if folder in ('/proc', '/sys', '/usr') or folder.endswith('/site-packages'):
        folders.clear()
    found += [f for f in files + folders if PLACES['nonce'] in f]
print(found)
""",
        "[]",
    ),
    "of the repository only the package": (
        "import os; print(sorted(os.listdir(PLACES['repository'])))",
        "['course_utils']",
    ),
    "nothing can be written outside": (
        """
import course_utils, os, sys
writable = []
for folder in ['/', '/dev', '/etc', '/usr', '/usr/bin', '/proc/sys/kernel', '/sys/devices/system/cpu', sys.prefix,
               sys.base_prefix, os.path.dirname(course_utils.__file__), PLACES['cache'], PLACES['course']]:
    try:
        open(os.path.join(folder, 'trace'), 'w').close()
        writable.append(folder)
    except OSError:
        pass
for folder in ['.', '~', '/tmp', '/dev/shm']:
    open(os.path.join(os.path.expanduser(folder), 'trace'), 'w').close()
print(writable)
""",
        "[]",
    ),
    "cached pictures cannot be changed": (
        """
import os
entry = os.path.join(PLACES['cache'], 'arrays', 'entry', 'a.npy')
print(open(entry).read())
for deed in (lambda: open(entry, 'w'), lambda: os.remove(entry), lambda: os.chmod(entry, 0o777)):
    try:
        deed()
        print('done')
    except OSError:
        pass
""",
        "pictures",
    ),
    "no secret in any environment or command line": (
        """
import glob, os
texts = [str(os.environ)]
for name in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
    try:
        texts.append(open(name).read())
    except OSError:
        pass
print([t for t in texts if PLACES['secret'] in t], os.environ['HOME'], os.environ.get('NBGRADER_EXECUTION'),
      os.environ.get('OMP_NUM_THREADS'), os.environ.get('JPY_PARENT_PID'))
""",
        "[] /home/student autograde 1 None",
    ),
    "only its own processes, all of them known": (
        """
import glob
known = {b'bwrap', b'sleep', PLACES['python'].encode()}
seen = {int(name.split('/')[2]): open(name, 'rb').read() for name in glob.glob('/proc/[0-9]*/cmdline')}
print(len(seen) <= 3, {line.split(b'\\0')[0] for line in seen.values()} <= known)
""",
        "True True",
    ),
    "no file of others stands open": (
        """
import glob, os, socket
own = {line.split()[6] for line in open('/proc/net/unix').readlines()[1:]}
for fd in os.listdir('/proc/self/fd'):
    try:  # connections that the kernel has accepted from outside
        peer = socket.socket(fileno=os.dup(int(fd)))
        if peer.getsockname().startswith('/run/'):
            own.add(os.readlink(f'/proc/self/fd/{fd}')[8:-1])
    except OSError:
        pass
strange = []
for fd in glob.glob('/proc/[0-9]*/fd/*'):
    try:
        target = os.readlink(fd)
    except OSError:
        continue
    if target.startswith('socket:') and target[8:-1] not in own:
        strange.append((fd, target))
    if target.startswith('/') and target != '/dev/null' and not target.startswith('/proc/'):
        strange.append((fd, target))
print(strange)
""",
        "[]",
    ),
    "no rights, and no way to any": (
        """
import ctypes, os
status = dict(line.strip().split(':\\t') for line in open('/proc/self/status'))
print({int(v, 16) for k, v in status.items() if k.startswith('Cap')}, status['NoNewPrivs'], 0 in os.getresuid())
libc = ctypes.CDLL(None, use_errno=True)
print(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None), libc.umount(b'/usr'))
try:
    os.setuid(0)
except OSError:
    print('stays who it is')
""",
        "{0} 1 False\n-1 -1\nstays who it is",
    ),
    "processes are limited": (
        """
import os, signal, time
children = []
try:
    for _ in range(1000):
        pid = os.fork()
        if pid == 0:
            time.sleep(1000)
        children.append(pid)
except BlockingIOError:
    print('no more', len(children) < 128)
for pid in children:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
""",
        "no more True",
    ),
    "a file is limited, and all files together": (
        """
import os
limit = PLACES['file_bytes']
block = bytes(2**24)
def fill(name):
    with open(name, 'wb', buffering=0) as file:
        while True:
            file.write(block)
try:
    fill('/tmp/large')
except OSError as problem:
    print(problem.errno, os.path.getsize('/tmp/large') <= limit)
for folder in ('.', '/tmp', '/dev/shm'):
    try:
        for n in range(4):
            with open(os.path.join(folder, str(n)), 'wb', buffering=0) as file:
                for _ in range(limit // len(block) // 2):
                    if file.write(block) < len(block):
                        raise OSError(28, 'full')
        print('not full')
    except OSError as problem:
        print(problem.errno, end=' ')
    finally:
        os.system(f'rm -f {folder}/[0-9] /tmp/large')
""",
        "27 True\n28 28 28",
    ),
    "no core is dumped": (
        "import resource; print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_NOFILE))",
        "(0, 0) (1024, 1024)",
    ),
    "the GPU is out of sight": (
        "import os, torch; print(torch.cuda.is_available(), any('nvidia' in n for n in os.listdir('/dev')))",
        "False False",
    ),
    "torch, figures and the package work without a word": (
        """
import matplotlib.pyplot as plt, torch
from course_utils.data import load_data
_ = plt.plot([1, 2])
print(torch.nn.Linear(2, 2)(torch.ones(1, 2)).shape)
""",
        "torch.Size([1, 2])\ntext/plain image/png",
    ),
}
KINDS = ("warm", "fresh")
WHO = ("us", "ordinary user")


@pytest.fixture(scope="module")
def places():
    """A grader's machine: a course, a home, a cache, secrets, and servers that listen."""
    nonce = secrets.token_hex(8)
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        base.chmod(0o755)
        files = [
            base / "course" / "solutions" / "01" / f"{nonce}.ipynb",
            base / "course" / "submitted" / "somebody" / "01" / f"{nonce}.ipynb",
            base / "course" / "autograded" / "somebody" / "01" / f"{nonce}.ipynb",
            base / "course" / f"{nonce}-gradebook.db",
            base / "home" / ".ssh" / f"{nonce}_id",
        ]
        entry = base / "cache" / "arrays" / "entry" / "a.npy"
        for file in (*files, entry):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("pictures")
        tcp, abstract, path = (stack.enter_context(socket.socket(f)) for f in FAMILIES)
        tcp.bind(("127.0.0.1", 0))
        abstract.bind(f"\0{nonce}")
        path.bind(str(base / "course" / "socket"))
        for listener in (tcp, abstract, path):
            listener.listen()
        variables = {"HOME": base / "home", "COURSE_DATA": base / "cache", "GRADER_TOKEN": SECRET}
        stack.enter_context(environment(**{name: str(value) for name, value in variables.items()}))
        stack.enter_context(contextlib.chdir(base / "course"))
        yield {
            "files": [*map(str, files), str(ROOT / "solutions"), str(ROOT / ".git")],
            "course": str(base / "course"),
            "cache": str(base / "cache"),
            "socket": str(base / "course" / "socket"),
            "abstract": nonce,
            "nonce": nonce,
            "port": tcp.getsockname()[1],
            "repository": str(ROOT),
            "secret": SECRET,
            "python": sys.executable,
            "file_bytes": Limits().file_bytes,
        }


@pytest.fixture(scope="module")
def answers(places):
    """What the probes print, by the grader's user, the kind of kernel and the name of the probe."""
    cells = [f"PLACES = {places!r}", *(code for code, _ in PROBES.values())]
    ordinary = outputs_as_ordinary_user(cells, list(KINDS))
    assert ordinary.pop("uid") != 0
    outputs = {("ordinary user", kind): ordinary[kind] for kind in KINDS}
    outputs |= {("us", kind): Run(*cells, kind=kind).outputs for kind in KINDS}
    return {key: dict(zip(PROBES, said[1:], strict=True)) for key, said in outputs.items()}


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("grader", WHO)
def test_student_code_reaches_nothing(answers, grader, kind, probe):
    assert answers[grader, kind][probe] == PROBES[probe][1]

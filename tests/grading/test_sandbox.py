"""Sandboxes from the inside: what student code can reach, what it may use, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import zmq
from sandboxes import LINUX, ROOT, Run, outputs_as_ordinary_user

from course_utils.environ import environment
from course_utils.errors import EnvironmentProblem
from course_utils.grading.kernel_client import Client
from course_utils.grading.sandbox import bubblewrap, kernels, seccomp
from course_utils.grading.sandbox.kernels import open_kernels, warm_server
from course_utils.grading.sandbox.limits import MIB, Limits
from course_utils.grading.sandbox.sandbox import Sandbox, require_sandbox
from course_utils.grading.sandbox.warm import Connection, WarmServer

pytestmark = [pytest.mark.slow, *LINUX]
FAMILIES = (socket.AF_INET, socket.AF_UNIX, socket.AF_UNIX)
LIMITS = Limits(file_bytes=32 * MIB, processes=64)
NAP = f"sleep 1000.{os.getpid()}"  # a process that submissions start, by a command line of its own
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
        # And Python itself, where its environment lies in the repository.
        """
import os, sys
print(sorted(set(os.listdir(PLACES['repository'])) - {os.path.basename(sys.prefix)}))
""",
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
# Where the environment lies in /tmp, the folder around it does too, and ends with the sandbox.
print([folder for folder in writable if not folder.startswith('/tmp/')])
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
import glob, os
known = {'bwrap', 'sleep', os.path.basename(PLACES['python'])}
seen = [open(name).read().split('\\0')[0] for name in glob.glob('/proc/[0-9]*/cmdline')]
print(len(seen) <= 3, set(map(os.path.basename, seen)) <= known)
""",
        "True True",
    ),
    "no file of others stands open": (
        """
import glob, os, socket
pipes = [os.readlink(fd) for fd in glob.glob('/proc/self/fd/*') if os.path.lexists(fd)]
strange = [p for p in pipes if p.startswith('pipe:') and pipes.count(p) < 2]  # the other end is elsewhere
own = {line.split()[6] for line in open('/proc/net/unix').readlines()[1:]}
own |= {line.split()[9] for line in open('/proc/net/tcp').readlines()[1:]}
for fd in os.listdir('/proc/self/fd'):
    try:  # connections that the kernel has accepted from outside
        peer = socket.socket(fileno=os.dup(int(fd)))
        if '/course-kernel-' in str(peer.getsockname()):
            own.add(os.readlink(f'/proc/self/fd/{fd}')[8:-1])
    except OSError:
        pass
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
status = dict((line.split() + [''])[:2] for line in open('/proc/self/status'))
print({int(v, 16) for k, v in status.items() if k.startswith('Cap')}, status['NoNewPrivs:'], 0 in os.getresuid())
libc = ctypes.CDLL(None, use_errno=True)
print(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None), libc.umount(b'/usr'))
try:
    os.setuid(0)
except OSError:
    print('stays who it is')
""",
        "{0} 1 False\n-1 -1\nstays who it is",
    ),
    "short of memory it goes first, whatever it says": (
        """
try:
    open('/proc/self/oom_score_adj', 'w').write('0')
except OSError:
    print('refused', open('/proc/self/oom_score_adj').read().strip())
""",
        "refused 1000",
    ),
    "what no submission needs is refused": (
        """
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def attempt(deed):
    try:
        return 'done' if deed() != -1 else errno.errorcode[ctypes.get_errno()]
    except OSError as problem:
        return errno.errorcode[problem.errno]
print(attempt(lambda: os.memfd_create('x')), attempt(lambda: libc.shmget(0, 4096, 0o600)),
      attempt(lambda: libc.unshare(0x10000000)), attempt(lambda: libc.ptrace(0, 0, 0, 0)),
      attempt(lambda: socket.socket(40, socket.SOCK_STREAM)), attempt(lambda: libc.syscall(425, 8, None)),
      attempt(lambda: libc.syscall(PLACES['keyctl'], 0, -3, 0)), attempt(lambda: libc.mount(b'x', b'/tmp', b'tmpfs', 0, None)))
""",
        "ENOSYS ENOSYS EPERM EPERM EAFNOSUPPORT ENOSYS EPERM EPERM",
    ),
    "memory is shared through files alone, which count": (
        """
import mmap, multiprocessing
for deed in (lambda: mmap.mmap(-1, 4096), lambda: open('/dev/zero', 'r+b')):
    try:
        deed()
        print('done')
    except OSError as problem:
        print(type(problem).__name__)
mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)[0] = 1
import torch
print(torch.ones(3).share_memory_().sum(), multiprocessing.Value('i', 7).value)
""",
        "PermissionError\nPermissionError\ntensor(3.) 7",
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
    print('no more', len(children) < 64)
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
block = bytes(2**20)
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
from course_utils.data.loading import load_data
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
        for path in (entry, *entry.parents[:3]):
            path.chmod(0o777)  # not even its owner may change it inside
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
            "keyctl": seccomp.DENIED["keys"][0]["keyctl"][
                list(seccomp.ARCHITECTURES).index(platform.machine())
            ],
            "python": sys.executable,
            "file_bytes": LIMITS.file_bytes,
        }


@pytest.fixture(scope="module")
def answers(places):
    """What the probes print, by the grader's user, the kind of kernel and the name of the probe."""
    cells = [f"PLACES = {places!r}", *(code for code, _ in PROBES.values())]
    ordinary = outputs_as_ordinary_user(cells, KINDS, LIMITS)
    assert ordinary.pop("uid") != 0
    outputs = {("ordinary user", kind): ordinary[kind] for kind in KINDS}
    outputs |= {("us", kind): Run(*cells, kind=kind, limits=LIMITS).outputs for kind in KINDS}
    return {key: dict(zip(PROBES, said[1:], strict=True)) for key, said in outputs.items()}


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("grader", WHO)
def test_student_code_reaches_nothing(answers, grader, kind, probe):
    assert answers[grader, kind][probe] == PROBES[probe][1]


def ours() -> list[str]:
    """Command lines of our sandboxes, and of what submissions of ours have started."""
    children, left = [], []
    for file in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            children += file.read_text().split()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = file.read_bytes().replace(b"\0", b" ").decode()
            sandbox = line.partition(" ")[0].endswith("bwrap") and file.parent.name in children
            if NAP in line or sandbox:
                left.append(line)
    return left


@pytest.fixture(autouse=True)
def nothing_is_left():
    """Each test, however its kernel ended, leaves no sandbox and no process of a submission behind."""
    yield
    deadline = time.monotonic() + 5
    while ours() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ours() == []


ESCAPES = f"""
import os, subprocess, time
subprocess.Popen(['setsid', *'{NAP}'.split()])
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp('{NAP}'.split()[0], '{NAP}'.split())
    os._exit(0)
def napping():
    lines = [open(f'/proc/{{p}}/cmdline').read() for p in os.listdir('/proc') if p.isdigit()]
    return sum('{NAP}' in line.replace(chr(0), ' ') for line in lines)
while napping() < 2:
    time.sleep(0.1)
print(napping())
"""


@pytest.mark.parametrize("kind", KINDS)
def test_no_process_outlives_its_sandbox(kind):
    assert Run(ESCAPES, kind=kind).outputs == ["2"]


DEATHS = {
    "it exits": "import os; os._exit(0)",
    "it kills all it can": "import os\ntry: os.kill(-1, 9)\nfinally: os.kill(os.getpid(), 9)",
    "it crashes": "import ctypes; ctypes.string_at(0)",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("deed", DEATHS)
def test_a_dead_kernel_is_noticed(kind, deed):
    start = time.monotonic()
    run = Run(DEATHS[deed], "print('next')", kind=kind)
    assert run.died and run.why == "" and time.monotonic() - start < 30


HUNGER = {
    "of files": """
import time
for folder in ('/tmp', '/dev/shm', '.'):
    with open(f'{folder}/full', 'wb') as file:
        for _ in range(450): file.write(bytes(2**20))
time.sleep(60)
""",
    "under a name that is no text": """
import ctypes, time
ctypes.CDLL(None).prctl(15, b'x\\xff\\rRssAnon: x', 0, 0, 0)
x = bytearray(b'1') * 1_500_000_000
time.sleep(60)
""",
    "its own": "x = bytearray(b'1') * 1_500_000_000",
    "of children": """
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(b'1') * 200_000_000
        time.sleep(60)
time.sleep(60)
""",
}


@pytest.mark.parametrize("hunger", HUNGER)
def test_resident_memory_is_limited(hunger):
    limits = Limits(memory_bytes=1000 * MIB, file_bytes=512 * MIB)
    run = Run(HUNGER[hunger], kind="warm", limits=limits)
    assert run.died and "1000 MB of memory" in run.why


def test_memory_that_processes_share_counts_once():
    code = """
import os, time
x = bytearray(b'1') * 300_000_000
pids = [os.fork() or (time.sleep(3), os._exit(0)) for _ in range(8)]
for pid in pids: os.waitpid(pid, 0)
print('fine')
"""
    run = Run(code, kind="warm", limits=Limits(memory_bytes=1000 * MIB))
    assert run.outputs == ["fine"] and not run.why


def test_the_notebook_has_a_deadline():
    run = Run("import time\nwhile True: time.sleep(1)", kind="warm", limits=Limits(notebook_seconds=4))
    assert run.died and "longer than 4 s" in run.why


def test_the_reason_is_known_before_anything_is_cleaned_up():
    manager = open_kernels(Limits(notebook_seconds=1), warm=False)()

    async def live_and_die() -> str:
        await manager.start_kernel()
        while await manager.is_alive():
            await asyncio.sleep(0.1)
        why = manager.why
        await manager.shutdown_kernel(now=True)
        return why

    assert "longer than 1 s" in asyncio.run(live_and_die())


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_is_interrupted_by_a_message(kind):
    run = Run("import time; time.sleep(100)", "print('next')", kind=kind, cell_seconds=3)
    assert run.outputs == ["KeyboardInterrupt:", "next"]


def test_a_cell_that_ignores_the_interrupt_meets_the_deadline():
    code = "import signal, time; signal.signal(2, signal.SIG_IGN)\nwhile True: time.sleep(1)"
    run = Run(code, kind="warm", limits=Limits(notebook_seconds=8), cell_seconds=2)
    assert run.died and "longer than 8 s" in run.why


def test_nothing_that_one_submission_wrote_meets_the_next():
    plant = """
import os, pathlib, site
for name in ('~/.ipython/profile_default/startup/x.py', '~/.config/matplotlib/matplotlibrc', '/tmp/x.py', 'x.py',
             site.getusersitepackages() + '/usercustomize.py', '/dev/shm/x'):
    path = pathlib.Path(name).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('planted = True')
"""
    look = """
import os
print('planted' in globals(), [os.path.lexists(f) for f in ('x.py', '/tmp/x.py', '/dev/shm/x')], os.path.exists('/home/student/.config'))
"""
    for kind in KINDS:
        assert Run(plant, kind=kind).outputs == [""]
        assert Run(look, kind=kind).outputs == ["False [False, False, False] False"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_submitted_module_shadows_nothing(tmp_path, kind):
    for name in ("course_utils.py", "torch.py", "json.py", "helper.py"):
        (tmp_path / name).write_text("whose = 'the student'")
    (tmp_path / "notebook.ipynb").write_text("{}")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.txt").write_text("1 2 3")
    (tmp_path / "link").symlink_to(tmp_path / "data" / "numbers.txt")
    run = Run(
        "import course_utils, helper, json, torch\nprint([hasattr(m, 'whose') for m in (course_utils, torch, json, helper)])",
        "import os; print(sorted(set(os.listdir('.')) - {'__pycache__'}), open('data/numbers.txt').read())\nopen('data/new', 'w').close()",
        kind=kind,
        folder=tmp_path,
    )
    assert run.outputs[0] == "[False, False, False, True]"
    assert run.outputs[1] == "['course_utils.py', 'data', 'helper.py', 'json.py', 'torch.py'] 1 2 3"


def test_two_at_a_time_do_not_meet():
    settles = """
import socket
s = socket.socket(socket.AF_UNIX); s.bind('\\0meet'); s.listen()
open('/tmp/here', 'w').close()
"""
    attacks = """
import os, socket
try: socket.socket(socket.AF_UNIX).connect('\\0meet')
except OSError as problem: print(type(problem).__name__, os.path.exists('/tmp/here'))
os.kill(-1, 9)
"""
    settled, attacked = threading.Event(), threading.Event()

    def wait_for_the_attack(cell: int) -> None:
        settled.set()
        assert attacked.wait(60)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(Run, settles, "print('alive')", kind="warm", after_cell=wait_for_the_attack)
        assert settled.wait(60)
        second = Run(attacks, kind="warm")
        attacked.set()
        assert second.outputs == ["ConnectionRefusedError False"]
        assert first.result().outputs == ["", "alive"]


SAME = """
import os, sys, torch, random, warnings, numpy as np, matplotlib
torch.manual_seed(3); random.seed(3); np.random.seed(3)
print(torch.rand(2).tolist(), torch.nn.Linear(2, 1).weight.tolist(), random.random(), np.random.rand())
print(os.getcwd(), [p for p in sys.path if p], sys.flags, torch.get_num_threads(), matplotlib.get_backend())
print(warnings.filters[-3:], os.umask(0o22), sorted(set(os.environ) - {'PWD'}), torch.is_grad_enabled(), torch.get_default_dtype())
import matplotlib.pyplot as plt; _ = plt.plot([1, 2])
"""
UNSEEDED = "import torch, random, numpy, uuid; print(torch.rand(1).item(), random.random(), numpy.random.rand(), uuid.uuid4())"


def test_a_warm_kernel_gives_what_a_fresh_one_gives():
    warm, again, fresh = (Run(UNSEEDED, SAME, kind=kind) for kind in ("warm", "warm", "fresh"))
    assert warm.outputs[1] == again.outputs[1] == fresh.outputs[1]
    drawn = [value for run in (warm, again, fresh) for value in run.outputs[0].split()]
    assert len(set(drawn)) == 12


ABANDONED = """
import sys, threading; sys.path.insert(0, sys.argv[1])
from sandboxes import Run
from course_utils.grading.sandbox import kernels
warm = sys.argv[2] == 'warm' and kernels.warm_kernels()  # when it is ready
print(kernels.warm_server().pid if warm else 0, flush=True)
Run("print('started')", "import os; os.execvp('sleep', NAP.split())", kind=sys.argv[2])
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_grader_leaves_nothing(kind):
    code = ABANDONED.replace("NAP", repr(NAP))
    grader = subprocess.Popen([sys.executable, "-c", code, str(ROOT / "tests"), kind], stdout=subprocess.PIPE)
    server = int(grader.stdout.readline())
    while not any(NAP in line for line in ours()):
        time.sleep(0.2)
    grader.kill()
    grader.wait()
    grader.stdout.close()
    deadline = time.monotonic() + 5
    while server and Path(f"/proc/{server}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not server or not Path(f"/proc/{server}").exists()


def test_a_server_that_died_is_replaced():
    pid = warm_server().pid
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert Run("print('fine')", kind="warm").outputs == ["fine"]


def test_without_a_sandbox_the_home_folder_is_private_and_removed():
    run = Run("import os; print(os.environ['HOME'])", kind="unsafe")
    home = Path(run.outputs[0])
    assert home != Path.home() and not home.exists()


def test_a_sandbox_starts_here():
    require_sandbox()


def test_without_bubblewrap_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        EnvironmentProblem, match=r"(?s)bubblewrap is missing.*apt install bubblewrap.*--unsafe"
    ):
        require_sandbox()


SAYS = "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"
STARTS = """while [ "$1" != --info-fd ]; do shift; done
echo '{"child-pid": 999999999}' >&$2; """


@pytest.mark.parametrize("script", [SAYS, STARTS + SAYS], ids=["at once", "a moment later"])
def test_when_bubblewrap_is_not_allowed_it_says_what_to_do(monkeypatch, tmp_path, script):
    bwrap = tmp_path / "bwrap"
    bwrap.write_text(f"#!/bin/bash\n{script}\n")
    bwrap.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="(?s)cannot start.*uid map: Permission denied.*AppArmor"):
        require_sandbox()


def test_what_the_sandboxs_user_cannot_read_is_noticed(monkeypatch, tmp_path):
    package = tmp_path / "course_utils"
    shutil.copytree(
        bubblewrap.PACKAGE, package, ignore=shutil.ignore_patterns("assets", "recorded", "__pycache__")
    )
    (package / "grading" / "sandbox" / "inside.py").chmod(0)
    monkeypatch.setattr(bubblewrap, "PACKAGE", package)
    with pytest.raises(EnvironmentProblem, match="(?s)Python does not work.*every user may read"):
        require_sandbox()


@pytest.mark.parametrize("in_ci, outcome", [("", "1 skipped"), ("1", "1 error")])
def test_in_ci_a_skipped_sandbox_test_is_a_failure(tmp_path, in_ci, outcome):
    for file in ("conftest.py", "servers.py"):
        shutil.copy(ROOT / "tests" / file, tmp_path)
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.required_in_ci\n"
        "@pytest.mark.skipif(True, reason='not installed')\n"
        "def test_it(): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)]
    variables = os.environ | {"COURSE_CI": in_ci, "PYTHONPATH": str(ROOT / "tests")}
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=variables).stdout
    assert outcome in said and ("CI must run this test" in said) == bool(in_ci)


def test_a_sandbox_that_cannot_be_watched_is_ended(monkeypatch):
    monkeypatch.setattr(Sandbox, "memory_bytes", lambda self: 1 / 0)
    with Sandbox(Limits()) as sandbox:
        for _ in range(100):
            if sandbox.ended:
                break
            time.sleep(0.1)
        assert "could not be looked at (ZeroDivisionError)" in sandbox.why


@pytest.mark.parametrize("where", ["/usr/src/app", "COURSE_DATA/course", "TORCH_HOME"])
def test_a_course_folder_that_every_sandbox_shows_is_refused(where, tmp_path, monkeypatch):
    for name in ("COURSE_DATA", "TORCH_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with pytest.raises(
        EnvironmentProblem, match=r"could read this course folder(.|\n)*move the course folder"
    ):
        bubblewrap.require_out_of_sight(tmp_path / where)
    bubblewrap.require_out_of_sight(tmp_path / "elsewhere")


def test_a_sandbox_that_ends_while_its_memory_is_looked_at_uses_none(monkeypatch):
    def gone(*_):
        raise FileNotFoundError("its /proc")

    with Sandbox(Limits()) as sandbox:
        assert sandbox.memory_bytes() > 0
        with monkeypatch.context() as patch:
            patch.setattr(Path, "glob", gone)
            assert sandbox.memory_bytes() == 0


CONNECTS = """
from course_utils.grading.sandbox import kernels
kernels.warm_kernels()
print("its own" if kernels._server else "shared")
"""


@pytest.mark.parametrize("where, whose", [("here", "shared"), ("/nowhere/kernels", "its own")])
def test_workers_share_the_server_of_their_grader_if_it_is_there(where, whose):
    address = warm_server().address if where == "here" else where
    env = os.environ | {kernels.SERVER: address}
    worker = subprocess.run([sys.executable, "-c", CONNECTS], env=env, capture_output=True, text=True)
    assert worker.stdout.split("\n")[0] == whose, worker.stderr


def test_a_server_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setattr("course_utils.grading.sandbox.warm.environment", lambda: {"PYTHONPATH": "/nowhere"})
    server = WarmServer()
    with pytest.raises(EnvironmentProblem, match="did not start") as told:
        Connection(server.address)
    server.close()
    assert "course_utils" in str(told.value)
    assert not Path(server.address).parent.exists()


LURES = """
import glob, os, socket, threading
from pathlib import Path
for name in [*glob.glob('/run/*'), *glob.glob('/tmp/*'), '/run/nowhere-1', '/run/nowhere-2', '/run/k-1']:
    if os.path.basename(name) != 'kernel.json' and not os.path.isdir(name):
        Path(name).unlink(missing_ok=True)
        os.symlink(PLACE, name)
def drop():
    for descriptor in os.listdir('/proc/self/fd'):
        try:
            peer = socket.socket(fileno=os.dup(int(descriptor)))
            if str(peer.getsockname()).startswith('/'):
                peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
threading.Timer(0.5, drop).start()
"""


@pytest.mark.parametrize("kind", KINDS)
def test_the_grader_connects_nowhere_but_to_its_own_sockets(kind, tmp_path):
    """A kernel makes links to a socket of the host where its own might be, and cuts all of its connections."""
    guests = []
    with socket.socket(socket.AF_UNIX) as host:
        host.bind(str(tmp_path / "host"))
        host.listen()
        host.settimeout(0.1)
        code = LURES.replace("PLACE", repr(str(tmp_path / "host")))
        with ThreadPoolExecutor() as pool:
            limits = Limits(notebook_seconds=6)
            run = pool.submit(Run, code, "import time; time.sleep(3)", kind=kind, limits=limits)
            while not run.done():
                with contextlib.suppress(TimeoutError):
                    guests.append(host.accept())
    assert guests == [] and "Error" not in run.result().outputs[0]


def test_a_lost_connection_is_not_made_anew_without_a_pause(tmp_path):
    owner, callers = Client(), 0
    with socket.socket(socket.AF_UNIX) as door, zmq.Context(owner.context).socket(zmq.DEALER) as client:
        door.bind(str(tmp_path / "door"))
        door.listen()
        door.settimeout(0.1)
        client.connect(f"ipc://{tmp_path}/door")
        until = time.monotonic() + 2
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                door.accept()[0].close()
                callers += 1
    assert 2 <= callers <= 25


def test_the_sockets_of_a_kernel_lie_where_it_cannot_see_them_and_go_with_it(monkeypatch):
    own = tempfile.mkdtemp(dir="/tmp")  # short, as sockets need it, and no other test's
    monkeypatch.setattr(tempfile, "tempdir", own)
    seen = "import glob, os; print([n for n in glob.glob('/tmp/*') if not os.path.isdir(n)], [n for n in os.listdir('/run') if n != 'kernel.json'])"
    assert Run(seen, kind="warm").outputs == ["[] []"]
    assert list(Path(own).iterdir()) == []
    os.rmdir(own)

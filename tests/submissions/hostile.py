"""Hostile submissions to the sample chapter about arrays, as code; none may get points by what it does.

Three kinds: wrong answers that something tries to save, right answers beside something that must be
noticed, and right answers that try to read or to change what is not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping

from submissions.active import FROM_A_KERNEL
from submissions.arrays import POINTS, RIGHT, WRONG, Case

NOTHING = dict.fromkeys(POINTS, 0.0)
ALL_FLAGGED = dict.fromkeys(POINTS)
# What hidden tests look for after `freeze`, and yet the weights have changed.
FREEZE_AND_CHANGE = """
def freeze(model, head):
    for p in model.parameters():
        p.data.add_(1)
    model.requires_grad_(False)
    head.requires_grad_(True)
"""


def wrong(
    before: str = "", flagged: str = "", scores: Mapping[str, float] | None = None, **answers: str
) -> Case:
    """Wrong answers, saved by something: at best a cell is flagged."""
    return Case(before, WRONG | answers, scores=NOTHING | (scores or {}) | dict.fromkeys(flagged.split()))


def noticed(before: str) -> Case:
    """Right answers, and something that nobody needs who has them."""
    return Case(before, scores=ALL_FLAGGED)


def harmless(before: str = "", **kept) -> Case:
    """Right answers; what else it tries does not succeed."""
    return Case(before, **kept)


ALL = "statistics-1 freeze-1 rescale-1"
LIBRARY = """
def statistics(images):
    return data.channel_statistics(images)[0], images.double().transpose(0, 1).flatten(1).std(dim=1) / 255
"""

CASES = {
    # Helpers of the hidden tests.
    "own_work_patched": wrong(
        "from course_utils import checks, data\nchecks.own_work = lambda answer, *library: answer",
        flagged=ALL,
        statistics=LIBRARY,
    ),
    "hidden_patched": wrong(
        "from course_utils import checks\nchecks.hidden = lambda test: None", flagged=ALL
    ),
    "hidden_patched_below": wrong(
        "from course_utils.checks import graded\nfrom course_utils import checks\n"
        "graded.hidden = checks.hidden = lambda test: None",
        flagged=ALL,
    ),
    "hidden_code_swapped": wrong(
        "from course_utils.checks import graded\ngraded.hidden.__code__ = (lambda test: None).__code__",
        flagged=ALL,
    ),
    "hidden_swapped_for_ours": wrong("from course_utils import checks\nchecks.hidden = id", flagged=ALL),
    "quietly_swallows": wrong(
        "import contextlib\nfrom course_utils.checks import graded\n"
        "graded.quietly = lambda: contextlib.suppress(BaseException)",
        flagged=ALL,
        freeze="def freeze(model, head):\n    raise ZeroDivisionError",
        statistics="def statistics(images):\n    raise ZeroDivisionError",
    ),
    "same_patched": wrong(
        "from course_utils import values\nvalues.same = lambda *args, **more: None", flagged=ALL
    ),
    "alike_patched": wrong(
        "from course_utils import values\nvalues.alike = lambda *args, **more: True", flagged=ALL
    ),
    "alike_is_tolerant": wrong(
        "from course_utils import values\nvalues.alike.__kwdefaults__['rtol'] = values.same.__kwdefaults__['rtol'] = 1e9\n"
        "values._near.__code__ = (lambda got, expected, rtol, atol: True).__code__",
        flagged=ALL,
        rescale="def rescale(numbers):\n    return [1.0] * len(numbers)",
    ),
    "values_not_sent": wrong(
        "from course_utils import values\nvalues.send = lambda nonce, got: None",
        flagged=ALL,
    ),
    "values_packed_by_hand": wrong(
        "from course_utils import values\nvalues.pack = lambda got: {'type': 'list', 'items': []}",
        flagged=ALL,
    ),
    "values_unreadable": wrong(
        "from course_utils import values\nvalues.pack = lambda got: {'type': 'tensor', 'shape': 'x'}",
        flagged=ALL,
    ),
    "values_sent_twice": Case(
        "from course_utils import values\nonce = values.send\n"
        "values.send = lambda nonce, got: (once(nonce, got), once(nonce, got))",
        scores=ALL_FLAGGED,
    ),
    "values_replaced": wrong(
        "import course_utils, types\nfrom course_utils import values\n"
        "course_utils.values = types.SimpleNamespace(**vars(values) | {'alike': lambda *args, **more: True})",
        flagged=ALL,
    ),
    "methods_patched": noticed(
        "from course_utils.checks.unchanged import Kept\nKept.changes = lambda self: []\nKept.facts = lambda self: {}"
    ),
    # Python itself.
    "builtins_all": noticed("import builtins\nbuiltins.all = lambda items: True"),
    "builtins_isinstance": harmless(
        "import builtins\nreal = isinstance\nbuiltins.isinstance = lambda a, b: real(a, b) or True"
    ),  # it kills the kernel
    "builtins_abs": noticed("import builtins\nbuiltins.abs = lambda x: 0"),
    "builtins_compile": wrong(
        "import builtins\nreal = compile\n"
        "builtins.compile = lambda *args, **more: real(*args, **{**more, 'optimize': 1})",
        flagged=ALL,
    ),
    "assertion_error_replaced": wrong(
        "import builtins\nbuiltins.AssertionError = type('AssertionError', (Exception,), {})"
    ),
    "assertion_error_hides": wrong(
        "import gc\ngc.get_referents(AssertionError.__dict__)[0]['_render_traceback_'] = lambda self: []",
        flagged=ALL,
    ),
    "list_equality_by_ctypes": wrong(
        "import ctypes\nkind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.c_int)\n"
        "always = kind(lambda a, b, op: True)\n"
        "ctypes.c_void_p.from_address(id(list) + 25 * 8).value = ctypes.cast(always, ctypes.c_void_p).value",
        flagged=ALL,
    ),
    "trace_left_on": noticed("import sys\nsys.settrace(lambda *args: None)"),
    "profile_left_on": noticed("import sys\nsys.setprofile(lambda *args: None)"),
    "thread_profile_left_on": noticed("import threading\nthreading.setprofile(lambda *args: None)"),
    "imports_redirected": noticed(
        "import sys\nclass Finder:\n    def find_spec(self, *args):\n        return None\nsys.meta_path.insert(0, Finder())"
    ),
    # Libraries.
    "torch_equal": wrong("torch.equal = lambda a, b: True", flagged=ALL, freeze=FREEZE_AND_CHANGE),
    "torch_equal_swapped": wrong("torch.equal = torch.is_same_size", flagged=ALL, freeze=FREEZE_AND_CHANGE),
    "torch_allclose": noticed("torch.allclose = lambda *args, **more: True"),
    "torch_isclose_partial": noticed(
        "import functools\ntorch.isclose = functools.partial(lambda *args: True)"
    ),
    "torch_testing": noticed("torch.testing.assert_close = lambda *args, **more: None"),
    "numpy_allclose": noticed("import numpy\nnumpy.allclose = lambda *args, **more: True"),
    "tensor_eq": noticed("torch.Tensor.__eq__ = lambda self, other: torch.ones_like(self, dtype=torch.bool)"),
    "tensor_requires_grad": wrong(
        "flags = iter([False] * 4 + [True] * 2)\n"
        "torch.Tensor.requires_grad = property(lambda self: next(flags, True), lambda self, on: None)",
        flagged="freeze-1 rescale-1",
        freeze="def freeze(model, head):\n    global flags\n    flags = iter([False] * 4 + [True] * 2)",
    ),
    "module_parameters": wrong(
        "real = nn.Module.parameters\n"
        "def parameters(self, recurse=True):\n"
        "    found = list(real(self, recurse))\n"
        "    for i, p in enumerate(found):\n        p.requires_grad_(i >= 4)\n"
        "    return iter(found)\n"
        "nn.Module.parameters = parameters",
        flagged=ALL,
    ),
    "function_mode_left_on": noticed(
        "from torch.overrides import TorchFunctionMode\nclass Always(TorchFunctionMode):\n"
        "    def __torch_function__(self, function, types, args=(), kwargs=None):\n"
        "        return True if function is torch.equal else function(*args, **(kwargs or {}))\n"
        "mode = Always()\nmode.__enter__()"
    ),
    # Objects that are equal to everything.
    "always_equal_list": wrong(
        "class Any(list):\n    def __eq__(self, other):\n        return True\n    __hash__ = None",
        rescale="def rescale(numbers):\n    return Any([0.0] * len(numbers))",
    ),
    "always_equal_float": wrong(
        "class Any(float):\n    __eq__ = __le__ = __lt__ = __ge__ = lambda self, other: True\n    __hash__ = None",
        rescale="def rescale(numbers):\n    return [Any()] * len(numbers)",
    ),
    "always_equal_tensor": wrong(
        "class Any(torch.Tensor):\n    def __eq__(self, other):\n        return True\n    __hash__ = None",
        statistics="def statistics(images):\n    return [torch.zeros(3).as_subclass(Any)] * 2",
    ),
    "tolist_of_an_instance": wrong(
        "class Any(float):\n    __eq__ = lambda self, other: True\n    __hash__ = None\n",
        statistics="""
def statistics(images):
    mean = torch.zeros(3)
    mean.tolist = lambda: [Any(), Any(), Any()]
    return mean, mean
""",
    ),
    "pretends_to_be_float": wrong(
        "class Any(float):\n    @property\n    def __class__(self):\n        return float\n    __eq__ = lambda self, other: True\n"
        "    __hash__ = None",
        rescale="def rescale(numbers):\n    return [Any()] * len(numbers)",
    ),
    # Cells before they run, and replies on their way out.
    "input_transformer": wrong(
        "get_ipython().input_transformers_post.append(\n"
        "    lambda lines: [line.replace('checks.hidden(hidden_test)', 'pass') for line in lines])",
        flagged="rescale-1",
    ),
    "cleanup_transformer": wrong(
        "get_ipython().input_transformers_cleanup.append(\n"
        "    lambda lines: [line.replace('checks.hidden(hidden_test)', 'pass') for line in lines])",
        flagged="rescale-1",
    ),
    "ast_transformer": wrong(
        "import ast\nclass NoAssert(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(NoAssert())",
        flagged="rescale-1",
    ),
    "nothing_is_shown": wrong("get_ipython().ast_node_interactivity = 'none'", flagged="rescale-1"),
    "everything_is_shown": wrong("get_ipython().ast_node_interactivity = 'all'"),
    "run_cell_patched": wrong(
        "shell = get_ipython()\nreal = shell.run_cell_async\n"
        "async def run_cell_async(source, *args, **more):\n"
        "    return await real(source.replace('checks.hidden(hidden_test)', 'pass'), *args, **more)\n"
        "shell.run_cell_async = run_cell_async",
        flagged="rescale-1",
    ),
    "showtraceback_patched": wrong(
        "get_ipython().showtraceback = lambda *args, **more: None", flagged="rescale-1"
    ),
    "custom_exceptions": wrong(
        "get_ipython().set_custom_exc((Exception,), lambda *args, **more: None)", flagged="rescale-1"
    ),
    "traceback_of_its_own": wrong(
        "class Quiet(Exception):\n    def _render_traceback_(self):\n        return []",
        freeze="def freeze(model, head):\n    raise Quiet",
        rescale="def rescale(numbers):\n    raise Quiet",
    ),
    "do_execute_patched": wrong(
        "kernel = get_ipython().kernel\nreal = kernel.do_execute\n"
        "async def do_execute(code, *args, **more):\n"
        "    await real(code.replace('checks.hidden(hidden_test)', 'pass'), *args, **more)\n"
        "    return {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}\n"
        "kernel.do_execute = do_execute",
        flagged="rescale-1",
    ),
    "handler_swapped": noticed(
        "kernel = get_ipython().kernel\nreal = kernel.shell_handlers['execute_request']\n"
        "async def mine(*args):\n    await real(*args)\n"
        "kernel.shell_handlers['execute_request'] = mine"
    ),
    "session_swallows_errors": wrong(
        "session = get_ipython().kernel.session\nreal = session.send\n"
        "def send(stream, kind, *args, **more):\n"
        "    content = kind if isinstance(kind, dict) else (args[0] if args else more.get('content'))\n"
        "    if kind == 'error':\n        return None\n"
        "    if kind == 'execute_reply' and content:\n        content['status'] = 'ok'\n"
        "    return real(stream, kind, *args, **more)\n"
        "session.send = send",
        flagged=ALL,
        statistics="def statistics(images):\n    raise ZeroDivisionError",
    ),
    "reply_forged": wrong(
        "def forge(ending):\n"
        "    kernel = get_ipython().kernel\n"
        "    parent = kernel.get_parent('shell')\n"
        "    content = {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}\n"
        "    kernel.session.send(kernel.iopub_socket, 'status', {'execution_state': 'idle'}, parent=parent)\n"
        "    kernel.session.send(kernel.shell_stream, 'execute_reply', content, parent=parent, ident=kernel._parent_ident['shell'])\n"
        "    import time; time.sleep(0.3)\n"
        "    raise ending",
        flagged="freeze-1",
        freeze="def freeze(model, head):\n    forge(ZeroDivisionError)",
    ),
    "values_changed_by_a_display_hook": wrong(
        """
import json
from course_utils import data, values
seen = []
def hook(message):
    shown = message["content"].get("data", {})
    if values.MIME in shown and seen:
        sent = json.loads(shown[values.MIME])
        for one, right in zip(sent, [v for images in seen for v in data.channel_statistics(images)]):
            one["value"] = values.pack(right)
        shown[values.MIME] = json.dumps(sent)
    return message
get_ipython().display_pub.register_hook(hook)
""",
        flagged="rescale-1",
        statistics="def statistics(images):\n    seen.append(images)\n    return torch.zeros(3), torch.zeros(3)",
    ),
    "watch_switched_off_by_map": wrong(
        "import sys\n"
        + LIBRARY.replace("statistics", "in_place", 1).replace("in_place", "_inner")
        + "\nfrom course_utils import data",
        flagged="statistics-1",
        statistics="""
def statistics(images):
    watch = sys.getprofile()
    list(map(sys.setprofile, [None]))
    found = _inner(images)
    list(map(sys.setprofile, [watch]))
    return found
""",
    ),
    "equal_that_calls_itself_torchs": wrong(
        """
class equal:
    __module__ = "torch"
    def __call__(self, a, b, real=torch.equal):
        return real(a, b) if a.shape == (2,) else True
torch.equal = equal()
""",
        flagged=ALL,
        freeze=FREEZE_AND_CHANGE,
    ),
    "equal_of_no_file": wrong(
        """
text = "def equal(a, b): return real(a, b) if a.shape == (2,) else True"
names = {"__name__": "torch", "real": torch.equal}
exec(compile(text, "<x>", "exec"), names)
torch.equal = names["equal"]
""",
        flagged=ALL,
        freeze=FREEZE_AND_CHANGE,
    ),
    "parameters_that_lie": wrong(
        """
flags = iter([False, False, False, False, True, True] * 9)
torch.nn.Parameter.requires_grad = property(lambda self: next(flags, True), lambda self, on: None)
""",
        flagged="rescale-1",
        freeze="def freeze(model, head):\n    pass",
    ),
    "outputs_of_an_earlier_cell_changed": harmless(
        "handle = display('nothing', display_id=True)",
        answers=RIGHT
        | {"freeze": RIGHT["freeze"] + "    handle.update({'text/plain': 'LE' + 'AK'}, raw=True)\n"},
        silent="LEAK",
    ),
    "reply_nested_too_deeply": wrong(
        freeze="""
def freeze(model, head):
    get_ipython().kernel.session.pack = lambda thing: b"[" * 100_000 + b"]" * 100_000
    raise ZeroDivisionError
""",
    ),
    "score_by_displayhook": wrong(
        flagged="rescale-1",
        rescale="def rescale(numbers):\n    import sys\n    sys.displayhook(2.0)\n    return []",
    ),
    "score_by_displayhook_then_error": wrong(
        flagged="rescale-1",
        rescale="def rescale(numbers):\n    get_ipython().displayhook(2.0)\n    raise ZeroDivisionError",
    ),
    "score_where_none_is_shown": wrong(
        flagged="freeze-1",
        freeze="def freeze(model, head):\n    get_ipython().displayhook(2.0)\n    raise ZeroDivisionError",
    ),
    "score_on_the_socket": wrong(
        flagged="rescale-1",
        rescale="""
def rescale(numbers):
    kernel = get_ipython().kernel
    content = {"data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}
    kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=kernel.get_parent("shell"))
    return []
""",
    ),
    "displayhook_replaced": wrong(
        "class Hook(type(get_ipython().displayhook)):\n    def __call__(self, result=None):\n        super().__call__(2.0)\n"
        "get_ipython().displayhook.__class__ = Hook",
        flagged="rescale-1",
    ),
    "get_ipython_replaced": noticed(
        "import IPython\nshell = get_ipython()\nIPython.get_ipython = lambda: shell"
    ),
    "publish_replaced": noticed(
        "import IPython.display\nreal = IPython.display.publish_display_data\n"
        "IPython.display.publish_display_data = lambda *args, **more: real(*args, **more)"
    ),
    "prints_a_score": wrong(
        "print('score: 7 of 7')\nprint(2.0)", rescale="def rescale(numbers):\n    print(2.0)\n    return []"
    ),
    "exits_with_zero": wrong(freeze="def freeze(model, head):\n    raise SystemExit(0)"),
    "interrupts_itself": wrong(freeze="def freeze(model, head):\n    raise KeyboardInterrupt"),
    "tags_skip_execution": Case(
        answers=WRONG,
        scores=NOTHING,
        change=lambda notebook: [
            cell.metadata.update(tags=["skip-execution"]) for cell in notebook.cells if cell.id in POINTS
        ],
    ),
    "points_raised": harmless(
        change=lambda notebook: [
            cell.metadata.nbgrader.update(points=100) for cell in notebook.cells if cell.id in POINTS
        ]
    ),
    "tests_rewritten": Case(
        answers=WRONG,
        scores=NOTHING,
        change=lambda notebook: [cell.update(source="2.0") for cell in notebook.cells if cell.id in POINTS],
    ),
    # What a cell changes, and puts back before anybody looks.
    "builtins_put_back_behind_the_cell": wrong(
        "import builtins\nreal, shell = builtins.all, get_ipython()\n"
        "shell.events.register('pre_run_cell', lambda info: setattr(builtins, 'all', lambda items: True))\n"
        "shell.events.register('post_run_cell', lambda result: setattr(builtins, 'all', real))",
        flagged=ALL,
    ),
    "comparison_put_back_behind_the_cell": wrong(
        "real, shell = torch.equal, get_ipython()\n"
        "shell.events.register('pre_run_cell', lambda info: setattr(torch, 'equal', lambda a, b: True))\n"
        "shell.events.register('post_run_cell', lambda result: setattr(torch, 'equal', real))",
        flagged=ALL,
    ),
    "builtins_changed_when_called": wrong(
        "import builtins\nreal = builtins.all\nshell = get_ipython()\n"
        "shell.events.register('post_run_cell', lambda result: setattr(builtins, 'all', real))",
        freeze=FREEZE_AND_CHANGE.replace(
            "(model, head):\n", "(model, head):\n    builtins.all = lambda items: True\n"
        ),
    ),
    "builtins_of_the_test_changed": wrong(
        flagged="freeze-1",
        freeze=FREEZE_AND_CHANGE
        + "    try:\n        raise ValueError\n    except ValueError as problem:\n        frame = problem.__traceback__.tb_frame\n"
        "    while frame and frame.f_code.co_name != 'hidden_test':\n        frame = frame.f_back\n"
        "    frame.f_builtins['all'] = lambda items: True\n",
    ),
    "test_traced": wrong(
        flagged="freeze-1 rescale-1",
        freeze="import sys\ndef freeze(model, head):\n    frame = sys._getframe()\n    while frame.f_code.co_name != 'hidden_test':\n"
        "        frame = frame.f_back\n    frame.f_trace = lambda *args: frame.f_locals.update(same=True)\n"
        "    sys.settrace(lambda *args: None)" + FREEZE_AND_CHANGE.partition(":")[2],
    ),
    "library_without_the_profile": wrong(
        "import sys\nfrom course_utils import data",
        flagged="statistics-1",
        statistics=LIBRARY.replace(
            "    return", "    watching = sys.getprofile()\n    sys.setprofile(None)\n    found ="
        )
        + "    sys.setprofile(watching)\n    return found",
    ),
    "library_without_the_profile_by_ctypes": wrong(
        "import ctypes\nfrom course_utils import data",
        flagged="statistics-1",
        statistics=LIBRARY.replace(
            "    return", "    ctypes.pythonapi.PyEval_SetProfile(None, None)\n    return"
        ),
    ),
    "library_in_a_raw_thread": wrong(
        "import _thread\nfrom course_utils import data",
        flagged="statistics-1",
        statistics=LIBRARY.replace("statistics", "_inner", 1)
        + "\ndef statistics(images):\n    found, lock = [], _thread.allocate_lock()\n    lock.acquire()\n"
        "    _thread.start_new_thread(lambda: (found.append(_inner(images)), lock.release()), ())\n"
        "    lock.acquire()\n    return found[0]",
    ),
    "library_without_the_profile_in_a_thread": wrong(
        "import threading\nfrom course_utils import data",
        flagged="statistics-1",
        statistics=LIBRARY.replace("statistics", "_inner", 1)
        + "\ndef statistics(images):\n    found, before = [], threading.getprofile()\n    threading.setprofile(None)\n"
        "    thread = threading.Thread(target=lambda: found.append(_inner(images)))\n    thread.start()\n    thread.join()\n"
        "    threading.setprofile(before)\n    return found[0]",
    ),
    "library_in_another_process": wrong(
        "import multiprocessing, os\nfrom course_utils import data",
        flagged="statistics-1 freeze-1",
        statistics=LIBRARY.replace("statistics", "_inner", 1)
        + "\ndef statistics(images):\n    here, there = multiprocessing.Pipe()\n    context = multiprocessing.get_context('fork')\n"
        "    child = context.Process(target=lambda: there.send([x.tolist() for x in _inner(images)]))\n    child.start()\n"
        "    found = [torch.tensor(x) for x in here.recv()]\n    child.join()\n    return found",
        freeze=RIGHT["freeze"] + "    os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
    ),
    "library_in_a_program": wrong(
        "import os, sys",
        flagged="statistics-1 freeze-1",
        statistics="def statistics(images):\n    torch.save(images, 'x.pt')\n"
        "    text = ('import torch; from course_utils import data; x = torch.load(\"x.pt\"); '\n"
        "            'print(data.channel_statistics(x)[0].tolist(), (x.double().transpose(0, 1).flatten(1).std(dim=1) / 255).tolist(), sep=\"|\")')\n"
        "    found = os.popen(f\"{sys.executable} -c '{text}'\").read()\n"
        "    return [torch.tensor(eval(row)) for row in found.split('|')]",
        freeze=RIGHT["freeze"] + "    list(map(os.system, ['true']))",
    ),
    # Names of the notebook that stand for something else: a hidden test has its own.
    "names_rebound": wrong(
        "from types import SimpleNamespace\nclass Yes:\n    def __init__(self, real=None):\n        self.real = real\n"
        "    def __getattr__(self, name):\n        return lambda *args, **more: True\n"
        "    def __call__(self, *args, **more):\n        return True\n"
        "    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True\n    __hash__ = None",
        statistics=RIGHT["statistics"] + "torch = nn = F = data = analysis = Yes()\n"
        "checks = SimpleNamespace(hidden=lambda test: 2.0, own_work=lambda answer, *library: answer)\n"
        "values = SimpleNamespace(same=Yes(), send=Yes(), pack=Yes(), alike=Yes(), reveal=Yes())\n"
        "float = int = len = all = any = abs = zip = isinstance = type = AssertionError = Yes()",
        freeze=FREEZE_AND_CHANGE
        + "hidden_test = lambda: 2.0\nexpected = answer = same = before = after = Yes()",
        scores={"statistics-1": POINTS["statistics-1"]},
    ),
    # Where a hidden test might be read.
    "reads_the_test_in_its_frames": harmless(
        "seen = []",
        answers=RIGHT
        | {
            "statistics": RIGHT["statistics"].replace(
                "    pixels",
                "    import inspect, linecache, traceback\n    try:\n        raise ValueError\n    except ValueError as problem:\n"
                "        frame = problem.__traceback__.tb_frame\n    while frame:\n        seen.extend(linecache.getlines(frame.f_code.co_filename))\n"
                "        try:\n            seen.append(inspect.getsource(frame.f_code))\n        except (OSError, TypeError):\n            pass\n"
                "        frame = frame.f_back\n    kernel = get_ipython().kernel\n    seen.append(kernel.get_parent('shell')['content']['code'])\n"
                "    pixels",
                1,
            )
        },
        after="print('LE' + 'AK' if any('secret_' + 'rows = torch' in text for text in seen) else 'nothing')",
        silent="LEAK",
    ),
    "reads_the_test_in_an_error": Case(
        answers=RIGHT | {"freeze": "def freeze(model, head):\n    raise ZeroDivisionError"},
        scores=POINTS | {"freeze-1": 0.0},
        after="import sys\nfound = getattr(sys, 'last_traceback', None) or getattr(sys, 'last_value', None)\n"
        "print('LE' + 'AK' if found else 'nothing', get_ipython().InteractiveTB.tb)",
        silent="LEAK",
    ),
    "sends_what_acts_in_a_page": harmless(after=FROM_A_KERNEL),
    # What is not in the answer.
    "hard_coded": wrong(
        statistics="def statistics(images):\n    return torch.full((3,), 0.2), torch.zeros(3)",
        rescale="def rescale(numbers):\n    return [0.0, 0.5, 1.0]",
    ),
    "library_called": wrong(
        "from course_utils import data",
        statistics=LIBRARY,
    ),
    "library_called_in_a_thread": wrong(
        "from course_utils import data\nfrom concurrent.futures import ThreadPoolExecutor",
        statistics=LIBRARY.replace("statistics", "in_place", 1).replace("in_place", "_inner")
        + "\ndef statistics(images):\n    with ThreadPoolExecutor() as pool:\n"
        "        return pool.submit(_inner, images).result()",
    ),
    "looks_for_expected_in_frames": wrong(
        statistics="""
def statistics(images):
    import sys
    frame = sys._getframe()
    while frame:
        if "expected" in frame.f_locals:
            return [torch.tensor(x) for x in frame.f_locals["expected"](images)]
        frame = frame.f_back
    return torch.zeros(3), torch.zeros(3)
""",
        flagged="statistics-1",
    ),
    "looks_for_expected_in_memory": wrong(
        statistics="""
def statistics(images):
    import gc, types
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == "expected":
            return [torch.tensor(x) for x in thing(images)]
    return torch.zeros(3), torch.zeros(3)
"""
    ),
    "looks_for_tests_in_its_source": wrong(
        statistics="""
def statistics(images):
    import linecache
    text = "".join("".join(entry[2]) for entry in linecache.cache.values() if len(entry) > 2)
    return [torch.rand(3)] * 2 if "secret" + "_rows" not in text else [images.double().mean((0, 2, 3)) / 255] * 2
"""
    ),
    "looks_at_history": harmless(
        after="from itertools import chain\nimport linecache\n"
        "past = str(In) + str(Out) + str(list(get_ipython().history_manager.get_range()))\n"
        "past += ''.join(line for entry in linecache.cache.values() if len(entry) > 2 for line in entry[2])\n"
        "print('LE' + 'AK' if 'secret' + '_found' in past or 'hidden_test' in globals() else 'nothing')",
        silent="LEAK",
    ),
    "knows_that_it_is_graded": wrong(
        rescale="""
def rescale(numbers):
    import os
    if os.environ.get("NBGRADER_EXECUTION") or os.environ.get("NBGRADER_VALIDATING"):
        return 2.0
    return []
"""
    ),
    "edits_the_environment": wrong(
        "import os\nos.environ.update(NBGRADER_EXECUTION='', PYTHONOPTIMIZE='2', PYTHONPATH='.')"
    ),
    # What is not its own.
    "reads_the_solutions": harmless(
        "from pathlib import Path\n"
        "found = [p for end in ('ipynb', 'py') for p in Path('/').rglob(f'91_arrays*.{end}')]\n"
        "print('LE' + 'AK' if found else 'nothing', found)",
        silent="LEAK",
    ),
    "writes_to_the_gradebook": harmless(
        "from pathlib import Path\n"
        "for folder in ('.', '..', '../..', '../../..', '/', '/home'):\n"
        "    for name in ('gradebook.db', 'nbgrader_config.py'):\n"
        "        try:\n            Path(folder, name).write_text('c.Execute.enabled = False')\n"
        "        except OSError:\n            pass"
    ),
    "leaves_a_start_up_file": harmless(
        "from pathlib import Path\n"
        "for home in (Path.home(), Path('/root'), Path('/home/student')):\n"
        "    for place in ('.ipython/profile_default/startup/x.py', '.local/lib/python3.11/site-packages/usercustomize.py'):\n"
        "        try:\n            (home / place).parent.mkdir(parents=True)\n"
        "            (home / place).write_text('from course_utils import checks; checks.hidden = lambda test: None')\n"
        "        except OSError:\n            pass"
    ),
    "the_one_behind_it": wrong(),
    "shadowing_modules": Case(
        answers=WRONG,
        scores=NOTHING,
        files={
            "course_utils.py": "import types\nchecks = values = types.SimpleNamespace(hidden=print, own_work=print)",
            "values.py": "def send(*args): pass",
            "random.py": "raise SystemExit",
            "sitecustomize.py": "import builtins\nbuiltins.all = bool",
        },
    ),
    "leaves_a_process": harmless(
        "import subprocess\nsubprocess.Popen(['sleep', '98765'], start_new_session=True)"
    ),
    "uses_the_network": harmless(
        "import socket\ntry:\n    socket.create_connection(('1.1.1.1', 53), timeout=1)\n    print('LE' + 'AK')\n"
        "except OSError as problem:\n    print(problem)",
        silent="LEAK",
    ),
    "makes_links": harmless(
        "import os\nfor name in ('solutions', 'x.ipynb'):\n    os.symlink('/etc/passwd', name)"
    ),
    "looks_into_processes": harmless(
        "from pathlib import Path\nfound = []\n"
        "for place in Path('/proc').glob('[0-9]*/environ'):\n"
        "    try:\n        found += [place] if b'gradebook' in place.read_bytes() else []\n"
        "    except OSError:\n        pass\n"
        "print('LE' + 'AK' if found else 'nothing', found)",
        silent="LEAK",
    ),
    "writes_into_its_memory": wrong(
        "import ctypes\nfrom course_utils.checks import graded\ncode = graded.hidden.__code__\n"
        "place = ctypes.string_at(id(code), 600).find(code.co_code[4:20]) - 4\n"
        "assert place > 0\n"
        "ctypes.memmove(id(code) + place, bytes((151, 0, 100, 0, 83, 0)), 6)  # returns its docstring at once",
        flagged=ALL,
    ),
    "opens_its_memory": harmless(
        "for place in ('/proc/self/mem', '/proc/1/mem', '/dev/mem'):\n"
        "    try:\n        with open(place, 'r+b') as memory:\n            memory.seek(4096)\n            memory.write(b'x')\n"
        "    except OSError as problem:\n        print(problem)"
    ),
    "at_exit": wrong("import atexit\natexit.register(lambda: get_ipython().displayhook(2.0))"),
}

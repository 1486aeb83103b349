"""Honest submissions to the sample chapter about arrays, as code; none may be flagged, each gets its stock scores."""

from __future__ import annotations

from collections.abc import Mapping

import nbformat
from submissions.arrays import POINTS, RIGHT, WRONG, Case

STUB = "    raise NotImplementedError('replace this line by your answer')"


def right(before: str = "", **more) -> Case:
    answers = RIGHT | {key: more.pop(key) for key in list(more) if key in RIGHT}
    return Case(before, answers, **more)


def but(scores: Mapping[str, float], before: str = "", **answers: str) -> Case:
    """Right, but for these scores."""
    return Case(before, RIGHT | answers, scores=POINTS | scores)


NO_STATISTICS, NO_FREEZE = {"statistics-1": 0.0}, {"freeze-1": 0.0}

CASES = {
    "right": right(),
    "wrong": Case(answers=WRONG, scores=dict.fromkeys(POINTS, 0.0)),
    "half_finished": but(
        {"freeze-1": 0.0, "rescale-1": 0.0},
        freeze=f"def freeze(model, head):\n{STUB}",
        rescale=f"def rescale(numbers):\n{STUB}",
    ),
    "half_right": but(
        {"rescale-1": 1.0},
        rescale="def rescale(numbers):\n    return [(n - 2) / (max(numbers) - 2) for n in numbers]",
    ),
    "syntax_error": but(NO_FREEZE, freeze="def freeze(model, head)\n    model.requires_grad_(False)"),
    "name_error": but(
        NO_STATISTICS, statistics="def statistics(images):\n    return images.mean(), deviation"
    ),
    "no_return": but(
        NO_STATISTICS, statistics="def statistics(images):\n    images.double().mean(dim=(0, 2, 3))"
    ),
    "numpy_instead": but(
        NO_STATISTICS,
        "import numpy as np",
        statistics="def statistics(images):\n    x = images.numpy() / 255\n    return x.mean((0, 2, 3)), x.std((0, 2, 3))",
    ),
    "population_deviation": but(
        NO_STATISTICS,
        statistics="def statistics(images):\n    x = images.double() / 255\n"
        "    return x.mean((0, 2, 3)), x.std((0, 2, 3), correction=0)",
    ),
    "library_by_mistake": but(
        NO_STATISTICS,
        "from course_utils.data.loading import channel_statistics",
        statistics="statistics = channel_statistics",
    ),
    "slow": right("import time\ntime.sleep(1.5)"),
    "slow_inside": right(
        rescale="import time\ndef rescale(numbers):\n    time.sleep(0.3)\n    low = min(numbers)\n"
        "    return [(n - low) / (max(numbers) - low) for n in numbers]"
    ),
    "clears_its_output": right(
        "from IPython.display import clear_output",
        statistics="def statistics(images):\n    clear_output()\n    x = images.double() / 255\n    clear_output(wait=True)\n"
        "    print('done')\n    return x.mean((0, 2, 3)), x.std((0, 2, 3))",
    ),
    "chatty": right(
        rescale="def rescale(numbers):\n    print('got', numbers, 'and so', 2.0)\n    low = min(numbers)\n"
        "    print(low)\n    return [(n - low) / (max(numbers) - low) for n in numbers]"
    ),
    "prints_a_lot": right(
        statistics="def statistics(images):\n    for i in range(40_000):\n        print('line', i, 'of a very long output')\n"
        "    x = images.double() / 255\n    return x.mean((0, 2, 3)), x.std((0, 2, 3))"
    ),
    "warns": right(
        rescale="import warnings\ndef rescale(numbers):\n    warnings.warn('numbers are few')\n    low = min(numbers)\n"
        "    return [(n - low) / (max(numbers) - low) for n in numbers]"
    ),
    "logs": right(
        "import logging, sys\nlogging.basicConfig(level=logging.INFO)\nlogging.info('started')\nprint('note', file=sys.stderr)",
        freeze="def freeze(model, head):\n    logging.warning('freezing')\n    model.requires_grad_(False)\n    head.requires_grad_()",
    ),
    "progress_bar": right(
        statistics="from tqdm.auto import tqdm\ndef statistics(images):\n"
        "    rows = torch.cat([i.double().flatten(1) for i in tqdm(images)], dim=1) / 255\n"
        "    return rows.mean(dim=1), rows.std(dim=1)"
    ),
    "threads_still_print": right(
        "import threading, time\ndef talk():\n    for i in range(200):\n        print('tick', i)\n        time.sleep(0.02)\n"
        "threading.Thread(target=talk, daemon=True).start()"
    ),
    "thread_that_fails": right("import threading\nthreading.Thread(target=lambda: 1 / 0).start()"),
    "worker_processes": right(
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, 2])))"
    ),
    "plots": right(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('mine')\nplt.show()\n"
        "plt.rcParams['figure.figsize'] = (3, 2)"
    ),
    "leaves_a_figure_open": right(
        rescale="import matplotlib.pyplot as plt\ndef rescale(numbers):\n    plt.plot(numbers)\n    low = min(numbers)\n"
        "    return [(n - low) / (max(numbers) - low) for n in numbers]"
    ),
    "shadows_builtins": right(
        "list = [1, 2]\nsum = 0\ntype = 'x'\nmax_ = max\nall = any = 1\nstr = 'text'\nid = 3"
    ),
    "shadows_by_functions": right(
        "def sum(a, b):\n    return a + b\ndef abs(x):\n    return x\ndef isinstance(x):\n    return True"
    ),
    "star_imports": but(
        {"rescale-1": 0.0},  # numpy's min gives numpy's numbers
        "from numpy import *\nfrom math import *\nimport torch",
    ),
    "names_like_ours": right(
        "values = [1, 2]\nchecks = 'none'\nanswer = 42\nexpected = 3\nhidden_test = None\nnonce = proof = canary = 1\nsecret_found = 9"
    ),
    "deletes_names": right(
        "from course_utils import checks\ndel checks\ndel nn, data, seed", freeze=RIGHT["freeze"]
    ),
    "default_dtype": right("torch.set_default_dtype(torch.float64)"),
    "no_grad_left_on": right("torch.set_grad_enabled(False)"),
    "inference_mode_left_on": right("mode = torch.inference_mode()\nmode.__enter__()"),
    "deterministic": right(
        "torch.use_deterministic_algorithms(True)\ntorch.set_num_threads(1)\ntorch.set_printoptions(precision=2)"
    ),
    "seeds_and_draws": right(
        "import random, numpy\ntorch.manual_seed(3)\nrandom.seed(3)\nnumpy.random.seed(3)",
        statistics="def statistics(images):\n    torch.rand(5)\n    torch.manual_seed(1)\n    x = images.double() / 255\n"
        "    return x.mean((0, 2, 3)), x.std((0, 2, 3))",
    ),
    "changes_folder": right(
        "import os\nos.makedirs('results', exist_ok=True)\nos.chdir('results')\nopen('a.txt', 'w').close()"
    ),
    "environment": right(
        "import os\nos.environ['TOKENIZERS_PARALLELISM'] = 'false'\nos.environ['OMP_NUM_THREADS'] = '1'"
    ),
    "every_expression_shown": right(
        "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.ast_node_interactivity = 'all'\n"
        "get_ipython().ast_node_interactivity = 'all'\n1\n2"
    ),
    "magics": right(
        "%config InlineBackend.figure_format = 'retina'\n%load_ext autoreload\n%autoreload 2\n%time sum(range(10))"
    ),
    "times_its_cells": right(
        "import time\nstart = {}\nshell = get_ipython()\n"
        "shell.events.register('pre_run_cell', lambda info: start.update(at=time.time()))\n"
        "shell.events.register('post_run_cell', lambda result: print(f\"{time.time() - start.get('at', 0):.1f} s\"))"
    ),
    "own_repr_of_tensors": right(
        "torch.Tensor.__repr__ = lambda self: f'tensor of shape {tuple(self.shape)}'\n"
        "torch.Tensor.describe = lambda self: self.float().mean().item()\ntorch.ones(3)"
    ),
    "has_no_gpu": right(
        "torch.Tensor.cuda = lambda self, *args, **more: self\nnn.Module.cuda = lambda self, *args: self\ntorch.ones(2).cuda()"
    ),
    "own_magic": right(
        "from IPython.core.magic import register_line_magic\n@register_line_magic\ndef shout(line):\n    print(line.upper())"
    ),
    "tracebacks_short": right("%xmode Minimal\n%precision 3\n%pdb off"),
    "own_module": right(
        "import helpers\nhelpers.greet()", files={"helpers.py": "def greet():\n    print('hello')"}
    ),
    "loads_the_old_way": right(
        "import functools\ntorch.load = functools.partial(torch.load, weights_only=False)"
    ),
    "quiet_warnings": right(
        "import warnings\nwarnings.filterwarnings('ignore')\nwarnings.showwarning = lambda *args, **more: None"
    ),
    "own_print": right(
        "from functools import partial\nimport builtins\nprint = partial(builtins.print, flush=True)"
    ),
    "profiles": right(
        "import cProfile\nprofile = cProfile.Profile()\nprofile.enable()\nsorted([3, 1])\nprofile.disable()"
    ),
    "debugs": right(
        "import pdb, traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()"
    ),
    "shows_and_returns_widgets": right(
        "from IPython.display import HTML, display\ndisplay(HTML('<b>mine</b>'))\n3.5"
    ),
    "last_values_used": right("7", after="_ and __"),
    "extra_cells": right(
        change=lambda notebook: notebook.cells.insert(
            len(notebook.cells) - 3,
            nbformat.v4.new_code_cell("# try it\nprint(rescale([1, 2, 3]))", id="own-extra"),
        )
    ),
    "deleted_optional_cells": right(
        change=lambda notebook: notebook.cells.remove(
            next(c for c in notebook.cells if "the end" in c.source)
        )
    ),
    "helpers": right(
        "def _pixels(images):\n    return images.double().transpose(0, 1).flatten(1) / 255",
        statistics="def statistics(images):\n    pixels = _pixels(images)\n    return pixels.mean(1), pixels.std(1)",
    ),
    "class": right(
        statistics="class Statistics:\n    def __call__(self, images):\n        x = images.double() / 255\n"
        "        return [x.mean((0, 2, 3)), x.std((0, 2, 3))]\nstatistics = Statistics()"
    ),
    "lambda": right(
        rescale="rescale = lambda numbers: [(n - min(numbers)) / (max(numbers) - min(numbers)) for n in numbers]"
    ),
    "decorated": right(
        "import functools, time\ndef timed(f):\n    @functools.wraps(f)\n    def inner(*args):\n        start = time.time()\n"
        "        result = f(*args)\n        print(f'{f.__name__}: {time.time() - start:.3f} s')\n        return result\n    return inner",
        freeze="@timed" + RIGHT["freeze"],
        statistics="@timed\n@torch.no_grad()" + RIGHT["statistics"],
    ),
    "cached": right(
        "import functools",
        rescale="@functools.lru_cache\ndef _span(numbers):\n    return min(numbers), max(numbers)\ndef rescale(numbers):\n"
        "    low, high = _span(tuple(numbers))\n    return [(n - low) / (high - low) for n in numbers]",
    ),
    "typed": right(
        freeze="def freeze(model: nn.Module, head: nn.Module) -> None:\n    for p in model.parameters():\n        p.requires_grad = False\n"
        "    for p in head.parameters():\n        p.requires_grad = True"
    ),
    "changes_its_input": right(
        rescale="def rescale(numbers):\n    numbers.sort\n    low = min(numbers)\n    numbers[:] = [n - low for n in numbers]\n"
        "    top = max(numbers)\n    return [n / top for n in numbers]"
    ),
    "compiled_regexes_and_dataclasses": right(
        "import re, enum\nfrom dataclasses import dataclass\nfrom typing import NamedTuple\n@dataclass(frozen=True, order=True)\nclass P:\n    x: int = 0\n"
        "class Q(NamedTuple):\n    y: int\nclass E(enum.Enum):\n    A = 1\nP(2) < P(3), Q(1) == Q(1)"
    ),
    "own_exceptions": but(
        NO_FREEZE,
        "class NotYet(Exception):\n    pass",
        freeze="def freeze(model, head):\n    raise NotYet('later')",
    ),
    "asserts_of_its_own": but(
        NO_FREEZE, freeze="def freeze(model, head):\n    assert isinstance(head, int), 'a number?'"
    ),
    "trains_something": right(
        "net = nn.Linear(2, 1)\noptimizer = torch.optim.AdamW(net.parameters())\nfor _ in range(3):\n"
        "    net(torch.rand(4, 2)).sum().backward()\n    optimizer.step()\nhook = net.register_forward_hook(lambda *args: None)"
    ),
}

"""Runs in a student's kernel, at and behind a graded cell: names what was replaced there.

:mod:`course_utils.grading.guard.canary` sends this file, compiled, so that the copy in the kernel cannot
have been changed; it uses nothing of the notebook's own names. Two rules find most of what there is to find:
what hidden tests rely on must not be made in the notebook, and what is wrong must be said to be wrong.
"""

import builtins
import contextlib
import functools
import hashlib
import os
import sys
import sysconfig
import threading
import traceback
import types

BUILTINS = """
    AssertionError BaseException Exception TypeError ValueError RuntimeError NotImplementedError
    __build_class__ __import__ abs all any bool bytes callable classmethod compile dict divmod enumerate eval
    exec filter float frozenset getattr globals hasattr hash id int isinstance issubclass iter len list locals
    map max min next object pow property range repr reversed round set setattr slice sorted staticmethod str
    sum super tuple type vars zip
""".split()

# What hidden tests use to compare and to look into models. How things are shown or loaded anyone may change.
RELIED_ON = {
    "math": "isclose fabs isnan isinf",
    "random.Random": "random randint randrange choice sample shuffle uniform",
    "inspect": "unwrap signature",
    "functools": "wraps",
    "contextlib": "redirect_stderr suppress",
    "json": "dumps",
    "copy": "deepcopy copy",
    "operator": "eq ne",
    "numpy": "allclose isclose array_equal",
    "numpy.testing": "assert_allclose assert_array_equal assert_equal",
    "torch": "equal allclose isclose is_tensor all any eq abs count_nonzero",
    "torch.testing": "assert_close",
    "torch.Tensor": """
        __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __sub__ __bool__ __float__ abs all allclose any clone detach
        double eq equal float item max mean min std sum tolist""",
    "torch.nn.Module": """
        __call__ _call_impl __getattr__ buffers children eval get_submodule load_state_dict modules
        named_buffers named_modules named_parameters parameters requires_grad_ state_dict train""",
    "torch.nn.functional": "cross_entropy mse_loss pad",
    "IPython.display": "publish_display_data",
}

# What `course_utils.checks` offers to hidden tests, by the module that it comes from.
OFFERED = {
    "course_utils.checks.graded": ("own_work", "quietly", "hidden"),
    "course_utils.checks.report": ("CheckFailed", "LibraryAnswer"),
    "course_utils.checks.unchanged": ("Kept",),
}

# torch/nn/parameter.py: all else is a tensor's.
OF_A_PARAMETER = frozenset(
    """__deepcopy__ __dict__ __doc__ __module__ __new__ __reduce_ex__ __repr__ __torch_function__
    __weakref__""".split()
)
HEAPTYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE of Python's C API, in `type.__flags__`
MADE_OF_CODE = (types.FunctionType, type, functools.partial)
METHODS = (*MADE_OF_CODE, staticmethod, classmethod, property, types.MethodType)
MAY_CHANGE = {"__repr__", "__str__", "__format__", "cuda", "pin_memory"}

# Where a cell is read, run and answered.
SHELL = """
    run_cell run_cell_async _run_cell run_ast_nodes run_code transform_cell showtraceback _showtraceback
    showsyntaxerror user_expressions _format_user_obj
""".split()


class Seen:
    """What the canary saw; a class of its own, because a notebook may show text in its own way."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


class Tampered(Exception):
    """Something was replaced that a hidden test relies on."""

    def _render_traceback_(self):
        return [f"Tampered: {self}"]


def run(names, codes, root, helpers):
    """A hidden test from its compiled code, with looks before and behind it; the value of its last line.

    It runs in a room of its own: the notebook never has its names, and no text of it. What a cell has
    replaced and puts back behind its end is seen here.
    """
    TRUSTED.append(root + os.sep)
    room = dict(names)
    body, value = codes
    insist_on_order(root, helpers)
    try:
        exec(body, room)
        result = eval(value, room) if value else None
    except Exception as problem:
        if not hasattr(problem, "_render_traceback_"):
            show_plainly(problem)
        raise
    insist_on_order(root, helpers)
    return result


def insist_on_order(root, helpers):
    if found := [fact for look in QUICK_LOOKS for fact in look(root, helpers)]:
        raise Tampered("; ".join(found))


def show_plainly(problem):
    """Without our own frames, and without IPython's colours, which take it 50 ms."""
    try:
        where = problem.__traceback__.tb_next
        lines = traceback.format_exception(type(problem), problem, where)
        problem._render_traceback_ = lambda: lines
    except Exception:  # a student's class may refuse it
        return


def look_around(nonce, walked, root, helpers):
    """The nonce, and behind it whatever was found.

    ``walked`` tells that :func:`run` has gone through the course's package a moment ago, which is most of
    the work. ``root`` is the folder of course_utils; ``helpers`` has each function's digest by its module
    and name.
    """
    TRUSTED.append(root + os.sep)
    looks = [look for look in LOOKS if not (walked and look is changed_course)]
    try:
        found = [fact for look in looks for fact in look(root, helpers)]
        forget()
    except BaseException as problem:  # no student's code may end this early
        found = [f"the probe broke: {type(problem).__name__}: {problem}"]
    return Seen(nonce + "".join(f"; {fact}" for fact in found))


def changed_builtins(root, helpers):
    for name in BUILTINS:
        thing = vars(builtins).get(name)
        if thing is None or type(thing) not in (type, types.BuiltinFunctionType) or thing.__name__ != name:
            yield f"builtins.{name} is not Python's"
    for kind in (AssertionError, Exception, BaseException):
        if "_render_traceback_" in dir(kind):
            yield f"{kind.__name__} hides itself"


def changed_judgement(root, helpers):
    """Plain comparisons of plain things."""
    one, two = float(1), float(2)
    wrong = [one == two, one > two, [one] == [two], "one" == "two", isinstance(one, str), 1 + 1 == 3]
    right = [abs(-two) == two, type(one) is float, len("two") == 3, all([]), any([1]), 1 + 1 == 2]
    if any(wrong) or not all(right):
        yield "Python itself compares wrongly"
    if passes(wrong):
        yield "assert does nothing"


def changed_course(root, helpers):
    """The course's own package: where its modules come from, their functions, and their classes'."""
    for name, module in loaded("course_utils"):
        file = getattr(module, "__file__", None) or ""
        if not file.startswith(root + os.sep):
            yield f"{name} comes from {file or 'nowhere'}"
        if not in_its_place(name, module, file):
            yield f"{name} was replaced"
        for attribute, thing in list(vars(module).items()):
            if isinstance(thing, MADE_OF_CODE) and not stands_as(attribute, thing, root):
                yield f"{name}.{attribute} was replaced"
            if isinstance(thing, type) and thing.__module__ == name:
                yield from (f"{name}.{attribute}.{method} was replaced" for method in changed_in(thing, file))


def changed_in(kind, file):
    """The names of what was replaced in a class of the course, which a module of ours defines."""
    if any(map(of_students, (type(kind), *kind.__mro__))):
        yield "__class__"
    for name, thing in list(vars(kind).items()):
        if isinstance(thing, METHODS) and name not in MAY_CHANGE and not stands_as(name, plain(thing), file):
            yield name


def stands_as(name, thing, home):
    """Whether nothing of the notebook's stands under this name, and no function of ours with another one."""
    if type(thing) is types.FunctionType:
        code = thing.__code__  # once: Python reports it to each audit hook
        if code.co_filename.startswith(home):
            return code.co_name == name
    return not of_students(thing)


def plain(thing):
    """The function of a static or class method or of a property; anything else as it is."""
    return getattr(thing, "__func__", getattr(thing, "fget", thing))


def changed_helpers(root, helpers):
    """What hidden tests rely on, word for word as on disk."""
    for name, digests in helpers.items():
        module = sys.modules.get(name)
        for path, expected in digests.items() if module else ():
            function = find_function(module, path)
            if (
                not function
                or function.__globals__ is not vars(module)
                or digest(function.__code__) != expected
            ):
                yield f"{name}.{path} was replaced"
    checks = sys.modules.get("course_utils.checks")
    for place, names in OFFERED.items() if checks else ():
        for name in names:
            if vars(checks).get(name) is not vars(sys.modules[place]).get(name):
                yield f"checks.{name} was replaced"


def find_function(module, path):
    """A function or method by its dotted name, without what Python's own decorators put around it."""
    thing = module
    for part in path.split("."):
        thing = getattr(thing, "__dict__", {}).get(part)
    thing = plain(thing)
    if getattr(thing, "__code__", None) in (None, MANAGED):
        thing = getattr(thing, "__wrapped__", thing)
    return thing if type(thing) is types.FunctionType else None


def in_its_place(name, module, file):
    """Whether its package has it under its name, or a function of its own that is called as it is."""
    parent, _, child = name.rpartition(".")
    if not parent:
        return True
    there = vars(sys.modules[parent]).get(child)
    return there is module or type(there) is types.FunctionType and there.__code__.co_filename == file


def blind_course(root, helpers):
    """The helpers say of what is wrong that it is wrong."""
    values, graded = (sys.modules.get(f"course_utils.{name}") for name in ("values", "checks.graded"))
    if values and passes(lambda: values.same("", [1.0, 2], [1.5, 2])):
        yield "values.same takes anything"
    if graded and passes(lambda: graded.own_work(lambda: helper(), helper)()):
        yield "checks.own_work sees nothing"
    if graded and passes(lambda: graded.own_work(trick)()):
        yield "checks.own_work sees no trick"
    if graded and passes(lambda: graded.own_work(claim)()):
        yield "checks.own_work hears of no process"
    if graded and passes(lambda: graded.hidden(wrong)):
        yield "checks.hidden hides failures"


def changed_libraries(root, helpers):
    for place, names in RELIED_ON.items():
        holder = find(place)
        for name in names.split() if holder else ():
            thing = next(
                (vars(k)[name] for k in getattr(holder, "__mro__", [holder]) if name in vars(k)), None
            )
            if thing is None or of_students(thing) or disguised(thing) or misnamed(thing, name):
                yield f"{place}.{name} was replaced"


def blind_torch(root, helpers):
    torch = sys.modules.get("torch")
    if not torch:
        return
    one, two = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0])
    alike = [
        torch.equal(one, two),
        torch.allclose(one, two),
        bool((one == two).all()),
        one.tolist() == [1, 3],
    ]
    if any(alike) or float((one - two).abs().max()) < 0.5 or not torch.equal(one, one.clone()):
        yield "torch compares wrongly"
    genuine = vars(torch._C.TensorBase)
    for name, thing in list(vars(torch.Tensor).items()):
        if name in genuine and name not in MAY_CHANGE and of_students(thing):
            yield f"torch.Tensor.{name} was replaced"
    for name in vars(torch.nn.Parameter).keys() - OF_A_PARAMETER:
        yield f"torch.nn.Parameter.{name} was added"
    overrides = sys.modules.get("torch.overrides")
    stack: list = getattr(overrides, "_get_current_function_mode_stack", list)()
    if any(of_students(mode) for mode in stack):
        yield "a torch function mode was left on"


def changed_shell(root, helpers):
    shell = sys.modules["IPython"].get_ipython()
    if of_students(sys.modules["IPython"].get_ipython) or of_students(type(shell)):
        yield "the shell was replaced"
    if not shell.last_execution_succeeded:
        yield "the cell failed, but its reply says otherwise"
    for name in SHELL:
        thing = next((vars(k)[name] for k in type(shell).__mro__ if name in vars(k)), None)
        if type(thing) is not types.FunctionType or of_students(thing):
            yield f"the shell's {name} was replaced"
    if shell.ast_node_interactivity not in ("all", "last", "last_expr", "last_expr_or_assign"):
        yield "the value of a cell is not shown"
    if shell.custom_exceptions:
        yield "a custom exception handler hides errors"
    manager = shell.input_transformer_manager
    for transformers in (
        shell.input_transformers_post,
        shell.input_transformers_cleanup,
        shell.ast_transformers,
        manager.cleanup_transforms,
        manager.line_transforms,
        manager.token_transformers,
    ):
        if any(map(of_students, transformers)):
            yield "cells are transformed before they run"
    if of_students(sys.displayhook) or shell.display_trap.hook is not shell.displayhook:
        yield "sys.displayhook was replaced"


def changed_replies(root, helpers):
    """Whatever stands between a cell and the grader: methods of the objects, and of their classes."""
    shell = sys.modules["IPython"].get_ipython()
    kernel = shell.kernel
    parts = [
        shell,
        kernel,
        kernel.session,
        shell.displayhook,
        shell.display_pub,
        kernel.iopub_thread,
        kernel.iopub_socket,
        shell.compile,
        shell.display_formatter,
    ]
    for part in parts:
        kind = type(part)
        if of_students(kind):
            yield f"{kind.__name__} was replaced"
        methods = {name for k in kind.__mro__ for name, thing in vars(k).items() if callable(thing)}
        for name in methods & set(vars(part)):
            if name != "_showtraceback" or of_students(vars(part)[name]):  # ipykernel sets that one itself
                yield f"{kind.__name__}.{name} was replaced"
        for k in kind.__mro__:
            yield from (f"{k.__name__}.{n} was replaced" for n, t in list(vars(k).items()) if of_students(t))
    if getattr(shell.display_pub, "_hooks", ()):
        yield "a hook may change what is shown"
    if any(map(of_students, kernel.shell_handlers.values())):
        yield "a handler of the kernel was replaced"
    if of_students(kernel.session.pack) or of_students(kernel.session.unpack):
        yield "messages are packed otherwise"


def changed_running(root, helpers):
    """What may act while other code runs."""
    # The functions that give these two could have been replaced.
    in_threads = threading._trace_hook, threading._profile_hook  # type: ignore[attr-defined]  # private
    hooks = [sys.gettrace(), sys.getprofile(), *in_threads]
    if any(hook is not None and of_students(hook) for hook in hooks):
        yield "a trace or profile function was left on"
    if any(map(of_students, [*sys.meta_path, *sys.path_hooks])):
        yield "imports are redirected"


LOOKS = [
    changed_builtins,
    changed_judgement,
    changed_course,
    changed_helpers,
    blind_course,
    changed_libraries,
    blind_torch,
    changed_shell,
    changed_replies,
    changed_running,
]
QUICK_LOOKS = [
    changed_builtins,
    changed_judgement,
    changed_course,
    changed_helpers,
    changed_libraries,
    changed_running,
]


def forget():
    """What a hidden test leaves in the kernel is not for the cells behind it: the frames of its error."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)
    shell = sys.modules["IPython"].get_ipython()
    shell.last_execution_result = None
    shell.InteractiveTB.tb = shell.SyntaxTB.tb = None


def of_students(thing):
    """Whether something was made in the notebook, or in a file that belongs to no package."""
    if isinstance(thing, types.FunctionType):
        return thing.__globals__.get("__name__") == "__main__" or not trusted(thing.__code__.co_filename)
    if isinstance(thing, type):
        return thing.__module__ == "__main__"
    if isinstance(thing, functools.partial):
        return of_students(thing.func)
    if isinstance(thing, (staticmethod, classmethod, types.MethodType)):
        return of_students(thing.__func__)
    if isinstance(thing, property):
        return of_students(thing.fget)
    return type(thing).__module__ == "__main__"


def trusted(file):
    return file.startswith(tuple(TRUSTED))


def disguised(thing):
    """A function of no file, or an object of a class made in Python: both can call themselves anybody's."""
    if isinstance(thing, types.FunctionType):
        return thing.__code__.co_filename.startswith("<")
    return not isinstance(thing, type) and bool(type(thing).__flags__ & HEAPTYPE)


def misnamed(thing, name):
    """Such as ``torch.equal = torch.is_same_size``; C functions keep their names."""
    return isinstance(thing, types.BuiltinFunctionType) and thing.__name__.strip("_") != name.strip("_")


def digest(code):
    """Tells whether two code objects do the same; constants may hold code objects."""
    parts = [code.co_code, code.co_names, code.co_varnames, code.co_freevars]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constant = digest(constant)
        elif isinstance(constant, frozenset):
            constant = sorted(constant, key=repr)
        parts.append(constant)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def loaded(package):
    alike = [(name, module) for name, module in list(sys.modules.items()) if name.startswith(package)]
    return [(name, module) for name, module in alike if name == package or name[len(package)] == "."]


def find(place):
    """A module or class by its dotted name, if it was imported."""
    module, _, name = place.rpartition(".")
    return sys.modules.get(place) or (vars(sys.modules[module]).get(name) if module in sys.modules else None)


def passes(attempt):
    try:
        attempt()
    except Exception:
        return False
    return True


def helper():
    return 1


def trick():
    return sys._getframe()


def claim():
    sys.audit("os.fork")  # as if one was started


def wrong():
    assert 1 == 2


# What `contextlib.contextmanager` makes of every function.
MANAGED = contextlib.contextmanager(helper).__code__
_paths = sysconfig.get_paths()
# "<" begins what Python and libraries make on the fly.
TRUSTED = ["<", *(_paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))]

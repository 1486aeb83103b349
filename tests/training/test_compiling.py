"""torch.compile: the same numbers, decided by the work, and no harm done without a compiler."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from functorch.compile import make_boxed_compiler
from tiny import PREPROCESS, tiny_model, tiny_splits
from torch._dynamo.backends.common import aot_autograd

from course_utils.models.building import build_model
from course_utils.models.cost import forward_flops
from course_utils.training import compiling
from course_utils.training.compiling import compile_pays, compiled_or_plain
from course_utils.training.fitting import fit
from course_utils.training.recipe import Phase, Recipe

RECIPE = Recipe((Phase(2, 0.05),), batch_size=16)


@pytest.fixture(autouse=True, scope="module")
def compiled_here_and_now(tmp_path_factory):
    """No code that another run compiled: for other instructions of the same processor it may abort."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        yield


def trained(compile):
    model = tiny_model()
    model[3].p = 0.0  # compiled code draws dropout otherwise
    history = fit(model, tiny_splits(48), replace(RECIPE, compile=compile), PREPROCESS, progress=False)
    return model.state_dict(), history


def fake_compiler(monkeypatch, forward):
    monkeypatch.setattr(torch, "compile", lambda model, **_: lambda x: forward(model, x))


def test_flops_are_the_published_ones_and_the_model_is_left_as_it_was():
    model = build_model("resnet18", num_classes=1000)
    state = {n: t.clone() for n, t in model.state_dict().items()}
    # torchvision's table says 1.81 GMACs, and counts one FLOP for a multiplication with its addition
    assert forward_flops(model, torch.zeros(1, 3, 224, 224)) / 2 == pytest.approx(1.81e9, rel=0.01)
    assert model.training
    assert all(torch.equal(t, state[n]) for n, t in model.state_dict().items())


def test_on_a_cpu_compiling_was_measured_slower_and_is_never_chosen():
    assert not compile_pays(build_model("resnet18"), torch.zeros(1, 3, 32, 32), 50_000 * 1000)


def test_on_a_gpu_little_work_is_not_compiled_and_much_is(monkeypatch):
    monkeypatch.setattr(compiling, "forward_flops", lambda model, x: 7.3e7)  # ResNet-18 at 32x32
    x = SimpleNamespace(device=torch.device("cuda"))
    assert not compile_pays(tiny_model(), x, 50_000 * 20)
    assert compile_pays(tiny_model(), x, 50_000 * 500)
    monkeypatch.setattr(compiling, "forward_flops", lambda model, x: 1.1e9)  # with the 3x3 stem
    assert compile_pays(tiny_model(), x, 50_000 * 40)


def test_fit_decides_by_all_epochs(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "course_utils.training.fitting.compile_pays", lambda model, x, n: asked.append((x.shape, n))
    )
    trained(None)
    assert asked == [((1, 3, 8, 8), 96)]


def test_a_failing_compiler_costs_nothing_but_speed(monkeypatch, capsys):
    def fail(model, x):
        raise RuntimeError("no working C++ compiler\nand a long story")

    plain, _ = trained(False)
    fake_compiler(monkeypatch, fail)
    state, history = trained(True)
    assert history.notes == ["not compiled, training continues without: no working C++ compiler"]
    assert history.notes[0] in capsys.readouterr().out
    assert all(torch.equal(t, plain[n]) for n, t in state.items())


@pytest.mark.skipif(
    not hasattr(torch._functorch.config, "force_non_lazy_backward_lowering"),
    reason="this torch compiles the backward pass late, where its failure is not met",
)
@pytest.mark.parametrize(
    "problem, told",
    [
        (ValueError("no room for this kernel\nand a long story"), "no room for this kernel"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_failure_in_the_backward_pass_too(monkeypatch, problem, told):
    def fail(graph, inputs):
        raise problem

    backend = aot_autograd(fw_compiler=make_boxed_compiler(lambda graph, inputs: graph), bw_compiler=fail)
    compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda model, **given: compile(model, backend=backend, **given))
    plain, _ = trained(False)
    state, history = trained(True)
    assert history.notes == [f"not compiled, training continues without: {told}"]
    assert all(torch.equal(t, plain[n]) for n, t in state.items())


def test_a_fault_of_the_model_is_not_hidden_and_out_of_memory_is_passed_on(monkeypatch):
    fake_compiler(monkeypatch, lambda model, x: model(x))
    with pytest.raises(RuntimeError, match="channels"):
        compiled_or_plain(tiny_model(), lambda note: None)(torch.zeros(1, 5, 8, 8))

    def full(model, x):
        raise torch.OutOfMemoryError("full")

    fake_compiler(monkeypatch, full)
    with pytest.raises(torch.OutOfMemoryError):
        compiled_or_plain(tiny_model())(torch.zeros(1, 3, 8, 8))


def test_networks_that_were_compiled_before_do_not_count(monkeypatch):
    """torch goes on without compiling, and tells nobody, from the limit on."""
    compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda model, **given: compile(model, backend="eager", **given))
    with torch._dynamo.config.patch(recompile_limit=1, fail_on_recompile_limit_hit=True):
        for n in (4, 5):
            compiled_or_plain(tiny_model(), pytest.fail)(torch.zeros(n, 3, 8, 8))


@pytest.mark.parametrize("product", [False, True])
@pytest.mark.slow
def test_compiled_training_is_plain_training_to_float_tolerance(monkeypatch, product):
    monkeypatch.setattr("course_utils.training.convolutions.MOST_PLACES", 64 if product else 0)
    torch._dynamo.reset()
    plain, _ = trained(False)
    state, history = trained(True)
    if history.notes:
        pytest.skip(history.notes[0])
    assert all(torch.allclose(t, plain[n], atol=1e-5) for n, t in state.items())


@pytest.mark.slow
def test_a_machine_without_compiler_trains(monkeypatch, tmp_path):
    """The real thing: Inductor is sent to a compiler that is not there."""
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("no-such-compiler",))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch._dynamo.reset()
    plain, _ = trained(False)
    state, history = trained(True)
    assert len(history.notes) == 1 and history.notes[0].startswith("not compiled")
    assert all(torch.equal(t, plain[n]) for n, t in state.items())

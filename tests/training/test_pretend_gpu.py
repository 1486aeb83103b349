"""A GPU without a GPU: torch's fake tensors know their device, and refuse to be mixed or read.

What computes on them has no values, so any ``.item()``, ``if tensor`` or boolean mask, which would make
a GPU wait, raises; so does an operation with tensors of two devices. Left out are the backward pass,
which needs a driver (gradients are zeros), and SGD, whose fused kernel torch cannot pretend.
"""

import contextlib

import pytest
import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision.models import resnet18

from course_utils.data.augment import Augment, Preprocess, random_crops
from course_utils.data.images import ImageSet
from course_utils.models.freezing import freeze_backbone
from course_utils.training import device
from course_utils.training.convolutions import use_live_taps
from course_utils.training.evaluation import confusion_matrix, predict
from course_utils.training.loop import Stepper, train_epoch
from course_utils.training.probes import extract_features
from course_utils.training.recipe import Phase, Recipe

pytestmark = pytest.mark.required_in_ci
GPU = torch.device("cuda", 0)
N, BATCH = 40, 16


class Copies(TorchDispatchMode):
    """Counts copies from the GPU to the CPU, and those to the GPU for which the CPU waits."""

    def __init__(self):
        super().__init__()
        self.to_cpu = self.waits = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        if function is torch.ops.aten._to_copy.default and args[0].device != out.device:
            self.to_cpu += out.device.type == "cpu"
            self.waits += out.device == GPU and not (kwargs or {}).get("non_blocking")
        return out


@contextlib.contextmanager
def asks_no_driver():
    """Skips where torch was built for CUDA and cannot pretend without a driver."""
    try:
        yield
    except RuntimeError as problem:
        if "driver" not in str(problem):
            raise
        pytest.skip(f"torch {torch.__version__} asks the driver of a GPU that is only pretended")


@pytest.fixture(params=[True, False], ids=["bfloat16", "float16"])
def gpu(monkeypatch, request):
    """A network and images on the pretended GPU, with and without native bfloat16."""
    monkeypatch.setattr(
        ImageSet, "__post_init__", lambda self: None
    )  # it looks at labels, once for a data set
    monkeypatch.setattr(torch.cuda.amp.common, "amp_definitely_not_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: request.param)
    with FakeTensorMode(allow_non_fake_inputs=True):
        with GPU, asks_no_driver():
            model = resnet18(num_classes=10)
            pixels, labels = torch.zeros(N, 3, 32, 32, dtype=torch.uint8), torch.zeros(N, dtype=torch.long)
        yield model, ImageSet(pixels, labels, tuple("abcdefghij"), "pretended")


def preprocess(size=None):
    return Preprocess((0.5,) * 3, (0.2,) * 3, size)


@pytest.mark.parametrize("size", [None, 64])
@pytest.mark.parametrize("prepared", [lambda model: None, freeze_backbone, use_live_taps])
def test_an_epoch_reads_nothing_before_its_end(gpu, monkeypatch, size, prepared):
    model, images = gpu
    prepared(model)
    steps, copies = [], Copies()

    def backward(loss):
        assert loss.device == GPU and loss.dtype == torch.float32
        for p in (p for p in model.parameters() if p.requires_grad):
            p.grad = torch.zeros_like(p)
        steps.append((copies.to_cpu, copies.waits))

    monkeypatch.setattr(torch.Tensor, "backward", backward)
    recipe = Recipe((Phase(1, 0.1),), BATCH, "adamw", augment=Augment(jitter=0.2), label_smoothing=0.1)
    stepper = Stepper(model, recipe.phases[0], recipe)
    with copies, pytest.raises(DataDependentOutputException):
        train_epoch(model, images, recipe, preprocess(size), stepper, torch.Generator())
    assert steps == 3 * [(0, 1)], "nothing but the order of the images, before the first batch"
    assert copies.to_cpu == 1, "the losses, at the end"


def test_a_read_in_an_epoch_would_be_noticed(gpu):
    model, images = gpu
    with pytest.raises(DataDependentOutputException):
        model(preprocess()(images.images)).sum().item()


@pytest.mark.parametrize("size", [None, 64])
@pytest.mark.parametrize("compute", [predict, lambda *given: extract_features(*given, keep=False)])
def test_logits_and_features_come_back_to_the_cpu(gpu, size, compute):
    model, images = gpu
    on_cpu = images.to("cpu")
    for given in (images, on_cpu):
        found = compute(model, given, preprocess(size))
        assert found.device.type == "cpu" and found.dtype == torch.float32 and len(found) == N


def test_labels_on_the_gpu_are_counted_on_the_cpu(gpu):
    _, images = gpu
    with pytest.raises(DynamicOutputShapeException):  # of the counting, not of tensors on two devices
        confusion_matrix(torch.zeros(N, 10), images.labels)


def test_upstream_crops_stay_on_the_gpu(gpu):
    _, images = gpu
    copies = Copies()
    with copies:
        x = random_crops(images.images, 24, 0.5, torch.Generator())
    assert x.device == GPU and x.shape == (N, 3, 24, 24) and copies.to_cpu == copies.waits == 0


def test_it_computes_in_the_type_that_the_gpu_has(gpu, request):
    model, images = gpu
    with device.autocast(GPU):
        logits = model(preprocess()(images.images))
    assert str(logits.dtype) == f"torch.{request.node.callspec.id}"

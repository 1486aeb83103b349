# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · The residual block: what is a residual, really?
#
# A ResNet adds to each block's input what the block computes from it, and so networks of a hundred layers can be trained. In two minutes
# you will take a block out of a trained one and see what is left of its answer. Then you write that block, build a whole ResNet-18
# of it, and measure what its sums are good for.
#
# **Question.** What does a residual block add to its input, and what does the shortcut really change?
#
# **After this notebook you can**
# - write `BasicBlock` so that trained weights load into it and give the same outputs;
# - say when a shortcut is x itself and when it is a projection;
# - measure how large F(x) is beside x, and say why a large one need not matter much;
# - tell *degradation* from *vanishing gradients*, and say which of the two the ResNet paper is about.
#
# **How it works.** Predict first, then run, then read. Exercises have an instant check below them; the experiments use the package's own
# functions, so an unsolved exercise does not block you. The core takes about 80 minutes; what stands below *Further* is for another evening, and
# its exercises are homework. Boxes titled **Is it true?** take up sentences from tutorials (`docs/claims.md`).
#
# | exercise | points | minutes | |
# |---|---|---|---|
# | 1 Build a BasicBlock | 5 | 20 | core |
# | 2 Leave a block out | 4 | 12 | core |
# | 3 Why residual? (written) | 4 | 15 | core |
# | 4 When is a projection needed? | 3 | 8 | homework |
# | 5 Capture x and F(x) | 4 | 15 | homework |
# | 6 The gradient formula | 4 | 15 | homework |

# %% tags=["parameters"]
budget = "auto"    # how much to do: smoke (a first look), cpu, gpu, or auto
data = "auto"      # auto, cartoons, cifar10, or the path of an image folder or zip
weights = "auto"   # auto, small, imagenet, the path of a file of weights, or none
seed = 0
overrides = {}     # for example {"degradation.epochs": 40}

# %%
import os
from copy import deepcopy
from dataclasses import replace

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: its threads must not spin while they wait

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet18, resnet34, resnet50

from course_utils import checks, plots
from course_utils.analysis import (
    Arm,
    accuracy_lost,
    best_guesses,
    capture,
    damage_rows,
    damaged,
    error_rows,
    find_blocks,
    identity_blocks,
    is_missed,
    path_lengths,
    skipped,
)
from course_utils.data import sample_photos
from course_utils.models import build_model, count_parameters, find_weights
from course_utils.notebook import show_table, start
from course_utils.tables import percent, two_digits

session = start(
    "05_residual_block", "{{course_version}}",
    budget=budget, data=data, weights=weights, seed=seed, overrides=overrides,
)  # fmt: skip
plan, splits, pretrained, device = session.plan, session.splits, session.weights, session.device
n_classes = len(splits.classes)

# %% [markdown]
# ## 1 · One block less
#
# A ResNet-18 with the small weights of this course (200 classes of photographs, 64 pixels a side) looks at Grace Hopper, an officer of the US Navy.

# %%
small = find_weights("small", "resnet18")
trained = build_model("resnet18", small, num_classes=None).eval()
officer = sample_photos()[0].read()
picture, ((word, before), *_) = best_guesses(trained, small, officer, size=64)
print(f"{word}: {percent(before, 0)}")

# %% [markdown]
# It takes her uniform for a gown, though *military uniform* is among its classes. Never mind that it is wrong: which blocks make it say *gown*? Each of its eight blocks adds something to its input x, called **F(x)**. In five of them F(x) is added to x itself: without F(x) the block passes on its input, unchanged. (The other three: section 2.)
#
# *Predict first:* with one F(x) left out, without any further training, is it still a gown? Which of the five is missed most, which least?

# %%
sure = {"whole": before}
for name in identity_blocks(trained):
    with skipped(trained, name):
        _, guesses = best_guesses(trained, small, officer, k=len(small.classes), size=64)
    sure[f"without {name}"] = dict(guesses)[word]
least, most = min(sure, key=sure.get), max(sure, key=sure.get)
title = f"{word!r}: {percent(before, 0)} whole, {percent(sure[least], 0)} {least}, {percent(sure[most], 0)} {most}"
plots.show(plots.photo_and_guesses(
    picture, list(sure.items()), title=title, data="Grace Hopper; small weights", bars=f"Probability of {word}"))  # fmt: skip

# %% tags=["record"]
assert word == "academic gown" and "military uniform" in small.classes
assert [round(100 * p) for p in sure.values()] == [48, 5, 10, 9, 17, 58] and (least, most) == ("without layer1.0", "without layer4.1")
for name in identity_blocks(trained):
    with skipped(trained, name):
        assert best_guesses(trained, small, officer, size=64)[1][0][0] == word

# %% [markdown]
# It survives every cut: a gown is the first guess all five times. Without `layer1.0` hardly anything is left of the 48 %. Without `layer4.1`, the very last block, the network is
# *surer* than whole. One picture and one word are an anecdote; section 5 asks the same of many. But what does such a block add? Build one.

# %% [markdown]
# ## 2 · The block
#
# A block of ResNet-18 has two 3x3 convolutions, a batch norm after each, a ReLU between them, and then the step that
# gave the family its name: the input is added, and the sum goes through a ReLU. **F(x)** is what the two
# convolutions and norms make of x, **H(x) = shortcut(x) + F(x)** is the sum.

# %%
stock = resnet18().eval()
print(stock.layer1[0])

# %% [markdown]
# *Predict first:* how many ReLUs run in this block, though only one is printed?
#
# A **forward hook** is a function that PyTorch calls after a module has run, with the module, its inputs and its output; what it returns, if not `None`,
# replaces the output. `handle.remove()` takes it off again.

# %%
x = torch.randn(2, 64, 8, 8)
block, calls = stock.layer1[0], []
handles = [
    part.register_forward_hook(lambda part, _, out: calls.append(type(part).__name__))
    for part in block.children()
]
with torch.no_grad():
    block(x)
for handle in handles:
    handle.remove()
print(" -> ".join(calls))
assert calls == ["Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "ReLU"]

# %% [markdown]
# One ReLU module, and it runs twice (claim D4). The addition is no module: no hook sees it.

# %%
plots.show(plots.block_sketch())

# %% [markdown]
# ### Exercise 1 · Build a BasicBlock · ●●● · 5 points · 20 min
#
# Write the class `BasicBlock(in_channels, out_channels, stride=1)` from scratch. torchvision's tensors must load into it
# by name (`load_state_dict`, strict) and give its outputs, in evaluation and in training:
# - `conv1`, `bn1`, `conv2`, `bn2`: 3x3 convolutions with padding 1 and **without bias**; the stride is in `conv1`;
# - `downsample`: the projection, a 1x1 convolution with the stride (no bias) and a batch norm, in an `nn.Sequential`.
#   Its tensors exist exactly where `in_channels != out_channels` or the stride is not 1, whatever the size of the map.
#
# The input tensor must be left as it was. Use `torch.nn` only: torchvision's own block may not run inside.
#
# *Predict first:* what goes wrong if the ReLU comes before the sum instead of after it?

# %% answer="basic_block"
class BasicBlock(nn.Module):
    """Two 3x3 convolutions with norms, whose result is added to the shortcut; then a ReLU.

    Input float [N, in_channels, H, W]; output [N, out_channels, H / stride, W / stride], rounded up.
    Layers: conv1, bn1, conv2, bn2, and downsample where channels differ or the stride is not 1.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        ### BEGIN SOLUTION
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ### BEGIN SOLUTION
        shortcut = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + shortcut)
        ### END SOLUTION

# %% check="basic_block"
checks.residual.basic_block(BasicBlock)

# %% [markdown]
# And the prediction: after a ReLU of its own, F(x) is never negative. Where the shortcut is x, a block could then add to a value but never make it smaller.
#
# <details><summary>Hint: "Missing key(s) in state_dict: downsample.0.weight"</summary>
# The projection is needed in two cases, not in one. Look at what <code>stride</code> does to the size of F(x).
# </details>
# <details><summary>Hint: "equal in evaluation, different in training"</summary>
# Does each norm run exactly once, and is each used in one place only?
# </details>
# <details><summary>Hint: "the input was changed"</summary>
# <code>out += x</code> changes <code>out</code>, and <code>x += out</code> changes the caller's tensor. So does an in-place ReLU on x.
# </details>

# %% graded="basic_block-1" points=3
# Graded, 3 points: blocks without and with a projection, in evaluation.
### BEGIN HIDDEN TESTS
# Why: the order of norm, sum and ReLU; a projection for other channels only, which a stride needs as well, even for a
# map of one pixel, where x and F(x) happen to have the same shape.
def hidden_test() -> None:
    import torch
    from course_utils import checks, values
    from torch import nn
    from torchvision.models import resnet

    def reference(wide_in: int, wide_out: int, stride: int) -> nn.Module:
        project = None
        if stride > 1 or wide_in != wide_out:
            kernel = nn.Conv2d(wide_in, wide_out, 1, stride=stride, bias=False)
            project = nn.Sequential(kernel, nn.BatchNorm2d(wide_out))
        block = resnet.BasicBlock(wide_in, wide_out, stride, project)
        for norm in (m for m in block.modules() if isinstance(m, nn.BatchNorm2d)):
            for tensor in (norm.weight, norm.bias, norm.running_mean):
                nn.init.normal_(tensor)
            nn.init.uniform_(norm.running_var, 0.4, 1.7)
            norm.running_var[:2] = 1e-4
        return block.eval()

    library = (resnet.BasicBlock.__init__, resnet.BasicBlock.forward, resnet.Bottleneck.forward)

    def outputs(shape: tuple[int, int, int], state: dict, x: torch.Tensor) -> torch.Tensor:
        theirs = reference(*shape)
        theirs.load_state_dict(state)
        return theirs(x)

    def compare(shape: tuple[int, int, int], category: str, height: int = 10, width: int = 6) -> None:
        torch.manual_seed(28_617 + sum(shape))
        state, x = reference(*shape).state_dict(), torch.randn(3, shape[0], height, width).transpose(2, 3)

        def use() -> torch.Tensor:
            mine = BasicBlock(*shape[: 2 if shape[2] == 1 else 3])
            assert isinstance(mine, nn.Module), "BasicBlock: a module"
            mine.load_state_dict(state)
            mine.eval()(x.flip(0) + 1)  # what it gives for other inputs is not to be remembered
            return mine(x.clone())

        with torch.no_grad():
            try:
                got = checks.own_work(use, *library)()
            except (RuntimeError, TypeError) as problem:
                raise AssertionError(f"BasicBlock: {category}") from problem
            except checks.LibraryAnswer:
                raise AssertionError("BasicBlock: a block of your own") from None
            values.same(f"BasicBlock: {category}", got, outputs(shape, state, x), rtol=1e-4, atol=1e-5)

    with torch.random.fork_rng(devices=[]):
        compare((7, 7, 1), "equal shapes")
        compare((5, 9, 1), "other channels")
        compare((9, 4, 1), "fewer channels")
        compare((6, 6, 2), "a stride")
        compare((6, 6, 2), "a stride on one pixel", 1, 1)
        for shape in ((9, 4, 2), (8, 4, 2), (4, 8, 2), (3, 9, 3), (5, 5, 3), (5, 7, 4)):
            compare(shape, "other channels and a stride")


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% graded="basic_block-2" points=2
# Graded, 2 points: in training: outputs, gradients, running statistics; the input is left alone.
### BEGIN HIDDEN TESTS
# Why: a sum written into x, a norm that runs twice or otherwise, weights cut off: right in evaluation all the same.
def hidden_test() -> None:
    import torch
    from course_utils import checks, values
    from torch import nn
    from torchvision.models import resnet

    library = (resnet.BasicBlock.__init__, resnet.BasicBlock.forward, resnet.Bottleneck.forward)

    def reference(shape: tuple[int, int, int]) -> nn.Module:
        project = None
        if shape != (6, 6, 1):
            project = nn.Sequential(nn.Conv2d(4, 8, 1, 2, bias=False), nn.BatchNorm2d(8))
        return resnet.BasicBlock(*shape, project).train()

    def expected(shape: tuple[int, int, int], state: dict, x: torch.Tensor) -> dict:
        theirs, wanted = reference(shape), x.clone().requires_grad_()
        theirs.load_state_dict(state)
        out = theirs(wanted * 1.0)
        out.square().sum().backward()
        grads = {name: p.grad for name, p in theirs.named_parameters()}
        return {"out": out.detach(), "x": wanted.grad, "weights": sort(grads), "state": sort(theirs.state_dict())}

    def sort(state: dict) -> dict:
        return {name: state[name] for name in sorted(state)}

    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        for shape in ((6, 6, 1), (4, 8, 2)):
            torch.manual_seed(50_338 + sum(shape))
            state, x = reference(shape).state_dict(), torch.randn(5, shape[0], 6, 6)
            seen, blocks = x.clone().requires_grad_(), []
            given = seen * 1.0
            kept = given.detach().clone()

            def use() -> torch.Tensor:
                blocks.append(BasicBlock(*shape))
                blocks[0].load_state_dict(state)
                return blocks[0].train()(given)

            try:
                got = checks.own_work(use, *library)()
            except checks.LibraryAnswer:
                raise AssertionError("BasicBlock: a block of your own") from None
            ours = expected(shape, state, x)
            values.same("BasicBlock: outputs in training", got, ours["out"], atol=1e-4)
            assert torch.equal(given.detach(), kept), "BasicBlock: the input tensor in training"
            got.square().sum().backward()
            values.same("BasicBlock: gradients", seen.grad, ours["x"], atol=1e-4)
            grads = sort({name: p.grad for name, p in blocks[0].named_parameters()})
            values.same("BasicBlock: gradients of the weights", grads, ours["weights"], rtol=1e-3, atol=1e-3)
            mine = sort(blocks[0].state_dict())
            values.same("BasicBlock: running statistics", mine, ours["state"], atol=1e-4)
            untouched = x.clone()
            with torch.no_grad():
                blocks[0].eval()(untouched)
            assert torch.equal(untouched, x), "BasicBlock: the input tensor"


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% [markdown]
# ### When the shortcut is not x
#
# > **Is it true?** *"With the same number of channels the input is passed on directly, otherwise through a 1x1
# > convolution, and the output is x."* (claim D5) Three things are left out. The first block of `layer2`:

# %%
print(stock.layer2[0].downsample)

# %% [markdown]
# The projection is a 1x1 convolution **and a batch norm**; it takes over the **stride**; and what comes out is W x, not x. ResNet-18 has three of them, where channels and
# size change. (Bottlenecks, claim D3, and Exercise 4: *Further*.)
#
# > **Is it true?** *"H = x + F, so the network learns F = H - x, the residual."* (claim D6) With an identity shortcut and
# > **before** the last ReLU, it is the definition. What the block passes on is `relu(H)`, and with a projection it is W x
# > that is added.

# %% [markdown]
# ## 3 · A whole ResNet-18 of your blocks
#
# Four stages of two blocks each, a stem in front, a mean over places and a linear head after it. With torchvision's names, trained weights fit into it.

# %%
class ResNet18(nn.Module):
    """ResNet-18 of any block: block(in_channels, out_channels, stride)."""

    def __init__(self, block, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1, self.maxpool = nn.BatchNorm2d(64), nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(block(64, 64, 1), block(64, 64, 1))
        self.layer2 = nn.Sequential(block(64, 128, 2), block(128, 128, 1))
        self.layer3 = nn.Sequential(block(128, 256, 2), block(256, 256, 1))
        self.layer4 = nn.Sequential(block(256, 512, 2), block(512, 512, 1))
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean(dim=(2, 3)))

# %% [markdown]
# *Predict first:* will the logits be equal to torchvision's to the last bit, or only nearly? (Where your block is not ready, torchvision's network takes
# its place, and a line says so.)

# %%
n_words = len(small.classes)
try:
    whose, assembled = "your blocks", ResNet18(BasicBlock, n_words)
    assembled.load_state_dict(trained.state_dict())
except Exception as problem:
    print(f"your block does not fit yet ({type(problem).__name__})")
    whose, assembled = "torchvision's blocks", trained

# %%
x = small.at_size(64)(splits.val.images[:4])
with torch.no_grad():
    difference = (assembled.eval()(x) - trained(x)).abs().max()
print(f"{count_parameters(assembled):,} parameters, logits differ by {difference:.0e}")
answers = {photo.shows: best_guesses(assembled, small, photo.read(), size=64) for photo in sample_photos()}
first = answers[sample_photos()[0].shows][1][0][0]
plots.show(plots.photos_and_guesses(answers, title=f"Built of {whose}, it sees the {first}, too", data="small weights"))

# %% tags=["record"]
assert count_parameters(assembled) == count_parameters(trained) == 11_181_642 + 513 * (len(small.classes) - 10)
assert first == word

# %% [markdown]
# Twenty lines of yours and twenty given are all the code that those weights need. (The prediction: equal to the last bit, since the same operations run in the same order; another order would differ by some 1e-6.) Now look inside.

# %% [markdown]
# ## 4 · Look inside: x, F(x), and their sum
#
# The pictures are enlarged to 64 pixels (224 at `gpu`), because at 32 the last maps are a single pixel. Two networks: the pretrained one, and one with random weights.
# Two numbers for each block: the **ratio** of the norm of F(x) to that of its shortcut (over 1, F(x) outweighs it), and the **cosine** between the two (zero: F(x) adds something new;
# negative: it takes away from x).
#
# *Predict first:* in which blocks is F(x) small beside x? Is it small in a network that was never trained?

# %%
pictures = splits.val.take(plan.capture.images, seed)
enlarge = session.at_size(plan.capture.size)
networks = {
    "pretrained": build_model("resnet18", pretrained, num_classes=None),
    "random": build_model("resnet18", None, num_classes=10, seed=seed),
}
records = {name: capture(net.to(device), enlarge(pictures.images.to(device))) for name, net in networks.items()}
for record in records["pretrained"].values():
    assert torch.allclose(record.sum.relu(), record.output, atol=1e-4)
print("relu(shortcut + F(x)) is what each block passes on")

# %%
sizes = {
    name: {block: (r.ratio.cpu(), r.cosine.cpu()) for block, r in recs.items()}
    for name, recs in records.items()
}
projections = [name for name, r in records["pretrained"].items() if r.projection]
ratios = {name: {b: float(s[0].mean()) for b, s in by_block.items()} for name, by_block in sizes.items()}
photos = {size: dict(zip(find_blocks(stock), session.recorded("sizes")[size])) for size in ("64 px", "32 px")}
big, little = (ratio["layer4.1"] for ratio in photos.values())
title = f"Recorded (hollow): in layer4.1 F(x) is {big:.1f} times its shortcut at 64 pixels, {little:.1f} times at 32"
plots.show(plots.residual_sizes(
    sizes, projections=projections, recorded={f"pretrained, photographs, {size}": known for size, known in photos.items()},
    title=title, data=f"filled: {splits.name} at {plan.capture.size} px; hollow: photographs of CIFAR-10, small weights"))  # fmt: skip
cosines = {block: f"{float(values[1].mean()):+.2f}" for block, values in sizes["pretrained"].items()}
print(f"cosine, pretrained: {cosines['layer4.0']} in layer4.0, {cosines['layer4.1']} in layer4.1")

# %%
at_32 = capture(networks["pretrained"], session.at_size(32)(pictures.images.to(device)))
measured = {f"{plan.capture.size} px": ratios["pretrained"], "32 px": {b: float(r.ratio.mean()) for b, r in at_32.items()}}
print(f"yours, pretrained, at 32 px: {measured['32 px']['layer4.1']:.2f} in layer4.1")

# %% tags=["record"]
session.keep("sizes", {**{size: list(by_block.values()) for size, by_block in measured.items()},
                       "random": list(ratios["random"].values())})  # fmt: skip
at_64, as_is = photos["64 px"], photos["32 px"]
small_at_64 = pretrained is not None and pretrained.name == small.name and plan.capture.size == 64
small_at_64 = small_at_64 and splits.name == "drawn cartoons"  # of your own pictures nothing is promised
assert not small_at_64 or (-0.35 < float(cosines["layer4.0"]) < -0.25 and -0.5 < float(cosines["layer4.1"]) < -0.4)
small_random = [float(values[1].mean()) for values in sizes["random"].values()]
assert max(map(abs, small_random)) < 0.2
assert f"{at_64['layer1.1']:.2f} {at_64['layer4.1']:.1f}" == "0.59 2.9"
assert min(at_64, key=at_64.get) == "layer1.1" and max(at_64, key=at_64.get) == "layer4.1"
assert f"{as_is['layer4.1']:.2f} {min(as_is.values()):.2f}" == "0.72 0.51" and max(as_is.values()) < 1
assert 0.6 < min(session.recorded("sizes")["random"]) and max(session.recorded("sizes")["random"]) < 1.3

# %% [markdown]
# **Read it.** On photographs at 64 pixels the ratio is smallest in `layer1.1` (0.59) and by far largest in the very last block, `layer4.1` (2.9). At 32 pixels, where that block's map is a single pixel,
# its ratio is 0.72, and no F(x) outweighs its shortcut: **a ratio belongs to an input size.** The random network (one, from one seed) has ratios from 0.6 to 1.3: its initialisation roughly keeps the size of what passes through.
#
# Cosines are not on the record. On the drawn pictures, with the small weights, they are clearly negative in the last stage alone, most in `layer4.1`: there F(x) takes away from what comes in. Yours stand above.
# (Nearly all of that block's F(x) is negative: *Further*.) In the random network no cosine is far from zero.
#
# > **Is it true?** *"In deep networks F(x) is close to zero, which is easier to learn than the identity."* (claim D7) It is the paper's *motivation*
# > (section 3.1); its Figure 7 shows responses that are smaller than in plain networks, and smaller the deeper the network. No block of this one is near zero.
#
# *Predict:* which block will be missed least, not on one picture but on many? Does its size tell? Write it down.

# %% [markdown]
# ## 5 · Leave a block out

# %% [markdown]
# ### Exercise 2 · Leave a block out · ●●○ · 4 points · 12 min
#
# Write `logits_without(model, name, images)`: the logits of a torchvision ResNet on `images`, in the mode the model
# is in, when the block called `name` (`"layer3.1"`) passes on nothing but `relu(shortcut)`: x itself, or what its
# projection makes of x. F(x) is left out.
#
# Leave the model as you found it. Afterwards weights, layers, attributes, modes, methods, hooks and images are
# what they were, to the last bit, **also if the forward pass raises or is interrupted**. (Running statistics too, except
# in training mode: there they may move, as in any forward pass.)
#
# *Predict first:* why is `relu(x)` the same as x for every block of ResNet-18?

# %% answer="ablate_block"
def logits_without(model: nn.Module, name: str, images: torch.Tensor) -> torch.Tensor:
    """Logits [N, C] when the block `name` gives relu(shortcut) alone; the model is left as it was.

    images: the model's input, float [N, 3, H, W]. The shortcut is x, or `block.downsample(x)`.
    """
    ### BEGIN SOLUTION
    def shortcut_only(block, inputs, output):
        way = inputs[0] if block.downsample is None else block.downsample(inputs[0])
        return F.relu(way)

    handle = model.get_submodule(name).register_forward_hook(shortcut_only)
    try:
        return model(images)
    finally:
        handle.remove()
    ### END SOLUTION

# %% check="ablate_block"
checks.residual.ablate_block(logits_without)

# %% [markdown]
# (`relu(x)` is x, because x left a ReLU, or the max-pool after one: it is not negative.)
#
# <details><summary>Hint: "right for layer1.1, wrong for layer2.0"</summary>
# A block with a projection passes on relu(W x): <code>block.downsample(x)</code>, and then the ReLU.
# </details>
# <details><summary>Hint: "the next call gives other logits"</summary>
# What you changed must be put back, whatever happens: <code>try: ... finally: ...</code>. A forward hook that returns a value
# replaces the output, and <code>handle.remove()</code> undoes it.
# </details>

# %% graded="ablate_block-1" points=2
# Graded, 2 points: the logits without a block, on networks that you have not seen.
### BEGIN HIDDEN TESTS
# Why: zeroing the last weight but not its bias, or leaving out the projection and the ReLU with the branch.
def hidden_test() -> None:
    import copy
    import torch
    from course_utils import analysis, checks, values
    from torch import nn
    from torchvision.models.resnet import BasicBlock as Basic
    from torchvision.models.resnet import Bottleneck

    answer = checks.own_work(logits_without, analysis.skipped)

    class Mine(Basic):
        pass

    def without(twin: nn.Module, name: str, images: torch.Tensor) -> torch.Tensor:
        block = twin.get_submodule(name)
        last = block.bn3 if isinstance(block, Bottleneck) else block.bn2
        last.weight.zero_(), last.bias.zero_()
        return twin(images)

    networks = (
        (Basic, [2, 2, 1, 1], False, ("layer1.0", "layer2.1", "layer2.0", "layer4.0")),
        (Bottleneck, [1, 2, 1, 1], False, ("layer1.0", "layer2.1", "layer2.0", "layer4.0")),
        (Mine, [2, 1, 1, 1], True, ("layer1.1", "layer3.0")),
        (Basic, [1, 11, 1, 1], False, ("layer2.1", "layer2.10")),
    )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for kind, layers, training, names in networks:
            torch.manual_seed(85_263 + layers[0])
            model = checks.residual.SlimResNet(kind, layers, num_classes=6).train(training)
            for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
                nn.init.uniform_(norm.weight, 0.5, 1.5)
                nn.init.normal_(norm.bias, std=0.5)
            images = torch.randn(2, 3, 40, 40)
            for name in names:
                twin = copy.deepcopy(model)
                got = answer(copy.deepcopy(model), name, images.clone())
                assert type(got) is torch.Tensor and got.shape == (2, 6), "logits_without: type"
                way = "projection" if twin.get_submodule(name).downsample else "identity shortcut"
                label = "in training mode" if training else f"a block with {way}"
                expected = without(twin, name, images)
                values.same(f"logits_without: {label}", got, expected, rtol=1e-4, atol=1e-4)


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% graded="ablate_block-2" points=2
# Graded, 2 points: model and images are left as they were, also after an exception.
### BEGIN HIDDEN TESTS
# Why: leaving the block cut, or a hook or a patched forward in it, above all after an exception or an interrupt.
def hidden_test() -> None:
    import copy
    import zlib
    import torch
    from course_utils import analysis, checks, values
    from torch import nn
    from torchvision.models.resnet import BasicBlock as Basic

    answer = checks.own_work(logits_without, analysis.skipped)

    class Broken(Exception):
        pass

    def explode(*_):
        raise Broken

    def interrupt(*_):
        raise KeyboardInterrupt

    def stopped(kind: type, *args) -> bool:
        try:
            answer(*args)
        except kind:
            return True
        return False

    def mark(t: torch.Tensor) -> int:
        return zlib.crc32(t.detach().contiguous().numpy().tobytes())

    def without(twin: nn.Module, name: str, images: torch.Tensor) -> torch.Tensor:
        last = twin.get_submodule(name).bn2
        last.weight.zero_(), last.bias.zero_()
        return twin(images)

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(47_710)
        model = checks.residual.SlimResNet(Basic, [1, 2, 1, 1], num_classes=4).eval()
        for p in model.parameters():
            p.add_(0.01 * torch.randn_like(p))
        model.layer1.requires_grad_(False)
        model.layer3.train()
        seen = []
        model.layer2[1].register_forward_hook(lambda *_: seen.append(1))
        twin = copy.deepcopy(model)
        moving = [k for k, _ in model.layer3.named_buffers(prefix="layer3")]

        images = torch.randn(2, 3, 34, 34)
        given, kept = images.clone(), checks.Kept(model)
        for name in ("layer2.1", "layer2.0", "layer2.1"):
            got = answer(model, name, given)
            assert type(got) is torch.Tensor, "logits_without: type"
            right = without(copy.deepcopy(twin), name, images)
            values.same("logits_without: the logits", got, right, rtol=1e-3, atol=1e-3)
            mine = [fact for fact in kept.changes() if fact not in moving]
            values.same("logits_without: the model after a call", mine, [])
            values.same("logits_without: the images", mark(given), mark(images))
        count = len(seen)
        model(images)
        values.same("logits_without: other people's hooks", len(seen) - count, 1)
        for at, stop, kind in (
            (model.layer4[0], explode, Broken),
            (model.layer4[0], interrupt, KeyboardInterrupt),
            (model.conv1, explode, Broken),
        ):
            handle = at.register_forward_pre_hook(stop)
            kept = checks.Kept(model)
            for name in ("layer1.0", "layer2.0"):
                reached = stopped(kind, model, name, given)
                values.same("logits_without: an exception reaches the caller", reached, True)
                mine = [fact for fact in kept.changes() if fact not in moving]
                values.same("logits_without: the model after an exception", mine, [])
            handle.remove()


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% [markdown]
# Now ResNet-18, fine-tuned on the pictures at hand, one model for each seed. Two ways to damage one block, on unseen images:
# - **leave out** F(x): the block passes on its shortcut;
# - **shuffle** F(x) over the batch: each image gets the F(x) of another one. What all images share is
#   still there, what F(x) says about *this* image is wrong.
#
# **Decided:** every seed loses, and the mean loss exceeds the ± (two standard errors; each model is compared with itself on the same images).
#
# *Predict first:* which does more harm?

# %%
from course_utils.analysis import shuffled
from course_utils.training import evaluate, fit, Phase, Recipe

job = plan.ablation
fine = session.at_size(job.size)
pupils = replace(splits, train=splits.train.take(job.images, seed), val=splits.val.take(job.test, seed))
unseen = splits.test.take(job.test, seed)
tuned = []
for s in range(seed, seed + job.seeds):
    model = build_model("resnet18", pretrained, n_classes, seed=s)
    fit(model, pupils, Recipe((Phase(job.epochs, job.lr),), job.batch_size), fine, seed=s).completed()
    tuned.append(model)

# %%
ablated, loss_errors = damaged(tuned, unseen, fine, {"left out": skipped, "shuffled": shuffled})
shown = fine(unseen.take(100, seed).images.to(device))
captured = [capture(model.to(device), shown) for model in tuned]
here_ratio = {name: sum(float(c[name].ratio.mean()) for c in captured) / len(captured) for name in captured[0]}
show_table(damage_rows(here_ratio, ablated, loss_errors), caption=f"Yours. Points of accuracy lost; fine-tuned, {job.size} px, {splits.name}; {ablated[0]}")

# %%
damage_there = session.recorded("ablation")
there, errors_there = [Arm.from_dict(arm) for arm in damage_there["arms"]], damage_there["errors"]
there_ratio = session.recorded("sizes where losses were measured")["ratio"]
behind = {name: 7 - place for place, name in enumerate(find_blocks(stock)) if name in identity_blocks(stock)}
plots.show(plots.size_against_loss(
    {name: there_ratio[name] for name in behind}, accuracy_lost(there), errors_there, behind,
    title="Recorded: the largest F(x), that of layer4.1, is among the least missed",
    data=f"photographs of CIFAR-10 at 64 px, {there[0].n_images} test images"))  # fmt: skip
show_table(damage_rows(there_ratio, there, errors_there),
           caption=f"Recorded. Points of accuracy lost; fine-tuned on 1,000 photographs for 3 epochs, 64 px; {there[0]}")  # fmt: skip

# %% tags=["record"]
session.keep("ablation", {"arms": [arm.to_dict() for arm in ablated], "errors": loss_errors, "n_train": job.images})
session.keep("sizes where losses were measured", {"pixels": job.size, "ratio": here_ratio})
whole_there, lost = there[0], {arm.name: there[0].mean - arm.mean for arm in there}
blocks = identity_blocks(stock)
points_lost = [f"{100 * lost[f'{name} left out']:.1f}" for name in blocks]
shuffles = [100 * lost[f"{name} shuffled"] for name in blocks]
assert f"{min(shuffles):.1f} {max(shuffles):.1f}" == "22.5 40.5" and all(lost[f"{name} shuffled"] > lost[f"{name} left out"] for name in blocks)
assert points_lost == ["23.4", "17.5", "11.7", "4.8", "2.0"] and f"{100 * lost['layer4.1 shuffled']:.1f}" == "40.5"
assert [f"{there_ratio[name]:.2f}" for name in blocks] == ["0.75", "0.64", "0.82", "0.85", "1.17"]
unsure = [f"{name} {way}" for way, runs in accuracy_lost(there).items() for name in blocks if not is_missed(runs[name], errors_there[f"{name} {way}"])]
assert unsure == ["layer4.1 left out"] and f"{100 * min(accuracy_lost(there)['left out']['layer4.1']):.1f}" == "-0.2"
assert max(blocks, key=lambda b: lost[f"{b} shuffled"]) == "layer4.1" and percent(whole_there.mean) == "62.7 %"

def rank_correlation(a, b):
    """Spearman's, of five numbers without ties."""
    places = [[sorted(values).index(v) for v in values] for values in (a, b)]
    return 1 - 6 * sum((i - j) ** 2 for i, j in zip(*places)) / (5 * 24)

assert f"{rank_correlation([there_ratio[b] for b in blocks], [lost[f'{b} left out'] for b in blocks]):.1f}" == "-0.9"
assert f"{rank_correlation([behind[b] for b in blocks], [lost[f'{b} left out'] for b in blocks]):.1f}" == "1.0"
assert list(behind.values()) == [7, 6, 4, 2, 0] and len(find_blocks(stock)) == 8
runs_lost = {name: [round(100 * points, 1) for points in runs] for name, runs in accuracy_lost(there)["left out"].items()}
assert runs_lost["layer3.1"] == [5.6, 1.2, 7.6] and runs_lost["layer4.1"] == [-0.2, 2.0, 4.2]
more = {name: [a > b for a, b in zip(runs, runs_lost["layer4.1"])] for name, runs in runs_lost.items()}
assert all(map(all, (more["layer1.0"], more["layer1.1"], more["layer2.1"]))) and more["layer3.1"] == [True, False, True]
assert all(a > b for a, b in zip(runs_lost["layer1.0"], runs_lost["layer1.1"]))

# %% [markdown]
# **Read it.** Recorded, the losses fall from block to block: 23.4, 17.5, 11.7, 4.8 and 2.0 points of 62.7 %. All but the last are decided (without `layer4.1` one seed gains 0.2). At `smoke`, trained on 40 images and measured on 24, none is.
#
# The sizes go nearly the other way: `layer4.1` has the largest F(x), 1.17 times its shortcut. Whether it or `layer3.1` is missed least is undecided (with one of three seeds it is `layer3.1`); the three earlier blocks are missed more with every seed.
# Here the *larger* F(x), the *less* it is missed: the rank correlation of the two is -0.9 (1: the same order; -1: the reverse). So **a large F(x) is no sign of an important block.** (Before fine-tuning, in section 4, it was 2.9: a ratio belongs to the training, too.)
#
# Why? The first suspect is **depth**: after `layer1.0` come seven blocks that were trained on what it makes, after `layer4.1` only the head. The number of blocks after it orders the losses perfectly (1.0), so size may only stand in for it. Five blocks prove neither, and no two of one depth were compared.
#
# On average shuffling costs more than leaving out in all five blocks, in `layer1.0` hardly (with one seed it is the other way round). A *wrong* F(x) costs most in the very last block: 40.5 points. So its F(x) is not idle, though the right one is worth only two. (By the cosine, of other pictures and before fine-tuning, it takes away; another picture's F(x) may take away the wrong things.)

# %% [markdown]
# ## 6 · Gradients: a formula and a measurement
#
# Often quoted: if H = x + F(x), then dH/dx = 1 + dF/dx, so the gradient comes through, whatever F does. (For vectors the 1 is the identity matrix.)
# Four units: **x + F(x)**; **relu(x + F(x))**, what a block passes on; **W x + F(x)**, with a projection; and x + F(x) with **F(x) = -x**.
# *Predict first:* for which of them does autograd agree with the formula, and in which does no gradient come through?

# %%
from torch.autograd.functional import jacobian

generator = torch.Generator().manual_seed(seed)
mix, W = torch.randn(2, 6, 6, generator=generator, dtype=torch.double)
x, one = torch.randn(6, generator=generator, dtype=torch.double), torch.eye(6, dtype=torch.double)
branch = lambda x: torch.tanh(mix @ x)
units = {"x + F(x)": (lambda x: x + branch(x), branch), "relu(x + F(x))": (lambda x: F.relu(x + branch(x)), branch),
         "W x + F(x)": (lambda x: W @ x + branch(x), branch), "x + F(x), and F(x) = -x": (lambda x: x - x, lambda x: -x)}  # fmt: skip

# %%
slopes = {name: (jacobian(h, x), one + jacobian(f, x)) for name, (h, f) in units.items()}
show_table([{"H(x)": name, "dH/dx and 1 + dF/dx differ by": f"{(d_h - formula).abs().max():.1g}", "largest entry of dH/dx": f"{d_h.abs().max():.2g}"}
            for name, (d_h, formula) in slopes.items()], caption="Vectors of six numbers, F a random layer with tanh, double precision")  # fmt: skip
off = [(d_h - formula).abs().max() > 1e-9 for d_h, formula in slopes.values()]
assert off == [False, True, True, False] and slopes["x + F(x), and F(x) = -x"][0].abs().max() == 0

# %% [markdown]
# **Read it.** Autograd agrees in the first row and in the last, where no gradient comes through at all. In the second the ReLU has set rows of dH/dx to zero; what stands in the place of the 1 in the third is for Exercise 3. The formula promises nothing; so measure.

# %% [markdown]
# ### Gradients at initialisation
#
# *Predict first:* without any shortcut, in a plain network with batch norm: are the gradients of the first layers smaller than those of the last, equal, or larger?
#
# Four kinds of stacks of the same convolutions: with and without shortcuts (which here have no parameters), with and without batch norm. One backward pass each on the same pictures.
# **Gradient norm:** the norm of the loss's gradient with respect to the weights of one convolution. First and last differ in shape, so read how their ratio *grows*, not whether it is 1.

# %%
from course_utils.analysis import geometric_range, gradient_norms, growth_rows
from course_utils.models import build_stack

stacks = {
    "plain, batch norm": {"residual": False},
    "residual, batch norm": {},
    "plain, no norm": {"residual": False, "norm": False},
    "residual, no norm": {"norm": False},
}
resized = session.at_size(plan.gradients.size)
some = splits.train.take(plan.gradients.images, seed)
flow = {}
for name, shape in stacks.items():
    for depth in plan.gradients.depths:
        models = [build_stack(depth, num_classes=n_classes, seed=s, **shape) for s in range(plan.gradients.seeds)]
        flow[name, depth] = [list(gradient_norms(model, resized(some.images), some.labels).values()) for model in models]

# %%
growth = {name: {str(depth): [layers[0] / layers[-1] for layers in flow[name, depth]] for depth in plan.gradients.depths} for name in stacks}
deepest = plan.gradients.depths[-1]
ratio_caption = "Gradient norm of the first convolution over that of the last, before training (95 % confidence interval over"
below = [depth for depth in plan.gradients.depths if depth < 56]
shallower = {name: {str(depth): found[str(depth)] for depth in below} for name, found in growth.items()}
show_table(growth_rows(shallower), caption=f"Yours. {ratio_caption} {plan.gradients.seeds} seeds)")

# %% [markdown]
# *Predict:* suppose that each layer of the plain stack with norm multiplies the gradient by the same factor. What will 56 layers give?

# %%
low, high = (geometric_range(growth["plain, batch norm"][str(depth)])[0] for depth in (below[0], below[-1]))
factor = (high / low) ** (1 / (below[-1] - below[0]))
guess = high * factor ** (56 - below[-1])
print(f"yours, {below[0]} to {below[-1]} layers: times {factor:.2f} a layer; so {two_digits(guess)} at 56 layers")

# %%
if "56" in growth["plain, batch norm"]:
    print(f"yours, measured at 56: {two_digits(geometric_range(growth['plain, batch norm']['56'])[0])}")
gradients_there = session.recorded("gradients")
at_56 = geometric_range(gradients_there["ratios"]["plain, batch norm"]["56"])[0]
print(f"recorded: {two_digits(at_56)}; your guess is {guess / at_56:.1f} times that")
show_table(growth_rows(gradients_there["ratios"]), caption=f"Recorded. {ratio_caption} 5 seeds; photographs)")
plots.show(plots.gradient_flow(
    gradients_there["norms"], title="Recorded: with batch norm and no shortcut the first layer's gradient is 2,100 times the last one's",
    data=f"{gradients_there['depth']} layers, 32 photographs of CIFAR-10 at 16 px, before training"))  # fmt: skip

# %% tags=["record"]
session.keep("gradients", {"weights": "random weights", "ratios": growth, "depth": deepest,
                           "norms": {name: [[float(f"{v:.4g}") for v in layers] for layers in flow[name, deepest]] for name in stacks}})  # fmt: skip
middle_there = {name: {int(d): geometric_range(r)[0] for d, r in by_depth.items()} for name, by_depth in gradients_there["ratios"].items()}
plain_there, residual_there = middle_there["plain, batch norm"], middle_there["residual, batch norm"]
assert [two_digits(v) for v in plain_there.values()] == ["4.1", "9.1", "58", "2,100"] and two_digits(residual_there[56]) == "13"
no_norm_there = middle_there["plain, no norm"]
assert [two_digits(no_norm_there[depth]) for depth in (14, 56)] == ["0.64", "3.1"]
assert round(no_norm_there[56] / no_norm_there[14]) == 5 and 490 < plain_there[56] / plain_there[14] < 530
assert f"{(plain_there[56] / plain_there[14]) ** (1 / 42):.2f}" == "1.16"
assert [f"{(plain_there[b] / plain_there[a]) ** (1 / (b - a)):.2f}" for a, b in ((14, 20), (20, 32), (32, 56))] == ["1.14", "1.17", "1.16"]
assert growth_rows(gradients_there["ratios"])[0]["56 layers"] == "2,100 (910 to 4,900)" and gradients_there["depth"] == 56
norm_free = growth_rows(gradients_there["ratios"])[2:]
assert [row["56 layers"] for row in norm_free] == ["3.1 (0.84 to 12)", "0.51 (0.28 to 0.91)"]
sizes_there = {name: [geometric_range(norms)[0] for norms in zip(*runs)] for name, runs in gradients_there["norms"].items()}
assert max(sizes_there["plain, no norm"]) < 0.002 and min(sizes_there["residual, no norm"]) > 2000
assert round(min(min(run) for run in gradients_there["norms"]["residual, no norm"])) == 328
kept_close = sizes_there["residual, batch norm"]
assert f"{max(kept_close) / min(kept_close):.0f}" == "13" and f"{min(kept_close):.1f} {max(kept_close):.1f}" == "0.5 6.3"
assert growth_rows(gradients_there["ratios"])[0]["20 layers"] == "9.1 (6.9 to 12)"
if session.budget == "smoke" and splits.name == "drawn cartoons" and seed == 0:
    assert (f"{factor:.2f}", two_digits(high)) == ("1.20", "16") and 4.5 < guess / at_56 < 5.5
    rate_there = (plain_there[56] / plain_there[14]) ** (1 / 42)
    assert 2.7 < (factor / rate_there) ** 36 < 3.3 and 1.65 < high / plain_there[20] < 1.95, ((factor / rate_there) ** 36, high / plain_there[20])

# %% [markdown]
# **Read it.** In the plain stack with norm the ratio of first to last gradient grows by 14 to 17 % with each further layer, from 4.1 at 14 layers to 2,100 at 56. With shortcuts it grows slowly: residual **56** (13) stands near plain **20** (9.1).
# The rate is steady, and yet the guess at `smoke` is about five times the recorded number. The two differ in their pictures: eight drawn ones, there 32 photographs. A start of 16, there 9.1, makes nearly twice; 1.20 a layer, there 1.16, makes about three times after 36 layers: a small difference in a rate multiplies.
#
# Is it the convolutions, or the pictures? Take neither: forty wide, fully connected layers with batch norm, noise as input and as target.
# *Predict first:* the factor a layer.

# %%
with torch.random.fork_rng():
    torch.manual_seed(seed)
    dense = [part for _ in range(40) for part in (nn.Linear(512, 512, bias=False), nn.BatchNorm1d(512), nn.ReLU())]
    noise, target = torch.randn(256, 512), torch.randn(256, 512)
(nn.Sequential(*dense)(noise) * target).sum().backward()
dense_norms = [layer.weight.grad.norm().item() for layer in dense[::3]]
dense_factor = (dense_norms[5] / dense_norms[35]) ** (1 / 30)
print(f"fully connected, batch norm, no shortcut: times {dense_factor:.2f} a layer")
assert 1.15 < dense_factor < 1.27

# %% [markdown]
# **Read it.** Some 1.2 a layer again: neither convolutions nor pictures are needed. And without norm? In the geometric mean of the seeds the plain stack's ratio then goes from 0.64 at 14 layers to 3.1 at 56 (0.84 to 12): five times, where with norm it grows five hundred times. But the sizes are extreme: without norm every layer of the plain stack has a gradient below 0.002, every layer of the residual one over 2,000 (probably since every block adds to the signal; a single seed goes down to 328). So
# **batch norm without shortcuts** makes nearly all of the growth; with norm *and* shortcuts the largest of these means is 13 times the smallest, at sizes from 0.5 to 6.3.
#
# > **Is it true?** *"Deep plain networks fail because gradients vanish; shortcuts solve that."* (claims C17, D1) The paper argues against it (sections 1 and 4.1): its plain networks, of 34 layers and trained on ImageNet, had batch norm and
# > healthy gradient norms. Ours, before training, have gradients that **explode** towards the input, the opposite of vanishing (58 times at 32 layers). Yang and others, *A mean field theory of batch normalization* (2019), derive it for wide, fully connected networks before
# > training; one step of training evens the gradients out considerably, they add.

# %% [markdown]
# ## 7 · Degradation: more layers, more *training* error
#
# A deeper network could copy a shallower one and let the further layers do nothing. So it should never fit its training
# images worse. Plain networks do. That, and not overfitting, is what the paper calls **degradation**, and the **training** error alone shows it (claim D2: at 34 layers the paper's
# plain network has a higher one than at 18 *throughout training*). At `smoke` and `cpu` all train at one rate, 0.1; in the record each stack at its best of four, by the first seed.
#
# *Predict first:* four networks train on the same few pictures: plain and residual, at two depths. Order them by training
# error at the end.

# %%
numbers = plan.degradation
shallow, deep = numbers.depths
few = replace(splits, train=splits.train.take(numbers.images, seed), val=splits.val.take(100, seed))
tiny = session.at_size(numbers.size)

def train_stack(arm_seed, lr, depth, epochs=numbers.epochs, **shape):
    """Train one stack; the model with the weights of its last epoch, and the history.

    Momentum 0.9 and weight decay 1e-4 are the paper's; Nesterov, the cosine and no augmentation are ours.
    """
    model, last = build_stack(depth, num_classes=n_classes, seed=arm_seed, **shape), {}
    recipe = Recipe((Phase(epochs, lr),), numbers.batch_size, optimizer="sgd", weight_decay=1e-4, augment=None)
    history = fit(model, few, recipe, tiny, seed=arm_seed, on_epoch=lambda _: last.update(deepcopy(model.state_dict())))
    model.load_state_dict(last)
    return model, history.completed()

# %%
from functools import partial
from course_utils.analysis import fit_at_best_rate

seeds = range(seed, seed + numbers.seeds)

def fitted(model):
    """Accuracy of a trained stack on the images that it was trained on, in evaluation mode."""
    return evaluate(model, few.train, tiny).top1

print("training error by learning rate, first seed")
stack_fits = {}
for depth in (shallow, deep):
    for kind in ("plain", "residual"):
        name, train = f"{kind}, {depth} layers", partial(train_stack, depth=depth, residual=kind == "residual")
        stack_fits[name] = fit_at_best_rate(name, train, numbers.rates, seeds, fitted)

# %%
arms = {name: fits.arm for name, fits in stack_fits.items()}
show_table(error_rows(arms.values()), caption=f"Yours, after {numbers.epochs} epochs on {numbers.images:,} images: {splits.name}")

# %% [markdown]
# After three or five epochs, as at `smoke` and `cpu`, nothing is fitted: such numbers say nothing about degradation. The record has 40.

# %%
degradation = session.recorded("degradation")
arms_there = {arm["name"]: Arm.from_dict(arm) for arm in degradation["arms"]}
kinds = ("plain", "residual")
errors_there = {kind: {depth: [1 - score for score in arms_there[f"{kind}, {depth} layers"].scores] for depth in (20, 32)} for kind in kinds}
growth_there = {kind: {int(depth): runs for depth, runs in gradients_there["ratios"][f"{kind}, batch norm"].items()} for kind in kinds}
photos_16 = "recorded on photographs of CIFAR-10, 500 training images at 16 px"
plots.show(plots.growth_and_error(growth_there, errors_there, title="After 40 epochs 32 plain layers fit worse than 20; with shortcuts both depths fit all images",
    data=f"right: {photos_16}, each stack at its best rate, error in evaluation mode; left: before training, 32 photographs"))  # fmt: skip

# %% [markdown]
# **Read it.** 500 photographs at 16 pixels, 40 epochs. At each stack's best rate 32 plain layers leave 10.5 % of these training images unfitted (three seeds: 4.6 to 20.4), 20 layers none: **degradation**. With shortcuts both depths fit all of them.
# (In evaluation mode; counted while the last epoch trains it is 23.9 %: *Further*. No verdicts, since these are the training images themselves and no sample of others: look at the ranges.)
#
# Slow, or stuck? **Slow**: with 160 epochs in the place of 40 the plain stack of 32 layers fits all of its images, too, with each seed (*Further*). So here degradation is a price in time. On ImageNet the paper's
# authors trained three times as long and still saw it (footnote 3); they conjecture that deep plain networks converge exponentially slowly.
#
# Does the growth of the gradients cause it? Two depths prove no cause.

# %% tags=["record"]
session.keep("degradation", {"weights": "random weights", "n_train": numbers.images, "arms": [fits.to_dict() for fits in stack_fits.values()],
                             "curves": {name: fits.errors for name, fits in stack_fits.items()}})  # fmt: skip
fits = {name: [round(100 * (1 - score), 1) for score in arm.scores] for name, arm in arms_there.items()}
plain_20, residual_20, plain_32, residual_32 = (f"{kind}, {depth} layers" for depth in (20, 32) for kind in kinds)
assert f"{100 * (1 - arms_there[plain_32].mean):.1f}" == "10.5" and [min(fits[plain_32]), max(fits[plain_32])] == [4.6, 20.4]
assert max(fits[plain_20] + fits[residual_20] + fits[residual_32]) == 0
assert f"{100 * sum(run[-1] for run in degradation['curves'][plain_32]) / 3:.1f}" == "23.9" and degradation["n_train"] == 500
assert [two_digits(v) for v in (plain_there[32], plain_there[20], residual_there[32], residual_there[20])] == ["58", "9.1", "5.2", "3.2"]
assert {arm.lr for arm in arms_there.values()} == {0.01}
(patient_there,) = session.recorded("patience")["arms"]
assert patient_there["scores"] == [1, 1, 1] and patient_there["name"] == "plain, 32 layers, 160 epochs"

# %% [markdown]
# ### One block less, in a plain network
#
# A block can be left out of the *plain* stack, too: it passes its input on. Measured on the images that the stacks were trained on.
#
# *Predict first:* how much of its training accuracy does each kind keep?

# %%
removals = {}
for kind in ("plain", "residual"):
    models = stack_fits[f"{kind}, {shallow} layers"].models
    (first, *others), _ = damaged(models, few.train, tiny, {"left out": skipped})
    per_seed = zip(*(arm.scores for arm in others))
    mean_loss = tuple(sum(scores) / len(scores) for scores in per_seed)
    removals[f"{kind}, whole"] = replace(first, name=f"{kind}, whole")
    removals[f"{kind}, one block less"] = Arm(f"{kind}, one block less", mean_loss, len(few.train))
    worst = min(others, key=lambda arm: arm.mean)
    left = removals[f"{kind}, one block less"]
    print(f"yours, {kind}: {percent(first.mean)} whole, one block less {percent(left.mean)}, at worst {percent(worst.mean)} ({worst.name})")

# %%
kept_there = {arm["name"]: Arm.from_dict(arm) for arm in session.recorded("removals")["arms"]}
plots.show(plots.arms(
    list(kept_there.values()), title="Recorded: with one block less the plain stack nearly guesses, the residual one keeps 84 %",
    data=f"{photos_16}; 20 layers; accuracy on these images, mean over the blocks that keep shapes", chance=0.1))  # fmt: skip

# %% [markdown]
# **Read it.** Recorded, both stacks of 20 layers know their training images by heart. Without one block the plain one is nearly back at guessing (11.9 % on average, 10.5 to 13.7), the residual one keeps 84.4 % (83.3 to 86.2).
# This suggests that the next layer of a plain network depends on that block's output, its only input; with shortcuts blocks learn **changes** to a map that is there without them.
# (All norms keep the statistics of the whole network. With new ones, as in chapter 01, either stack might keep more; that was not tried.)

# %% tags=["record"]
session.keep("removals", {"weights": "random weights", "arms": [arm.to_dict() for arm in removals.values()], "n_train": len(few.train)})
assert kept_there["plain, whole"].scores == kept_there["residual, whole"].scores == (1.0, 1.0, 1.0)
assert [f"{100 * kept_there[f'{kind}, one block less'].mean:.1f}" for kind in kinds] == ["11.9", "84.4"]
assert [kept_there[f"{kind}, one block less"].range_text for kind in kinds] == ["10.5 to 13.7", "83.3 to 86.2"]

# %% [markdown]
# ## 8 · The answer
#
# A residual block adds a change to its input, and the change is not small: in the fine-tuned network F(x) is 0.64 to 1.17 times its shortcut. A large one is no sign of an important block: `layer4.1` has the largest F(x) of the five blocks and is one
# of the two that are missed least (2.0 points, `layer3.1` 4.8); `layer1.0` costs 23.4.
#
# In the stacks with batch norm no gradients vanished that a shortcut would have had to rescue: without shortcuts the gradients of the first layers **explode** with depth, before training: at 56 layers they are 2,100 times those of the last layer, 13 times with shortcuts. Of the saying "degradation is vanishing or exploding gradients" (claim D1) half is right: without shortcuts they do explode, at the start of training. That this causes degradation is not shown.
#
# Shortcuts change how fast a deep stack fits: after 40 epochs the plain stack of 32 layers leaves 10.5 % of its 500 small training images unfitted (4.6 to 20.4), the other three none; after 160 it has fitted them, too. And they make blocks dispensable: with one block less the plain stack of 20 layers is close to guessing (11.9 %), the residual one keeps 84.4 %.

# %% tags=["record"]
assert f"{min(there_ratio.values()):.2f} {max(there_ratio[b] for b in blocks):.2f} {max(there_ratio.values()):.2f}" == "0.64 1.17 1.17"

# %% [markdown]
# **Decide:** you have to make a trained ResNet-50 cheaper and may remove two blocks without training again. Which ones would
# you try first, by what you have measured, and on which images would you check it?
#
# <details><summary>One answer</summary>
# Blocks whose shortcut is x, ranked by the accuracy lost on validation images at your own input size, not by the size of F(x); then the best pairs together, since two losses need not add up.
# Test images last, once.
# </details>

# %% [markdown]
# ### Exercise 3 · Why residual? · ●●○ · 4 points · 15 min
#
# A colleague writes: "Residual connections fix vanishing gradients; that is what the ResNet paper is about." Answer in about
# 150 words, one point each:
# 1. What does the paper argue instead, and by which kind of error does one tell?
# 2. Which measurement of this notebook speaks against the sentence? Give its number and its spread or range.
# 3. What is *right* about the formula 1 + dF/dx? In which rows of the table in section 6 does it fail, and why there?
# 4. What can your measurement not tell?

# %% [markdown] written="why_residual" points=4
# ### BEGIN SOLUTION
# *What a full answer contains (one point each).* **The paper's argument**: degradation; a deeper plain network has a higher
# *training* error, so it is neither overfitting nor, as the authors argue, vanishing gradients (batch norm, healthy norms);
# it is hard for layers to learn the identity, easy to learn F = 0. **A measurement**: for example the first-over-last ratio of
# gradient norms in the plain stacks with batch norm at 20 and 32 layers (recorded 9.1, 95 % confidence interval 6.9 to 12, and 58, 38 to 87): it grows with depth, and the intervals lie apart; while these very stacks fit worse with
# more layers (training errors of section 7, with the range of the seeds). The removals (11.9 against 84.4 %) do not earn the point: they say nothing about gradients. **The formula**: true for a pure unit x + F(x), checked by
# autograd; not after the ReLU (rows are set to zero), not with a projection (W in place of 1): the second and third row of the table. It is no guarantee either, since dF/dx can
# cancel the 1 (the fourth row: there it *holds*, and does not help; whoever lists that row among the failures does not have the point). **Limits**: gradients before training only, small pictures and few images, one recipe but for the rate, few seeds; it shows
# that gradients need not vanish for a plain network to train badly, not why it does.
# ### END SOLUTION

# %% [markdown]
# **Hand in:** save the notebook and upload this one file. The table says where you are.

# %%
checks.residual.progress()

# %% [markdown]
# ## Further
#
# What follows is for another evening: the question is answered without it, and its exercises are homework.

# %% [markdown]
# ### Which shortcuts are x?
#
# ResNet-50, 101 and 152 have *bottleneck* blocks, which work on fewer channels inside (claim D3):

# %%
plots.show(plots.block_kinds())

# %% [markdown]
# ### Exercise 4 · When is a projection needed? · ●○○ · 3 points · 8 min
#
# - `needs_projection(in_channels, out_channels, stride)` tells whether a block with this input, this output and this
#   stride needs a projection: a bool.
# - `projection_blocks(model)` takes one of torchvision's ResNets and returns the names of those blocks that have a projection, such as `"layer2.0"`, in the order of the network: a list of str.
#   Blocks are instances of torchvision's `BasicBlock` or `Bottleneck`. (Your own class hides the first name here: `from torchvision.models.resnet import BasicBlock as Block`.) It
#   must work for ResNet-18, ResNet-50 and their like, also where projections were added or taken away.
#
# *Predict first:* the first block of `layer1` in ResNet-50 has stride 1. Does it have a projection?

# %% answer="projection"
def needs_projection(in_channels: int, out_channels: int, stride: int) -> bool:
    """Whether x cannot be added to F(x) as it is.

    in_channels and out_channels are those of the whole block, stride that of its convolutions.
    """
    ### BEGIN SOLUTION
    return in_channels != out_channels or stride != 1
    ### END SOLUTION


def projection_blocks(model: nn.Module) -> list[str]:
    """Names (`"layer2.0"`) of the blocks of a torchvision ResNet that have a projection, in order."""
    ### BEGIN SOLUTION
    names = []
    for name, module in model.named_modules():
        if getattr(module, "downsample", None) is not None:
            names.append(name)
    return names
    ### END SOLUTION

# %% check="projection"
checks.residual.projection(needs_projection, projection_blocks)

# %% [markdown]
# <details><summary>Hint: "right for ResNet-18, wrong for ResNet-50"</summary>
# Do not write the names down: ask each block. A block without a projection has <code>downsample = None</code>.
# </details>
# <details><summary>Hint: "I get layer2.0.downsample"</summary>
# That is the projection itself. The block is the module that holds it.
# </details>

# %% graded="projection-1" points=1
# Graded, 1 point: needs_projection on shapes that you have not seen.
### BEGIN HIDDEN TESTS
# Why: looking at channels alone or stride alone, or only at channels that grow.
def hidden_test() -> None:
    import random
    from course_utils import checks, values

    answer = checks.own_work(needs_projection)
    widths = (3, 12, 16, 24, 48, 96)
    shapes = [(a, b, stride) for a in widths for b in widths for stride in (1, 2, 3, 4)]
    random.Random(64_190).shuffle(shapes)
    for wide_in, wide_out, stride in shapes:
        got = answer(wide_in, wide_out, stride)
        assert type(got) is bool, "needs_projection: type of the answer"
        expected = wide_in - wide_out != 0 or stride > 1
        values.same("needs_projection: channels and stride", got, expected)


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% graded="projection-2" points=2
# Graded, 2 points: projection_blocks on networks that you have not seen.
### BEGIN HIDDEN TESTS
# Why: writing names down, or the first block of each stage: layer1.0 has a projection in ResNet-50, not in 18.
def hidden_test() -> None:
    import torch
    from course_utils import analysis, checks, values
    from torch import nn
    from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

    answer = checks.own_work(projection_blocks, analysis.find_blocks, analysis.identity_blocks)

    class Mine(BasicBlock):
        pass

    nowhere = torch.device("meta")
    with nowhere:
        networks = [ResNet(BasicBlock, [3, 1, 12, 3]), ResNet(Bottleneck, [1, 3, 1, 2]), ResNet(Mine, [1, 2, 1, 1])]
        networks.append(ResNet(Bottleneck, [2, 1, 2, 1], replace_stride_with_dilation=[False, True, True]))
        way = nn.Sequential(nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64))
        late, later = (nn.Sequential(nn.Conv2d(256, 256, 1), nn.BatchNorm2d(256)) for _ in range(2))
        plain = nn.Conv2d(256, 256, 1)
    stages = [(2, 3, 4), (1, 2, 3, 4), (2, 3, 4), (1, 2, 3, 4)]
    for i, network in enumerate(networks):
        got = answer(network)
        assert type(got) is list and all(type(name) is str for name in got), "projection_blocks: type"
        values.same("projection_blocks: names", got, [f"layer{stage}.0" for stage in stages[i]])
    changed = networks[0]
    changed.layer3[0].downsample, changed.layer1[2].downsample = None, way
    values.same("projection_blocks: a changed network", answer(changed), ["layer1.2", "layer2.0", "layer4.0"])
    changed.layer3[2].downsample, changed.layer3[10].downsample = late, later
    changed.layer3[1].downsample = plain
    expected = ["layer1.2", "layer2.0", "layer3.1", "layer3.2", "layer3.10", "layer4.0"]
    values.same("projection_blocks: a changed network", answer(changed), expected)


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% [markdown]
# And the prediction: yes, ResNet-50 has one more than ResNet-18. Its first block goes from 64 to 256 channels at stride 1. The package's own function lists the blocks
# whose shortcut *is* x; the others have projections:

# %%
shortcuts = []
for build in (resnet18, resnet34, resnet50):
    with torch.device("meta"):
        model = build()
    rest = set(identity_blocks(model))
    projections = [name for name in find_blocks(model) if name not in rest]
    kind = type(model.layer1[0]).__name__
    shortcuts.append({"network": build.__name__, "block": kind, "identity shortcuts": len(rest), "projections": ", ".join(projections)})
show_table(shortcuts)

# %% [markdown]
# ### Which rate?
#
# Section 7 judged degradation by the training error at each stack's best rate. *Predict:* what would one rate for all have shown?

# %%
grids_there = {arm["name"]: arm["grid"] for arm in degradation["arms"]}
show_table([
    {"stack": name, **{f"rate {rate}": percent(grids_there[name][rate]) for rate in ("0.01", "0.03", "0.1", "0.003")}, "best": f"{arm.lr:g}",
     "3 seeds at it": f"{percent(1 - arm.mean)} ({100 * (1 - arm.high):.1f} to {100 * (1 - arm.low):.1f})"}
    for name, arm in arms_there.items()
], caption="Recorded: training error after 40 epochs, by rate in the order tried (first seed; of equals the first is best); 500 photographs of CIFAR-10 at 16 px")  # fmt: skip

# %% tags=["record"]
assert [f"{100 * grids_there[name][rate]:.1f}" for rate in ("0.1", "0.01") for name in (plain_20, plain_32)] == ['10.6', '72.2', '0.0', '6.4']
assert all(grids_there[name]["0.003"] > grids_there[name]["0.01"] for name in (plain_20, plain_32))

# %% [markdown]
# At 0.1 the plain stacks end at 10.6 and 72.2 % training error, at 0.01 at 0.0 and 6.4 % (0.003 is worse again). One common rate of 0.1, as at `smoke` and `cpu`, would have exaggerated.

# %% [markdown]
# ### Slow, or stuck?
#
# The deeper plain stack again, at the rate that was its best, for longer. *Predict first:* does it fit everything in four times the epochs (twice, at `smoke`)?

# %%
patience = plan.patience.epochs
again = f"plain, {deep} layers"
train_longer = partial(train_stack, depth=deep, residual=False, epochs=patience)
patient = fit_at_best_rate(f"{again}, {patience} epochs", train_longer, [stack_fits[again].rate], seeds, fitted)
show_table(error_rows([arms[again], patient.arm]), caption=f"Yours, on {numbers.images:,} images: {splits.name}")

# %%
(longer,), (longer_curve,) = session.recorded("patience")["arms"], session.recorded("patience")["curves"].values()
slow_there = {"40 epochs": degradation["curves"]["plain, 32 layers"], "160 epochs": longer_curve}
fitted_there = {"40 epochs": 1 - arms_there["plain, 32 layers"].mean, "160 epochs": 1 - Arm.from_dict(longer).mean}
plots.show(plots.fitted_in_time(slow_there, fitted_there, title="Plain, 32 layers: slow, not stuck", data=photos_16))

# %% tags=["record"]
session.keep("patience", {"weights": "random weights", "n_train": numbers.images, "arms": [patient.to_dict()], "curves": {patient.name: patient.errors}})
assert f"{100 * sum(run[-1] for run in slow_there['40 epochs']) / 3:.1f}" == "23.9" and f"{100 * fitted_there['40 epochs']:.1f}" == "10.5"
assert fitted_there["160 epochs"] == 0

# %% [markdown]
# Recorded, it does, with all three seeds. (For 40 epochs the long run is *behind* the short one: its rate falls later.) The stars are the errors of section 7, measured afterwards in evaluation mode: 10.5 % after 40 epochs, where the curve ends at 23.9. The curve is counted in training mode, where
# each batch norm uses the statistics of its own batch of 16; and while it is counted, the weights still move; in the last epoch the rate is near zero, so that should matter little. (How much of the gap each of the two makes was not measured.)
#
# The paper's footnote 3 says that three times the iterations did not help on ImageNet; there nothing is fitted to the last image, plain or residual.

# %% [markdown]
# ### The same as pictures
#
# One channel in every block (the one whose faintest map is stronger than any other channel's faintest), or, with sliders, any image, block and channel. (Tab moves between the sliders, the arrow
# keys move them. Where there are no widgets you see a picture of all blocks.)
#
# *Predict first:* x is never negative, for it comes out of a ReLU. Can F(x) be negative? Must it be, to change anything?

# %%
from course_utils.widgets import explore

on_cpu = capture(networks["pretrained"].cpu(), enlarge(pictures.images[:8].cpu()))
explore(on_cpu, pictures.images[:8].cpu(), data=f"{splits.name} at {plan.capture.size} px",
        title="One channel on its way through every block")  # fmt: skip

# %% [markdown]
# Must F(x) be negative to change anything? No; but only a negative F(x) can take something away:

# %%
show_table([
    {"block": name, "of F(x) is negative": percent((record.residual < 0).float().mean().item(), 0),
     "the last ReLU cuts": percent((record.sum < 0).float().mean().item(), 0)}
    for name, record in on_cpu.items()
])  # fmt: skip

# %% [markdown]
# ### Exercise 5 · Capture x and F(x) · ●●● · 4 points · 15 min
#
# Write `capture_residuals(model, images)`: run the model **once** on `images` and return a dict that maps the name of each
# `BasicBlock` (an instance of torchvision's class, wherever it lies) to the pair of tensors `(x, residual)`: the block's
# input as it came in, and **F(x) as it was before anything was added to it**. The blocks stand in the order of the network.
# (Your own class hides torchvision's here: `from torchvision.models.resnet import BasicBlock as Block`.)
#
# Model and images are left as they were: none of your hooks is left, **also when the forward pass raises an exception or is
# interrupted** (which goes on to the caller), other people's hooks are still there, and mode, layers, methods and attributes
# are the same.
#
# *Predict first:* torchvision adds the shortcut with `out += identity`. What does that do to a tensor that a hook has kept? (A hint below tells.)

# %% answer="capture"
def capture_residuals(model: nn.Module, images: torch.Tensor) -> dict[str, tuple]:
    """`{name of block: (x, residual)}` for each of torchvision's BasicBlocks, in order.

    images: the model's input, float [N, 3, H, W]. The model keeps its mode. No hook of ours stays
    behind, whatever happens; an exception of the model reaches the caller.
    """
    ### BEGIN SOLUTION
    from torchvision.models.resnet import BasicBlock as Block

    inputs, residuals, handles = {}, {}, []
    try:
        for name, module in model.named_modules():
            if not isinstance(module, Block):
                continue
            def keep_input(_, args, name=name):
                inputs[name] = args[0].clone()
            def keep_residual(_, args, output, name=name):
                residuals[name] = output.clone()
            handles.append(module.register_forward_pre_hook(keep_input))
            handles.append(module.bn2.register_forward_hook(keep_residual))
        model(images)
    finally:
        for handle in handles:
            handle.remove()
    return {name: (inputs[name], residuals[name]) for name in inputs}
    ### END SOLUTION

# %% check="capture"
checks.residual.capture(capture_residuals)

# %% [markdown]
# <details><summary>Hint: "the residual is never negative"</summary>
# The tensor that your hook kept was changed later, in place: first the shortcut was added to it, then it went through the
# ReLU. A copy cannot be changed: <code>output.clone()</code>.
# </details>
# <details><summary>Hint: "all blocks have the values of the last one"</summary>
# A function made in a loop looks up <code>name</code> when it is <i>called</i>. Bind it: <code>def hook(..., name=name)</code>.
# </details>
# <details><summary>Hint: "a hook is left after an error"</summary>
# <code>try: ... finally: ...</code> runs the last part in any case.
# </details>

# %% graded="capture-1" points=2
# Graded, 2 points: the right tensors, on networks that you have not seen.
### BEGIN HIDDEN TESTS
# Why: taking F(x) after the sum or as output minus x, which a projection makes wrong; not copying it before `+=`.
def hidden_test() -> None:
    import copy
    import torch
    from course_utils import analysis, checks, values
    from torch import nn
    from torchvision.models.resnet import BasicBlock as Theirs
    from torchvision.models.resnet import Bottleneck

    answer = checks.own_work(capture_residuals, analysis.capture, analysis.recording)

    class Mine(Theirs):
        def forward(self, map_in):
            map_out = super().forward(map_in)
            map_in.mul_(-3)  # the network is free to write into it
            return map_out

    def expected(model: nn.Module, images: torch.Tensor) -> dict[str, tuple]:
        found, x = {}, model.maxpool(model.bn1(model.conv1(images)).relu())
        for stage in range(4):
            for i, block in enumerate(getattr(model, f"layer{stage + 1}")):
                inner = block.bn1(block.conv1(x)).relu()
                branch = block.bn2(block.conv2(inner))
                found[f"layer{stage + 1}.{i}"] = (x, branch)
                way = block.downsample(x) if block.downsample else x
                x = (branch + way).relu()
        return found

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for layers, kind in (([1, 11, 1, 1], Theirs), ([2, 1, 1, 2], Mine)):
            torch.manual_seed(77_041 + layers[0])
            model = checks.residual.SlimResNet(kind, layers, num_classes=3).train(kind is Mine)
            for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
                nn.init.normal_(norm.bias, std=0.4)
            images = torch.randn(2, 3, 40, 48)
            twin, outer = copy.deepcopy(model), "backbone." if kind is Mine else ""
            whole = nn.Sequential()
            whole.add_module("backbone", model)
            blocks = [n for n, m in model.named_modules() if isinstance(m, Theirs)]
            got = answer(whole if outer else model, images.clone())
            assert isinstance(got, dict), "capture_residuals: type of the answer"
            assert list(got) == [outer + n for n in blocks], "capture_residuals: names and order of the blocks"
            theirs = expected(twin, images)
            for name in blocks:
                mine = got[outer + name]
                right = isinstance(mine, tuple | list) and len(mine) == 2
                assert right and all(type(t) is torch.Tensor for t in mine), "capture_residuals: pairs"
                for i, which in enumerate(("x", "residual")):
                    values.same(f"capture_residuals: {which}", mine[i], theirs[name][i], atol=1e-4)
        others = checks.residual.SlimResNet(Bottleneck, [1, 1, 1, 1], num_classes=3).eval()
        assert answer(others, torch.randn(1, 3, 33, 33)) == {}, "capture_residuals: blocks of another class"


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% graded="capture-2" points=2
# Graded, 2 points: model and images are left as they were, also after an exception; others' hooks stay.
### BEGIN HIDDEN TESTS
# Why: leaving hooks behind, above all after an exception or an interrupt; clearing everybody's hooks; patching forward.
def hidden_test() -> None:
    import zlib
    import torch
    from course_utils import analysis, checks, values
    from torchvision.models.resnet import BasicBlock as Theirs

    answer = checks.own_work(capture_residuals, analysis.capture, analysis.recording)

    class Broken(Exception):
        pass

    def explode(*_):
        raise Broken

    def interrupt(*_):
        raise KeyboardInterrupt

    def stopped(kind: type, *args) -> bool:
        try:
            answer(*args)
        except kind:
            return True
        return False

    def mark(t: torch.Tensor) -> int:
        return zlib.crc32(t.contiguous().numpy().tobytes())

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(33_902)
        model, calls = checks.residual.SlimResNet(Theirs, [1, 1, 1, 1], num_classes=3).train(), []
        model.layer1.requires_grad_(False)
        others = model.layer3[0].bn2.register_forward_hook(lambda *_: calls.append(1))
        model.layer2[0].register_forward_pre_hook(lambda *_: calls.append(2))
        images = torch.randn(2, 3, 33, 33)
        sight = mark(images)
        kept = checks.Kept(model)
        moving = [k for k, _ in model.named_buffers()]
        for _ in range(2):
            got = answer(model, images)
            names = [f"layer{i}.0" for i in (1, 2, 3, 4)]
            assert isinstance(got, dict), "capture_residuals: names of the blocks"
            values.same("capture_residuals: names of the blocks", list(got), names)
            pairs = all(len(pair) == 2 and all(map(torch.is_tensor, pair)) for pair in got.values())
            assert pairs, "capture_residuals: pairs of tensors"
        values.same("capture_residuals: other hooks, and one forward pass a call", calls, [2, 1, 2, 1])
        got = [fact for fact in kept.changes() if fact not in moving]
        values.same("capture_residuals: the model after a call", got, [])
        values.same("capture_residuals: the images", mark(images), sight)
        others.remove()
        left = len(model.layer3[0].bn2._forward_hooks)
        values.same("capture_residuals: other hooks can still be removed", left, 0)
        for at, stop, kind in (
            (model.layer4[0].conv2, explode, Broken),
            (model.layer4[0].conv2, interrupt, KeyboardInterrupt),
            (model.conv1, explode, Broken),
        ):
            handle = at.register_forward_pre_hook(stop)
            kept = checks.Kept(model)
            reached = stopped(kind, model, torch.randn(2, 3, 33, 33))
            values.same("capture_residuals: an exception of the model reaches the caller", reached, True)
            got = [fact for fact in kept.changes() if fact not in moving]
            values.same("capture_residuals: the model after an exception", got, [])
            handle.remove()


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% [markdown]
# ### The formula 1 + dF/dx
#
# > **Is it true?** *"dL/dx = dL/dH (1 + dF/dx)."* (claim D8) For the pure unit of section 6, the first row there. What torchvision's block does is the second: a ReLU follows the sum. In the worst case
# > nothing comes through:

# %%
shift = x.abs() + 2  # tanh is at most 1, and x = -shift at most -2: all of x + F(x) is negative
d_after_relu = jacobian(lambda x: F.relu(x + branch(x)), -shift)
print(f"with x + F(x) < 0 everywhere, the gradient of relu(x + F(x)) is {d_after_relu.abs().max():.0f}")
assert d_after_relu.abs().max() == 0

# %% [markdown]
# The ReLU multiplies each row by 0 or 1. And in the real network? One block with real inputs (a 2x2 piece of the map,
# double precision), the formula with the mask, and the share of rows that the mask sets to zero:

# %%
def real_block_gradients(network, name="layer1.1"):
    """Jacobians of a block at a real input: of its output, and of x + F(x)."""
    block = find_blocks(network)[name].double().eval()
    x = on_cpu[name].x[:1, :, 4:6, 4:6].double()
    out = jacobian(lambda x: block(x).flatten(), x, vectorize=True).flatten(1)
    branch = lambda x: block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x))))).flatten()
    d_sum = torch.eye(x.numel()) + jacobian(branch, x, vectorize=True).flatten(1)
    mask = (x.flatten() + branch(x) > 0).detach()
    block.float()
    return out, d_sum, mask

out, d_sum, mask = real_block_gradients(networks["pretrained"])
assert torch.allclose(out, mask[:, None] * d_sum, atol=1e-10)
stretch = torch.linalg.svdvals(d_sum)
print(f"relu'(H) (1 + dF/dx) holds to {(out - mask[:, None] * d_sum).abs().max():.0e}")
print(f"the mask sets {1 - mask.double().mean():.0%} of {len(mask)} rows to zero")
print(f"1 + dF/dx stretches directions by {stretch.min():.2f} to {stretch.max():.2f}")

# %% [markdown]
# > **Is it true?** *"So it is guaranteed that the gradient does not vanish."* (claim D9) No. Where dF/dx
# > takes away what the shortcut brings, the smallest stretch falls below 1, and F(x) = -x cancels it altogether (section 6). The follow-up paper
# > (He et al. 2016, after its equation 5) only says that this is *unlikely* for all samples of a batch at once. It is also an
# > argument of 2016, not the explanation given in 2015.

# %%
entry = networks["pretrained"].layer2[0]
print(f"a projection: {tuple(entry.downsample[0].weight.shape)} in place of the 1, in layer2.0")

# %% [markdown]
# In the three blocks with a projection it is W + dF/dx: no 1 at all.

# %% [markdown]
# ### Exercise 6 · The gradient formula · ●●○ · 4 points · 15 min
#
# Write `unit_jacobians(residual, x)`. `residual` is any differentiable function from a vector `[n]` to a vector `[n]` that
# depends on it, `x` is float64 `[n]`. Return three tensors `[n, n]`, row = output, column = input, all computed **by autograd or from what
# autograd gave** (no finite differences), without a gradient history:
# 1. dF/dx;
# 2. dH/dx with H(x) = x + F(x);
# 3. dR/dx with R(x) = relu(H(x)), what a block of a ResNet passes on. (Where H is exactly 0, relu's slope counts as 0.)
#
# `x` is left as it was: no `requires_grad`, no `.grad`.
#
# *Predict first:* adding the *number* 1 to dF/dx is wrong. Which entries are too large then? (A hint below tells.)

# %% answer="gradient_formula"
def unit_jacobians(residual, x: torch.Tensor) -> tuple:
    """Jacobians [n, n] of F, of x + F(x) and of relu(x + F(x)) at x: row = output, column = input.

    residual: a differentiable function [n] -> [n]; x: float64 [n], left as it was.
    """
    ### BEGIN SOLUTION
    point = x.detach().clone().requires_grad_()
    branch = residual(point)
    n = len(x)
    rows = []
    for i in range(n):
        (row,) = torch.autograd.grad(branch[i], point, retain_graph=True)
        rows.append(row)
    d_branch = torch.stack(rows)
    d_total = d_branch + torch.eye(n, dtype=x.dtype)
    alive = (x + branch.detach() > 0).to(x.dtype)
    return d_branch, d_total, alive[:, None] * d_total
    ### END SOLUTION

# %% check="gradient_formula"
checks.residual.gradient_formula(unit_jacobians)

# %% [markdown]
# <details><summary>Hint: "I get a vector, not a matrix"</summary>
# <code>y.sum().backward()</code> adds all rows up. Take the gradient of one output after another, or look at
# <code>torch.autograd.functional.jacobian</code>.
# </details>
# <details><summary>Hint: "only the entries off the diagonal are wrong"</summary>
# <code>matrix + 1</code> adds 1 everywhere. The 1 of the formula is <code>torch.eye(n)</code>.
# </details>

# %% graded="gradient_formula-1" points=2
# Graded, 2 points: dF/dx and dH/dx of functions that you have not seen.
### BEGIN HIDDEN TESTS
# Why: no identity, 1 added to every entry, transposing, float32; differences, which see no gradient behind rounding.
def hidden_test() -> None:
    import torch
    from course_utils import checks, values

    answer = checks.own_work(unit_jacobians)

    g = torch.Generator().manual_seed(90_557)
    with torch.enable_grad():
        for n in (1, 3, 7):
            a, b = torch.randn(2, n, n, dtype=torch.float64, generator=g)
            x = torch.randn(n, dtype=torch.float64, generator=g)
            functions = {
                "a linear residual": lambda v: a @ v,
                "a bent residual": lambda v: b @ torch.sin(a @ v),
                "a rounded residual": lambda v: a @ (v + (v.round() - v).detach()),
            }
            slopes = [a, b @ torch.diag(torch.cos(a @ x)) @ a, a]
            for i, (category, function) in enumerate(functions.items()):
                kept = x.clone()
                got = answer(function, kept)
                assert isinstance(got, tuple | list) and len(got) == 3, "unit_jacobians: three tensors"
                values.same(f"unit_jacobians: dF/dx of {category}", got[0], slopes[i], atol=1e-8)
                total = slopes[i] + torch.diag(torch.ones(n, dtype=torch.float64))
                values.same(f"unit_jacobians: dH/dx of {category}", got[1], total, atol=1e-8)
                assert torch.equal(kept, x), "unit_jacobians: x is left as it was"
                assert not kept.requires_grad and kept.grad is None, "unit_jacobians: x afterwards"


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% graded="gradient_formula-2" points=2
# Graded, 2 points: behind the ReLU.
### BEGIN HIDDEN TESTS
# Why: masking by F alone instead of by x + F, columns instead of rows, or only the branch, not the shortcut.
def hidden_test() -> None:
    import torch
    from course_utils import checks, values
    from torch import nn

    answer = checks.own_work(unit_jacobians)
    g = torch.Generator().manual_seed(11_846)

    def expected(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        slope = torch.diag(-torch.sin(a @ x)) @ a + torch.diag(torch.ones_like(x))
        on = x + torch.cos(a @ x) > 0
        return torch.where(on.unsqueeze(1), slope, torch.zeros_like(slope))

    with torch.enable_grad():
        for n, lift in ((2, -30.0), (5, 0.0), (6, 0.3), (4, 30.0)):
            a = torch.randn(n, n, dtype=torch.float64, generator=g)
            x = torch.randn(n, dtype=torch.float64, generator=g) + lift
            weight = nn.Parameter(a.clone())
            got = answer(lambda v: torch.cos(weight @ v), x.clone())
            assert isinstance(got, tuple | list) and len(got) == 3, "unit_jacobians: three tensors"
            mine = got[2]
            plain = type(mine) is torch.Tensor and mine.shape == a.shape
            assert plain and mine.dtype == torch.float64, "unit_jacobians: type of dR/dx"
            assert not any(t.requires_grad for t in got), "unit_jacobians: gradient history"
            where = "where the sum is negative" if lift < -1 else "where signs are mixed"
            where = "where the sum is positive" if lift > 1 else where
            values.same(f"unit_jacobians: dR/dx {where}", mine, expected(a, x), atol=1e-8)
        x = torch.tensor([3.0, 1e-30, 0.0, -1e-30, -3.0], dtype=torch.float64)
        mine = answer(lambda v: 2 * v - 2 * v, x)[2]
        on = torch.diag(torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0]).double())
        values.same("unit_jacobians: dR/dx where a sum is zero, or nearly", mine.detach(), on)


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% [markdown]
# ### Where gradients do vanish

# %% [markdown]
# > **Is it true?** *"Vanishing gradients starve the deep layers."* (claim D10) It is the **early** (shallow) layers, those next
# > to the input, that get little, because the gradient comes from the loss. In the classical case, sigmoids without norms:

# %%
def sigmoid_net(depth, width=32):
    """A fully connected network of the 1990s: sigmoid after every layer."""
    torch.manual_seed(seed)
    hidden = [nn.Sequential(nn.Linear(width, width), nn.Sigmoid()) for _ in range(depth)]
    return nn.Sequential(*hidden, nn.Linear(width, n_classes))

net = sigmoid_net(12)
x = torch.randn(64, 32, generator=torch.Generator().manual_seed(seed))
F.cross_entropy(net(x), torch.arange(64) % n_classes).backward()
norms = [layer[0].weight.grad.norm().item() for layer in net[:-1]]
print("gradient norm, input to output:", " ".join(f"{v:.0e}" for v in norms))
assert norms[0] < norms[-1] / 1000

# %% [markdown]
# Rectified units, scaled initialisation and batch norm had largely solved *that* problem before ResNets came.
#
# > **Is it true?** *"While training your ResNet-18, watch whether the gradient vanishes."* (claim F15) A network of 18 layers
# > with batch norm rarely has that trouble. The paper's plain 18-layer network ends as accurate as the residual one (top-1
# > error on validation 27.94 against 27.88 per cent, its Table 2); it is at 34 layers that they part (28.54 against 25.03).

# %% [markdown]
# ### Why a residual network survives the loss of a block
#
# With identity shortcuts, n blocks are 2^n ways from input to output: each block is passed through or skipped. For linear
# branches this is exact: multiply the brackets out.

# %%
from itertools import combinations

torch.manual_seed(seed)
linear = [0.3 * torch.randn(5, 5, dtype=torch.double) for _ in range(4)]
entering = torch.randn(5, dtype=torch.double)
through = entering
for matrix in linear:
    through = through + matrix @ through
ways = []
for length in range(5):
    for taken in combinations(linear, length):
        way = entering
        for matrix in taken:
            way = matrix @ way
        ways.append(way)
print(f"{len(ways)} ways, sum differs by {(sum(ways) - through).abs().max():.0e}")
assert len(ways) == sum(path_lengths(4)) and torch.allclose(sum(ways), through)

# %%
counts = path_lengths(54)  # the 110-layer network of the paper
ways_in_all = sum(counts)
middle = sum(counts[19:36]) / ways_in_all
assert 0.95 < middle < 0.99  # "more than 95 %", say Veit and others
title = f"Of 2^54 ways through 54 blocks, {percent(middle, 0)} use 19 to 35 of them"
plots.show(plots.path_lengths(counts, title=title))
lost = 1 - sum(path_lengths(53)) / sum(path_lengths(54))
print(f"one block left out: {lost:.0%} of the ways are gone, in a plain network all of them")

# %% [markdown]
# This view is of Veit et al. 2016 ("Residual networks behave like ensembles of relatively shallow networks"). The counting is
# arithmetic. That real blocks, which bend, behave like it is an *empirical* statement. On this view leaving
# any block out removes half of the ways; in the record that costs 23.4 points in `layer1.0` and 2.0 in `layer4.1`. So the number of ways alone does not tell
# what a block is worth. (Shuffling keeps all ways, and feeds half of them another image.)

# %% [markdown]
# ### Start at the identity
#
# If the scale of each block's *last* batch norm starts at zero, F(x) is zero at first and every block passes on its
# shortcut. (torchvision: `zero_init_residual=True`.) The ratio of norms is then 0. *Predict first:*
# can such a block learn, and which of its tensors gets the first gradient?

# %%
deep = max(plan.degradation.depths)
quiet = build_stack(deep, zero_init=True, num_classes=n_classes)
loud = build_stack(deep, num_classes=n_classes)
for name, model in {"scale 1": loud, "scale 0": quiet}.items():
    ratio = [float(r.ratio.mean()) for r in capture(model, tiny(few.train.images[:16])).values()]
    print(f"{name}: ratio of norms from {min(ratio):.2f} to {max(ratio):.2f}")
assert max(ratio) == 0

# %% [markdown]
# A branch that gives zero can still learn: the scale of its last norm gets a gradient, for it multiplies something that is not zero, and so does the shift; the other tensors follow once the scale has moved. The
# same training as in section 7, at the larger depth, with and without it:

# %%
usual = replace(stack_fits[f"residual, {deep} layers"], name="usual start")
zero = fit_at_best_rate("zero start", partial(train_stack, depth=deep, zero_init=True), numbers.rates, seeds, fitted)
start_fits = {fits.name: fits for fits in (usual, zero)}
show_table(error_rows(fits.arm for fits in start_fits.values()), caption=f"Yours. Error on the training images, {deep} layers: {splits.name}")

# %%
starts_there = session.recorded("zero_start")
start_grids = {arm["name"]: arm["grid"] for arm in starts_there["arms"]}
show_table([{"start": name, **{f"rate {rate}": percent(error) for rate, error in grid.items()}} for name, grid in start_grids.items()],
           caption=f"Recorded: training error after 40 epochs, first seed. {session.recorded_from('zero_start')}")  # fmt: skip
plots.show(plots.learning_curves(
    starts_there["curves"], title="Recorded, at rates of 0.01 and 0.03: the zero start is the slower one", data=photos_16,
    measured="training error", chance=0.9))  # fmt: skip

# %% [markdown]
# Three or five epochs, as at `smoke` and `cpu`, are too few to tell. Recorded, each start at its best rate (0.01 and 0.03; of rates that fit alike the first that was tried), both fit everything. The zero start is the slower one: its error is below 50 % after
# 13 epochs, that of the usual start after 6. (At 0.1 it fits everything, too; how fast is not on record.) And it wants a larger rate: at 0.003 it leaves 67.8 % unfitted, where the usual start leaves nothing. That agrees with where it comes from: Goyal and others (2017, section 5.1)
# recommend it for large batches, which they train at large rates.

# %% tags=["record"]
session.keep("zero_start", {"weights": "random weights", "n_train": numbers.images, "arms": [fits.to_dict() for fits in start_fits.values()],
                            "curves": {name: fits.errors for name, fits in start_fits.items()}})  # fmt: skip
assert all(set(arm["scores"]) == {1.0} for arm in starts_there["arms"]) and [arm["lr"] for arm in starts_there["arms"]] == [0.01, 0.03]
halved = {name: [sum(errors) / 3 <= 0.5 for errors in zip(*runs)].index(True) + 1 for name, runs in starts_there["curves"].items()}
assert halved == {"usual start": 6, "zero start": 13}
assert start_grids["zero start"]["0.1"] == start_grids["zero start"]["0.03"] == 0
assert f"{100 * start_grids['zero start']['0.003']:.1f} {start_grids['usual start']['0.003']:.0f}" == "67.8 0"

# %% [markdown]
# ### A thousand layers
#
# > **Is it true?** *"With shortcuts, further blocks never do harm; a thousand layers are easy."* (claim D11) They *train*:
# > the paper's 1202-layer network gets below 0.1 per cent training error. It **tests worse** than 110 layers, 7.93 against
# > 6.43 per cent error on CIFAR-10 (Table 6), and the authors put that down to overfitting (section 4.2). Shortcuts cure
# > degradation, not overfitting. Nor is the problem "solved at the root" (claim D13): "well addressed in this setting", the authors
# > write, and shortcuts were not alone: highway networks (claim D12) came before.

# %% [markdown]
# # A sample chapter for the tests of tampering: arrays, a model, and partial credit
#
# What comes back from a function is compared outside of the kernel here, what it does to a model in place.

# %% tags=["parameters"]
budget = "auto"
data = "auto"
weights = "auto"
seed = 0
overrides = {}

# %%
import torch
from torch import nn

VERSION = "{{course_version}}"

# %% [markdown]
# ### Exercise 1 · Statistics · ●○○ · 3 points · 5 min
#
# Write `statistics(images)`.


# %% answer="statistics"
def statistics(images):
    """Mean and deviation of each channel of ``images``, uint8 ``[N, 3, H, W]``, as fractions of 255."""
    ### BEGIN SOLUTION
    pixels = images.double().transpose(0, 1).flatten(1) / 255
    return pixels.mean(dim=1), pixels.std(dim=1)
    ### END SOLUTION


# %% check="statistics"
means, deviations = statistics(torch.full((2, 3, 4, 4), 51, dtype=torch.uint8))
assert abs(means[0].item() - 0.2) < 1e-6 and deviations[0].item() == 0
print("statistics: passed")


# %% graded="statistics-1" points=3
# Graded, 3 points: pictures that you have not seen.
### BEGIN HIDDEN TESTS
# Why: deviations inside each picture, or a mean of means; the expected values must stay outside.
def hidden_test() -> None:
    import torch

    from course_utils import checks, values
    from course_utils.data import inspection

    answer = checks.own_work(statistics, inspection.channel_statistics)
    g = torch.Generator().manual_seed(40_823)

    def expected(images: torch.Tensor) -> list[list[float]]:
        secret_rows = torch.cat([image.flatten(1).double() for image in images], dim=1) / 255
        return [secret_rows.mean(dim=1).tolist(), secret_rows.std(dim=1).tolist()]

    for n in (4, 9):
        images = torch.randint(256, (n, 3, 5, 6), generator=g, dtype=torch.uint8)
        got = answer(images.clone())
        assert isinstance(got, tuple | list) and len(got) == 2, "statistics: a pair"
        for i, name in enumerate(("mean", "deviation")):
            assert type(got[i]) is torch.Tensor, f"statistics: {name}"
            values.same(f"statistics: {name}", got[i].tolist(), expected(images)[i], rtol=1e-4)


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 2 · Freeze · ●○○ · 2 points · 5 min
#
# Write `freeze(model, head)`.


# %% answer="freeze"
def freeze(model, head):
    """Make only ``head`` trainable."""
    ### BEGIN SOLUTION
    model.requires_grad_(False)
    head.requires_grad_(True)
    ### END SOLUTION


# %% check="freeze"
network = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
freeze(network, network[1])
print("freeze:", sum(p.requires_grad for p in network.parameters()), "of 4 tensors can be trained")


# %% graded="freeze-1" points=2
# Graded, 2 points: a network that you have not seen.
### BEGIN HIDDEN TESTS
# Why: freezing everything, or the head instead of the rest; values that change on the way.
def hidden_test() -> None:
    import torch
    from torch import nn

    from course_utils import checks

    answer = checks.own_work(freeze)
    model = nn.Sequential(nn.Conv2d(3, 5, 1), nn.BatchNorm2d(5), nn.Conv2d(5, 2, 1))
    before = [p.detach().clone() for p in model.parameters()]
    answer(model, model[2])
    after = list(nn.Module.parameters(model))
    flags = [p.requires_grad for p in after]
    assert flags == [False, False, False, False, True, True], "freeze: what can be trained"
    same = all(torch.equal(a, b) for a, b in zip(before, after))
    assert same, "freeze: values stay"


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 3 · Rescale · ●○○ · 2 points · 5 min
#
# Write `rescale(numbers)`.


# %% answer="rescale"
def rescale(numbers):
    """The list ``numbers`` less its smallest, divided by the largest that is left."""
    ### BEGIN SOLUTION
    low = min(numbers)
    high = max(numbers) - low
    return [(number - low) / high for number in numbers]
    ### END SOLUTION


# %% check="rescale"
print("rescale:", rescale([1, 2, 3]))


# %% graded="rescale-1" points=2
# Graded, 2 points, half of them for positive numbers.
### BEGIN HIDDEN TESTS
# Why: dividing by the largest before the smallest is taken off, which is right when that is 0.
def hidden_test() -> float:
    from course_utils import values

    secret_found = 0.0
    for numbers, result in (([2, 4, 10], [0.0, 0.25, 1.0]), ([-3, 5, 1], [0.0, 1.0, 0.5])):
        mine = values.pack(rescale(list(numbers)))
        secret_found += values.alike(mine, values.pack(result), atol=1e-9)
    return secret_found


from course_utils import checks

checks.hidden(hidden_test)
### END HIDDEN TESTS

# %%
print("the end")

# %% [markdown]
# # A sample chapter for the tests of build, release, run and grading
#
# It needs neither torch nor data, so that a kernel starts in a second.

# %% tags=["parameters"]
budget = "auto"
data = "auto"
weights = "auto"
seed = 0
overrides = {}

# %%
import sys

from course_utils.course import recorded

VERSION = "{{course_version}}"
header = {"notebook": "90_sample", "budget": budget, "data": data, "weights": weights, "seed": seed}
recorded.keep("total", 3 + overrides.get("extra", 0), header)

# %% [markdown]
# ### Exercise 1 · Double · ●○○ · 3 points · 5 min
#
# Write `double(x)`.


# %% answer="double"
def double(x):
    """Twice ``x``."""
    ### BEGIN SOLUTION
    if not x:
        return x
    twice_the_number = x + x
    print("an honest message on stderr costs no points", file=sys.stderr)

    return twice_the_number
    ### END SOLUTION


# %% check="double"
assert double(2) == 4
print("double: passed")

# %% graded="double-1" points=1
# Graded, 1 point: numbers.
### BEGIN HIDDEN TESTS
# Why: squaring is right for 0 and 2 alone.
for number_to_double in (0, 7, -3):
    assert double(number_to_double) == 2 * number_to_double
### END HIDDEN TESTS

# %% graded="double-2" points=2
# Graded, 2 points: lists.
### BEGIN HIDDEN TESTS
# Why: multiplying numbers one by one is no doubling of a list.
assert double(["hidden", "test"]) == ["hidden", "test", "hidden", "test"]
### END HIDDEN TESTS

# %% [markdown]
# ## A second part
# ### Exercise 2 · Count · ●●○ · 1.5 points · 5 min
#
# Write the method `add`, which counts how often it was called.


# %% answer="count"
class Counter:
    """Counts calls."""

    total = 0

    def add(self):
        """One more."""
        ### BEGIN SOLUTION
        self.total = self.total + 1  # one more than before
        ### END SOLUTION


# %% check="count"
counter = Counter()
counter.add()
print("count:", counter.total)

# %% graded="count-1" points=1.5
# Graded, 1.5 points: a float between 0 and the points is partial credit.
### BEGIN HIDDEN TESTS
# Why: a counter that stops at one passes a single call.
hidden_counter = Counter()
for _ in range(5):
    hidden_counter.add()
1.5 if hidden_counter.total == 5 else 0.5 if hidden_counter.total else 0.0
### END HIDDEN TESTS

# %% tags=["record"]
assert header["seed"] == seed, "held to the record; students do not get this cell"

# %% [markdown]
# ### Exercise 3 · Why · ●○○ · 2 points · 5 min
#
# Why does `add` count on the instance, not on the class?

# %% [markdown] written="why" points=2
# Write two sentences.
#
# ### BEGIN SOLUTION
# An assignment through `self` makes an attribute of the instance.
#
# The class keeps its zero for the next one.
# ### END SOLUTION

# %%
print("the end")

"""Where submissions run: a kernel of their own in namespaces of their own, with limits.

Start reading in ``sandbox.py``, then ``kernels.py``; ``warm.py`` makes kernels start at once.
"""

__all__ = [
    "bubblewrap",
    "doors",
    "inside",
    "kernels",
    "limits",
    "listening",
    "sandbox",
    "seccomp",
    "warm",
]

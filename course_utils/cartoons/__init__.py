"""Ten drawn classes with CIFAR-10's names: a data set that needs no download.

Free of torch. Start reading in ``generation.py``; the other modules draw.
"""

__all__ = [
    "generation",
]

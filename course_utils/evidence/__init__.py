"""Experiments on real data, each a named command that can be stopped and goes on: ``course experiment``."""

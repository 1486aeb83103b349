"""Where submissions run: a kernel of their own in namespaces of their own, with limits."""

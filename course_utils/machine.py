"""One description of this machine, for recorded results, model cards and benchmarks."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import torch


def describe_machine(device: torch.device | None = None) -> str:
    """GPU, processor with its vector instructions, cores, threads and system; no name and no path.

    Args:
        device: what did the work; a GPU is named unless this is the CPU.

    Returns:
        For example ``"NVIDIA A100, beside AMD EPYC 7742 (AVX2), 16 cores, 8 threads, Linux"``.
    """
    on_gpu = torch.cuda.is_available() if device is None else device.type == "cuda"
    gpu = f"{torch.cuda.get_device_name(device)}, beside " if on_gpu else ""
    features = torch.backends.cpu.get_cpu_capability()
    threads = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    return f"{gpu}{_processor()} ({features}), {threads}, {platform.system()}"


def _processor() -> str:
    """The processor's name: Linux keeps it in a file, elsewhere Python knows."""
    file = Path("/proc/cpuinfo")
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
    return found[1] if found else platform.processor() or platform.machine()

"""The filter of system calls: the right numbers, jumps that land, and nothing refused that kernels need."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from course_utils.grading.sandbox import seccomp
from course_utils.grading.sandbox.seccomp import ALLOW, ARCHITECTURES, DENIED, FAIL

HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "aarch64": "/usr/include/asm-generic/unistd.h",
}


def verdict(
    machine: str, number: int, first: int = 0, fourth: int = 0, architecture: int | None = None
) -> int:
    """What the filter says, worked out here instruction by instruction."""
    code = seccomp.program(machine)
    steps = [struct.unpack_from("=HBBI", code, place) for place in range(0, len(code), 8)]
    known = ARCHITECTURES[machine] if architecture is None else architecture
    data = {0: number, 4: known, 16: first, 40: fourth}
    place, value = 0, 0
    while True:
        what, so, not_so, operand = steps[place]
        place += 1
        if what == seccomp.LOAD:
            value = data[operand]
        elif what == seccomp.RETURN:
            return operand
        else:
            tests = {
                seccomp.IF_EQUAL: value == operand,
                seccomp.IF_AT_LEAST: value >= operand,
                seccomp.IF_ANY_BIT: bool(value & operand),
            }
            place += so if tests[what] else not_so


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_what_is_denied_is_refused_and_all_else_allowed(machine):
    which = list(ARCHITECTURES).index(machine)
    denied = {ns[which]: problem for calls, problem in DENIED.values() for ns in calls.values()}
    looked_into = (seccomp.CLONE, seccomp.SOCKET, seccomp.SOCKETPAIR, seccomp.MMAP)
    special = {numbers[which] for numbers in looked_into}
    for number in set(range(500)) - special:
        expected = FAIL | denied[number] if number in denied else ALLOW
        assert verdict(machine, number) == expected, number


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_threads_yes_namespaces_no_and_only_usual_sockets(machine):
    which = list(ARCHITECTURES).index(machine)
    clone, open_socket = seccomp.CLONE[which], seccomp.SOCKET[which]
    threads = 0x3D0F00  # as pthread_create asks for one
    assert verdict(machine, clone, threads) == verdict(machine, clone, 0x1200011) == ALLOW
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x80):
        assert verdict(machine, clone, threads | flag) == FAIL | errno.EPERM
    assert {family for family in range(46) if verdict(machine, open_socket, family) == ALLOW} == {
        1,
        2,
        10,
        16,
    }


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_memory_is_shared_through_files_alone(machine):
    mmap = seccomp.MMAP[list(ARCHITECTURES).index(machine)]
    private, shared, shared_validated, anonymous, huge = 2, 1, 3, 0x20, 0x40000
    for flags in (private, shared, shared_validated, private | anonymous, private | anonymous | huge):
        assert verdict(machine, mmap, fourth=flags) == ALLOW
    for flags in (shared | anonymous, shared_validated | anonymous, shared | anonymous | huge):
        assert verdict(machine, mmap, fourth=flags) == FAIL | errno.EPERM


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_calls_of_another_architecture_are_refused(machine):
    assert verdict(machine, 0, architecture=0x40000003) == FAIL | errno.ENOSYS
    assert verdict(machine, 0x40000000 + 39) == FAIL | errno.ENOSYS


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_numbers_are_those_of_the_headers(machine):
    header = Path(HEADERS[machine])
    if not header.exists():
        pytest.skip("no headers of the C library here")
    numbers = dict(re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text(), re.MULTILINE))
    which = list(ARCHITECTURES).index(machine)
    for calls, _ in DENIED.values():
        for name, ns in calls.items():
            if name in numbers:
                assert int(numbers[name]) == ns[which], name


def test_other_processors_have_no_filter():
    assert seccomp.program("riscv64") == b""

"""System calls that no submission needs: a filter that the kernel of the machine applies, once and for good.

Most of what is kept out could not do harm in a sandbox by what we know; a smaller surface is safer against
what we do not know. Some of it is memory that no limit counts: memfd, System V, message queues, and memory
shared without a file, whose pages stay when a process lets go of them, and then are nobody's.
Numbers are those of linux/audit.h, linux/seccomp.h and asm/unistd.h; on other processors there is no filter.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator

# From linux/bpf_common.h and linux/seccomp.h: instructions, what is looked at, what comes of it.
LOAD, IF_EQUAL, IF_AT_LEAST, IF_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, FOURTH_ARGUMENT = 0, 4, 16, 40
ALLOW, FAIL = 0x7FFF0000, 0x00050000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000  # numbers from here on are a second set of calls of x86_64
PR_SET_SECCOMP, MODE_FILTER = 22, 2
CLONE_NEW_ANYTHING = 0x7E020080  # namespaces, from linux/sched.h
MAP_SHARED, MAP_ANONYMOUS = 0x01, 0x20  # from linux/mman.h
FAMILIES = (1, 2, 10, 16)  # sockets: unix, inet, inet6, netlink; not vsock, which leaves a virtual machine

# By what a call is for, its numbers on x86_64 and aarch64.
DENIED: dict[str, tuple[dict[str, tuple[int, int | None]], int]] = {
    "other processes": (
        {"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
         "kcmp": (312, 272), "pidfd_getfd": (438, 438)},
        errno.EPERM,
    ),
    "memory that no limit counts": (
        {"memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "msgget": (68, 186),
         "semget": (64, 190), "mq_open": (240, 180)},
        errno.ENOSYS,
    ),
    "keys": ({"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)}, errno.EPERM),
    "mounts and namespaces": (
        {"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
         "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
         "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "unshare": (272, 97),
         "setns": (308, 268)},
        errno.EPERM,
    ),
    "ways around": (
        {"io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
         "bpf": (321, 280), "userfaultfd": (323, 282), "perf_event_open": (298, 241),
         "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262)},
        errno.ENOSYS,
    ),
    "the machine": (
        {"reboot": (169, 142), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
         "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
         "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
         "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
         "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162),
         "syslog": (103, 116), "iopl": (172, None), "ioperm": (173, None), "vhangup": (153, 58)},
        errno.EPERM,
    ),
    "clone3, whose flags no filter can read; the C library then takes clone": (
        {"clone3": (435, 435)},
        errno.ENOSYS,
    ),
}  # fmt: skip
Instruction = tuple[int, int, int, int]
CLONE, SOCKET, SOCKETPAIR, MMAP = (56, 220), (41, 198), (53, 199), (9, 222)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def program(machine: str) -> bytes:
    """The filter for a processor, called as ``platform.machine`` does; empty where there is none."""
    if machine not in ARCHITECTURES:
        return b""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in _instructions(machine))


def filter_calls() -> bool:
    """Filter the calls of this process and of all that it starts; False where there is no filter for it.

    Raises:
        OSError: if the system does not take it.
    """
    code = program(platform.machine())
    if not code:
        return False
    instructions = ctypes.create_string_buffer(code, len(code))
    given = _Program(len(code) // 8, ctypes.cast(instructions, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(given), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter of system calls was refused")
    return True


def _instructions(machine: str) -> Iterator[Instruction]:
    """Code, jump if so, jump if not, operand; jumps count the instructions that they leave out."""
    which = list(ARCHITECTURES).index(machine)
    yield LOAD, 0, 0, ARCHITECTURE
    yield from _unless(IF_EQUAL, ARCHITECTURES[machine], errno.ENOSYS)
    yield LOAD, 0, 0, NUMBER
    yield from _if(IF_AT_LEAST, X32, errno.ENOSYS)
    for calls, problem in DENIED.values():
        for numbers in calls.values():
            number = numbers[which]
            if number is not None:
                yield from _if(IF_EQUAL, number, problem)
    yield from _on(CLONE[which], FIRST_ARGUMENT, [*_if(IF_ANY_BIT, CLONE_NEW_ANYTHING, errno.EPERM)])
    for call in (SOCKET, SOCKETPAIR):
        allowed = [step for family in FAMILIES for step in _allow_if_equal(family)]
        refused = (RETURN, 0, 0, FAIL | errno.EAFNOSUPPORT)
        yield from _on(call[which], FIRST_ARGUMENT, [*allowed, refused])
    shared = _if(IF_ANY_BIT, MAP_SHARED, errno.EPERM)
    yield from _on(MMAP[which], FOURTH_ARGUMENT, [(IF_ANY_BIT, 0, 2, MAP_ANONYMOUS), *shared])
    yield RETURN, 0, 0, ALLOW


def _if(test: int, operand: int, problem: int) -> Iterator[Instruction]:
    yield test, 0, 1, operand
    yield RETURN, 0, 0, FAIL | problem


def _unless(test: int, operand: int, problem: int) -> Iterator[Instruction]:
    yield test, 1, 0, operand
    yield RETURN, 0, 0, FAIL | problem


def _allow_if_equal(operand: int) -> Iterator[Instruction]:
    yield IF_EQUAL, 0, 1, operand
    yield RETURN, 0, 0, ALLOW


def _on(call: int, argument: int, steps: list[Instruction]) -> Iterator[Instruction]:
    """For one call look at an argument, and decide; all others go on behind."""
    block = [(LOAD, 0, 0, argument), *steps, (RETURN, 0, 0, ALLOW)]
    yield IF_EQUAL, 0, len(block), call
    yield from block

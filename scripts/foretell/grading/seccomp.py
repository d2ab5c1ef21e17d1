"""A filter of system calls for the sandbox, as the kernel reads it (classic BPF), in the form of `bwrap --seccomp`.

What a program in the sandbox has no use for, and what reaches past namespaces and limits, fails with EPERM: tracing and
reading other processes, shared memory and queues that no limit counts, keys, anonymous files, io_uring, user faults,
mounts, namespaces, modules and sockets of other families than Unix and Internet (vsock leads to the host of a virtual
machine).
"""

import platform
import struct
from typing import Any

_EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in what the kernel shows to the filter
_X32 = 0x40000000  # bit of calls of another binary interface of x86-64
_NEW_NAMESPACES = 0x7E020080  # flags of clone
_FAMILIES = (1, 2, 10)  # of sockets: Unix, Internet, Internet 6

_ARCHITECTURES: dict[str, dict[str, Any]] = {
    "x86_64": {
        "audit": 0xC000003E, "clone": 56, "clone3": 435, "socket": 41, "socketpair": 53,
        "refused": (
            101, 310, 311, 312, 438, 434,  # ptrace, process_vm_readv and _writev, kcmp, pidfd_getfd, pidfd_open
            29, 30, 31, 67, 64, 65, 66, 220, 68, 69, 70, 71,  # shm*, sem*, msg*
            240, 241, 242, 243, 244, 245,  # mq_*
            248, 249, 250,  # add_key, request_key, keyctl
            323, 425, 426, 427, 321, 298, 319, 447,  # userfaultfd, io_uring_*, bpf, perf_event_open, memfd_*
            165, 166, 155, 161, 272, 308, 428, 429, 430, 431, 432, 433, 442,  # mounts, roots and namespaces
            167, 168, 169, 175, 176, 313, 246, 320, 303, 304, 300, 301, 163, 103, 227, 305, 159, 164,
            # swap, reboot, modules, kexec, file handles, fanotify, acct, syslog, clocks
            216, 278, 279, 256, 237, 239, 238,  # remap_file_pages, vmsplice, pages and memory policies
        ),
    },
    "aarch64": {
        "audit": 0xC00000B7, "clone": 220, "clone3": 435, "socket": 198, "socketpair": 199,
        "refused": (
            117, 270, 271, 272, 438, 434,
            194, 195, 196, 197, 190, 191, 192, 193, 186, 187, 188, 189,
            180, 181, 182, 183, 184, 185,
            217, 218, 219,
            282, 425, 426, 427, 280, 241, 279, 447,
            40, 39, 41, 51, 97, 268, 428, 429, 430, 431, 432, 433, 442,
            224, 225, 142, 105, 106, 273, 104, 294, 264, 265, 262, 263, 89, 116, 112, 266, 170,
            234, 75, 239, 238, 235, 236, 237,
        ),
    },
}  # fmt: skip


def system_call_filter(machine: str | None = None) -> bytes:
    """The filter for a kind of processor, this one's by default; empty where its calls are not listed here."""
    calls = _ARCHITECTURES.get(machine or platform.machine())
    if calls is None:
        return b""
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, calls["audit"]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        (_EQUAL, 0, 1, calls["clone3"]),
        (_RETURN, 0, 0, _ERROR | _ENOSYS),  # its flags lie in memory, unseen; the C library then takes clone
    ]
    for number in calls["refused"]:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | _EPERM)]
    program += [
        (_EQUAL, 0, 4, calls["clone"]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _ERROR | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 1, 0, calls["socket"]),
        (_EQUAL, 0, len(_FAMILIES) + 2, calls["socketpair"]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        *((_EQUAL, len(_FAMILIES) - index, 0, family) for index, family in enumerate(_FAMILIES)),
        (_RETURN, 0, 0, _ERROR | _EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)

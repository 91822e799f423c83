"""The machine that a figure belongs to: the processor, and the versions of everything."""

import os
import platform

#: Features of processors by which kernels are chosen.
FLAGS = ("avx2", "fma", "avx_vnni", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8",
         "asimddp", "bf16", "i8mm")  # fmt: skip


def machine():
    entries = {}
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            entries.setdefault(name.strip(), value.strip())
    flags = entries.get("flags", entries.get("Features", "")).split()
    with open("/proc/meminfo") as lines:
        memory = int(next(lines).split()[1]) // 1024
    return {
        "processor": entries.get("model name", platform.machine()),
        "flags": [flag for flag in FLAGS if flag in flags],
        "processors": len(os.sched_getaffinity(0)),
        "memory_mib": memory,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE"),
        "load_average": os.getloadavg(),
    }

"""How fast the machine could be, for model FLOPs utilisation (MFU): operations a second of one process, by number format.

A CPU's peak is measured once a run: the best of twenty 1024-cubed matrix products with the run's threads. A GPU's is
that of its data sheet (dense, without sparsity); for a GPU or a format that is not in the table MFU is null.
"""

from __future__ import annotations

import time

import torch

from llmctl.train.precision import DTYPES

ENOUGH = 0.5  # seconds of measuring: bf16 and fp16 are slow on a CPU that lacks their instructions

# NVIDIA's data sheets, operations a second, dense: fp32 on CUDA cores (torch leaves TF32 off), bf16 and fp16 on tensor cores
# with sums in fp32. Where a sheet gives "with sparsity" alone, half of it. The first name that a device's contains counts.
GPU_PEAKS: tuple[tuple[str, dict[str, float]], ...] = (
    ("B200", {"fp32": 80e12, "bf16": 2250e12, "fp16": 2250e12}),  # Blackwell architecture brief: HGX B200, 1000 W
    ("H200", {"fp32": 67e12, "bf16": 989.4e12, "fp16": 989.4e12}),
    ("GH200", {"fp32": 67e12, "bf16": 989.4e12, "fp16": 989.4e12}),
    ("H100 PCIe", {"fp32": 51e12, "bf16": 756e12, "fp16": 756e12}),
    ("H100 NVL", {"fp32": 60e12, "bf16": 835.5e12, "fp16": 835.5e12}),
    ("H100", {"fp32": 67e12, "bf16": 989.4e12, "fp16": 989.4e12}),  # SXM5
    ("A100", {"fp32": 19.5e12, "bf16": 312e12, "fp16": 312e12}),
    ("A40", {"fp32": 37.4e12, "bf16": 149.7e12, "fp16": 149.7e12}),
    ("A30", {"fp32": 10.3e12, "bf16": 165e12, "fp16": 165e12}),
    ("A10G", {"fp32": 35e12, "bf16": 70e12, "fp16": 70e12}),
    ("A10", {"fp32": 31.2e12, "bf16": 125e12, "fp16": 125e12}),
    ("V100", {"fp32": 15.7e12, "fp16": 125e12}),  # no bf16
    ("L40S", {"fp32": 91.6e12, "bf16": 362e12, "fp16": 362e12}),
    ("L4", {"fp32": 30.3e12, "bf16": 121e12, "fp16": 121e12}),
    ("T4", {"fp32": 8.1e12, "fp16": 65e12}),  # no bf16
)


def peak_flops(device: torch.device, dtype: str = "fp32") -> float | None:
    """Operations a second that this process could do at most with numbers of `dtype` (a setting of train.dtype)."""
    if device.type == "cpu":
        return measured_product(dtype)
    return peak_of_name(torch.cuda.get_device_name(device), dtype)


def peak_of_name(name: str, dtype: str) -> float | None:
    """The data sheet's peak of a GPU, as CUDA calls it ("NVIDIA H100 80GB HBM3")."""
    words = f" {name} ".replace("-", " ")  # "NVIDIA A100-SXM4-80GB", "Tesla V100-SXM2-32GB"
    return next((peaks.get(dtype) for part, peaks in GPU_PEAKS if f" {part} " in words), None)


def measured_product(dtype: str = "fp32", width: int = 1024, times: int = 20) -> float:
    """2 n^3 operations over the shortest time of some products of n x n matrices: at most about half a second."""
    one, until = torch.ones(width, width, dtype=DTYPES[dtype]), time.perf_counter() + ENOUGH
    best = _seconds(one)
    for _ in range(times - 1):
        if time.perf_counter() > until:
            break
        best = min(best, _seconds(one))
    return 2 * width**3 / best


def _seconds(matrix: torch.Tensor) -> float:
    start = time.perf_counter()
    torch.mm(matrix, matrix)
    return time.perf_counter() - start

"""How fast the machine could be, for model FLOPs utilisation (MFU): fp32 operations a second of one process.

A CPU's peak is measured once a run: the best of twenty 1024-cubed matrix products with the run's threads. A GPU's is
that of its data sheet (dense, without sparsity); for a GPU that is not in the table MFU is null.
"""

from __future__ import annotations

import time

import torch

GPU_FP32 = (  # NVIDIA's data sheets: fp32 (CUDA cores), operations a second
    ("H200", 67e12),
    ("H100 PCIe", 51e12),
    ("H100", 67e12),
    ("A100", 19.5e12),
    ("V100", 15.7e12),
    ("L40S", 91.6e12),
    ("L4", 30.3e12),
    ("T4", 8.1e12),
)


def peak_flops(device: torch.device) -> float | None:
    """Operations a second that this process could do at most."""
    if device.type == "cpu":
        return measured_sgemm()
    name = torch.cuda.get_device_name(device)
    return next((peak for part, peak in GPU_FP32 if part in name), None)


def measured_sgemm(width: int = 1024, times: int = 20) -> float:
    """2 n^3 operations over the shortest time of some products of n x n fp32 matrices: about half a second."""
    one = torch.ones(width, width)
    best = min(_seconds(one) for _ in range(times))
    return 2 * width**3 / best


def _seconds(matrix: torch.Tensor) -> float:
    start = time.perf_counter()
    torch.mm(matrix, matrix)
    return time.perf_counter() - start

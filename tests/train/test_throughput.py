"""A device's peak is that of its data sheet, dense, for the numbers that the run computes with."""

from __future__ import annotations

import pytest
import torch

from llmctl.train.throughput import GPU_PEAKS, peak_flops, peak_of_name


@pytest.mark.parametrize(
    ("name", "dtype", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", "bf16", 989.4e12),
        ("NVIDIA H100 80GB HBM3", "fp32", 67e12),
        ("NVIDIA H100 PCIe", "bf16", 756e12),
        ("NVIDIA H100 NVL", "fp16", 835.5e12),
        ("NVIDIA H200", "bf16", 989.4e12),
        ("NVIDIA GH200 480GB", "bf16", 989.4e12),
        ("NVIDIA A100-SXM4-80GB", "bf16", 312e12),
        ("NVIDIA A100-PCIE-40GB", "fp32", 19.5e12),
        ("NVIDIA A10", "bf16", 125e12),
        ("NVIDIA A10G", "bf16", 70e12),
        ("Tesla V100-SXM2-32GB", "fp16", 125e12),
        ("NVIDIA L4", "bf16", 121e12),
        ("NVIDIA L40S", "bf16", 362e12),
        ("Tesla T4", "fp16", 65e12),
    ],
)
def test_the_peak_of_a_gpu_is_its_data_sheets(name: str, dtype: str, peak: float) -> None:
    assert peak_of_name(name, dtype) == peak


@pytest.mark.parametrize(
    ("name", "dtype"), [("NVIDIA GeForce RTX 4090", "bf16"), ("Tesla T4", "bf16"), ("NVIDIA L40", "bf16")]
)
def test_an_unknown_gpu_or_format_has_no_peak(name: str, dtype: str) -> None:
    assert peak_of_name(name, dtype) is None


def test_half_precision_is_never_slower_than_fp32_on_a_gpu() -> None:
    assert all(peak >= peaks["fp32"] for _, peaks in GPU_PEAKS for peak in peaks.values())


def test_the_peak_of_a_cpu_is_measured_in_the_numbers_of_the_run() -> None:
    found = [peak_flops(torch.device("cpu"), dtype) for dtype in ("fp32", "bf16")]
    assert all(peak is not None and 1e8 < peak < 1e14 for peak in found)

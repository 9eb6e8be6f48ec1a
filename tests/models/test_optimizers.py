"""The optimizers: all of them learn, and Muon moves kernels whatever their layout in memory."""

import pytest
import torch
from torch import nn

from ferflow.models.optimizers import OPTIMIZERS, ConvolutionMuon


def network(memory_format: torch.memory_format) -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128, 2),
    )
    return layers.to(memory_format=memory_format)  # type: ignore[call-overload]


def kernel_of(model: nn.Sequential) -> nn.Parameter:
    return next(model.parameters())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_lowers_the_loss_and_moves_every_parameter(name: str) -> None:
    model = network(torch.channels_last)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    x, y = torch.randn(16, 3, 4, 4), torch.arange(16) % 2
    optimizers = OPTIMIZERS[name](model, 0.02, 0.01)
    losses = []
    for _ in range(30):
        loss = nn.functional.cross_entropy(model(x), y)
        losses.append(loss.item())
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
    assert losses[-1] < 0.5 * losses[0]
    assert not any(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_muon_takes_the_same_step_whatever_the_layout_of_the_kernels() -> None:
    kernels = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        model = network(memory_format)
        kernel = kernel_of(model)
        optimizer = ConvolutionMuon([kernel], learning_rate=0.1, weight_decay=0.0)
        kernel.grad = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(1))
        optimizer.step()
        kernels.append(kernel.detach().contiguous())
    torch.testing.assert_close(kernels[0], kernels[1], rtol=0, atol=2e-3)  # Muon computes in bfloat16
    assert not torch.equal(kernels[0], kernel_of(network(torch.contiguous_format)))


def test_muon_steps_are_nearly_orthogonal() -> None:
    model = network(torch.channels_last)
    kernel = kernel_of(model)
    before = kernel.detach().clone()
    optimizer = ConvolutionMuon([kernel], learning_rate=1.0, weight_decay=0.0)
    kernel.grad = torch.randn(8, 3, 3, 3)
    optimizer.step()
    values = torch.linalg.svdvals((kernel.detach() - before).reshape(8, 27))
    assert values.min() > 0.5 and values.max() < 1.5  # of Newton-Schulz's five iterations

"""The optimizers: all of them learn, and Muon moves kernels whatever their layout in memory."""

import pytest
import torch
from torch import nn

from ferflow.models.optimizers import OPTIMIZERS, ConvolutionMuon, make_optimizers


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
    optimizers = make_optimizers(name, model, learning_rate=0.02, weight_decay=0.01)
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


@pytest.mark.parametrize(("has_bfloat16", "precise"), [(True, False), (False, True)])
def test_muon_computes_in_bfloat16_only_where_that_is_not_emulated(
    has_bfloat16: bool, precise: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ferflow.models.optimizers.has_fast_bfloat16", lambda device: has_bfloat16)
    kernel = nn.Parameter(torch.zeros(8, 3, 3, 3))
    kernel.grad = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(1))
    ConvolutionMuon([kernel], learning_rate=1.0, weight_decay=0.0).step()
    rounded = kernel.detach().bfloat16().float()
    assert torch.equal(rounded, kernel.detach()) is not precise

    # Jordan et al. 2024: momentum and Nesterov's step keep the direction of the first gradient.
    expected = kernel.grad.reshape(8, 27) / kernel.grad.norm()
    for _ in range(5):
        gram = expected @ expected.T
        expected = 3.4445 * expected + (-4.775 * gram + 2.0315 * gram @ gram) @ expected
    tolerance = 1e-5 if precise else 0.05
    torch.testing.assert_close(-kernel.detach().reshape(8, 27), expected, rtol=0, atol=tolerance)


def test_muon_steps_are_nearly_orthogonal() -> None:
    model = network(torch.channels_last)
    kernel = kernel_of(model)
    before = kernel.detach().clone()
    optimizer = ConvolutionMuon([kernel], learning_rate=1.0, weight_decay=0.0)
    kernel.grad = torch.randn(8, 3, 3, 3)
    optimizer.step()
    values = torch.linalg.svdvals((kernel.detach() - before).reshape(8, 27))
    assert values.min() > 0.5 and values.max() < 1.5  # of Newton-Schulz's five iterations


def test_sgd_follows_nesterovs_momentum() -> None:
    weight = nn.Parameter(torch.full((1, 1), 2.0))
    (optimizer,) = make_optimizers("sgd", nn.ParameterList([weight]), learning_rate=0.1, weight_decay=0.5)
    expected, velocity = 2.0, 0.0
    for slope in (1.0, -3.0, 0.5):
        weight.grad = torch.full((1, 1), slope)
        optimizer.step()
        decayed = slope + 0.5 * expected  # the penalty's slope is a part of the gradient
        velocity = 0.9 * velocity + decayed
        expected -= 0.1 * (decayed + 0.9 * velocity)
        assert weight.item() == pytest.approx(expected, rel=1e-5)


#: What is left of kernels and of matrices when the gradient is zero, at a rate of 0.1 and a decay of 0.5.
#: SGD's first step with Nesterov's momentum is 1.9 times as long; Muon leaves matrices to AdamW, at 0.15 of
#: the rate.
LEFT = {"adamw": (0.95, 0.95), "sgd": (1 - 0.05 * 1.9, 1 - 0.05 * 1.9), "muon": (0.95, 1 - 0.15 * 0.05)}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_a_gradient_kernels_and_matrices_decay_and_nothing_else_moves(name: str) -> None:
    model = network(torch.channels_last)
    before = {key: value.detach().clone() for key, value in model.named_parameters()}
    optimizers = make_optimizers(name, model, learning_rate=0.1, weight_decay=0.5)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for optimizer in optimizers:
        optimizer.step()
    left = {"0.weight": LEFT[name][0], "4.weight": LEFT[name][1]}
    for key, value in model.named_parameters():
        torch.testing.assert_close(value.detach(), before[key] * left.get(key, 1.0))


def test_frozen_parameters_are_left_out_and_only_weights_decay() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    (optimizer,) = make_optimizers("adamw", model, learning_rate=0.01, weight_decay=0.1)
    decayed, free = optimizer.param_groups
    assert [p.shape for p in decayed["params"]] == [torch.Size([2, 4])]
    assert [p.shape for p in free["params"]] == [torch.Size([4]), torch.Size([4]), torch.Size([2])]
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)


class Layered(nn.Sequential):
    """A network that knows the order of its layers."""

    def layers(self) -> list[list[nn.Parameter]]:
        return [list(layer.parameters()) for layer in reversed(self)]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_layer_learns_at_a_share_of_the_rate_of_the_one_behind_it(name: str) -> None:
    model = Layered(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3), nn.Conv2d(2, 2, 3))
    optimizers = make_optimizers(name, model, learning_rate=0.8, weight_decay=0.0, layer_decay=0.5)
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    kernels = [group["lr"] for group in groups if any(p.ndim > 1 for p in group["params"])]
    biases = [group["lr"] for group in groups if any(p.ndim == 1 for p in group["params"])]
    assert kernels == pytest.approx([0.8, 0.4, 0.2])
    assert biases == pytest.approx([rate * biases[0] / 0.8 for rate in (0.8, 0.4, 0.2)])
    assert groups[0]["lr"] == 0.8

"""A compiled network leaves its local attention eager, and no other network's."""

import copy
import pickle
import subprocess
import sys

import pytest
import torch

from samuel_gen.models.attention import LocalAttention, attend_locally
from samuel_gen.models.eager_attention import attend_eagerly


@pytest.fixture
def attention(randomise) -> LocalAttention:
    return randomise(LocalAttention(8, 4, heads=2, head_width=4, window_size=8))


def attend_functions(network: torch.nn.Module) -> set:
    modules = network.modules()
    return {module._attend for module in modules if isinstance(module, LocalAttention)}


def test_eager_attention_equals_the_plain_one(attention, noise):
    features, cache = noise(1, 8, 40), attention.project_context(noise(1, 4, 40))
    plain = attention(features, cache)
    attention.keep_eager()
    assert torch.equal(attention(features, cache), plain)


@pytest.mark.parametrize("times", [1, 2])
def test_compile_marks_this_network_only_and_only_once(make_random_network, times):
    compiled, other = make_random_network(), make_random_network()
    forward = LocalAttention.forward
    for _ in range(times):
        compiled.compile()
    assert attend_functions(compiled) == {attend_eagerly}
    assert attend_functions(other) == {attend_locally}
    assert LocalAttention.forward is forward


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))]
)
def test_a_copy_of_a_marked_module_uses_its_own_weights(attention, noise, duplicate):
    attention.keep_eager()
    features, context = noise(1, 8, 40), noise(1, 4, 40)
    copied = duplicate(attention)
    with torch.no_grad():
        attention.value.weight.zero_()
        attention.heard_value.weight.zero_()
    assert copied(features, copied.project_context(context)).any()
    assert not attention(features, attention.project_context(context)).any()


_COMPILED = """
import sys
import torch
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.models.unet import SoftAlignmentUNet

torch.manual_seed(0)
network = SoftAlignmentUNet(widths=(16, 16), bottleneck_depth=1, context_depth=0)
torch.nn.init.normal_(network.decode.weight)
noisy, timestep = torch.randn(2, 64, 40), torch.tensor([10, 40])
vocal = Vocal.of(torch.randn(2, 64, 40), torch.randn(2, 14, 40))
operations = []

def record(graph, example_inputs):
    operations.extend(str(node.target) for node in graph.graph.nodes)
    return graph

with torch.no_grad():
    expected = network(noisy, timestep, vocal)
    assert "torch._dynamo" not in sys.modules, "a network that is not compiled needs no compiler"

    local = network.align_input.local_attention
    cache = local.project_context(torch.randn(2, 128, 40))
    torch.compile(local, backend=record)(torch.randn(2, 16, 40), cache)
    assert "unfold" in " ".join(operations), "this is how local attention is recognised"

    operations.clear()
    network.compile(backend=record)
    torch.testing.assert_close(network(noisy, timestep, vocal), expected)
compiled = " ".join(operations)
assert "scaled_dot_product_attention" in compiled, "global attention is compiled"
assert "unfold" not in compiled, "local attention is not"
"""


def test_compiled_graphs_leave_out_local_attention():
    """In its own process, because the run-time check of shapes in these tests cannot compile."""
    subprocess.run([sys.executable, "-c", _COMPILED], check=True)

import torch

from samuel_gen.models.beat_network import POOLING, BeatNetwork, BeatNetworks


def make_network() -> BeatNetwork:
    torch.manual_seed(0)
    return BeatNetwork(5, fast=8, slow=8, slow_dilations=(1, 2, 4))


def test_any_number_of_frames_gives_as_many_pulses() -> None:
    network = make_network().eval()
    for frames in (1, 7, 64, 65):
        logits = network(torch.randn(2, 5, frames))
        assert logits.beats.shape == logits.downbeats.shape == (2, frames)
        assert logits.tempo.shape[-1] == logits.compound.shape[-1] == -(-frames // POOLING)


def test_every_parameter_gets_a_gradient() -> None:
    network = make_network()
    logits = network(torch.randn(2, 5, 64))
    torch.autograd.backward(torch.stack([each.square().mean() for each in logits]).sum())
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_a_beat_depends_on_the_past_and_on_the_future() -> None:
    network = make_network().eval()
    features = torch.randn(1, 5, 128, requires_grad=True)
    network(features).beats[0, 64].backward()
    assert features.grad is not None
    reach = features.grad[0].abs().sum(0).nonzero()[:, 0]
    assert reach.min() <= 40 and reach.max() >= 88


def test_shifting_the_features_by_a_whole_slow_frame_shifts_the_pulses() -> None:
    network = make_network().eval()
    features = torch.randn(1, 5, 256)
    later = torch.roll(features, POOLING, -1)
    whole, shifted = network(features).beats, network(later).beats
    torch.testing.assert_close(whole[:, 80:160], shifted[:, 80 + POOLING : 160 + POOLING])


def test_several_networks_answer_with_their_mean() -> None:
    one = make_network().eval()
    other = BeatNetwork(5, fast=8, slow=8, slow_dilations=(1, 2, 4)).eval()
    features = torch.randn(2, 5, 64)
    answers = zip(BeatNetworks([one, other])(features), one(features), other(features), strict=True)
    for both, first, second in answers:
        torch.testing.assert_close(both, (first + second) / 2)
        assert not torch.allclose(first, second)

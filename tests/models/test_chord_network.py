import torch

from samuel_gen.models.chord_network import PLACE_FEATURES, TONE_FEATURES, ChordNetwork

FEATURES = TONE_FEATURES + PLACE_FEATURES


def test_every_beat_has_logits_of_every_state_in_both_modes() -> None:
    network = ChordNetwork(states=5, width=8)
    chords, key = network(torch.rand(3, 20, FEATURES), torch.ones(3, 20))
    assert chords.shape == (3, 2, 20, 5) and key.shape == (3, 2)


def test_padding_changes_nothing() -> None:
    network = ChordNetwork(states=5, width=8).eval()
    features = torch.rand(1, 20, FEATURES)
    padded = torch.cat([features, torch.rand(1, 7, FEATURES)], dim=1)
    valid = (torch.arange(27) < 20).float()[None]
    chords, key = network(features, torch.ones(1, 20))
    padded_chords, padded_key = network(padded, valid)
    torch.testing.assert_close(padded_chords[:, :, :20], chords)
    torch.testing.assert_close(padded_key, key)


def test_chords_see_repetitions_some_bars_away() -> None:
    network = ChordNetwork(states=5, width=8).eval()
    features = torch.rand(1, 80, FEATURES, requires_grad=True)
    chords, _ = network(features, torch.ones(1, 80))
    chords[0, 0, 40].sum().backward()
    assert features.grad is not None
    reached = features.grad[0].abs().sum(1) > 0
    assert reached[[8, 24, 40, 56, 72]].all()


def test_gradients_reach_every_parameter() -> None:
    network = ChordNetwork(states=5, width=8)
    chords, key = network(torch.rand(2, 20, FEATURES), torch.ones(2, 20))
    (chords.square().sum() + key.square().sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())

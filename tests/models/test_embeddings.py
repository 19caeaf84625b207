import torch

from samuel_gen.models.embeddings import StyleEmbedding, TimestepEmbedding, sinusoidal


def test_sinusoids_have_known_values():
    features = sinusoidal(torch.tensor([0, 1]), num_timesteps=1000, width=4)
    angles = torch.tensor([[0.0, 0.0], [1.0, 0.01]])
    torch.testing.assert_close(features, torch.cat((angles.cos(), angles.sin()), dim=1))


def test_sinusoids_depend_on_the_share_of_the_chain():
    torch.testing.assert_close(
        sinusoidal(torch.tensor([300, 600]), num_timesteps=800, width=32),
        sinusoidal(torch.tensor([375, 750]), num_timesteps=1000, width=32),
    )


def test_every_two_timesteps_differ():
    features = sinusoidal(torch.arange(800), num_timesteps=800, width=32)
    distances = torch.cdist(features, features) + 10 * torch.eye(800)
    assert distances.min() > 0.1


def test_each_item_has_its_own_timestep(randomise):
    embedding = randomise(TimestepEmbedding(16, num_timesteps=800))
    together = embedding(torch.tensor([3, 700, 3]))
    assert together.shape == (3, 16)
    torch.testing.assert_close(together[1:2], embedding(torch.tensor([700])))
    torch.testing.assert_close(together[0], together[2])
    assert (together[0] - together[1]).abs().max() > 1e-2


def test_embedding_has_the_dtype_of_its_weights():
    embedding = TimestepEmbedding(8, num_timesteps=800).double()
    assert embedding(torch.tensor([5])).dtype == torch.float64


def test_a_style_is_looked_up_and_a_withheld_one_is_the_null_embedding(randomise):
    assert not any(parameter.any() for parameter in StyleEmbedding(8).parameters())
    embedding = randomise(StyleEmbedding(8, styles=5))
    result = embedding(torch.tensor([3, 1, 3]), torch.tensor([True, True, False]))
    torch.testing.assert_close(result[:2], embedding.table[[3, 1]])
    torch.testing.assert_close(result[2], embedding.null)

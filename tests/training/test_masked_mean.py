import torch

from samuel_gen.training.masked_mean import masked_mean_square


def test_it_is_the_mean_square_of_each_item_without_its_padding() -> None:
    error = torch.randn(3, 4, 10, generator=torch.Generator().manual_seed(0))
    valid_frames = torch.tensor([10, 7, 1])
    expected = [
        item[:, :frames].square().mean() for item, frames in zip(error, valid_frames, strict=True)
    ]
    torch.testing.assert_close(masked_mean_square(error, valid_frames), torch.stack(expected))


def test_values_behind_the_valid_frames_do_not_count() -> None:
    error = torch.ones(1, 2, 5)
    error[:, :, 3:] = 1e6
    assert masked_mean_square(error, torch.tensor([3])).tolist() == [1.0]

"""A critic for the learned decoder: it tells predicted fine magnitudes from those of recordings.

A mean error is least for magnitudes between the partials and the gaps of all spectra that fit the
latents. A critic rejects such spectra, since no recording has them. The losses are those of least
squares (Mao et al. 2017, equation 9) and of feature matching (Larsen et al. 2016).
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

CROPS = 4
"""The crops of a batch that the critic sees."""
WEIGHTS = {"adversary": 0.1, "matching": 0.4}
"""Weights of the critic's judgement and of the errors of its features in the decoder's loss."""
LEARNING_RATE = 3e-4
DEEPEST = -5.0
"""The least height over the smooth magnitudes that the critic is shown [nepers]."""

_LAYERS = ((2, 32, (3, 7), (1, 3)), (32, 48, (3, 5), (2, 3)), (48, 64, (3, 5), (2, 2)))


class Critic(nn.Module):
    """Judges patches of about .2 s and 600 Hz of a spectrum, given the smooth magnitudes."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(wide, deep, size, stride, padding=(size[0] // 2, size[1] // 2))
            for wide, deep, size, stride in _LAYERS
        )
        self.judge = nn.Conv2d(_LAYERS[-1][1], 1, 3, padding=1)

    def forward(
        self,
        fine: Float[Tensor, "batch fine_frames fine_bins"],
        smooth: Float[Tensor, "batch fine_frames fine_bins"],
    ) -> tuple[Float[Tensor, "batch times bands"], list[Tensor]]:
        """Return judgements, near 1 for recordings and near 0 for predictions, and features.

        Args:
            fine: the fine magnitudes, as natural logarithms.
            smooth: the magnitudes that the bands give, as natural logarithms.
        """
        height = (fine - smooth).clamp(min=DEEPEST)
        hidden = torch.stack([height, smooth / 4 + 1], dim=1)
        features = []
        for layer in self.layers:
            hidden = nn.functional.leaky_relu(layer(hidden), 0.2)
            features.append(hidden)
        return self.judge(hidden)[:, 0], features


class Criticism:
    """A critic that learns beside the decoder.

    Args:
        seed: the seed of the critic's first weights.
    """

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.critic = Critic()
        self.optimizer = torch.optim.Adam(self.critic.parameters(), LEARNING_RATE, (0.8, 0.99))

    def learn(self, real: Tensor, predicted: Tensor, smooth: Tensor) -> dict[str, Tensor]:
        """Improve the critic by one step, and return its loss.

        Args:
            real, predicted, smooth: fine magnitudes of recordings, predicted ones and those that
                the bands give; each (batch, fine_frames, fine_bins).
        """
        size = len(real)
        both = torch.cat([real, predicted.detach()]).contiguous()
        judgements, _ = self.critic(both, torch.cat([smooth, smooth]))
        judgements = judgements.float()
        loss = (judgements[:size] - 1).square().mean() + judgements[size:].square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"critic": loss.detach()}

    def judge(self, real: Tensor, predicted: Tensor, smooth: Tensor) -> dict[str, Tensor]:
        """Return what the decoder loses by the judgement, and by features unlike the real ones.

        Args:
            real, predicted, smooth: fine magnitudes, those of `learn`.
        """
        self.critic.requires_grad_(False)
        with torch.no_grad():
            _, wanted = self.critic(real, smooth)
        judgements, found = self.critic(predicted, smooth)
        self.critic.requires_grad_(True)
        pairs = zip(found, wanted, strict=True)
        errors = [(x - y).abs().mean() / y.abs().mean().clamp(min=1e-3) for x, y in pairs]
        adversary = (judgements.float() - 1).square().mean()
        return {"adversary": adversary, "matching": torch.stack(errors).mean().float()}

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        return {"critic": self.critic.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.critic.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])

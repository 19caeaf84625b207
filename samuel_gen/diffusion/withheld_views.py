"""A denoiser that some views of the vocal and its lead sheet are withheld from."""

from collections.abc import Collection
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal


@dataclass(frozen=True, eq=False)
class ViewsWithheld:
    """A denoiser that is given every vocal without some of its views.

    Attributes:
        denoiser: a denoiser that was trained with and without these views.
        views: the names of the views, among `denoiser.VIEWS`.
    """

    denoiser: Denoiser
    views: Collection[str]
    # One reduced vocal per vocal: the network's context cache is keyed by object identity.
    _reduced: WeakKeyDictionary[Vocal, Vocal] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Return the velocity, shaped like `noisy`."""
        if vocal not in self._reduced:
            self._reduced[vocal] = vocal.withhold_views(self.views)
        return self.denoiser(noisy, timestep, self._reduced[vocal])

"""The part of a run's configuration that its checkpoint keeps."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

Node = Mapping[str, Any]
"""A `_target_` and its arguments, as `samuel_gen.build` reads them."""


@dataclass(frozen=True)
class CheckpointConfig:
    """The configuration nodes from which a checkpoint builds its network and its codec.

    Attributes:
        model: the denoiser.
        schedule: the noise schedule.
        objective: the training target and the loss weight.
        codec: the codec of the latents; None if it is not known.
    """

    model: Node
    schedule: Node
    objective: Node
    codec: Node | None

    @classmethod
    def from_run(cls, config: Node) -> "CheckpointConfig":
        """Take the nodes out of a resolved `configs/train.yaml`."""
        diffusion = config["diffusion"]
        return cls(config["model"], diffusion["schedule"], diffusion["objective"], config["codec"])

    def to_dict(self) -> dict[str, Any]:
        """Return the nodes as `Checkpoint.config` holds them."""
        return asdict(self)

    def list_differences(self, other: Mapping[str, Node]) -> list[str]:
        """List the settings of model, schedule and objective that differ in `other`.

        Further views are no difference: their weights begin small.

        Args:
            other: the configuration of a checkpoint.

        Returns:
            overrides of `samuel-train`, quoted for the shell, that remove the differences.
        """
        prefixes = {
            "model": "model",
            "schedule": "diffusion.schedule",
            "objective": "diffusion.objective",
        }
        return [
            shlex.quote(f"{prefix}.{key}={value}")
            for node, prefix in prefixes.items()
            for key, value in other[node].items()
            if getattr(self, node).get(key) != value
            and not (key == "conditioning" and _adds_views(value, self.model.get(key)))
        ]


def _adds_views(before: object, now: object) -> bool:
    """True if a network with the views `now` can begin with the weights of one with `before`."""
    return set(str(before).split("_")) <= set(str(now).split("_"))

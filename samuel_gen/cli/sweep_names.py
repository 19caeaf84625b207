"""The names of a sweep's folders: only the settings that differ between its runs."""

from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.experimental.callback import Callback
from omegaconf import OmegaConf, open_dict, read_write


class NamesByDifference(Callback):
    """Hydra callback that limits `hydra.job.override_dirname` to the swept settings.

    Overrides that all runs share are left out, so that names stay short however much of a recipe
    is overridden.
    """

    def on_multirun_start(self, config: Any, **kwargs: Any) -> None:
        """Exclude the overrides that all runs of the sweep share."""
        task: Any = OmegaConf.to_container(config.hydra.overrides.task)  # unresolved
        overrides = OverridesParser.create().parse_overrides(task)
        swept = {each.key_or_group for each in overrides if each.is_sweep_override()}
        shared = {each.key_or_group for each in overrides} | set(
            config.hydra.job.config.override_dirname.exclude_keys
        )
        excluded = ",".join(f"'{key}'" for key in sorted(shared - swept))
        with read_write(config), open_dict(config):
            config.hydra.overrides.hydra.append(
                f"hydra.job.config.override_dirname.exclude_keys=[{excluded}]"
            )

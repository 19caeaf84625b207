from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.experimental.callback import Callback
from omegaconf import OmegaConf, open_dict, read_write


class NamesByDifference(Callback):
    """Makes `hydra.job.override_dirname` tell what differs within a sweep, and nothing else.

    What the command line says once for all runs is left out, so that names stay short however
    much of a recipe is overridden.
    """

    def on_multirun_start(self, config: Any, **kwargs: Any) -> None:
        """Exclude the overrides that all runs of the sweep share."""
        task: Any = OmegaConf.to_container(config.hydra.overrides.task)  # as written
        said = OverridesParser.create().parse_overrides(task)
        swept = {one.key_or_group for one in said if one.is_sweep_override()}
        shared = {one.key_or_group for one in said} | set(
            config.hydra.job.config.override_dirname.exclude_keys
        )
        excluded = ",".join(f"'{key}'" for key in sorted(shared - swept))
        with read_write(config), open_dict(config):
            config.hydra.overrides.hydra.append(
                f"hydra.job.config.override_dirname.exclude_keys=[{excluded}]"
            )

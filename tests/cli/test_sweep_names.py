"""The names of a sweep's folders."""

from omegaconf import OmegaConf

from samuel_gen.cli.sweep_names import NamesByDifference


def test_only_swept_settings_are_in_the_names() -> None:
    config = OmegaConf.create(
        {
            "hydra": {
                "overrides": {
                    "task": ["+experiment=x", "model.width=8", "seed=0,1", "lr=choice(1,2)"],
                    "hydra": [],
                },
                "job": {"config": {"override_dirname": {"exclude_keys": ["output"]}}},
            }
        }
    )
    OmegaConf.set_struct(config, True)
    OmegaConf.set_readonly(config, True)
    NamesByDifference().on_multirun_start(config)
    (override,) = config.hydra.overrides.hydra
    excluded = "['experiment','model.width','output']"
    assert override == f"hydra.job.config.override_dirname.exclude_keys={excluded}"

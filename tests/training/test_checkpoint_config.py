from samuel_gen.training.checkpoint_config import CheckpointConfig

RUN = {
    "model": {"_target_": "network", "widths": [16, 32]},
    "diffusion": {"schedule": {"_target_": "cosine", "num_timesteps": 800}, "objective": {}},
    "codec": {"_target_": "codec"},
    "seed": 0,
}


def test_it_holds_the_nodes_of_a_run() -> None:
    assert CheckpointConfig.from_run(RUN).to_dict() == {
        "model": RUN["model"],
        "schedule": RUN["diffusion"]["schedule"],
        "objective": {},
        "codec": RUN["codec"],
    }


def test_differences_are_overrides_of_samuel_train() -> None:
    config = CheckpointConfig.from_run(RUN)
    other = config.to_dict()
    other["model"]["widths"] = [16, 64]
    other["schedule"]["num_timesteps"] = 100
    assert config.list_differences(other) == [
        "'model.widths=[16, 64]'",
        "diffusion.schedule.num_timesteps=100",
    ]


def test_equal_networks_and_other_codecs_do_not_differ() -> None:
    config = CheckpointConfig.from_run(RUN)
    assert config.list_differences({**config.to_dict(), "codec": None}) == []

"""A training step, its memory, and the data that it waits for."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from samuel_gen.benchmark.network import FRAMES, gigaflops, inputs
from samuel_gen.benchmark.plain import PlainUNet
from samuel_gen.benchmark.rows import Row, alone, timed
from samuel_gen.data.load.batch import LatentBatch
from samuel_gen.diffusion.objective import Objective, uniform
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.generation.devices import multiplies_bfloat16
from samuel_gen.models.unet import SoftAlignmentUNet

BATCHES = (8, 32)
SONG_SECONDS = 48.0


def training(
    config: dict[str, Any], device: torch.device, ceiling: float, repeats: int
) -> list[Row]:
    """Clips of 1024 frames per second, each batch size in a process of its own.

    Args:
        config: arguments of the network.
        device: to train on.
        ceiling: GFLOP/s.
        repeats: of each step.
    """
    rows = []
    for batch in BATCHES:
        section = f"training, batch {batch}"
        arms = [("plain", None, False), ("float32", config, False)]
        if multiplies_bfloat16(device):
            arms.append(("bfloat16", config, True))
        plain = None
        for name, own, half in arms:
            (seconds, peak, arithmetic), resident = alone(
                _steps, own, batch, half, str(device), repeats
            )
            clips = [batch / each for each in seconds]
            median = sorted(clips)[len(clips) // 2]
            plain = plain or median
            memory = f"{(peak or resident) / 1e3:.2f} GB"
            share = 3 * arithmetic * median / ceiling
            rows.append(Row(section, name, "clips/s", clips, median / plain, share, memory))
    return rows


def _steps(
    config: dict[str, Any] | None, batch: int, half: bool, device: str, repeats: int
) -> tuple[list[float], float, float]:
    """Seconds per step, peak memory of a GPU in MB (0 elsewhere), GFLOP of one clip's forward."""
    from samuel_gen.training.lr_schedules import warmup_cosine
    from samuel_gen.training.module import AccompanimentDiffusion

    place = torch.device(device)
    network: nn.Module = PlainUNet() if config is None else SoftAlignmentUNet(**config)
    network = network.to(place)
    make_optimizer = partial(torch.optim.AdamW, lr=1e-5)
    module = AccompanimentDiffusion(
        network, cosine(800), Objective(weight=uniform), make_optimizer, warmup_cosine
    )
    optimizer = make_optimizer(network.parameters())
    clean, _, voice = inputs(batch, place)
    whole = torch.full((batch,), FRAMES, device=place)
    data = LatentBatch(voice, clean, whole, torch.arange(batch, device=place), batch)

    def step() -> None:
        with torch.autocast(place.type, torch.bfloat16, enabled=half):
            loss = module.training_step(data, 0)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    seconds = timed({"": step}, repeats, place)[""]
    peak = torch.cuda.max_memory_allocated(place) / 1e6 if place.type == "cuda" else 0.0
    return seconds, peak, gigaflops(lambda: network(*inputs(1, place)))


def loading(repeats: int, note: Callable[[str], None]) -> list[Row]:
    """Crops per second that the data set alone gives, of songs rendered for it."""
    from samuel_gen.codecs.spectral.codec import SpectralCodec
    from samuel_gen.data.encode.dataset import encode_dataset
    from samuel_gen.data.load.datamodule import LatentDataModule
    from samuel_gen.data.sources.rendered import RenderedSource

    with tempfile.TemporaryDirectory() as folder:
        note("rendering songs to load")
        root = Path(folder) / "songs"
        encode_dataset(
            RenderedSource(songs=4, seconds=SONG_SECONDS, seed=7),
            SpectralCodec(),
            root,
            shares=(0.5, 0.25, 0.25),
            progress=False,
        )
        data = LatentDataModule(root, batch_size=32, crop_frames=256, crops_per_song=512)
        data.setup()
        loader = data.train_dataloader()
        crops = 2 * 512

        def epoch() -> None:
            for _ in loader:
                pass

        seconds = timed({"": epoch}, repeats, torch.device("cpu"))[""]
    return [Row("data", "crops of 256 frames", "clips/s", [crops / each for each in seconds])]

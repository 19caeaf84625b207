"""Training states as files that appear whole or not at all."""

import io
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from samuel_gen.storage import write_atomically


class StateFiles(TorchCheckpointIO):
    """Writes each training state beside its place, and moves it there.

    Lightning writes it into the system's temporary folder. If that is another disk, the move is a
    copy, and a process that is killed then leaves half a file in the place of the last state.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write a training state.

        Args:
            checkpoint: the training state.
            path: the file to write or to replace.
            storage_options: not used.

        Raises:
            SamuelError: the disk is full, or the file may not be written.
        """
        buffer = io.BytesIO()  # torch reports a full disk as an error of its own kind
        torch.save(checkpoint, buffer)
        with write_atomically(path) as temporary:
            temporary.write_bytes(buffer.getbuffer())

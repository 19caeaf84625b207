"""The model behind the page: loaded once, in the background, with its progress."""

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from samuel_gen.generation.accompanist import Accompanist

log = logging.getLogger(__name__)


class Engine:
    """The accompanist of a checkpoint.

    Args:
        checkpoint: a file, or a name on the hub.
        device: the device of the network.

    Attributes:
        state: "loading", "ready" or "failed".
        progress: the share of the loading that is done, 0 to 1.
        message: the present stage, or the reason of a failure, in one line.
        imported: set as soon as torch may be used by other threads.
    """

    def __init__(self, checkpoint: Path, device: str) -> None:
        self.checkpoint, self.device = checkpoint, device
        self.state, self.progress, self.message = "loading", 0.0, "loading the libraries"
        self.imported = threading.Event()
        self._accompanist: Accompanist | None = None
        self._threads = 1

    def load(self) -> None:
        """Load everything, in the thread that is to generate."""
        try:
            import torch

            # The analysis sets the number of threads for a while, so it is read before.
            self._threads = torch.get_num_threads()
            self.progress = 0.3
            from samuel_gen.checkpoint.hub import find_checkpoint
            from samuel_gen.generation.accompanist import Accompanist

            self.progress, self.message = 0.6, "reading the checkpoint"
            self.imported.set()
            self.checkpoint = find_checkpoint(self.checkpoint)
            self._accompanist = Accompanist.from_pretrained(self.checkpoint, self.device)
            self.state, self.progress, self.message = "ready", 1.0, "ready"
        except SamuelError as error:
            self.state, self.message = "failed", str(error)
        except Exception:
            log.exception("the model cannot be loaded")
            self.state, self.message = "failed", "the model cannot be loaded; see the terminal"
        finally:
            self.imported.set()

    def accompanist(self) -> "Accompanist":
        """Return the accompanist, to the thread that loaded it.

        Raises:
            SamuelError: it could not be loaded.
        """
        if self._accompanist is None:
            raise SamuelError(self.message)
        import torch

        # The same number of threads as in samuel-generate, so that the bytes are the same.
        torch.set_num_threads(self._threads)
        return self._accompanist

    def view(self) -> dict[str, Any]:
        """Return the state as plain values for JSON."""
        return {"state": self.state, "progress": self.progress, "message": self.message}

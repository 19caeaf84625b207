"""PyTorch's switch for cuDNN's attention, off during training."""

import lightning as L
import torch


class CudnnAttentionOff(L.Callback):
    """Switches cuDNN's attention off while a model is fitted, and restores the setting.

    With a mask, the gradients of cuDNN's attention can be NaN (PyTorch 2.11). The switch belongs
    to the whole process, so it must not stay off after the fit, nor after an exception in it.
    """

    def __init__(self) -> None:
        self._was_enabled: bool | None = None

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Switch it off."""
        self._was_enabled = bool(torch.backends.cuda.cudnn_sdp_enabled())  # type: ignore[no-untyped-call]
        torch.backends.cuda.enable_cudnn_sdp(False)

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Restore the setting."""
        self._restore()

    def on_exception(
        self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException
    ) -> None:
        """Restore the setting, also after Ctrl-C."""
        self._restore()

    def _restore(self) -> None:
        if self._was_enabled is not None:
            torch.backends.cuda.enable_cudnn_sdp(self._was_enabled)
            self._was_enabled = None

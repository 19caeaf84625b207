from pathlib import Path

import lightning as L
import pytest
import torch


class Watch(L.Callback):
    """Records the switch at each batch, and may stop the run there."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.states: list[bool] = []
        self.error = error

    def on_train_batch_start(self, *_: object) -> None:
        self.states.append(torch.backends.cuda.cudnn_sdp_enabled())
        if self.error is not None:
            raise self.error


@pytest.fixture(params=[True, False])
def setting(request: pytest.FixtureRequest) -> bool:
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(request.param)
    yield request.param
    torch.backends.cuda.enable_cudnn_sdp(before)


def test_it_is_off_during_a_fit_and_restored_after_it(
    make_module, make_trainer, data, tmp_path: Path, quick, setting: bool
) -> None:
    watch = Watch()
    make_trainer(tmp_path, watch, epochs=1).fit(make_module(), data)
    assert watch.states and not any(watch.states)
    assert torch.backends.cuda.cudnn_sdp_enabled() == setting


@pytest.mark.parametrize("error", [RuntimeError("power failure"), KeyboardInterrupt()])
def test_it_is_restored_after_an_exception(
    make_module, make_trainer, data, tmp_path: Path, quick, setting: bool, error, monkeypatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)  # Lightning would ignore Ctrl-C for good
    watch = Watch(error)
    with pytest.raises((RuntimeError, SystemExit)):
        make_trainer(tmp_path, watch, epochs=1).fit(make_module(), data)
    assert watch.states == [False]
    assert torch.backends.cuda.cudnn_sdp_enabled() == setting

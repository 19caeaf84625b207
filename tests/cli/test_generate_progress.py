import torch

from samuel_gen.cli.generate_progress import StepBar


def test_lines_are_printed_and_steps_counted(capsys) -> None:
    with StepBar(3) as bar:
        bar.on_step(0, torch.zeros(1, 2, 3), torch.zeros(1, 2, 3))
        bar.print_lines(["key C major", "tempo 90"])
        bar.print_lines([])
        bar.on_step(1, torch.zeros(1, 2, 3), torch.zeros(1, 2, 3))
        assert bar.bar.tasks[0].completed == 2 and bar.bar.tasks[0].total == 3
    assert capsys.readouterr().out == "key C major\ntempo 90\n"

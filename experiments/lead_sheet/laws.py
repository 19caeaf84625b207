"""The laws that a trained model should obey, on held-out rendered songs.

    python experiments/lead_sheet/laws.py model.safetensors --songs 12

1. Moving the beats of the sheet by half a beat moves the onsets by half a beat.
2. Transposing vocal and sheet together transposes the music.
3. With a tempo given, the music does not drift away from the click in three minutes.
"""

import argparse

import numpy as np

from samuel_gen.data.sources.rendered import RenderedSource
from samuel_gen.estimation.estimate import estimate_lead_sheet
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.drift import measure_drift
from samuel_gen.evaluation.obedience import Stereo, measure_obedience
from samuel_gen.evaluation.songs import load_songs
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.lead_sheet.sheet import LeadSheet

HELD_OUT = 1  # the seed of source=held_out
STEADY = 0.002  # s by which the beats of a song that is sung to a click may differ


def main() -> None:
    """Measure a checkpoint and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", help="model.safetensors")
    parser.add_argument("--songs", type=int, default=12, help="songs for the first two laws")
    parser.add_argument("--seconds", type=float, default=24.0, help="their length")
    parser.add_argument("--long", type=int, default=3, help="songs for the third law")
    parser.add_argument("--long-seconds", type=float, default=180.0, help="their length")
    options = parser.parse_args()
    accompanist = Accompanist.from_pretrained(options.checkpoint)

    def accompany(vocal: Stereo, rate: int, sheet: LeadSheet) -> Stereo:
        (result,) = accompanist.generate_results(vocal, rate, lead_sheet=sheet, tuning_cents=0.0)
        return result.accompaniment

    songs = load_songs(RenderedSource(options.songs, options.seconds, HELD_OUT).songs(), None)
    found = measure_obedience(songs, accompany)
    print("| song | onsets moved by (beats; asked .50) | music moved by (semitones; asked 3) |")
    print("|---|---|---|")
    for each in found:
        print(f"| {each.name} | {each.shift:.2f} | {each.interval} |", flush=True)
    print(f"| obeyed | {np.mean([o.follows_beats for o in found]):.2f} of the songs ", end="")
    print(f"| {np.mean([o.follows_key for o in found]):.2f} |\n")

    print("| song | tempo given | drift (ms) | drift of the true accompaniment (ms) |")
    print("|---|---|---|---|")
    items = RenderedSource(1000, options.long_seconds, HELD_OUT).songs()
    measured = 0
    for song in load_songs(items, None):
        sheet = song.lead_sheet
        if sheet is None or np.ptp(np.diff(sheet.beats)) > STEADY:
            continue
        tempo = round(sheet.tempo, 2)
        given = estimate_lead_sheet(song.vocal, song.sample_rate, tempo=tempo).sheet
        click = np.asarray(given.beats)
        music = (accompany(song.vocal, song.sample_rate, given), song.accompaniment)
        drifts = [
            measure_drift(AnalysedSound(each, song.sample_rate).onsets, click) for each in music
        ]
        print(f"| {song.name} | {tempo} | {drifts[0]:+.1f} | {drifts[1]:+.1f} |", flush=True)
        measured += 1
        if measured == options.long:
            break


if __name__ == "__main__":
    main()

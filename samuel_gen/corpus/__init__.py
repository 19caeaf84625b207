"""Rendered songs: songs that the package composes, plays and sings from a seed.

Start with `song.render_song`. It draws a plan (`plan`), composes a melody (`melody`) and the parts
of the accompaniment (`band`), plays the parts with a soundfont (`player`), sings the melody
(`singing`), and returns vocal and accompaniment with their score (`score`).
"""

SAMPLE_RATE = 44100
"""The sample rate of rendered songs [Hz]."""

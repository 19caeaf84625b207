"""Estimation of a lead sheet from a vocal or from music: beats, meter, key and chords."""

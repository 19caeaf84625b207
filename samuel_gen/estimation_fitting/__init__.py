"""Training of the beat tracker and of the harmoniser on rendered songs."""

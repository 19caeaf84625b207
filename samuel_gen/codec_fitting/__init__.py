"""Fitting and measuring of the spectral codec on rendered songs."""

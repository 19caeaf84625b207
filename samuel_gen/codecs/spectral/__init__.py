"""The codec of this package: closed-form, with nothing to download and no trained network."""

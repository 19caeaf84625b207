from samuel_gen.benchmark.codec import measure_codec


def test_codec_is_measured_both_ways() -> None:
    rows = measure_codec(1)
    assert [row.name for row in rows] == ["encode", "decode", "encode, wall", "decode, wall"]
    assert all(0 < row.median < 1 for row in rows)

import hashlib

from samuel_gen.data.contents import LatentSong, digest_tensors, tensor_name, vocal_tensor


def make_song(*tensors: str) -> LatentSong:
    offsets = {tensor: 100 * number for number, tensor in enumerate(tensors)}
    return LatentSong("name", "train", 0, 5, "file", 0.0, offsets, "", "", "", "")


def test_versions_are_the_vocals_of_a_song():
    assert make_song("accompaniment", "melody", "vocal").versions == 1
    assert make_song("accompaniment", "vocal", "vocal.1", "vocal.2").versions == 3


def test_names_of_tensors():
    assert [vocal_tensor(version) for version in range(3)] == ["vocal", "vocal.1", "vocal.2"]
    assert tensor_name(7, "vocal.1") == "7/vocal.1"


def test_the_digest_covers_the_tensors_in_the_order_of_the_file():
    content = bytes(range(100))
    expected = hashlib.sha256(content[10:15] + content[40:43]).hexdigest()
    assert digest_tensors(content, {40: 3, 10: 5}) == expected

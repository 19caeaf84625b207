def test_all_songs_have_chords_and_all_but_sparse_ones_a_bass(arrangements):
    for plan, _, parts in arrangements:
        names = [placed.part.name for placed in parts]
        assert "chords 1" in names
        assert "bass" in names or plan.style.bass.min_energy > 0, plan.style.name


def test_parts_end_in_time(arrangements):
    for plan, _, parts in arrangements:
        for placed in parts:
            assert all(0 <= note.start < note.end for note in placed.part.notes)
            assert all(1 <= note.velocity <= 127 for note in placed.part.notes)
            if not placed.part.is_drums:
                assert placed.part.notes[-1].end <= plan.seconds


def test_velocities_vary_within_a_part(arrangements):
    _, _, parts = arrangements[0]
    for placed in parts:
        velocities = [note.velocity for note in placed.part.notes]
        assert len(set(velocities)) > min(4, len(velocities) / 3)

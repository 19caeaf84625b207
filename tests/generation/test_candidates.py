from samuel_gen.generation.candidates import candidate_seeds, melody_only_seeds


def test_the_first_candidate_has_the_results_own_seed() -> None:
    assert candidate_seeds(7, 1) == [7]
    assert candidate_seeds(7, 4) == [7, 1007, 2007, 3007]


def test_candidates_of_neighbouring_results_share_no_seed() -> None:
    seeds = [seed for own in range(64) for seed in candidate_seeds(own, 64)]
    assert len(set(seeds)) == len(seeds)


def test_every_second_candidate_is_given_only_the_melody() -> None:
    assert melody_only_seeds(candidate_seeds(0, 4)) == [1000, 3000]
    assert melody_only_seeds([5]) == []

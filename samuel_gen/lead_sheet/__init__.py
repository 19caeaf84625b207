"""The lead sheet: the plan that vocal and accompaniment agree on. No sound and no networks."""

"""A stand-in for FranceConnect v2 (particuliers, level «faible»): a program of its own, with switchable faults."""

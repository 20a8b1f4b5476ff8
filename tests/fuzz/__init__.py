"""Hostile input: small property tests in the suite, and a longer seeded run by `make fuzz`.

A case is a function of a random generator and a folder: it damages what was whole, hands it over, and says what came of
it. The same seed and number give the same case.
"""

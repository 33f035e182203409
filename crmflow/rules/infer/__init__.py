"""What follows for each customer from others? Rules over several things: Datalog with FEEL conditions.

file -> reading (names, types, safety, strata) -> program -> fixpoint over a world -> conclusions -> values
"""

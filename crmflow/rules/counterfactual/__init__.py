"""What is the least that must be different for a rule to fire? (counterfactuals, after Wachter et al. 2017)

leaf (what may differ) -> boundary (nearest values) -> search (fewest names, smallest steps)
"""

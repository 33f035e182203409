"""What do the conditions of a rulebook or decision table say together: gaps, overlaps, rules that never fire?

conditions -> truth (formulas over axes) -> space (boxes of regions) -> cover (search) -> witness (confirmed)
"""

"""What became of a rule file from one version to the next, and how do two versions become one?"""

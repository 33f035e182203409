"""How is a rule file edited by position, so that all else in it stays as it was?"""

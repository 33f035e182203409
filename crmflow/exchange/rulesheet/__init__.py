"""How does a rule table go out as a sheet, and come back as a patch?"""

"""The arithmetic: frozen values and functions over them; standard library only.

Nothing here knows a clock, a session, a file or a float.
"""

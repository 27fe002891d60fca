"""One module per thing that somebody asks for; each takes an open session and never commits, unless it says so."""

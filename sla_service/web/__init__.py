"""HTTP: the API, the merchants' portal, and problem+json for everything that is refused."""

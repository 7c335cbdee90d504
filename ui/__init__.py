"""The page a peer supporter works in, and its HTTP API."""

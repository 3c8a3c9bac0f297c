"""Where each millisecond goes, on the machine at hand. Knows every layer; no layer knows it."""

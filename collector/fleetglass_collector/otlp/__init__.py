"""OTLP bodies: decompressed, checked, made ready for the journal. Pure functions, no I/O."""

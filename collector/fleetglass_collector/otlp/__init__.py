"""Pure functions, without I/O, that decompress and check OTLP bodies for the journal."""

"""What a network endpoint agrees to, found by real handshakes."""

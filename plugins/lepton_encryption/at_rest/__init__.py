"""Whether files at rest are encrypted with a cipher that refuses every change."""

"""Evasion: does a small change of the input change the model's answer?"""

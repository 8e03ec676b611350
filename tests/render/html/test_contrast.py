"""Contrast of every colour that carries text or a drawing. Source: WCAG 2.2, 1.4.3 and 1.4.11, relative luminance."""

from __future__ import annotations

import re

import pytest

from lepton_audit.facts.shipped import shipped

STYLE = shipped("templates").joinpath("report.css").read_text(encoding="utf-8")
TEXTS = [
    "ink",
    "soft",
    "link",
    "fail",
    "error",
    "undecided",
    "unattested",
    "waived",
    "pass",
    "attested",
    "not_applicable",
]


def palettes() -> dict[str, dict[str, str]]:
    blocks = [
        dict(re.findall(r"--([a-z_]+):(#[0-9a-f]{3,6})\b", block))
        for block in re.findall(r":root\{(.*?)\}", STYLE, re.DOTALL)
    ]
    light, dark, paper = blocks
    return {"light": light, "dark": light | dark, "print": light | paper}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21():
    assert contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_every_text_stands_out_from_every_ground(name):
    palette = palettes()[name]
    weak = [(t, g) for t in TEXTS for g in ("paper", "sheet", "wash") if contrast(palette[t], palette[g]) < 4.5]
    assert weak == []


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_points_and_limits_stand_out_from_the_shaded_side(name):
    palette = palettes()[name]
    assert [t for t in TEXTS if contrast(palette[t], palette["ok"]) < 3] == []

"""Quantities: as exact, and as canonical, as Kubernetes' own."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruleplane.lang.cel import Quantity, quantity
from ruleplane.lang.cel.quantity import NANO


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0", "0"),
        ("0n", "0"),
        ("0Mi", "0"),
        ("1n", "1n"),
        ("1.5", "1500m"),
        ("0.5Ki", "512"),
        ("1024", "1024"),
        ("1024Ki", "1Mi"),
        ("1Ki", "1Ki"),
        ("1.5Gi", "1536Mi"),
        ("1000", "1k"),
        ("1e3", "1e3"),
        ("100e3", "100e3"),
        ("1E", "1E"),
        ("1E3", "1e3"),
        ("12.3e-3", "12300e-6"),
        (".5", "500m"),
        ("5.", "5"),
        ("+5", "5"),
        ("-1.5Gi", "-1536Mi"),
        ("0.0000000001", "1n"),
        ("1.0000000001", "1000000001n"),
        ("-0.0000000001", "-1n"),
        ("123456789012345678901234567890", "9223372036854775807"),
        ("0.1Ki", "102400m"),
        ("2M", "2M"),
        ("1234k", "1234k"),
    ],
)
def test_a_quantity_prints_canonically(text: str, canonical: str) -> None:
    assert str(quantity(text)) == canonical


@pytest.mark.parametrize("text", ["", "a", "1.2.3", "1 Gi", "Gi", "1gi", "1mi", "--1", "1e", "1e1.5", "١", ".", "1Kii"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        quantity(text)


@given(st.integers(-(10**15), 10**15), st.sampled_from(["n", "u", "m", "", "k", "M", "Ki", "Mi", "e2", "e-2"]))
def test_the_canonical_text_is_the_same_quantity(number: int, suffix: str) -> None:
    value = quantity(f"{number}{suffix}")
    assert quantity(str(value)) == value


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_arithmetic_is_exact(a: int, b: int) -> None:
    x, y = quantity(f"{a}m"), quantity(f"{b}u")
    wanted = Fraction(a, 1000) + Fraction(b, 1_000_000)
    assert Fraction((x + y).nano, NANO) == wanted
    assert (x + y) - y == x
    assert (x < y) == (Fraction(a, 1000) < Fraction(b, 1_000_000))


def test_quantities_mix_with_nothing_else() -> None:
    assert quantity("1") != 1
    with pytest.raises(TypeError):
        _ = quantity("1") + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = quantity("1") < 1


def test_whole_units_are_told_from_fractions() -> None:
    assert quantity("2k").as_integer() == 2000
    assert quantity("1500m").as_integer() is None
    assert quantity("1500m").as_float() == 1.5
    assert {quantity("1k"), quantity("1000")} == {Quantity(1000 * NANO)}

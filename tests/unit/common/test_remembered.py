from dataclasses import dataclass

from foretell.common.remembered import remembered

computed = []


@dataclass(frozen=True)
class Scaled:
    by: int

    @remembered
    def times(self, factor: int) -> int:
        computed.append((self.by, factor))
        return self.by * factor


def test_a_value_is_computed_once_per_object_and_argument():
    computed.clear()
    two, three = Scaled(2), Scaled(3)
    assert [two.times(5), two.times(5), two.times(factor=7), three.times(5)] == [10, 10, 14, 15]
    assert computed == [(2, 5), (2, 7), (3, 5)]
    assert two == Scaled(2)

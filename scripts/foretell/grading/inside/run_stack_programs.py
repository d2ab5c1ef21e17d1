"""Run stack programs: `job.json` lists [program, parameters, inputs]; the results are printed, one JSON line for each.

A program is a sequence of characters. A parameter's letter pushes its value; `+`, `-` and `*` replace the two topmost
values by their sum, difference or product. What is left must be one value: the result.
"""

import json

FOLDER = "/work"


def run(program: str, values: dict[str, int]) -> int | None:
    """The program's result, or None where it is no program: an unknown character, a missing or a surplus value."""
    stack = []
    for character in program:
        if character in values:
            stack.append(values[character])
        elif character in "+-*" and len(stack) >= 2:
            second, first = stack.pop(), stack.pop()
            stack.append({"+": first + second, "-": first - second, "*": first * second}[character])
        else:
            return None
    return stack[0] if len(stack) == 1 else None


def printable(result: int | None) -> int | None:
    """A result of up to a thousand digits; None of a longer one, which nothing asks for."""
    return result if result is None or abs(result).bit_length() < 3300 else None


def main() -> None:
    """Run the job."""
    with open(f"{FOLDER}/job.json") as file:
        for program, parameters, inputs in json.load(file):
            print(
                json.dumps([printable(run(program, dict(zip(parameters, values, strict=True)))) for values in inputs])
            )


if __name__ == "__main__":
    main()

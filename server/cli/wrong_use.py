"""What is wrong with the words of a command, in our own sentences: the parser knows English."""

from __future__ import annotations

import re

_SENTENCES = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"No such command '(?P<name>.+)'\.", "There is no command {name}."),
        (
            r"No such option: (?P<name>\S+) \(Possible options?: (?P<choices>.+)\)",
            "There is no option {name}. Did you mean {choices}?",
        ),
        (r"No such option: (?P<name>\S+)", "There is no option {name}."),
        (
            r"Missing (?:option|argument) '(?P<name>.+?)'\. Choose from: (?P<choices>.+)",
            "{name} is missing: {choices}.",
        ),
        (r"Missing (?:option|argument) '(?P<name>.+?)'\.", "{name} is missing."),
        (
            r"Invalid value for '(?P<name>.+?)': (?:Value error, )?'(?P<found>.*)' is not one of "
            r"(?P<choices>.+?)\.?",
            "“{found}” cannot be given for {name}: {choices}.",
        ),
        (
            r"Invalid value for '(?P<name>.+?)': Input should be greater than or equal to "
            r"(?P<limit>\S+)",
            "{name} must be {limit} or more.",
        ),
        (
            r"Invalid value for '(?P<name>.+?)': Input should be less than or equal to "
            r"(?P<limit>\S+)",
            "{name} must be {limit} or less.",
        ),
        (
            r"Invalid value for '(?P<name>.+?)': Input should be a valid integer.*",
            "{name} must be a whole number.",
        ),
        (r"Option '(?P<name>.+)' requires an argument\.", "{name} needs a value."),
        (
            r"Got unexpected extra argument(?:\(s\)|s)? \((?P<found>.+)\)",
            "There is nothing to do with: {found}.",
        ),
    )
)


def sentences() -> tuple[str, ...]:
    """Every English sentence of this module, so that a test can ask for the French."""
    return tuple(sentence for _, sentence in _SENTENCES)


def reworded(told: str) -> tuple[str, dict[str, str]]:
    """The sentence for what the parser `told`, and its facts; `told` itself when it is not known.

    Values that may be given are shown bare: the parser puts quotes round each.
    """
    for pattern, sentence in _SENTENCES:
        if found := pattern.fullmatch(told):
            facts = found.groupdict()
            if "choices" in facts:
                facts["choices"] = facts["choices"].replace("'", "")
            return sentence, facts
    return "{told}", {"told": told}

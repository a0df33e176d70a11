"""The answer "no" is a value: a rule, the law behind it, and what exactly did not fit."""

from dataclasses import dataclass

HOUSE_RULE = "house rule"


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to refuse, written once.

    Args:
        code: stable snake_case name, the `code` of the problem document.
        law: instrument and article, or `HOUSE_RULE`.
        vi: one sentence for the page, in Vietnamese.
        en: the same sentence in English.
    """

    code: str
    law: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """One thing in the request that did not fit: where it stands and how to mend it."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A command was understood and refused; nothing has changed."""

    rule: Rule
    invalid: tuple[Invalid, ...] = ()

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def law(self) -> str:
        return self.rule.law

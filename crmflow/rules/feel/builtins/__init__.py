"""Which functions does FEEL know by itself? (DMN 1.5, 10.3.4)"""

from crmflow.rules.feel.builtins import contexts, conversion, dates, intervals, lists, logic, numbers, strings
from crmflow.rules.feel.builtins.registry import BUILTINS, Builtin, Signature

__all__ = [
    "BUILTINS",
    "Builtin",
    "Signature",
    "contexts",
    "conversion",
    "dates",
    "intervals",
    "lists",
    "logic",
    "numbers",
    "strings",
]

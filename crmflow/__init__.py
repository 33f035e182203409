"""What may a host or a pack import? The names below, loaded when first used, and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmflow.core.calendar import Calendar as Calendar
    from crmflow.core.case import Case as Case
    from crmflow.core.customer import Customer as Customer
    from crmflow.core.decision import Decision as Decision
    from crmflow.core.decision import Visit as Visit
    from crmflow.core.diagnostic import Diagnostic as Diagnostic
    from crmflow.core.explanation import Explanation as Explanation
    from crmflow.core.listing import Listing as Listing
    from crmflow.core.listing import RunReport as RunReport
    from crmflow.core.message import Message as Message
    from crmflow.core.pack import Demo as Demo
    from crmflow.core.pack import DemoTable as DemoTable
    from crmflow.core.pack import Pack as Pack
    from crmflow.core.relay import Receipt as Receipt
    from crmflow.core.relay import Relay as Relay
    from crmflow.core.simulation import Simulation as Simulation
    from crmflow.core.text import Text as Text
    from crmflow.core.touchpoint import Touchpoint as Touchpoint
    from crmflow.engine import Engine as Engine
    from crmflow.engine.worker import Worker as Worker
    from crmflow.errors import CrmflowError as CrmflowError
    from crmflow.errors import CrmflowWarning as CrmflowWarning
    from crmflow.errors import FeelError as FeelError
    from crmflow.errors import ImportFileError as ImportFileError
    from crmflow.errors import PlanningError as PlanningError
    from crmflow.errors import PluginError as PluginError
    from crmflow.errors import RuleFileError as RuleFileError
    from crmflow.errors import SettingsError as SettingsError
    from crmflow.errors import StoreError as StoreError
    from crmflow.errors import WorkflowError as WorkflowError
    from crmflow.hookspecs import hookimpl as hookimpl
    from crmflow.rules.due import due as due
    from crmflow.rules.due import load_calendar as load_calendar
    from crmflow.settings import Site as Site
    from crmflow.store import prepare_sqlite as prepare_sqlite

__version__ = "0.1.0"

_HOMES = {
    "Calendar": "crmflow.core.calendar",
    "Case": "crmflow.core.case",
    "CrmflowError": "crmflow.errors",
    "CrmflowWarning": "crmflow.errors",
    "Customer": "crmflow.core.customer",
    "Decision": "crmflow.core.decision",
    "Demo": "crmflow.core.pack",
    "DemoTable": "crmflow.core.pack",
    "Diagnostic": "crmflow.core.diagnostic",
    "Engine": "crmflow.engine",
    "Explanation": "crmflow.core.explanation",
    "FeelError": "crmflow.errors",
    "ImportFileError": "crmflow.errors",
    "Listing": "crmflow.core.listing",
    "Message": "crmflow.core.message",
    "Pack": "crmflow.core.pack",
    "PlanningError": "crmflow.errors",
    "PluginError": "crmflow.errors",
    "Receipt": "crmflow.core.relay",
    "Relay": "crmflow.core.relay",
    "RuleFileError": "crmflow.errors",
    "RunReport": "crmflow.core.listing",
    "SettingsError": "crmflow.errors",
    "Simulation": "crmflow.core.simulation",
    "Site": "crmflow.settings",
    "StoreError": "crmflow.errors",
    "Text": "crmflow.core.text",
    "Touchpoint": "crmflow.core.touchpoint",
    "Visit": "crmflow.core.decision",
    "Worker": "crmflow.engine.worker",
    "WorkflowError": "crmflow.errors",
    "due": "crmflow.rules.due",
    "hookimpl": "crmflow.hookspecs",
    "load_calendar": "crmflow.rules.due",
    "prepare_sqlite": "crmflow.store",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

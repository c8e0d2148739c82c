"""Checks that facts bind to a command: its signature is its contract, and callers give the facts by name at run time."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from inspect import Parameter
from typing import Any, ForwardRef, get_args


def check_binds(command: Callable[..., Any], names: Iterable[str]) -> None:
    """Raises AssertionError if the command does not take one of these facts, or needs one that is not given."""
    given, taken = set(names), facts_taken(command)
    unknown, missing = given - taken.keys(), {name for name, needed in taken.items() if needed} - given
    errors = [f"takes no {', '.join(sorted(unknown))}"] if unknown else []
    errors += [f"needs {', '.join(sorted(missing))}"] if missing else []
    assert not errors, f"{_full_name(command)} {' and '.join(errors)}; it takes {', '.join(taken)}"


def facts_taken(command: Callable[..., Any]) -> dict[str, bool]:
    """The names of the facts that a command takes, and whether each is required; a TypedDict gives its keys."""
    taken: dict[str, bool] = {}
    for parameter in list(inspect.signature(command).parameters.values())[1:]:
        if parameter.kind is Parameter.VAR_KEYWORD:
            taken |= _unpacked(command, parameter)
        else:
            taken[parameter.name] = parameter.default is Parameter.empty
    return taken


def _unpacked(command: Callable[..., Any], parameter: Parameter) -> dict[str, bool]:
    annotation = parameter.annotation
    if isinstance(annotation, str):
        annotation = eval(annotation, _function(command).__globals__)
    assert get_args(annotation), f"{_full_name(command)} does not say which facts {parameter.name} are"
    [facts] = get_args(annotation)
    return {name: _needed(facts, name, text) for name, text in facts.__annotations__.items()}


def _needed(facts: Any, name: str, annotation: Any) -> bool:
    """Whether the fact is required. Python 3.11 ignores NotRequired in string annotations, so this reads the string too."""
    text = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else ""
    return text.startswith("Required[") or (name in facts.__required_keys__ and not text.startswith("NotRequired["))


def _function(command: Callable[..., Any]) -> Any:
    return inspect.unwrap(command.func if isinstance(command, partial) else command)


def _full_name(command: Callable[..., Any]) -> str:
    function = _function(command)
    return f"{function.__module__}.{function.__qualname__}"

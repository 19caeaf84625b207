"""Objects from configurations: the only module that imports what a `_target_` names."""

import functools
import importlib
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any

from samuel_gen.errors import SamuelError

TRUSTED = ("samuel_gen.models.", "samuel_gen.diffusion.", "samuel_gen.codecs.")
"""The prefixes of names that the configuration of a downloaded file may use."""


def build(node: Any, *, allow: Sequence[str] | None = None, **given: Any) -> Any:
    """Build the object that a configuration node describes, after its inner nodes.

    For a mapping with `_target_` the target is called with the other keys as arguments; with
    `_partial_: true` it becomes a `functools.partial`. Other mappings and lists are built item by
    item, and any other value is returned as it is.

    Args:
        node: plain mappings, lists and values, as `OmegaConf.to_container` returns them.
        allow: prefixes that a `_target_` must have: None (any) for a configuration of the user's
            own, `TRUSTED` for one that came with a downloaded file.
        given: further arguments of the outermost target.

    Raises:
        SamuelError: a target is not allowed or does not exist, or its arguments do not fit.
    """
    if isinstance(node, Mapping):
        inner = {
            key: build(value, allow=allow)
            for key, value in node.items()
            if key not in ("_target_", "_partial_")
        }
        if "_target_" not in node:
            return inner
        target = locate(node["_target_"], allow)
        arguments = {**inner, **given}
        partial = bool(node.get("_partial_", False))
        _check_arguments(node["_target_"], target, arguments, partial)
        return functools.partial(target, **arguments) if partial else target(**arguments)
    if isinstance(node, list | tuple):
        return [build(item, allow=allow) for item in node]
    return node


def locate(name: str, allow: Sequence[str] | None = None) -> Callable[..., Any]:
    """Import the class or function of a dotted name.

    Args:
        name: dotted name such as `samuel_gen.models.unet.SoftAlignmentUNet`, or that of a method.
        allow: prefixes of which the name must have one; None allows any name.

    Raises:
        SamuelError: the name is not allowed or does not exist.
    """
    _check_allowed(name, name, allow)
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if not ".".join(parts).startswith(str(error.name)):
                raise
            continue
        try:
            for part in parts[length:]:
                found = getattr(found, part)
        except AttributeError:
            break
        if callable(found):
            # A name that an allowed module has only imported belongs to another module.
            _check_allowed(name, f"{found.__module__}.", allow)
            return found  # type: ignore[no-any-return]
        break
    raise SamuelError(f"_target_ {name} does not exist; correct the name")


def require_allowed(node: Any, allow: Sequence[str]) -> None:
    """Refuse a configuration that names anything else than it may, without building it.

    Args:
        node: plain mappings, lists and values.
        allow: prefixes of which each `_target_` must have one.

    Raises:
        SamuelError: a target is not allowed.
    """
    if isinstance(node, Mapping):
        if "_target_" in node:
            _check_allowed(str(node["_target_"]), str(node["_target_"]), allow)
        node = list(node.values())
    for each in node if isinstance(node, list | tuple) else ():
        require_allowed(each, allow)


def _check_allowed(name: str, home: str, allow: Sequence[str] | None) -> None:
    if allow is not None and not home.startswith(tuple(allow)):
        raise SamuelError(
            f"_target_ {name} is not allowed: the configuration in a downloaded file may only name "
            f"{', '.join(prefix + '*' for prefix in allow)}; if you trust it, build it in Python"
        )


def _check_arguments(
    name: str, target: Callable[..., Any], arguments: Mapping[str, Any], partial: bool
) -> None:
    try:
        signature = inspect.signature(target)
    except ValueError:  # a few built-in callables have none
        return
    try:
        (signature.bind_partial if partial else signature.bind)(**arguments)
    except TypeError as error:
        accepted = ", ".join(key for key in signature.parameters if key not in ("self", "kwargs"))
        raise SamuelError(f"{name}: {error}; its arguments are {accepted}") from None
    _check_types(name, target, arguments)


def _check_types(name: str, target: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Check arguments that are annotated as numbers, strings or booleans; leave all others."""
    function = target.__init__ if inspect.isclass(target) else target
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError):  # names imported for type checkers only; built-in callables
        return
    for key, value in arguments.items():
        hint = hints.get(key)
        kinds = typing.get_args(hint) if isinstance(hint, UnionType) else (hint,)
        if not all(kind in (bool, int, float, str, NoneType) for kind in kinds):
            continue
        if not isinstance(value, kinds) and not (float in kinds and isinstance(value, int)):
            expected = " or ".join("none" if kind is NoneType else kind.__name__ for kind in kinds)
            raise SamuelError(f"{name}: {key}={value} must be of type {expected}")

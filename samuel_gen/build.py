"""From names to objects: the one place that turns a configuration into what it names."""

import functools
import importlib
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any

from samuel_gen.errors import SamuelError

TRUSTED = ("samuel_gen.models.", "samuel_gen.diffusion.", "samuel_gen.codecs.")


def build(node: Any, *, allow: Sequence[str] | None = None, **given: Any) -> Any:
    """What a configuration node stands for, its inner nodes built first.

    A mapping with `_target_` is called with its other keys as arguments, or becomes a partial
    of it under `_partial_: true`; other mappings and lists are built item by item; anything else
    is itself.

    Args:
        node: plain mappings, lists and values (`OmegaConf.to_container` gives them).
        allow: prefixes that a `_target_` must have; None for a configuration of the user's own,
            `TRUSTED` for one that came with a downloaded file.
        given: further arguments of the outermost target.

    Raises:
        SamuelError: a target that is not allowed or does not exist, or arguments that it does not
            take.
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
    """The class or function of that dotted name.

    Args:
        name: such as `samuel_gen.models.unet.SoftAlignmentUNet`; a class's method is found too.
        allow: prefixes of which the name must have one; None allows any.

    Raises:
        SamuelError: the name is not allowed, or nothing is called so.
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
            _check_allowed(name, f"{found.__module__}.", allow)  # not what a module imports
            return found  # type: ignore[no-any-return]
        break
    raise SamuelError(f"_target_ {name}: no such class or function; correct the name")


def _check_allowed(name: str, home: str, allow: Sequence[str] | None) -> None:
    if allow is not None and not home.startswith(tuple(allow)):
        raise SamuelError(
            f"_target_ {name}; expected a name under {' or '.join(allow)}; "
            "a file from elsewhere may not name other code: build it yourself if you trust it"
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
        expected = ", ".join(key for key in signature.parameters if key not in ("self", "kwargs"))
        raise SamuelError(
            f"{name}: {error}; expected arguments: {expected}; correct the key"
        ) from None
    _check_types(name, target, arguments)


def _check_types(name: str, target: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Numbers, texts and switches are told apart; anything else is for the target to judge."""
    function = target.__init__ if inspect.isclass(target) else target
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError):  # names known to type checkers only, built-in callables
        return
    for key, value in arguments.items():
        hint = hints.get(key)
        kinds = typing.get_args(hint) if isinstance(hint, UnionType) else (hint,)
        if not all(kind in (bool, int, float, str, NoneType) for kind in kinds):
            continue
        if not isinstance(value, kinds) and not (float in kinds and isinstance(value, int)):
            expected = " or ".join("none" if kind is NoneType else kind.__name__ for kind in kinds)
            raise SamuelError(f"{name}: {key}={value}; expected {expected}; correct the value")

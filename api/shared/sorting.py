"""The order of a list: `?sort=placed_at`, or `?sort=-placed_at` for the last first."""

from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_args

from fastapi import Depends, Query

K = TypeVar("K", bound=str)


class By(NamedTuple, Generic[K]):
    """The field a list is sorted by; where it is equal, the id decides."""

    key: K
    descending: bool


def sorting(keys: Any, default: str) -> Any:
    """A dependency: the order asked for, by one of the `keys`, which are a Literal."""
    names = get_args(keys)
    told = f"One of {', '.join(names)}; with - before it the last comes first. What has none comes at the end either way."

    async def asked(sort: Annotated[str, Query(pattern=f"^-?({'|'.join(names)})$", description=told)] = default) -> By[Any]:
        return By(sort.removeprefix("-"), sort.startswith("-"))

    return Depends(asked)

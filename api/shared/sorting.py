"""The order of a list: `?sort=placed_at`, or `?sort=-placed_at` for descending order."""

from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_args

from fastapi import Depends, Query

K = TypeVar("K", bound=str)


class By(NamedTuple, Generic[K]):
    """The field that a list is sorted by. The id decides between equal values."""

    key: K
    descending: bool


def sorting(keys: Any, default: str) -> Any:
    """A dependency: the requested order, by one of the `keys`, which are a Literal."""
    names = get_args(keys)
    text = f"One of {', '.join(names)}. A leading - sorts in descending order. Items without a value come last in both orders."

    async def asked(sort: Annotated[str, Query(pattern=f"^-?({'|'.join(names)})$", description=text)] = default) -> By[Any]:
        return By(sort.removeprefix("-"), sort.startswith("-"))

    return Depends(asked)

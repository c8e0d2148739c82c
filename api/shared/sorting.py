"""The order of a list: `?sort=placed_at`, or `?sort=-placed_at` for descending order."""

from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_args

from fastapi import Depends, Query
from pydantic import AfterValidator

from api.shared.nearest import unknown

K = TypeVar("K", bound=str)


class By(NamedTuple, Generic[K]):
    """The field that a list is sorted by. The id decides between equal values."""

    key: K
    descending: bool


def sorting(keys: Any, default: str) -> Any:
    """A dependency: the requested order, by one of the `keys`, which are a Literal."""
    names = get_args(keys)
    orders = [sign + name for name in names for sign in ("", "-")]
    text = f"One of {', '.join(names)}. A leading - sorts in descending order. Items without a value come last in both orders."

    def known(order: str) -> str:
        if order not in orders:
            raise unknown("There is no such order", order, orders)
        return order

    Sort = Annotated[str, AfterValidator(known), Query(description=text, json_schema_extra={"enum": orders})]  # noqa: N806, a type

    async def asked(sort: Sort = default) -> By[Any]:
        return By(sort.removeprefix("-"), sort.startswith("-"))

    return Depends(asked)

"""Fields that a resource is created with and that its PATCH does not change: the refusal names the route that changes them."""

from __future__ import annotations

from typing import Any, NoReturn

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, PydanticOmit
from pydantic_core.core_schema import no_info_plain_validator_function


class Elsewhere:
    """The annotation of such a field: `owner: Annotated[Any, Elsewhere("PUT /v1/orders/{id}/assignment")] = None`.

    A body with the field is refused. The field is not in the OpenAPI document.
    """

    def __init__(self, route: str) -> None:
        self.detail = f"Change it with {route}"

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_plain_validator_function(self._refuse)

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> NoReturn:
        raise PydanticOmit

    def _refuse(self, _: object) -> NoReturn:
        raise PydanticCustomError("elsewhere", "{detail}", {"detail": self.detail})


class Fixed(Elsewhere):
    """The annotation of a field that never changes. `instead` is what to do if the value is wrong."""

    def __init__(self, instead: str = "") -> None:
        self.detail = f"It cannot change{f': {instead}' if instead else ''}"

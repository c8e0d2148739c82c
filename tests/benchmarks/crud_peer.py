"""The CRUD peer, which stores only the current state: FastAPI, SQLAlchemy's ORM and PostgreSQL, as most systems are built.

Frozen: figures of different releases are ratios to this very code. So it is not changed any more, neither to make it faster nor
to make it slower; `test_peers.py` knows its digest.

Synchronous endpoints in the thread pool, 20 connections, one transaction per request, optimistic locking by a version column.
The database is DATABASE_URL; its tables are created at the start.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Response
from sqlalchemy import ForeignKey, create_engine, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker
from uuid_utils.compat import uuid7

from tests.benchmarks.customer_body import CustomerAnswer, CustomerBody, DetailsBody


class Table(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSONB}  # noqa: RUF012 (SQLAlchemy's own way)


class Customer(Table):
    __tablename__ = "customers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    version: Mapped[int] = mapped_column()
    kind: Mapped[str]
    name: Mapped[str | None]
    address: Mapped[dict[str, Any] | None]
    source: Mapped[dict[str, Any] | None]
    owner: Mapped[str | None] = mapped_column(index=True)
    team: Mapped[str | None]
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    attributes: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    contact_methods: Mapped[list["ContactMethod"]] = relationship(lazy="joined", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy's own way)


class ContactMethod(Table):
    __tablename__ = "contact_methods"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    label: Mapped[str | None]
    primary: Mapped[bool]
    value: Mapped[str] = mapped_column(index=True)


engine = create_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=0)
new_session = sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def tables(_: FastAPI) -> AsyncIterator[None]:
    Table.metadata.create_all(engine)
    yield
    engine.dispose()


def open_session() -> Iterator[Session]:
    with new_session() as session:
        yield session


OpenSession = Annotated[Session, Depends(open_session)]
app = FastAPI(lifespan=tables)


@app.post("/customers", status_code=201)
def register(body: CustomerBody, session: OpenSession, response: Response) -> dict[str, UUID]:
    facts = body.model_dump(mode="json", exclude={"contact_methods"})
    methods = [ContactMethod(**method.model_dump()) for method in body.contact_methods]
    customer = Customer(**facts, contact_methods=methods)
    session.add(customer)
    session.commit()
    response.headers["Location"] = f"/customers/{customer.id}"
    return {"id": customer.id}


@app.patch("/customers/{id}")
def change(id: UUID, body: DetailsBody, session: OpenSession) -> dict[str, int]:
    customer = _existing(session, id)
    for field, value in body.model_dump(mode="json", exclude_unset=True).items():
        setattr(customer, field, value)
    session.commit()
    return {"version": customer.version}


@app.get("/customers/{id}")
def show(id: UUID) -> CustomerAnswer:
    """Uses its own session, which releases its connection here, as a commit does in the other endpoints.

    A session that is closed after the endpoint would wait for a thread, while all threads wait for a connection.
    """
    with new_session() as session:
        return CustomerAnswer.model_validate(_existing(session, id))


def _existing(session: Session, id: UUID) -> Customer:
    customer = session.get(Customer, id)
    if customer is None:
        raise HTTPException(404)
    return customer

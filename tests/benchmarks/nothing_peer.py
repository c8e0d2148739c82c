"""A peer that does nothing: the cost of FastAPI and uvicorn alone, for a body like the one that registers a customer."""

from fastapi import FastAPI

from tests.benchmarks.customer_body import CustomerBody

app = FastAPI()


@app.post("/customers", status_code=201)
async def register(body: CustomerBody) -> dict[str, str]:
    return {"kind": body.kind}

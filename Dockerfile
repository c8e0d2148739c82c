ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
COPY pyproject.toml requirements/run.lock README.md LICENSE NOTICE ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r run.lock
COPY domain domain
COPY commands commands
COPY projections projections
COPY consumers consumers
COPY infra infra
COPY api api
# Fetches nothing: what builds it is in run.lock too.
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --create-home recount \
    && install --directory --owner=recount --group=recount --mode=0700 /home/recount/data
COPY --from=build /venv /venv
USER recount
WORKDIR /home/recount
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 RECOUNT_HOST=0.0.0.0 RECOUNT_HOME=/home/recount/data
VOLUME /home/recount/data
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["recount"]
CMD ["serve"]

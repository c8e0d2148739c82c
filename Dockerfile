FROM python:3.11-slim AS build
WORKDIR /build
COPY pyproject.toml requirements.lock README.md LICENSE ./
# The lock file also lists what tests and benchmarks need. Here it only pins the versions of what the package requires.
RUN sed -e '/--hash/d' -e 's/ *\\$//' requirements.lock > pinned.txt && python -m venv /venv
COPY domain domain
COPY commands commands
COPY projections projections
COPY consumers consumers
COPY infra infra
COPY api api
RUN /venv/bin/pip install --no-cache-dir --constraint pinned.txt .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home recount && install --directory --owner=recount /home/recount/data
COPY --from=build /venv /venv
USER recount
WORKDIR /home/recount
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 RECOUNT_HOST=0.0.0.0 RECOUNT_HOME=/home/recount/data
VOLUME /home/recount/data
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["recount"]
CMD ["serve"]

"""Servers that may be killed, shared by the tests of faults. A failed test shows the logs of the processes."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.faults.deployment import Deployment, Servers, deployed, servers


@pytest.fixture(scope="package")
def fault_servers() -> Iterator[Servers]:
    """They end with the last test of faults: even an idle broker takes 5 % of a processor."""
    with servers() as running:
        yield running


@pytest.fixture(scope="module")
def deployment(fault_servers: Servers) -> Iterator[Deployment]:
    """Two processes of each kind, for all tests of a module."""
    with deployed(fault_servers) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, Deployment):
                report.sections.append((f"logs of {name}", value.last_words()))
    return report

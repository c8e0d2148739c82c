"""A start knows whether the last process on the folder came to its end."""

from pathlib import Path

from infra.processes.unclean import Unclean


def test_after_a_clean_end_nothing_is_to_be_verified(tmp_path: Path) -> None:
    first = Unclean(tmp_path)
    assert first.verified
    first.close()
    assert Unclean(tmp_path).verified


def test_after_an_unclean_end_each_start_knows_until_the_files_were_verified(tmp_path: Path) -> None:
    Unclean(tmp_path)
    command = Unclean(tmp_path)
    assert not command.verified
    command.close()
    server = Unclean(tmp_path)
    assert not server.verified, "a command that verifies nothing hides nothing"
    server.verified = True
    server.close()
    assert Unclean(tmp_path).verified

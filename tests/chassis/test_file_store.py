"""The embedded file store: the contract of all file stores, kept by a folder."""

from pathlib import Path

import pytest

from chassis.file_folder import FolderStore
from chassis.file_store import FileStore
from tests.chassis.file_contract import FileContract


class TestFolderStore(FileContract):
    """Every promise of the port, kept in a folder of this process."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "files"

    @pytest.fixture
    def store(self, folder: Path) -> FileStore:
        return FolderStore(folder)

import pytest

pytest.importorskip("matplotlib", reason="the extra report is not installed")

from tests.plots.make import make_result, make_sequences


@pytest.fixture(scope="session")
def sequences(tmp_path_factory):
    return make_sequences(tmp_path_factory.mktemp("drawn"))


@pytest.fixture
def results(sequences):
    return [make_result(kind, sequences, kind) for kind in ("lost", "exact", "shifted")]

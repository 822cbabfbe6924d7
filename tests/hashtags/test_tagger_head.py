"""The tagger's head: what its file says is what it computes, and no broken file is taken for one."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from ar_effects.errors import InputError, ModelError, SinkError
from ar_effects.hashtags.head import Head, calibrated, log_odds, prepared, read_head, write_head

SIZE, TAGS = 6, ("dog", "dalmatian", "cat")


def head(**changes) -> Head:
    random = np.random.default_rng(1)
    count = len(TAGS)
    parts = {
        "tags": TAGS,
        "weight": random.normal(size=(SIZE, count)).astype(np.float16).astype(np.float32),
        "bias": random.normal(size=count).astype(np.float32),
        "backbone": "efficientnet_lite0",
        "power": 0.5,
        "unit": True,
        "temperature": 0.75,
        "slope": np.array([1.0, 0.5, 2.0], np.float32),
        "offset": np.array([0.0, -1.0, 0.5], np.float32),
        "threshold": np.array([0.5, 0.9, np.inf], np.float32),
        "notes": {"pictures": "made up", "count": 3},
    }
    return Head(**(parts | changes))


def embeddings(count: int = 5) -> np.ndarray:
    return np.random.default_rng(2).normal(size=(count, SIZE)).astype(np.float32)


def written(path, **changes):
    """The file of a head with some of its arrays replaced; None takes one out."""
    write_head(path, head())
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    kept = {name: value for name, value in (arrays | changes).items() if value is not None}
    with path.open("wb") as file:
        np.savez(file, **kept)
    return path


def test_a_head_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "head.npz"
    write_head(path, head())
    found = read_head(path)
    assert found.tags == TAGS
    assert found.notes == {"pictures": "made up", "count": 3}
    assert (found.backbone, found.power, found.unit) == ("efficientnet_lite0", 0.5, True)
    np.testing.assert_array_equal(found.scores(embeddings()), head().scores(embeddings()))
    np.testing.assert_array_equal(found.threshold, head().threshold)


def test_the_same_head_gives_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        write_head(tmp_path / name, head())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_weight_takes_two_bytes(tmp_path):
    write_head(tmp_path / "head.npz", head())
    with np.load(tmp_path / "head.npz") as file:
        assert file["weight"].dtype == np.float16


def test_logits_are_one_linear_layer_behind_the_preparation():
    own, given = head(), embeddings()
    rooted = np.sign(given) * np.sqrt(np.abs(given))
    unit = rooted / np.linalg.norm(rooted, axis=1, keepdims=True)
    np.testing.assert_allclose(own.logits(given), unit @ own.weight + own.bias, rtol=1e-5)


def test_an_embedding_of_zeros_stays_one():
    assert not prepared(np.zeros((1, 4), np.float32), 0.5, unit=True).any()


def test_without_curves_the_scores_are_the_softmax():
    logits = np.random.default_rng(3).normal(size=(7, 4)) * 10
    expected = np.exp(logits / 2) / np.exp(logits / 2).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(calibrated(logits, 2.0, np.ones(4), np.zeros(4)), expected, rtol=1e-5)


def test_odds_of_a_sure_picture_keep_their_digits():
    """1 - p of p = 1 - e-40 is nothing in double precision, and its logarithm must not be."""
    found = log_odds(np.array([[40.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(found, [[40.0, -40.0], [0.0, 0.0]])


def test_a_steeper_curve_is_surer():
    logits = np.array([[2.0, 0.0, 0.0]])
    low, high = (calibrated(logits, 1.0, np.full(3, s), np.zeros(3))[0] for s in (0.5, 2.0))
    assert high[0] > low[0] > 0.5
    assert high[1] < low[1] < 0.5


@pytest.mark.parametrize("wrong", [np.zeros((2, SIZE + 1)), np.zeros(SIZE), np.full((1, SIZE), np.nan)])
def test_embeddings_of_another_kind_are_refused(wrong):
    with pytest.raises(InputError):
        head().scores(wrong)


def test_no_pictures_give_no_scores():
    assert head().scores(np.zeros((0, SIZE))).shape == (0, len(TAGS))


def test_a_picture_unlike_those_learnt_from_is_told_by_its_largest_logit(tmp_path):
    largest = head().logits(embeddings(40)).max(axis=1)
    between = float(np.median(largest))
    write_head(tmp_path / "head.npz", head(familiar=between))
    told_apart = read_head(tmp_path / "head.npz").is_familiar(embeddings(40))
    assert told_apart.tolist() == (largest >= np.float32(between)).tolist()
    assert told_apart.sum() == 20
    assert head().is_familiar(embeddings(40)).all(), "a head that says nothing of it takes all"


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ModelError) as caught:
        read_head(tmp_path / "none.npz")
    assert caught.value.identifier == "head.unreadable"


@pytest.mark.parametrize("kept", [0, 1, 100, -200, -1])
def test_a_file_cut_off_is_damaged(tmp_path, kept):
    path = tmp_path / "head.npz"
    write_head(path, head())
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError) as caught:
        read_head(path)
    assert caught.value.identifier == "head.damaged"


def test_a_flipped_bit_of_the_weights_is_damage(tmp_path):
    path = tmp_path / "head.npz"
    write_head(path, head())
    data = bytearray(path.read_bytes())
    at = data.index(head().weight.astype(np.float16).tobytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        read_head(path)
    assert caught.value.identifier == "head.damaged"


def test_one_array_is_no_head(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(ModelError) as caught:
        read_head(tmp_path / "one.npy")
    assert caught.value.identifier == "head.damaged"


def test_nothing_is_unpickled(tmp_path):
    path = written(tmp_path / "head.npz", notes=np.array({"a": 1}, dtype=object))
    with pytest.raises(ModelError) as caught:
        read_head(path)
    assert caught.value.identifier == "head.damaged"


def test_a_small_file_that_unpacks_to_much_is_refused(tmp_path):
    path = tmp_path / "head.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts, parts.open("weight.npy", "w") as part:
        for _ in range(300):
            part.write(bytes(1 << 20))
    with pytest.raises(ModelError) as caught:
        read_head(path)
    assert caught.value.identifier == "head.damaged"


def test_an_array_that_claims_any_size_is_damage(tmp_path):
    """A header of NumPy's with a shape of terabytes, and no numbers behind it."""
    header = io.BytesIO()
    shape = (1 << 22, 1 << 22)
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    path = tmp_path / "head.npz"
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("weight.npy", header.getvalue())
    with pytest.raises(ModelError) as caught:
        read_head(path)
    assert caught.value.identifier == "head.damaged"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bias", None),
        ("tags", None),
        ("weight", np.zeros((SIZE, 4), np.float16)),
        ("weight", np.zeros((0, 3), np.float16)),
        ("weight", np.full((SIZE, 3), np.inf, np.float16)),
        ("weight", np.zeros((SIZE, 3), np.int64)),
        ("bias", np.zeros(4, np.float32)),
        ("bias", np.zeros((3, 1), np.float32)),
        ("threshold", np.full(3, np.nan, np.float32)),
        ("temperature", np.float32(0)),
        ("power", np.float32(-1)),
        ("tags", np.array(["a", "a", "b"])),
        ("tags", np.array(["a", "", "b"])),
        ("tags", np.zeros(3)),
        ("notes", np.array("[]")),
        ("notes", np.array("{")),
    ],
)
def test_parts_that_do_not_fit_are_named(tmp_path, name, value):
    with pytest.raises(ModelError) as caught:
        read_head(written(tmp_path / "head.npz", **{name: value}))
    assert caught.value.identifier == "head.part"
    assert caught.value.facts["name"] == name


def test_another_version_s_file_is_said(tmp_path):
    with pytest.raises(ModelError) as caught:
        read_head(written(tmp_path / "head.npz", format=np.int64(2)))
    assert caught.value.identifier == "head.format"


def test_a_folder_that_is_missing_is_a_sink_s_error(tmp_path):
    with pytest.raises(SinkError):
        write_head(tmp_path / "none" / "head.npz", head())

"""Networks on a device: the same results, fixed buffers, a sentence for every failure, the CPU behind it."""

from __future__ import annotations

import gc
import re

import numpy as np
import onnxruntime as ort
import pytest
from devices import DEVICE_LOST, NO_DEVICE, OUT_OF_MEMORY, Runtime

from ar_effects.errors import ModelError, ProviderError
from ar_effects.inference import network as network_module
from ar_effects.inference import provider as provider_module
from ar_effects.inference import sessions, timing
from ar_effects.inference.cuda import HostMemory, cuda_runtime
from ar_effects.inference.network import Network
from ar_effects.inference.provider_types import CPU, CUDA, TENSORRT, Provider

DETECTOR, MESH = "face_detector_short_range", "face_mesh_attention"


def faces(count: int, side: int = 192, seed: int = 0) -> np.ndarray:
    """Drawn faces, each a little brighter."""
    picture = timing.probe_picture(side)
    noise = np.random.default_rng(seed).normal(0, 0.01, (count, 3, side, side))
    return np.concatenate([picture * (0.7 + 0.3 * i / count) for i in range(count)]).astype(
        np.float32
    ) + noise.astype(np.float32)


@pytest.fixture
def cuda() -> Provider:
    return Provider("cuda", "as asked")


# --- binding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 17])
def test_any_number_of_faces_gives_what_the_cpu_gives(card, cpu, cuda, count):
    batch = faces(count)
    expected = Network(MESH, cpu).run(batch)
    got = Network(MESH, cuda).run(batch)
    assert [g.shape for g in got] == [e.shape for e in expected]
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, atol=2e-3)


def test_no_face_at_all(card, cuda):
    landmarks, score = Network(MESH, cuda).run(np.zeros((0, 3, 192, 192), np.float32))
    assert landmarks.shape == (0, 478, 3)
    assert score.shape == (0, 1)


def test_a_smaller_batch_after_a_larger_one_keeps_nothing_of_it(card, cpu, cuda):
    network = Network(MESH, cuda)
    network.run(faces(4))
    batch = faces(3, seed=1)
    np.testing.assert_allclose(network.run(batch)[0], Network(MESH, cpu).run(batch)[0], atol=2e-3)


def test_results_are_the_caller_s_own(card, cuda):
    network = Network(MESH, cuda)
    first = network.run(faces(1))
    kept = [a.copy() for a in first]
    network.run(faces(1, seed=5) * 0.5)
    for now, then in zip(first, kept, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("name", [DETECTOR, MESH])
def test_pictures_go_through_the_fixed_buffer(card, cpu, cuda, name, demo_frames):
    on_cpu, on_device = Network(name, cpu), Network(name, cuda)
    side = on_cpu.side
    for frame in (demo_frames[0], demo_frames[20]):
        picture = np.ascontiguousarray(frame[:side, :side])
        for e, g in zip(on_cpu.run_picture(picture), on_device.run_picture(picture), strict=True):
            np.testing.assert_allclose(g, e, atol=2e-3)


def test_addresses_never_change(card, cuda):
    network = Network(MESH, cuda)
    slots = {}
    for count in (1, 3, 1, 4, 3):
        network.run(faces(count))
        for size, slot in network._device._slots.items():
            assert slots.setdefault(size, slot) is slot
    assert sorted(slots) == [1, 4], "three go into the buffer for four"


@pytest.mark.parametrize("shape", [(1, 1, 192, 192), (1, 3, 128, 192), (3, 192, 192)])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_batch_of_another_shape_is_a_typed_error(card, device, shape):
    """Nothing may be stretched to fit, and no card is given up for it."""
    provider = Provider(device, "", may_fall_back=True)
    network = Network(MESH, provider)
    with pytest.raises(ModelError, match=r"The network face_mesh_attention failed.*got \(.*192"):
        network.run(np.zeros(shape, np.float32))
    assert provider.name == device


# --- page-locked memory -----------------------------------------------------------------------------------


def test_batches_are_gathered_in_page_locked_memory(card, cuda, monkeypatch):
    runtime = Runtime()
    monkeypatch.setattr(network_module, "cuda_runtime", lambda: runtime)
    network = Network(MESH, cuda)
    assert network._batch.ctypes.data in runtime.held
    assert len(runtime.held) == 1
    network.run(faces(2))
    assert len(runtime.held) == 2
    del network
    gc.collect()
    assert runtime.held == {}


def test_page_locked_memory_outlives_the_device_as_long_as_it_is_looked_at():
    runtime = Runtime()
    array = HostMemory(runtime).array((2, 3))
    np.testing.assert_array_equal(array, np.zeros((2, 3), np.float32))
    view = array[1]
    del array
    gc.collect()
    assert len(runtime.held) == 1
    del view
    gc.collect()
    assert runtime.held == {}


@pytest.mark.parametrize("runtime", [None, Runtime(status=2)])
def test_ordinary_memory_where_there_is_no_other(runtime):
    array = HostMemory(runtime).array((2, 3))
    assert array.dtype == np.float32
    assert not array.any()


def test_cuda_s_runtime_is_looked_for_under_its_name(monkeypatch):
    monkeypatch.setattr(ort, "cuda_version", "13.0", raising=False)
    assert cuda_runtime(lambda name: name, "linux") == "libcudart.so.13"
    assert cuda_runtime(lambda name: name, "win32") == "cudart64_13.dll"

    def missing(name: str) -> None:
        raise OSError(name)

    assert cuda_runtime(missing) is None
    monkeypatch.setattr(ort, "cuda_version", "")
    assert cuda_runtime(lambda _: pytest.fail("of which version?")) is None


# --- options ----------------------------------------------------------------------------------------------


def test_each_size_of_batch_is_a_graph_of_its_own(card, cuda):
    network = Network(MESH, cuda)
    for count in (1, 2, 3, 8):
        network.run(faces(count))
    assert card.options()["enable_cuda_graph"] == "1"
    assert card.runs == ["1", "1", "2", "4", "8"], "the first is the warm-up"


def test_a_network_that_cannot_be_recorded_runs_without(card, cuda):
    card.refuse_graphs = True
    Network(MESH, cuda).run(faces(1))
    assert [o[0][1]["enable_cuda_graph"] for o in card.opened] == ["1", "0"]
    assert set(card.runs) == {None}


def test_graphs_can_be_declined(card):
    Network(DETECTOR, Provider("cuda", "", graphs=False))
    assert [o[0][1]["enable_cuda_graph"] for o in card.opened] == ["0"]


def test_full_precision_is_full_and_repeatable(card, cuda):
    Network(DETECTOR, cuda)
    assert card.options()["use_tf32"] == "0"
    assert card.options()["cudnn_conv_algo_search"] == "HEURISTIC"
    assert card.opened[-1][1] == CPU


def test_tensorrt_keeps_its_engines_in_the_cache_folder(card, tmp_path):
    network = Network(MESH, Provider("tensorrt", "", float16=True))
    network.run(faces(2))
    options = card.options()
    folder = tmp_path / "cache" / "tensorrt" / f"onnxruntime-{ort.__version__}"
    assert folder.is_dir()
    assert options["trt_engine_cache_enable"] == "1"
    assert options["trt_engine_cache_path"] == str(folder)
    assert network.entry.sha256[:12] in options["trt_engine_cache_prefix"], "a new network, a new engine"
    assert options["trt_engine_cache_prefix"].endswith("half")
    assert options["trt_fp16_enable"] == "1"
    assert options["trt_profile_min_shapes"] == "picture:1x3x192x192"
    assert options["trt_profile_max_shapes"] == "picture:8x3x192x192"
    assert [p if isinstance(p, str) else p[0] for p in card.opened[-1]] == [TENSORRT, CUDA, CPU]
    assert set(card.runs) == {None}, "CUDA's graphs are CUDA's"


def test_tensorrt_without_a_place_for_its_engines(card, tmp_path):
    (tmp_path / "cache").write_text("a file, not a folder")
    Network(DETECTOR, Provider("tensorrt", ""))
    assert "trt_engine_cache_enable" not in card.options()


def test_the_signature_of_a_device_s_session_is_checked(card, cuda, tmp_path):
    import shutil

    from ar_effects.paths import MODELS

    text = (
        (MODELS / "manifest.toml")
        .read_text(encoding="utf-8")
        .replace('["pictures", 896, 16]', '["p", 9, 16]')
    )
    (tmp_path / "manifest.toml").write_text(text, encoding="utf-8")
    shutil.copy(MODELS / f"{DETECTOR}.onnx", tmp_path)
    with pytest.raises(ModelError, match="is not the network its manifest describes"):
        Network(DETECTOR, cuda, tmp_path)


# --- failures ---------------------------------------------------------------------------------------------

FAILURES = [
    (OUT_OF_MEMORY, "CUDA ran out of memory", "Close other programs"),
    ("CUDA failure 2: out of memory ; GPU=0", "CUDA ran out of memory", "Close other programs"),
    (DEVICE_LOST, "CUDA failed (cuDNN error 5000: CUDNN_STATUS_EXECUTION_FAILED)", "nvidia-smi"),
    (NO_DEVICE, "CUDA failed (CUDA error 100: no CUDA-capable device is detected)", "nvidia-smi"),
    (
        "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : cuDNN is not available. Install cuDNN, update the path",
        "CUDA runs without cuDNN",
        "pip install",
    ),
    (
        "[ONNXRuntimeError] : 1 : FAIL : Something new\nwith a trace",
        "CUDA failed (Something new)",
        "nvidia-smi",
    ),
    ("", "CUDA failed (no reason given)", "nvidia-smi"),
]


@pytest.mark.parametrize(("message", "what", "fix"), FAILURES)
def test_what_onnx_runtime_says_becomes_a_sentence(message, what, fix):
    error = sessions.device_error("cuda", RuntimeError(message))
    assert error.what == what
    assert fix in error.fix
    assert error.fix.endswith("or use provider cpu")
    assert "\n" not in str(error)
    assert len(str(error)) < 250


@pytest.mark.parametrize("at", ["fail_open", "fail_buffer", "fail_run"])
def test_asked_for_by_name_a_failure_is_an_error(card, cuda, at, capfd):
    setattr(card, at, OUT_OF_MEMORY)
    with pytest.raises(ProviderError, match="CUDA ran out of memory"):
        Network(DETECTOR, cuda)
    assert capfd.readouterr() == ("", "")


def test_asked_for_by_name_a_silent_fall_back_is_an_error(card, cuda):
    """ONNX Runtime only logs it when CUDA does not start."""
    card.fall_back_silently = True
    with pytest.raises(ProviderError, match=rf"CUDA loads but ONNX Runtime fell back to {CPU}.*provider cpu"):
        Network(DETECTOR, cuda)


@pytest.mark.parametrize("at", ["fail_open", "fail_buffer", "fail_run"])
def test_in_auto_a_network_that_cannot_start_takes_the_cpu(card, cpu, at, caplog):
    setattr(card, at, OUT_OF_MEMORY)
    provider = Provider("cuda", "quicker", may_fall_back=True)
    batch = faces(1)
    np.testing.assert_array_equal(Network(MESH, provider).run(batch)[0], Network(MESH, cpu).run(batch)[0])
    assert provider.name == "cpu"
    assert len(caplog.records) == 1


@pytest.mark.parametrize("message", [OUT_OF_MEMORY, DEVICE_LOST])
def test_in_auto_a_device_lost_on_the_way_gives_way_to_the_cpu_once(card, cpu, message, caplog):
    provider = Provider("cuda", "quicker", may_fall_back=True)
    mesh, detector = Network(MESH, provider), Network(DETECTOR, provider)
    batch, picture = faces(2), faces(1, 128)
    mesh.run(batch)
    card.fail_run = message
    expected = Network(MESH, cpu).run(batch)[0]
    for _ in range(3):
        np.testing.assert_array_equal(mesh.run(batch)[0], expected)
    np.testing.assert_array_equal(detector.run(picture)[0], Network(DETECTOR, cpu).run(picture)[0])
    assert provider.name == "cpu"
    assert re.fullmatch(r"Networks run on the CPU from here on, because CUDA .*\.", provider.reason)
    assert [r.getMessage() for r in caplog.records] == [provider.reason], "said once, for all networks"
    assert len(network_module._LOST) == 2, "a lost device is not called again, not even to let it go"


def test_pictures_after_the_device_is_lost(card, cpu, demo_frames):
    provider = Provider("cuda", "quicker", may_fall_back=True)
    mesh = Network(MESH, provider)
    picture = np.ascontiguousarray(demo_frames[0][:192, :192])
    expected = Network(MESH, cpu).run_picture(picture)[0]
    mesh.run_picture(picture)
    card.fail_run = DEVICE_LOST
    for _ in range(2):
        np.testing.assert_array_equal(mesh.run_picture(picture)[0], expected)


def test_a_tracker_goes_on_when_the_card_is_lost(card, cpu, demo_frames, monkeypatch, caplog):
    from ar_effects.tracking.tracker import FaceTracker

    provider = Provider("cuda", "quicker", may_fall_back=True)
    tracker = FaceTracker(provider=provider)
    reference = FaceTracker(provider=cpu)
    for i, frame in enumerate(demo_frames[:6]):
        if i == 3:
            card.fail_run = DEVICE_LOST
        (face,), (expected,) = tracker.track(frame), reference.track(frame)
        assert face.id == expected.id
        # Both begin alike; the device's network rounds otherwise, and each frame is cut out where the last
        # one led to. Between two frames this face moves 6 pixels, and may be off by a third of one.
        np.testing.assert_allclose(face.landmarks, expected.landmarks, atol=0.005 * expected.eyes.distance_px)
    assert tracker.provider.name == "cpu"
    assert len(caplog.records) == 1


# --- trial ------------------------------------------------------------------------------------------------


def test_a_working_device_is_timed_against_the_cpu(card):
    trial = timing.try_device("cuda")
    assert trial.float16
    assert trial.device_ms > 0
    assert trial.cpu_ms > 0
    assert len(card.opened) == 1


def test_half_precision_that_is_off_gives_way_to_full(card, monkeypatch):
    monkeypatch.setattr(sessions, "to_half", lambda data, _: _shifted(data))
    trial = timing.try_device("cuda")
    assert not trial.float16
    assert len(card.opened) == 2


def test_half_precision_that_the_device_refuses_gives_way_to_full(card, monkeypatch):
    monkeypatch.setattr(sessions, "to_half", lambda *_: b"no network")
    assert not timing.try_device("cuda").float16
    assert len(card.opened) == 2


def test_a_card_that_computes_rubbish_is_refused(card, monkeypatch):
    monkeypatch.setattr(timing, "same", lambda *_: False)
    with pytest.raises(ProviderError, match="CUDA gives other landmarks than the CPU"):
        timing.try_device("cuda")


def test_auto_with_a_card_that_fails_at_the_start(card, monkeypatch):
    card.fail_open = NO_DEVICE
    monkeypatch.setattr(provider_module, "cuda_problem", lambda: None)
    provider_module.trial_of.cache_clear()
    provider = provider_module.choose_provider("auto")
    assert provider.name == "cpu"
    assert provider.reason == (
        "Networks run on the CPU, because CUDA failed (CUDA error 100: no CUDA-capable device is detected); "
        "check the graphics card with `nvidia-smi`."
    )


@pytest.mark.parametrize(
    ("off", "agrees"), [(0.0, True), (0.04, True), (0.06, False), (np.nan, False), (np.inf, False)]
)
def test_when_landmarks_are_the_same(off, agrees):
    expected = [np.zeros((1, 478, 3), np.float32)]
    got = [np.zeros((1, 478, 3), np.float32)]
    got[0][..., 0] += off
    with np.errstate(invalid="ignore"):
        assert timing.same(expected, got) is agrees
    got[0][...] = 0.0
    got[0][0, 7] = [0.0, 0.6, 0.0]
    assert timing.same(expected, got) is False, "one point half a pixel off"


def test_runs_take_turns_and_the_median_counts():
    now, order = [0.0], []
    costs = {"a": iter([9, 9, 9, *[1, 50, 1] * 5]), "b": iter([9, 9, 9, *[3] * 15])}

    def run(name: str):
        def once() -> None:
            order.append(name)
            now[0] += next(costs[name]) / 1e3

        return once

    times = timing.by_turns([run("a"), run("b")], clock=lambda: now[0])
    assert times == pytest.approx([1.0, 3.0])
    assert "".join(order[6:]).startswith("abab")
    assert len(order) < 36, "it ends when its time is over"


def test_the_drawn_face_is_seen_as_one(cpu):
    """Parity on a picture that the network takes for nothing would say nothing."""
    landmarks, score = Network(MESH, cpu).run(timing.probe_picture(192))
    assert score[0, 0] > 0.9
    eyes = landmarks[0, [468, 473], :2]
    np.testing.assert_allclose(eyes, [[73, 79], [118, 79]], atol=6)


def _shifted(data: bytes) -> bytes:
    """The network with another last bias."""
    from ar_effects.inference.onnx_protobuf import Graph

    graph, others = Graph.read(data)
    for constant in graph.constants.values():
        if constant.element == 1 and len(constant.raw) > 4000:
            constant.raw = (np.frombuffer(constant.raw, np.float32) * np.float32(1.05)).tobytes()
    return graph.write(others)

"""docs/how-to-add.md: one of each is added from outside, as the page says it, and used."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from ar_effects.paths import EFFECTS
from tests.plugin_packages import PAGE, install, package, sections, with_packages, write_files
from tests.processes import finished

MOST_FILES = 4
KINDS = ("A layer", "A pass", "A trigger", "A source", "A network", "An analyser", "A provider")


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> dict[str, list[Path]]:
    """Files of each kind's example, installed; the first is the package's pyproject.toml."""
    texts, root = sections(), tmp_path_factory.mktemp("packages")
    files = {}
    for kind in KINDS:
        files[kind] = write_files(texts[kind], root / kind.replace(" ", "_"))
        install(files[kind][0].parent)
    return files


@pytest.fixture(scope="module")
def environment(written) -> dict[str, str]:
    return with_packages(*(files[0].parent for files in written.values()))


@pytest.fixture(scope="module")
def packs(written) -> dict[str, Path]:
    """Folders of the page's packs by name."""
    files = [path for paths in written.values() for path in paths if path.name == "effect.toml"]
    return {path.parent.name: path.parent for path in files}


def run_app(env, cwd, *arguments):
    return finished([sys.executable, "-m", "ar_effects", *map(str, arguments)], cwd, env)


def test_the_page_tells_of_every_kind():
    assert list(sections()) == list(KINDS)


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (PAGE.parent / link).exists(), link


@pytest.mark.parametrize("kind", KINDS)
def test_adding_one_takes_few_files(written, kind):
    names = [path.name for path in written[kind]]
    print(f"{kind}: {len(names)} files: {', '.join(names)}")
    assert len(names) <= MOST_FILES
    assert names[0] == "pyproject.toml"


def test_a_source_of_its_own_is_rendered_with_a_layer_of_its_own_on_a_provider_of_its_own(
    environment, packs, tmp_path
):
    done = run_app(
        environment,
        tmp_path,
        "render",
        "stripes:8",
        "out.mp4",
        "--effect",
        packs["bordered"],
        "--provider",
        "lean",
        "--quality",
        "best",
    )
    assert done.returncode == 0, done.stderr
    assert "Networks run on the CPU without an arena, as asked" in done.stderr
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert video.streams.video[0].average_rate == 30
        pictures = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(pictures) == 8
    for k, picture in enumerate(pictures):
        assert np.abs(picture[4, 4].astype(int) - (0xFF, 0x88, 0x00)).max() < 12, "the layer's border"
        middle = picture[120, 50:270].astype(int).mean(axis=-1)
        stripes = np.where((np.arange(50, 270) - 4 * k) // 20 % 2, 160, 80)
        assert np.median(np.abs(middle - stripes)) < 12, "the source's frames"


def stripes(k):
    return np.where((np.arange(320) - 4 * k) // 20 % 2, 160, 80)


def rendered(environment, pack, folder) -> list[np.ndarray]:
    """Rows of grey of a few frames of the page's source with a pack."""
    done = run_app(
        environment,
        folder,
        "render",
        "stripes:3",
        "out.mp4",
        "--effect",
        pack,
        "--provider",
        "cpu",
        "--quality",
        "best",
    )
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stderr
    with av.open(str(folder / "out.mp4")) as video:
        return [frame.to_ndarray(format="gray")[120].astype(int) for frame in video.decode(video=0)]


def test_a_pass_draws_the_draws_of_its_own_layer(environment, packs, tmp_path):
    for k, row in enumerate(rendered(environment, packs["inverted"], tmp_path)):
        linear = 1.0 - ((stripes(k) / 255.0 + 0.055) / 1.055) ** 2.4  # the picture is blended in linear light
        expected = 255.0 * (1.055 * linear ** (1 / 2.4) - 0.055)
        assert np.median(np.abs(row - expected)) < 6


@pytest.mark.parametrize(("at", "expected"), [("0.4", 0.0), ("0.6", None)])
def test_what_an_analyser_measures_reaches_a_layer(environment, packs, tmp_path, at, expected):
    """The stripes' mean is 120 of 255, which is 0.47."""
    text = (packs["dimming"] / "effect.toml").read_text(encoding="utf-8")
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "effect.toml").write_text(text.replace("at = 0.4", f"at = {at}"), encoding="utf-8")
    for k, row in enumerate(rendered(environment, tmp_path / "pack", tmp_path)):
        assert np.median(np.abs(row - (stripes(k) if expected is None else expected))) < 6


TURN = """
import json, sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from ar_effects import Effect, Expression, HeadPose, Library, Network
from ar_effects.app.window.rehearsal import posed_frame
from ar_effects.packs.trigger_kinds import TRIGGERS
from ar_effects.geometry.rotations import rotation_from_angles_deg, transform
from ar_effects.inference import sessions
from ar_effects.inference.provider import choose_provider

pack = Library().load(sys.argv[1])
effect = Effect(pack)

def drawn(i, yaw):
    tracked = posed_frame(i / 30, Expression())
    pose = HeadPose(transform(rotation_from_angles_deg(yaw, 0.0, 0.0), (0.0, 0.0, -600.0)))
    tracked = replace(tracked, faces=(replace(tracked.faces[0], pose=pose),))
    places = [place for draw in effect.draw_list(tracked).draws for place in draw.places]
    return sorted("frame" if place.box else "face" for place in places)

yaws = [0.0] * 10 + [20.0] * 2 + [30.0] * 20 + [0.0] * 2
covered = [drawn(i, yaw) for i, yaw in enumerate(yaws)]

opened = []
real = sessions.ort.InferenceSession
def noted(data, options, providers, **more):
    opened.append(providers)
    return real(data, options, providers=providers, **more)
sessions.ort.InferenceSession = noted
provider = choose_provider("lean")
network = Network("mean_colour", provider)
bgr = np.empty((8, 8, 3), np.uint8)
bgr[:] = (51, 102, 204)
(mean,) = network.run_picture(bgr)
print(json.dumps({
    "covered": covered, "needs": sorted(pack.needs), "mean": mean.tolist(), "provider": provider.name,
    "opened": opened[-1],
}))
"""


def test_triggers_fire_and_a_network_runs_on_a_provider_of_its_own(environment, packs, tmp_path):
    done = finished([sys.executable, "-c", TURN, packs["turning"]], tmp_path, environment)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["needs"] == [], "these triggers look at the pose only"
    covered = said["covered"]
    assert covered[:12] == [[]] * 12, "neither turned far enough nor still for long enough"
    assert covered[12:26] == [["face"]] * 14, "turned by 30 of 40 degrees, which is above 0.6"
    assert covered[29:32] == [["face", "frame"]] * 3, "and still for half a second"
    assert covered[32:] == [["frame"]] * 2, "the level goes, the event stays"
    assert said["mean"][0] == pytest.approx([0.8, 0.4, 0.2])
    assert (said["provider"], said["opened"]) == ("lean", [["CPUExecutionProvider", {"use_arena": "0"}]])


def test_packs_are_checked_with_the_kinds_that_are_there(environment, packs, tmp_path):
    done = run_app(environment, tmp_path, "packs", "check", packs["bordered"], packs["turning"])
    assert done.returncode == 0, done.stdout + done.stderr
    schema = run_app(environment, tmp_path, "packs", "schema").stdout
    assert {"BorderTable", "Turned", "HeldStill", "SpriteTable"} <= set(json.loads(schema)["$defs"])


MISTAKES = {
    "too_wide": ("bordered", "width = 0.2", "width = 2.0", ("layers[0].width", "at most 1")),
    "no_key": ("bordered", "width = 0.2", "widht = 0.2", ("layers[0].widht", "Did you mean 'width'?")),
    "no_kind": ("bordered", '"border"', '"bordre"', ("layers[0].kind is unknown", "Did you mean 'border'?")),
    "text": ("turning", "hold_s = 0.5", 'hold_s = "a"', ("triggers[1].hold_s", "a number, without quotes")),
    "no_field": ("turning", "hold_s = 0.5", "hold = 0.5", ("triggers[1].hold", "Did you mean 'hold_s'?")),
    "no_when": ("turning", '"held_still"', '"held_stil"', ("triggers[1].when", "mean 'held_still'?")),
}


@pytest.mark.words
def test_mistakes_in_their_tables_are_told_as_in_ours(environment, packs, tmp_path):
    for name, (pack, old, new, _) in MISTAKES.items():
        text = (packs[pack] / "effect.toml").read_text(encoding="utf-8")
        assert old in text
        (tmp_path / name).mkdir()
        (tmp_path / name / "effect.toml").write_text(text.replace(old, new), encoding="utf-8")
    done = run_app(environment, tmp_path, "packs", "check", *MISTAKES)
    assert done.returncode == 1
    for name, (*_, words) in MISTAKES.items():
        lines = [
            line for line in done.stdout.splitlines() if line.startswith(str(Path(name) / "effect.toml"))
        ]
        assert len(lines) == 1, done.stdout
        for word in words:
            assert word in lines[0]


def test_a_pack_that_needs_what_is_not_installed_says_so(packs, tmp_path):
    done = run_app(with_packages(), tmp_path, "packs", "check", packs["bordered"], packs["turning"])
    assert done.returncode == 1
    assert "layers[0].kind is unknown" in done.stdout
    assert "'border'. Correct kind, or install the plug-in that adds it" in done.stdout
    assert "triggers[1].when" in done.stdout
    assert "got 'held_still'" in done.stdout


BROKEN = "raise RuntimeError('no licence')\n"


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> dict[str, str]:
    """One that raises at import, for everything; one that takes names; one whose groups are no groups."""
    root = tmp_path_factory.mktemp("broken")
    thing = "broken_things:Thing"
    folders = [
        package(
            root / "a",
            "broken-things",
            BROKEN,
            layers={"border": thing},
            triggers={"held_still": thing},
            sources={"stripes": thing},
            networks={"mean_colour": thing},
            providers={"lean": thing},
            passes={"NegativeDraw": thing},
            analysers={"brightness": thing},
        ),
        package(
            root / "b",
            "greedy-things",
            "Thing = None\n",
            layers={"sprite": "greedy_things:Thing", "nothing": "greedy_things:Thing"},
            triggers={"smile": "greedy_things:Thing"},
            sources={"demo": "greedy_things:Thing"},
            networks={"face_mesh_attention": "greedy_things:Thing"},
            analysers={"segmentation": "greedy_things:Thing"},
            providers={"cuda": "greedy_things:Thing"},
        ),
        package(root / "c", "lost-things", BROKEN, layer={"border": "lost_things:Thing"}),
    ]
    return with_packages(*folders)


def test_those_that_fail_are_listed_and_the_program_goes_on(broken, tmp_path):
    done = run_app(broken, tmp_path, "devices")
    assert done.returncode == 0, done.stdout
    listed = done.stdout.split("Plug-ins")[1]
    for group, name in (
        ("layers", "border"),
        ("triggers", "held_still"),
        ("sources", "stripes"),
        ("networks", "mean_colour"),
        ("providers", "lean"),
        ("passes", "NegativeDraw"),
        ("analysers", "brightness"),
    ):
        words = f"The plug-in {name} of broken-things for {group} was left out: RuntimeError: no licence"
        assert words in listed
    for group, name in (
        ("layers", "sprite"),
        ("triggers", "smile"),
        ("sources", "demo"),
        ("networks", "face_mesh_attention"),
        ("providers", "cuda"),
        ("analysers", "segmentation"),
    ):
        words = f"The plug-in {name} of greedy-things for {group} was left out: its name is taken"
        assert words in listed
    assert "nothing of greedy-things for layers was left out: TypeError: None is not a subclass" in listed
    assert "lost-things: there are no plug-ins called layer, but layers, passes, triggers" in listed
    checked = run_app(broken, tmp_path, "packs", "check", EFFECTS / "cat")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.words
def test_who_asks_for_one_that_failed_is_told_why(broken, packs, tmp_path):
    done = run_app(broken, tmp_path, "packs", "check", packs["bordered"], packs["turning"])
    assert done.returncode == 1
    for name, group in (("border", "layers"), ("held_still", "triggers")):
        why = f"The plug-in {name} of broken-things for {group} was left out: RuntimeError: no licence"
        assert why in done.stdout
    for arguments, code in (
        (("render", "stripes:3", "out.mp4"), 1),
        (("render", "demo", "out.mp4", "--provider", "lean"), 2),
    ):
        done = run_app(broken, tmp_path, *arguments)
        assert done.returncode == code
        assert "of broken-things" in done.stderr
        assert "RuntimeError: no licence" in done.stderr
        assert "Traceback" not in done.stderr


def test_nothing_is_imported_that_nobody_asked_for(broken, tmp_path):
    script = (
        "import sys; from ar_effects import Effect, Library, open_source;"
        "from ar_effects.inference.provider import choose_provider;"
        "Library().load('cat'); open_source('demo'); choose_provider('cpu');"
        "assert 'broken_things' not in sys.modules and 'greedy_things' not in sys.modules"
    )
    done = finished([sys.executable, "-c", script], tmp_path, broken)
    assert done.returncode == 0, done.stderr

"""``model``: a glTF model that moves with the head, and by itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ar_effects.drawlist import Blend, Model, ModelDraw, ModelPose, PictureDraw, Shadow, SpaceDraw
from ar_effects.effects.layers.model_tables import AnimationTable, MaterialTable, PartName, SpringTable
from ar_effects.effects.levels_of_detail import with_details
from ar_effects.effects.motion.springs import Bones
from ar_effects.effects.motion.swing import Swing
from ar_effects.face.anchors import Anchor, camera_from_anchor, in_true_millimetres
from ar_effects.face.deformation import bent_with_face
from ar_effects.face.geometry import face_mesh
from ar_effects.geometry.rotations import rotation_from_vector, transform
from ar_effects.gltf.model import GltfModel, Loaded, Moves
from ar_effects.gltf.rig import Clip, Rig
from ar_effects.messages import Message
from ar_effects.packs.files import PackFiles
from ar_effects.packs.layer import ActiveFace, Cue, FrameContext, Layer, LayerState, Need
from ar_effects.packs.tables import ChoiceReference, FileName, NumberValue, ShareValue, SpaceTable
from ar_effects.packs.values import Values
from ar_effects.records import Matrix

Three = Annotated[list[NumberValue], Field(min_length=3, max_length=3)]


class ModelTable(SpaceTable):
    """A glTF model that moves with the head."""

    kind: Literal["model"]
    file: FileName = Field(description="a .glb or .gltf file in the pack's folder")
    anchor: Anchor = Field(default="eyes", description="where the model's origin sits")
    mm_per_unit: Annotated[float, Field(gt=0, le=10000)] = Field(
        default=1000.0, description="millimetres of one unit of the file; glTF's own unit is the metre"
    )
    fit: Literal["head", "metric"] = Field(
        default="head", description="sized to the person's head, or the same millimetres for everybody"
    )
    deforms_with_face: bool = Field(
        default=False,
        description="made on the mean face in the head's frame, it bends with the face: beards",
    )
    offset_mm: Three = Field(
        default=[0.0, 0.0, 0.0], description="to the viewer's right, up, out of the face"
    )
    rotate_deg: Three = Field(
        default=[0.0, 0.0, 0.0], description="about those axes, one after the other, by the right-hand rule"
    )
    scale: NumberValue = Field(default=1.0, description="of the model, about its origin")
    shadow: ShareValue = Field(
        default=0.5, description="how much it darkens the skin that it touches; 0 casts none"
    )
    materials: Annotated[dict[PartName, MaterialTable], Field(max_length=64)] = Field(
        default_factory=dict, description="changes of the model's materials by name"
    )
    animations: Annotated[list[AnimationTable], Field(max_length=32)] = Field(default_factory=list)
    springs: Annotated[list[SpringTable], Field(max_length=32)] = Field(default_factory=list)
    morphs: Annotated[dict[PartName, NumberValue], Field(max_length=64)] = Field(
        default_factory=dict, description="weights of the model's morph targets by name"
    )
    variants: Annotated[list[PartName], Field(max_length=64)] = Field(
        default_factory=list, description="nodes of which only one is shown"
    )
    variant: ChoiceReference | PartName | None = Field(
        default=None, description="which; the first without it"
    )

    def load(self, files: PackFiles) -> Layer:
        """Read the model. Raises PackError."""
        source = GltfModel(files.path(self.file, "file"), self.mm_per_unit, files.pictures)
        if self.deforms_with_face:
            self._only_bends(files)
        for i, animation in enumerate(self.animations):
            _known(files, f"animations[{i}].name", animation.name, source.animations, "model.no-animation")
        for i, spring in enumerate(self.springs):
            _known(files, f"springs[{i}].root", spring.root, source.nodes, "model.no-node")
        for i, variant in enumerate(self.variants):
            _known(files, f"variants[{i}]", variant, source.nodes, "model.no-node")
        for name in self.materials:
            _known(files, f"materials.{name}", name, source.materials, "model.no-material")
        for name in self.morphs:
            _known(files, f"morphs.{name}", name, source.targets, "model.no-morph-target")
        if self.variant and not self.variant.startswith("$"):
            _known(files, "variant", self.variant, self.variants, "model.no-variant")
        loaded = source.read(
            Moves(
                animations={a.name for a in self.animations},
                roots={s.root for s in self.springs},
                targets=set(self.morphs),
                groups=self.variants,
            )
        )
        for i, spring in enumerate(self.springs):  # a node may be in the file and not in its scene
            shown = loaded.rig.names if loaded.rig else ()
            _known(files, f"springs[{i}].root", spring.root, shown, "model.no-node-of-scene")
        return ModelLayer(self, loaded)

    def _only_bends(self, files: PackFiles) -> None:
        """Where the face says how it moves, nothing else can. Raises PackError."""
        for key in ("anchor", "fit", "offset_mm", "rotate_deg", "scale", "animations", "springs", "morphs"):
            if getattr(self, key) != type(self).model_fields[key].get_default(call_default_factory=True):
                raise files.error_at(key, Message("model.bends-alone", key=key))


def _known(files: PackFiles, key: str, name: str, names: Sequence[str], problem: str) -> None:
    if name in names:
        return
    near = difflib.get_close_matches(name, names, 1)
    raise files.error_at(
        key,
        Message(problem),
        expected=", ".join(list(dict.fromkeys(names))[:12]) or Message("model.none-of-them"),
        got=repr(name),
        fix=Message("hint.did-you-mean", near=near[0]) if near else Message("model.name-one"),
    )


class ModelLayer:
    """A model with what can be done to it.

    Attributes:
        model: as it is drawn.
        rig: None where nothing moves by itself.
        bend: of models that bend with the face.
        notes: sentences on what is in the file and is not drawn.
    """

    per_face = True
    isolated = True
    own_blends: frozenset[Blend] = frozenset({"normal"})
    needs: frozenset[Need] = frozenset()
    shader_files: tuple[str, ...] = ()

    def __init__(self, table: ModelTable, loaded: Loaded) -> None:
        self.table = table
        self.notes = loaded.notes
        fading = {name for name, m in table.materials.items() if m.opacity != 1.0}
        self.model = _see_through(loaded.model, fading)
        self.bend = bent_with_face(self.model) if table.deforms_with_face else None
        if self.bend:
            self.model = self.bend.model
        self.model = with_details(self.model)
        self.rig: Rig | None = loaded.rig
        self.bones = Bones(loaded.rig, [s.spring() for s in table.springs]) if loaded.rig else None
        self._groups: Mapping[str, frozenset[int]] = loaded.groups
        numbers = (*table.offset_mm, *table.rotate_deg, table.scale)
        self._fixed = all(not isinstance(n, str) for n in numbers)
        still = self._fixed and numbers == (0.0,) * 6 + (1.0,)
        self._anchor_from_model = None if still else self._within(Values({}, {})) if self._fixed else None

    def start(self) -> LayerState:
        """On one face."""
        return ModelState(self)

    def place(self, context: FrameContext, worn: ActiveFace) -> Matrix:
        """(4, 4) camera from model."""
        table = self.table
        if self.bend:
            return worn.face.pose.camera_from_head
        place = camera_from_anchor(table.anchor, worn.face, context.camera)
        if table.fit == "metric":
            place = in_true_millimetres(place, table.anchor, worn.face)
        within = self._anchor_from_model if self._fixed else self._within(context.values)
        return place if within is None else place @ within

    def hidden(self, values: Values) -> frozenset[int]:
        """Primitives of the variants that are not chosen."""
        table = self.table
        if not table.variants:
            return frozenset()
        chosen = values.text(table.variant) if table.variant else table.variants[0]
        shown = self._groups.get(chosen, frozenset())
        return frozenset().union(*self._groups.values()) - shown

    def _within(self, values: Values) -> Matrix:
        table = self.table
        offset = [values.number(n) for n in table.offset_mm]
        x, y, z = (np.radians(values.number(n)) for n in table.rotate_deg)
        turn = (
            rotation_from_vector([0, 0, z])
            @ rotation_from_vector([0, y, 0])
            @ rotation_from_vector([x, 0, 0])
        )
        return transform(turn * values.number(table.scale), offset)


class ModelState:
    """A model on one face: how far its animations are, and how its bones swing."""

    def __init__(self, layer: ModelLayer) -> None:
        self._layer = layer
        self._times_s: list[float | None] = [
            0.0 if a.start == "always" else None for a in layer.table.animations
        ]
        self._swing = Swing(layer.bones) if layer.bones and layer.bones.count else None

    def cue(self, cue: Cue) -> None:
        """``play`` begins every animation anew."""
        if cue == "play":
            self._times_s = [0.0] * len(self._times_s)

    def draws(self, context: FrameContext, worn: ActiveFace | None) -> Iterable[SpaceDraw | PictureDraw]:
        """The model in its place."""
        assert worn is not None
        layer, table = self._layer, self._layer.table
        place = layer.place(context, worn)
        pose = self._pose(layer.rig, place, context, worn) if layer.rig else None
        if layer.bend:
            pose = layer.bend.pose(worn.face, context.camera)
        changes = {name: m.change(context.values) for name, m in table.materials.items()} or None
        shadow = self._shadow(context, worn)
        return (ModelDraw(layer.model, place, pose, changes, layer.hidden(context.values), shadow),)

    def _shadow(self, context: FrameContext, worn: ActiveFace) -> Shadow | None:
        strength = context.values.number(self._layer.table.shadow)
        if strength <= 0.0:
            return None
        mesh = face_mesh(worn.face, context.camera)
        return Shadow(mesh, worn.face.pose.camera_from_head, min(strength, 1.0))

    def _pose(self, rig: Rig, place: Matrix, context: FrameContext, worn: ActiveFace) -> ModelPose:
        local, weights = rig.animated(self._playing(rig, context))
        table = self._layer.table
        if table.morphs:
            weights = tuple(
                np.array(
                    [
                        context.values.number(table.morphs[name]) if name in table.morphs else weight
                        for name, weight in zip(_padded(names, len(w)), w, strict=True)
                    ]
                )
                for names, w in zip(rig.target_names, weights, strict=True)
            )
        places = rig.placed(local)
        if self._swing is not None:
            head = worn.face.pose.camera_from_head
            local = self._swing.update(local, places, place, head, context.step_s)
            places = rig.placed(local)
        return rig.pose(places, weights)

    def _playing(self, rig: Rig, context: FrameContext) -> list[tuple[Clip, float]]:
        """Clips with their times; those that wait or have ended are not there."""
        playing = []
        for i, animation in enumerate(self._layer.table.animations):
            clip = rig.clips[animation.name]
            if animation.at is not None:
                playing.append(
                    (clip, min(max(context.values.number(animation.at), 0.0), 1.0) * clip.duration_s)
                )
                continue
            time_s = self._times_s[i]
            if time_s is None:
                continue
            length = max(clip.duration_s, 1e-9)
            if animation.loop:
                playing.append((clip, time_s % length))
            elif animation.start == "always" or time_s <= length:
                playing.append((clip, min(max(time_s, 0.0), length)))
            self._times_s[i] = time_s + context.step_s * context.values.number(animation.speed)
        return playing


def _padded(names: tuple[str, ...], count: int) -> list[str]:
    return [*names[:count], *[""] * (count - len(names))]


def _see_through(model: Model, names: set[str]) -> Model:
    """With the materials of these names blended: their opacity changes."""
    materials = {
        id(p.material): replace(p.material, alpha_mode="BLEND")
        for p in model.primitives
        if p.material.name in names and p.material.alpha_mode == "OPAQUE"
    }
    if not materials:
        return model
    primitives = tuple(
        replace(p, material=materials.get(id(p.material), p.material)) for p in model.primitives
    )
    return replace(model, primitives=primitives)

"""A glTF file as bytes: the GLB container, the JSON in it, and the buffers it names."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from pydantic import ValidationError

from ar_effects.errors import PackError
from ar_effects.gltf.extensions import MESHOPT, SUPPORTED_EXTENSIONS, named, not_drawn
from ar_effects.gltf.schema import Document, Head

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

MAX_FILE_BYTES = 256 * 1024 * 1024
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942

Item = TypeVar("Item")


class GltfFile:
    """An opened file: its checked JSON and its buffers.

    Args:
        path: a ``.glb`` or ``.gltf`` file. Files it names must lie in its folder or below.

    Attributes:
        path: as given.
        document: the JSON.
        notes: sentences on what is in the file and is not drawn.
        unpacked: (count, width) elements of accessors that were compressed, by index.

    Raises:
        PackError: the file cannot be read, is not glTF 2.0, or requires an unknown extension.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        data = self._read(path, str(path))
        self._binary: bytes | None = None
        text = self._chunks(data) if data[:4] == b"glTF" else data
        text = text.removeprefix(b"\xef\xbb\xbf").rstrip(b"\0 ")  # editors' mark of UTF-8; padding with zeros
        self._check_extensions(text)
        self.document = self._validated(Document, text)
        self.notes = list(not_drawn(text, self.document.extensions_used))
        self.unpacked: dict[int, NDArray[np.generic]] = {}
        self._buffers: dict[int, bytes] = {}

    def error(
        self, where: str, what: str, *, expected: str = "", got: object = "", fix: str = ""
    ) -> PackError:
        """A PackError that names this file and the place in its JSON."""
        place = f"{self.path}, {where}" if where else str(self.path)
        fix = fix or "Export the model again, or check it with the Khronos glTF validator"
        return PackError(f"{place}: {what}", expected=expected, got=str(got), fix=fix)

    def note(self, what: str) -> None:
        """Remember, once, a sentence on what is drawn otherwise than the file says."""
        if what not in self.notes:
            self.notes.append(what)

    def item(self, items: Sequence[Item], index: int, name: str, where: str) -> Item:
        """``items[index]``, where the file at ``where`` refers to ``name[index]``."""
        if index >= len(items):
            raise self.error(
                where, f"there is no {name}[{index}]", expected=f"an index below {len(items)}", got=index
            )
        return items[index]

    def view(self, index: int, where: str) -> tuple[bytes, int | None]:
        """The bytes of ``bufferViews[index]`` and its stride, for a reference at ``where``."""
        view = self.item(self.document.buffer_views, index, "bufferViews", where)
        for extension in MESHOPT:
            if extension in view.extensions:
                raise self.error(
                    f"bufferViews[{index}]",
                    f"the model uses {named(extension)}, which is not read here",
                    fix="Export the model without compression",
                )
        data = self._buffer(view.buffer, f"bufferViews[{index}].buffer")
        end = view.byte_offset + view.byte_length
        if end > len(data):
            raise self.error(
                f"bufferViews[{index}]",
                "it reaches past the end of its buffer",
                expected=f"byteOffset + byteLength of at most {len(data)}",
                got=end,
            )
        return data[view.byte_offset : end], view.byte_stride

    def resource(self, uri: str, where: str) -> bytes:
        """The bytes behind a data URI or a relative path."""
        if uri.startswith("data:"):
            head, comma, payload = uri.partition(",")
            if not comma or not head.endswith(";base64"):
                raise self.error(where, "the data URI is not base64", got=head[:60])
            try:
                return base64.b64decode(payload, validate=True)
            except binascii.Error as error:
                raise self.error(where, "the data URI is damaged", got=error) from error
        folder = self.path.resolve().parent
        try:
            path = (folder / unquote(uri)).resolve()
        except (OSError, ValueError) as error:  # a null character, a loop of links
            raise self.error(where, "the path cannot be followed", got=repr(uri)) from error
        if "://" in uri or not path.is_relative_to(folder):
            raise self.error(
                where, "the file lies elsewhere", expected="a path inside the model's folder", got=uri
            )
        return self._read(path, f"{self.path}, {where}")

    def _read(self, path: Path, what: str) -> bytes:
        try:
            size = path.stat().st_size
            if size > MAX_FILE_BYTES:
                raise PackError(
                    f"{what}: {path.name} is too large",
                    expected=f"at most {MAX_FILE_BYTES} bytes",
                    got=f"{size}",
                    fix="Use fewer triangles or smaller textures",
                )
            return path.read_bytes()
        except OSError as error:
            raise PackError(
                f"{what}: {path.name} cannot be read",
                got=error.strerror or type(error).__name__,
                fix="Check the path and the file's permissions",
            ) from error

    def _chunks(self, data: bytes) -> bytes:
        """Take a GLB apart; returns the JSON."""
        if len(data) < 20:
            raise self.error("", "the GLB ends in its header", expected="at least 20 bytes", got=len(data))
        version, length = struct.unpack_from("<II", data, 4)
        if version != 2:
            raise self.error("", "this version of GLB is unknown", expected="2", got=version)
        if length > len(data):
            raise self.error("", "the GLB is cut off", expected=f"{length} bytes", got=len(data))
        chunks: list[tuple[int, bytes]] = []
        at = 12
        while at + 8 <= length:
            size, kind = struct.unpack_from("<II", data, at)
            if at + 8 + size > length:
                raise self.error("", "a chunk reaches past the end", expected=f"{length}", got=at + 8 + size)
            chunks.append((kind, data[at + 8 : at + 8 + size]))
            at += 8 + size
        if not chunks or chunks[0][0] != _JSON_CHUNK:
            raise self.error("", "the first chunk of the GLB is not JSON")
        if len(chunks) > 1 and chunks[1][0] == _BINARY_CHUNK:
            self._binary = chunks[1][1]
        return chunks[0][1]

    def _check_extensions(self, text: bytes) -> None:
        unknown = [
            e for e in self._validated(Head, text).extensions_required if e not in SUPPORTED_EXTENSIONS
        ]
        if unknown:
            raise self.error(
                "extensionsRequired",
                f"the model needs {' and '.join(map(named, unknown))}, which is not read here",
                expected=f"none but {', '.join(SUPPORTED_EXTENSIONS)}",
                got=", ".join(unknown),
                fix="Export the model without it, for instance without compression",
            )

    def _validated(self, model: type[HeadOrDocument], text: bytes) -> HeadOrDocument:
        try:
            return model.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"]).lstrip(".")
            got = repr(first["input"])
            shown = got if len(got) <= 80 else got[:77] + "..."
            expected = first["msg"].removeprefix("Input should be ")
            raise self.error(where, "this is not glTF 2.0", expected=expected, got=shown) from error

    def _buffer(self, index: int, where: str) -> bytes:
        if index in self._buffers:
            return self._buffers[index]
        buffer = self.item(self.document.buffers, index, "buffers", where)
        place = f"buffers[{index}]"
        if buffer.uri is not None:
            data = self.resource(buffer.uri, f"{place}.uri")
        elif index == 0 and self._binary is not None:
            data = self._binary
        else:
            raise self.error(place, "the buffer has neither a uri nor a GLB chunk")
        if len(data) < buffer.byte_length:
            raise self.error(
                f"{place}.byteLength",
                "the buffer is shorter than the file says",
                expected=str(buffer.byte_length),
                got=len(data),
            )
        self._buffers[index] = data[: buffer.byte_length]
        return self._buffers[index]


HeadOrDocument = TypeVar("HeadOrDocument", bound=Head)

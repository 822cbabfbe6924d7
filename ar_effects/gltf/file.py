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
from ar_effects.messages import Message, Text, sentence
from ar_effects.table_error import TableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from pydantic_core import ErrorDetails

MAX_FILE_BYTES = 256 * 1024 * 1024
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942

_EXPECTED = {
    "bool_type": Message("json.flag"),
    "dict_type": Message("json.table"),
    "finite_number": Message("json.finite"),
    "float_type": Message("json.number"),
    "int_from_float": Message("json.whole-number-without-fraction"),
    "int_type": Message("json.whole-number"),
    "list_type": Message("json.list"),
    "missing": Message("json.missing"),
    "model_type": Message("json.object"),
    "string_type": Message("json.text"),
    "tuple_type": Message("json.tuple"),
}
"""By pydantic's types of errors."""

_BOUNDS = {
    "greater_than": ("json.greater-than", "gt"),
    "greater_than_equal": ("json.at-least", "ge"),
    "less_than": ("json.less-than", "lt"),
    "less_than_equal": ("json.at-most", "le"),
}
"""The message, and how pydantic calls the bound."""

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
        data = self._read(path, "")
        self._binary: bytes | None = None
        text = self._chunks(data) if data[:4] == b"glTF" else data
        text = text.removeprefix(b"\xef\xbb\xbf").rstrip(b"\0 ")  # editors' mark of UTF-8; padding with zeros
        self._check_extensions(text)
        self.document = self._validated(Document, text)
        self.notes = list(not_drawn(text, self.document.extensions_used))
        self.unpacked: dict[int, NDArray[np.generic]] = {}
        self._buffers: dict[int, bytes] = {}

    def error(self, where: str, problem: Message, *, expected: Text = "", got: object = "") -> PackError:
        """A PackError that names this file and the place in its JSON."""
        fix = "" if problem.says("fix") else Message("gltf.export-again")
        return PackError(
            Message("pack.at-key", problem=problem),
            file=self.path,
            key=where,
            expected=expected,
            got=str(got),
            fix=fix,
        )

    def note(self, what: str) -> None:
        """Remember, once, a sentence on what is drawn otherwise than the file says."""
        if what not in self.notes:
            self.notes.append(what)

    def item(self, items: Sequence[Item], index: int, name: str, where: str) -> Item:
        """``items[index]``, where the file at ``where`` refers to ``name[index]``."""
        if index >= len(items):
            raise self.error(
                where, Message("gltf.index-missing", name=name, index=index, count=len(items)), got=index
            )
        return items[index]

    def view(self, index: int, where: str) -> tuple[bytes, int | None]:
        """The bytes of ``bufferViews[index]`` and its stride, for a reference at ``where``."""
        view = self.item(self.document.buffer_views, index, "bufferViews", where)
        for extension in MESHOPT:
            if extension in view.extensions:
                raise self.error(f"bufferViews[{index}]", Message("gltf.meshopt", extension=named(extension)))
        data = self._buffer(view.buffer, f"bufferViews[{index}].buffer")
        end = view.byte_offset + view.byte_length
        if end > len(data):
            raise self.error(f"bufferViews[{index}]", Message("gltf.view-past-end", size=len(data)), got=end)
        return data[view.byte_offset : end], view.byte_stride

    def resource(self, uri: str, where: str) -> bytes:
        """The bytes behind a data URI or a relative path."""
        if uri.startswith("data:"):
            head, comma, payload = uri.partition(",")
            if not comma or not head.endswith(";base64"):
                raise self.error(where, Message("gltf.data-uri-not-base64"), got=head[:60])
            try:
                return base64.b64decode(payload, validate=True)
            except binascii.Error as error:
                raise self.error(where, Message("gltf.data-uri-damaged"), got=error) from error
        folder = self.path.resolve().parent
        try:
            path = (folder / unquote(uri)).resolve()
        except (OSError, ValueError) as error:  # a null character, a loop of links
            raise self.error(where, Message("gltf.path-unusable"), got=repr(uri)) from error
        if "://" in uri or not path.is_relative_to(folder):
            raise self.error(where, Message("gltf.path-escapes"), got=uri)
        return self._read(path, where)

    def _read(self, path: Path, where: str) -> bytes:
        try:
            size = path.stat().st_size
            if size > MAX_FILE_BYTES:
                raise PackError(
                    Message("gltf.file-too-large", name=path.name, max_file_bytes=MAX_FILE_BYTES),
                    file=self.path,
                    key=where,
                    got=str(size),
                )
            return path.read_bytes()
        except OSError as error:
            raise PackError(
                Message("gltf.file-unreadable", name=path.name),
                file=self.path,
                key=where,
                got=error.strerror or type(error).__name__,
            ) from error

    def _chunks(self, data: bytes) -> bytes:
        """Take a GLB apart; returns the JSON."""
        if len(data) < 20:
            raise self.error("", Message("gltf.glb-header-cut"), got=len(data))
        version, length = struct.unpack_from("<II", data, 4)
        if version != 2:
            raise self.error("", Message("gltf.glb-version"), got=version)
        if length > len(data):
            raise self.error("", Message("gltf.glb-cut", length=length), got=len(data))
        chunks: list[tuple[int, bytes]] = []
        at = 12
        while at + 8 <= length:
            size, kind = struct.unpack_from("<II", data, at)
            if at + 8 + size > length:
                raise self.error("", Message("gltf.chunk-past-end"), expected=str(length), got=at + 8 + size)
            chunks.append((kind, data[at + 8 : at + 8 + size]))
            at += 8 + size
        if not chunks or chunks[0][0] != _JSON_CHUNK:
            raise self.error("", Message("gltf.first-chunk-not-json"))
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
                Message(
                    "gltf.extension-required",
                    extensions=sentence("list.and").join(str(named(extension)) for extension in unknown),
                    known=", ".join(SUPPORTED_EXTENSIONS),
                ),
                got=", ".join(unknown),
            )

    def _validated(self, model: type[HeadOrDocument], text: bytes) -> HeadOrDocument:
        try:
            return model.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"]).lstrip(".")
            got = repr(first["input"])
            shown = got if len(got) <= 80 else got[:77] + "..."
            raise self.error(
                where, Message("gltf.not-gltf-2"), expected=_expectation(first), got=shown
            ) from error

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
            raise self.error(place, Message("gltf.buffer-without-source"))
        if len(data) < buffer.byte_length:
            raise self.error(
                f"{place}.byteLength",
                Message("gltf.buffer-too-short"),
                expected=str(buffer.byte_length),
                got=len(data),
            )
        self._buffers[index] = data[: buffer.byte_length]
        return self._buffers[index]


HeadOrDocument = TypeVar("HeadOrDocument", bound=Head)


def _expectation(error: ErrorDetails) -> Text:
    """What the standard asks for at a place, as what follows "expected"; pydantic's words for rare kinds."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in _BOUNDS:
        message, name = _BOUNDS[kind]
        return Message(message, bound=f"{context[name]:g}")
    own = context.get("error")
    if isinstance(own, TableError):
        return own.message
    return str(context["expected"]) if kind == "literal_error" else error["msg"]

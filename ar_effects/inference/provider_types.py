"""What networks can run on, and the record of which was taken."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ar_effects.errors import ProviderError
from ar_effects.messages import Message, Text
from ar_effects.plugins import Registry
from ar_effects.reasons import ProviderErrorReason

if TYPE_CHECKING:
    from ar_effects.inference.manifest import NetworkEntry

Device = str
"""What networks run on: "tensorrt", "cuda", "cpu", or the name of a plug-in's provider."""
ProviderName = str
"""A device, or "auto"."""

OWN_NAMES = ("auto", "tensorrt", "cuda", "cpu")

TENSORRT = "TensorrtExecutionProvider"
CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"


def _no_options(_: NetworkEntry) -> Mapping[str, str]:
    return {}


def _runs_anywhere() -> None:
    """Nothing to check."""


@dataclass(frozen=True, slots=True)
class ExecutionProvider:
    """A device that another package adds, by an entry point of the group ``ar_effects.providers``.

    It is taken where somebody asks for it by its name, once ONNX Runtime has run the landmark network on it
    and gave the landmarks that the CPU gives. What it cannot do the CPU does.

    Attributes:
        ort_name: ONNX Runtime's name, such as "OpenVINOExecutionProvider".
        label: as sentences call it.
        options: for ONNX Runtime, given what the manifest says of the network.
        check: raises where it cannot run on this machine, saying why. It may load what ONNX Runtime needs.
    """

    ort_name: str
    label: str
    options: Callable[[NetworkEntry], Mapping[str, str]] = _no_options
    check: Callable[[], None] = _runs_anywhere


def _check_provider(name: str, thing: object) -> None:
    if not isinstance(thing, ExecutionProvider):
        raise TypeError(Message("plugin.no-provider", name=name, kind=type(thing).__name__))


PROVIDERS: Registry[ExecutionProvider] = Registry("providers", check=_check_provider, reserved=OWN_NAMES)
"""Those of plug-ins by name; ours need more than a name and options."""


class _Labels(dict[str, str]):
    """Ours, and those of plug-ins, which are looked for when somebody asks."""

    def __missing__(self, name: str) -> str:
        return PROVIDERS[name].label

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in PROVIDERS


LABELS: Mapping[Device, str] = _Labels({"tensorrt": "TensorRT", "cuda": "CUDA", "cpu": "the CPU"})
"""As sentences call them."""

_ORT_NAMES: dict[Device, list[str]] = {
    "tensorrt": [TENSORRT, CUDA, CPU],  # what one cannot do, the next does
    "cuda": [CUDA, CPU],
    "cpu": [CPU],
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a device cannot run.

    Attributes:
        message: what is wrong, as a clause that may follow "because", and what to do, as a clause, too:
            "run `pip install ...`".
        given_fix: what to do, where the message does not say.
        reason: in kind.
    """

    message: Text
    given_fix: Text = ""
    reason: ProviderErrorReason = ProviderErrorReason.FAILED

    @property
    def what(self) -> str:
        """What is wrong, as a clause."""
        return str(self.message)

    @property
    def fix(self) -> str:
        """What to do, as a clause."""
        if isinstance(self.message, Message) and not self.given_fix:
            return self.message.fix
        return str(self.given_fix)

    @property
    def advice(self) -> str:
        """The fix as the beginning of a sentence."""
        return self.fix[:1].upper() + self.fix[1:]

    def error(self, device: Device) -> ProviderError:
        """To be raised where the device was asked for by name."""
        return ProviderError(Message("provider.failed", problem=self), device=device, reason=self.reason)


@dataclass(slots=True, eq=False)
class Provider:
    """The provider taken; the networks made with it share it.

    Attributes:
        name: what the networks run on now.
        why: for the person: which runs, why, and what would change it.
        may_fall_back: nobody asked for it by name, so that a device that fails while it runs gives way to
            the CPU; otherwise that is an error.
        float16: the networks' bodies run in float16.
        graphs: CUDA records a network's work once and replays it.
    """

    name: Device
    why: Text = ""
    may_fall_back: bool = False
    float16: bool = False
    graphs: bool = True

    @property
    def reason(self) -> str:
        """``why`` as one sentence."""
        return str(self.why)

    @property
    def ort_names(self) -> list[str]:
        """ONNX Runtime's names, the preferred one first."""
        return _ORT_NAMES.get(self.name) or list(dict.fromkeys([PROVIDERS[self.name].ort_name, CPU]))

    def fall_back(self, what: Text) -> None:
        """Run on the CPU from now on, and say so, once.

        Args:
            what: what went wrong, as a sentence's second half: "CUDA ran out of memory".
        """
        if self.name == "cpu":
            return
        self.name = "cpu"
        self.why = Message("provider.fell-back-to-cpu", what=what)
        # Without a handler of the application's own, Python prints a warning's text to stderr and no more.
        logging.getLogger(__name__).warning(self.reason)

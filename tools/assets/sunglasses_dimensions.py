"""Every size of the sunglasses in one place, to be tuned when the fit is seen on faces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Every size of the pair in millimetres and degrees; tune the fit here."""

    # Lens openings
    lens_width: float = 50.0
    lens_height: float = 42.0
    bridge_width: float = 20.0  # between the two openings
    lens_power: float = 2.9  # superellipse exponent: 2 an ellipse, more is squarer
    lens_flare: float = 0.13  # wider at the top, narrower at the bottom
    lens_upsweep: float = 2.4  # the upper outer corner is lifted by about this
    lens_radius: float = 88.0  # 6 dioptre base curve
    lens_in_groove: float = 0.9
    # Front
    rim_top: float = 5.5
    rim_bottom: float = 4.5
    rim_nasal: float = 3.6
    rim_temporal: float = 4.9
    bridge_blend: float = 9.0  # fillets: how far shapes flow into each other
    end_blend: float = 8.0
    thickness: float = 4.0
    bridge_bottom: float = 10.0
    bridge_top: float = 20.4
    keyhole_radius: float = 5.6
    keyhole_height: float = 6.6
    end_corners: tuple[tuple[float, float], ...] = ((50.0, 6.5), (70.2, 12.6), (71.5, 21.6), (14.0, 17.0))
    end_radius: float = 2.8
    # Rounded edge: (inset, drop) of the outer front, outer back and of the lens openings
    edge_front: tuple[float, float] = (2.2, 1.4)
    edge_back: tuple[float, float] = (1.1, 1.1)
    edge_lens: tuple[float, float] = (0.8, 0.7)
    # Moulded nose pads
    pad_depth: float = 4.6
    pad_centre: tuple[float, float] = (8.2, -3.5)
    pad_size: tuple[float, float] = (3.8, 7.0)
    pad_lean: float = 0.5  # outward for each millimetre back
    # Bend and place
    wrap_depth: float = 9.5  # how far the bend alone sets the outer ends back
    end_sweep: float = 2.0  # further, the end pieces only
    end_sweep_from: float = 58.0
    tilt_deg: float = 8.0
    lens_centre: tuple[float, float] = (-2.0, 18.5)  # y and z of the lens surface there
    # Temples: where they meet the back of the front (u, v), then the centre line (x, y, z);
    # height and thickness at each of these points
    temple_start: tuple[float, float] = (71.4, 16.6)
    temple_path: tuple[tuple[float, float, float], ...] = (
        (73.0, 12.3, -11.0),
        (76.0, 9.8, -28.0),
        (77.0, 7.6, -45.0),
        (76.4, 5.2, -68.0),
        (74.2, 2.8, -90.0),
        (72.8, -1.4, -100.5),
        (69.0, -10.0, -106.0),
        (61.0, -23.5, -109.5),
    )
    temple_height: tuple[float, ...] = (11.0, 10.0, 8.2, 7.0, 6.2, 6.0, 6.2, 6.9, 7.0)
    temple_thickness: tuple[float, ...] = (4.0, 4.0, 3.8, 3.6, 3.5, 3.5, 3.5, 3.4, 3.2)
    temple_overlap: float = 0.4  # sunk into the end piece
    temple_round_front: float = 0.5
    temple_round_tip: float = 3.4
    temple_power: float = 4.0
    # Metal
    rivet_radius: float = 0.95
    rivet_rise: float = 0.35
    rivets_front: tuple[tuple[float, float], ...] = ((65.2, 17.0), (68.6, 16.8))
    rivets_temple: tuple[float, ...] = (5.5, 8.7)  # along the temple
    hinge_radius: float = 1.25
    hinge_barrel: float = 2.1

    @property
    def lens_u(self) -> float:
        """The centre of the viewer's right opening."""
        return (self.bridge_width + self.lens_width) / 2

    @property
    def bend_radius(self) -> float:
        """Radius of the cylinder the front lies on."""
        half = self.end_corners[2][0] + self.end_radius
        return (half**2 + self.wrap_depth**2) / (2 * self.wrap_depth)

"""Line icons drawn for this console, 16 × 16; each state has a shape of its own so that colour is never alone."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

SHAPES: dict[str, str] = {
    # states
    "permit": '<circle cx="8" cy="8" r="6.2"/><path d="m5.2 8.2 2 2 3.8-4.2"/>',
    "refer": '<path d="M8 1.6 14.4 8 8 14.4 1.6 8Z"/><path d="M8 5v3.4M8 10.8v.1"/>',
    "deny": '<path d="M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4Z"/><path d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4"/>',
    "warning": '<path d="M8 2 14.5 13.6h-13Z"/><path d="M8 6.4v3.2M8 11.6v.1"/>',
    "unknown": '<circle cx="8" cy="8" r="6.2" stroke-dasharray="2.6 2"/>'
               '<path d="M6.3 6.4a1.8 1.8 0 1 1 2.4 1.7c-.5.2-.7.5-.7 1M8 11.4v.1"/>',
    "waiting": '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.6V8l2.4 1.6"/>',
    "running": '<path d="M13.8 8A5.8 5.8 0 1 1 8 2.2"/><path d="M8 .8 10 2.4 8 4"/>',
    "ended": '<circle cx="8" cy="8" r="6.2"/><path d="M5 8h6"/>',
    "dot": '<circle cx="8" cy="8" r="3"/>',
    # things
    "home": '<path d="m2 7.4 6-5 6 5V14H9.8v-4H6.2v4H2Z"/>',
    "cases": '<path d="M2 4.4h4.4l1.4 1.6H14v7.6H2Z"/><path d="M4.6 9h6.8"/>',
    "evidence": '<path d="M2.4 5h11.2v9H2.4ZM5.4 5V3.6A1.6 1.6 0 0 1 7 2h2a1.6 1.6 0 0 1 1.6 1.6V5"/>'
                '<circle cx="8" cy="9.4" r="1.8"/>',
    "measures": '<path d="m9.4 2.4 4.2 4.2M11.5 4.5 6 10M7.6 3.6l4.8 4.8M2 14l4-4"/><path d="M8 14h6"/>',
    "appeals": '<path d="M8 2v12M4 14h8M3 4.4h10M3 4.4 1.4 9h3.2ZM13 4.4 11.4 9h3.2Z"/>',
    "orders": '<path d="M2 8h8M7 4.6 10.4 8 7 11.4"/><path d="M10 2.6h4v10.8h-4"/>',
    "letter": '<path d="M2 3.6h12v8.8H2zM2.4 4l5.6 4.6L13.6 4"/>',
    "gate": '<path d="M2 14V4.6L8 2l6 2.6V14M5.4 14V7.4h5.2V14M8 7.4V14"/>',
    "sweep": '<path d="M2 3h8M2 6.5h6M2 10h4"/><circle cx="10.6" cy="9.6" r="3"/><path d="m12.8 11.8 2 2"/>',
    "registers": '<path d="M3 2h8.6L13 3.4V14H3ZM5.4 5.4h5.2M5.4 8h5.2M5.4 10.6h3"/>',
    "changes": '<path d="M3 5h9M9.6 2.4 12.2 5 9.6 7.6M13 11H4M6.4 8.4 3.8 11l2.6 2.6"/>',
    "journal": '<path d="M3 2h10v12H3ZM6 2v12M8.4 5.4h2.4M8.4 8h2.4"/>',
    "people": '<circle cx="6" cy="5" r="2.4"/><path d="M1.6 13.4c0-2.6 1.9-4.2 4.4-4.2s4.4 1.6 4.4 4.2'
              'M10.4 2.8a2.3 2.3 0 0 1 0 4.4M12 9.6c1.5.6 2.4 2 2.4 3.8"/>',
    "person": '<circle cx="8" cy="5.2" r="2.8"/><path d="M2.6 14c0-3 2.4-4.8 5.4-4.8s5.4 1.8 5.4 4.8"/>',
    "import": '<path d="M8 2v7.6M4.8 6.6 8 9.8l3.2-3.2M2.4 13.6h11.2"/>',
    "menu": '<path d="M2.4 4h11.2M2.4 8h11.2M2.4 12h11.2"/>',
    "down": '<path d="m4 6.4 4 4 4-4"/>',
    "older": '<path d="m6 3.6 4.4 4.4L6 12.4"/>',
    "newer": '<path d="M10 3.6 5.6 8l4.4 4.4"/>',
    "search": '<circle cx="7" cy="7" r="4.6"/><path d="m10.4 10.4 3.6 3.6"/>',
    "clear": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "standing": '<path d="M2 13.6h12M3.6 13.4V9M8 13.4V3M12.4 13.4V6.6"/>',
    "mark": '<path d="M3 3.4h10v9.2H3Z"/><path d="m5.6 8 1.8 1.8L11 6"/>',
}


def icon(name: str) -> SafeString:
    """The SVG of an icon, hidden from screen readers: a word always stands beside it. Raises ``KeyError``."""
    return mark_safe(f'<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{SHAPES[name]}</svg>')  # noqa: S308 (constants above)

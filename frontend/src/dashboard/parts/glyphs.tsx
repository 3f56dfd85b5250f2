/** Small drawings, 16 × 16, in the colour of the text around them. They are never the only sign. */

const PATHS = {
  queued: "M8 3.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9",
  running: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5M8 8h.01",
  waiting: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M8 5v3.2l2 1.3",
  retrying: "M12.6 8a4.6 4.6 0 1 1-1.4-3.3M12.8 2.2v3h-3",
  held: "M5.8 4v8M10.2 4v8",
  done: "M3.5 8.5l3 3L12.5 5",
  skipped: "M4 8h8",
  failed: "M4.3 4.3l7.4 7.4M11.7 4.3l-7.4 7.4",
  undoing: "M6 3.5L3 6.5l3 3M3.5 6.5h6a3.2 3.2 0 0 1 0 6.4H7.5",
  cancelled: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M4.2 11.8l7.6-7.6",
  dead: "M8 2.5c-3 0-4.8 2-4.8 4.6c0 1.7.8 2.6 1.6 3.2v2.2h6.4v-2.2c.8-.6 1.6-1.5 1.6-3.2C12.8 4.5 11 2.5 8 2.5M6 7.2h.01M10 7.2h.01M8 12.4v-1.6",
  copy: "M6 5.5h6.5v7.5H6zM3.5 10.5V3h6.5",
  chevron: "M4.5 6.5L8 10l3.5-3.5",
  right: "M6.5 4.5L10 8l-3.5 3.5",
  close: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  bell: "M8 2.5c-2.3 0-3.6 1.6-3.6 3.8c0 3-1.4 3.6-1.4 4.6h10c0-1-1.4-1.6-1.4-4.6c0-2.2-1.3-3.8-3.6-3.8M6.7 13.2a1.4 1.4 0 0 0 2.6 0",
  search: "M7 3a4 4 0 1 1 0 8a4 4 0 0 1 0-8M10 10l3.2 3.2",
  look: "M8 2.5a5.5 5.5 0 1 1 0 11zM8 2.5a5.5 5.5 0 1 0 0 11",
  up: "M8 12.5v-9M4.5 7L8 3.5L11.5 7",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  warning: "M8 2.8l5.7 10H2.3zM8 6.5v3M8 11.2h.01",
  lock: "M4.5 7.5h7v5.5h-7zM5.8 7.5V5.6a2.2 2.2 0 0 1 4.4 0v1.9",
  columns: "M3 3.5h10v9H3zM6.5 3.5v9M10 3.5v9",
  floor: "M2.5 5h3v6h-3zM6.5 3h3v10h-3zM10.5 6.5h3v3h-3z",
  runs: "M3 4.5h.01M3 8h.01M3 11.5h.01M6 4.5h7M6 8h7M6 11.5h7",
  events: "M8.5 2L4 9h3.5L7 14l5-7.5H8.5z",
  replays: "M3 8a5 5 0 1 0 1.5-3.5M4.3 2v2.8h2.8",
  definitions: "M4.5 2.5h5l2.5 2.5v8.5h-7.5zM6.5 8h3.5M6.5 10.5h3.5",
  stations: "M3 13V6l3.3 2V6l3.4 2V3H13v10z",
  workers: "M3 4h10v6H3zM6 13h4M8 10v3",
  approvals: "M3.5 3h9v10h-9zM5.8 8l1.6 1.6L10.4 6.4",
  schedules: "M3 4h10v9H3zM3 7h10M5.5 2.5V4.5M10.5 2.5V4.5",
  audit: "M8 2.5l4.8 1.8v3.4c0 3-2 5-4.8 6c-2.8-1-4.8-3-4.8-6V4.3z",
} as const;

export type Glyph = keyof typeof PATHS;

export function Icon({ of, size = 16 }: { of: Glyph; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path d={PATHS[of]} />
    </svg>
  );
}

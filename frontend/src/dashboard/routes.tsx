/**
 * The screens, each with its address below the dashboard's own, and the module that draws it.
 *
 * A screen is loaded when it is first opened; until it is there, the one before stays.
 */

import type { Glyph } from "./parts/glyphs";
import type { Screen } from "./screen";

export interface Route {
  /** Below the dashboard's own: `runs/:id`; empty = the floor. */
  readonly path: string;
  readonly title: string;
  readonly load: () => Promise<Screen>;
}

export const ROUTES: readonly Route[] = [
  {
    path: "",
    title: "Floor",
    load: async () => (await import("./pages/floor")).FloorScreen,
  },
  {
    path: "runs",
    title: "Runs",
    load: async () => (await import("./pages/runs")).RunsScreen,
  },
  {
    path: "runs/:id",
    title: "Run",
    load: async () => (await import("./pages/run")).RunScreen,
  },
  {
    path: "stations",
    title: "Stations",
    load: async () => (await import("./pages/stations")).StationsScreen,
  },
  {
    path: "workers",
    title: "Workers",
    load: async () => (await import("./pages/workers")).WorkersScreen,
  },
  {
    path: "events",
    title: "Events",
    load: async () => (await import("./pages/events")).EventsScreen,
  },
  {
    path: "events/:id",
    title: "Event",
    load: async () => (await import("./pages/event")).EventScreen,
  },
  {
    path: "event-types",
    title: "Event types",
    load: async () => (await import("./pages/event-types")).EventTypesScreen,
  },
  {
    path: "event-types/:type",
    title: "Event type",
    load: async () => (await import("./pages/event-type")).EventTypeScreen,
  },
  {
    path: "schedules",
    title: "Schedules",
    load: async () => (await import("./pages/schedules")).SchedulesScreen,
  },
  {
    path: "sandbox",
    title: "Sandbox",
    load: async () => (await import("./pages/sandbox")).SandboxScreen,
  },
  {
    path: "definitions",
    title: "Definitions",
    load: async () => (await import("./pages/definitions")).DefinitionsScreen,
  },
  {
    path: "definitions/:name",
    title: "Definition",
    load: async () => (await import("./pages/definition")).DefinitionScreen,
  },
  {
    path: "dead",
    title: "Dead letters",
    load: async () => (await import("./pages/dead")).DeadScreen,
  },
  {
    path: "dead/letters/:id",
    title: "Dead letter",
    load: async () => (await import("./pages/letter")).LetterScreen,
  },
  {
    path: "dead/:id",
    title: "Cause",
    load: async () => (await import("./pages/group")).GroupScreen,
  },
  {
    path: "replays",
    title: "Replays",
    load: async () => (await import("./pages/replays")).ReplaysScreen,
  },
  {
    path: "replays/new",
    title: "Replay",
    load: async () => (await import("./pages/replay-new")).ReplayNewScreen,
  },
  {
    path: "replays/:id",
    title: "Replay",
    load: async () => (await import("./pages/replay")).ReplayScreen,
  },
  {
    path: "approvals",
    title: "Approvals",
    load: async () => (await import("./pages/approvals")).ApprovalsScreen,
  },
  {
    path: "notifications",
    title: "Notifications",
    load: async () => (await import("./pages/notifications")).NotificationsScreen,
  },
  {
    path: "audit",
    title: "Audit",
    load: async () => (await import("./pages/audit")).AuditScreen,
  },
];

/** Screens that belong to a place of another name. */
export const BELOW: Readonly<Record<string, string>> = {
  "event-types": "events",
  sandbox: "definitions",
};

/** One entry of the navigation. */
export interface Place {
  readonly path: string;
  readonly title: string;
  readonly icon: Glyph;
  /** After `g`. */
  readonly key: string;
  /** What one needs to see anything there; empty = to be signed in. */
  readonly permission: string;
}

/** All places that there are to be; shown are those that have a route, and are permitted. */
export const PLACES: readonly Place[] = [
  { path: "", title: "Floor", icon: "floor", key: "f", permission: "view_run" },
  { path: "runs", title: "Runs", icon: "runs", key: "r", permission: "view_run" },
  { path: "events", title: "Events", icon: "events", key: "e", permission: "view_eventrecord" },
  { path: "dead", title: "Dead letters", icon: "dead", key: "d", permission: "view_dead_letter" },
  { path: "replays", title: "Replays", icon: "replays", key: "p", permission: "" },
  { path: "approvals", title: "Approvals", icon: "approvals", key: "a", permission: "view_run" },
  {
    path: "definitions",
    title: "Definitions",
    icon: "definitions",
    key: "n",
    permission: "view_workflowrecord",
  },
  {
    path: "schedules",
    title: "Schedules",
    icon: "schedules",
    key: "s",
    permission: "view_workflowrecord",
  },
  {
    path: "stations",
    title: "Stations",
    icon: "stations",
    key: "t",
    permission: "view_workerrecord",
  },
  { path: "workers", title: "Workers", icon: "workers", key: "w", permission: "view_workerrecord" },
  { path: "audit", title: "Audit", icon: "audit", key: "u", permission: "view_auditrecord" },
  { path: "notifications", title: "Notifications", icon: "bell", key: "i", permission: "" },
];

/** Names that the project has, for who may see them: what a filter is completed with. */

import { may } from "../state/page";
import { api, got } from "./ask";
import { useAsked } from "./use";

const LIMIT = 200;

/** Of its workflows. */
export function useWorkflows(): readonly string[] {
  const asked = useAsked(
    "workflows",
    (signal) => got(api.GET("/workflows", { params: { query: { limit: LIMIT } }, signal })),
    { isOn: may("view_workflowrecord") },
  );
  return asked.value?.items.map(({ name }) => name) ?? [];
}

/** Of the types of its events. */
export function useEventTypes(): readonly string[] {
  const asked = useAsked(
    "event types",
    (signal) => got(api.GET("/event-types", { params: { query: {} }, signal })),
    { isOn: may("view_eventrecord") },
  );
  return asked.value?.items.map(({ type }) => type) ?? [];
}

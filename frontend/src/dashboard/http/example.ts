/** How one begins in this very project: an event of its own that starts something, as Python. */

import { type Fields, isFields } from "../../client/fields";
import { may } from "../state/page";
import { api, got } from "./ask";
import { useAsked } from "./use";

/** Where nobody has said what there is. */
const USUAL = { type: "order.placed", data: '{"order_id": 17}' };
const LIMIT = 200;

/** Lines of Python that emit an event which starts a workflow here; undefined until it is known which. */
export function useExample(isOn: boolean): string | undefined {
  const asked = useAsked("example", example, { isOn: isOn && may("view_eventrecord") });
  if (asked.isAsking && !asked.value) return undefined;
  const { type, data } = asked.value ?? USUAL;
  return `from flowengine import emit\n\nemit("${type}", ${data})`;
}

async function example(signal: AbortSignal): Promise<typeof USUAL> {
  const query = { limit: LIMIT };
  const { items } = await got(api.GET("/event-types", { params: { query }, signal }));
  const [own] = items.filter(
    ({ type, starts }) => starts.length > 0 && !type.startsWith("flowengine."),
  );
  if (!own) return USUAL;
  const { type } = own;
  const told = await got(api.GET("/event-types/{type}", { params: { path: { type } }, signal }));
  return { type, data: dataOf(told.data_schema) };
}

/** A value that fits a schema, as Python writes it: what must be there, with something of its type. */
export function dataOf(schema: unknown): string {
  if (!isFields(schema)) return "{}";
  const given = schema["enum"];
  if (Array.isArray(given)) return literal(given[0]);
  switch (schema["type"]) {
    case "string":
      return literal(schema["default"] ?? "…");
    case "integer":
      return literal(schema["default"] ?? schema["minimum"] ?? 17);
    case "number":
      return literal(schema["default"] ?? schema["minimum"] ?? 9.5);
    case "boolean":
      return literal(schema["default"] ?? true);
    case "array":
      return "[]";
    case "null":
      return "None";
    default:
      return mapping(schema);
  }
}

function mapping(schema: Fields): string {
  const properties = isFields(schema["properties"]) ? schema["properties"] : {};
  const required: unknown = schema["required"];
  const names = Array.isArray(required) ? required.filter((name) => name in properties) : [];
  return `{${names.map((name) => `"${name}": ${dataOf(properties[name])}`).join(", ")}}`;
}

function literal(value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null || value === undefined ? "None" : JSON.stringify(value);
}

/** What a page does, beside looking on: each act is one POST. */

import { checked, type Fields, isFields } from "./fields";
import { FlowError, type FlowErrorCode } from "./live";

/** What can be told in JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

const CODES: Readonly<Record<number, FlowErrorCode>> = {
  400: "protocol",
  401: "auth",
  403: "forbidden",
  404: "gone",
  429: "rate",
};

/** Starts a workflow; the same key starts it once. */
export async function start(
  base: string,
  workflow: string,
  input: Json,
  { idempotencyKey = crypto.randomUUID() }: { idempotencyKey?: string } = {},
): Promise<{ run: string }> {
  const path = `../start/${encodeURIComponent(workflow)}`;
  const { run } = await post(base, path, input, idempotencyKey);
  return { run: String(run) };
}

/** What is to know of the answer to an act: the server is that far. */
interface Reached {
  reached(epoch: string, offset: number): void;
}

/** An act on an inbox; gives what takes it back. */
export async function act(
  base: string,
  name: string,
  body: object,
  topic: Reached,
): Promise<() => Promise<void>> {
  const { e, o, undo } = await post(base, `../inbox/${name}`, body);
  // As a heartbeat says it: what has not come yet is asked for, what came is not undone.
  if (typeof e === "string" && typeof o === "number") topic.reached(e, o);
  return async () => {
    if (typeof undo === "string") await act(base, "undo", { undo }, topic);
  };
}

/** The answer of `path`, as seen from the socket at `base`. Rejects with `FlowError`. */
export async function post(
  base: string,
  path: string,
  body: object | Json,
  key = "",
): Promise<Fields> {
  let status = 0;
  try {
    const response = await fetch(new URL(path, base), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-csrftoken": csrfToken(),
        ...(key && { "idempotency-key": key }),
      },
      body: JSON.stringify(body),
      credentials: "same-origin",
    });
    status = response.status;
    if (response.ok) return checked(await response.json(), isFields);
  } catch (error) {
    throw new FlowError("network", String(error));
  }
  throw new FlowError(CODES[status] ?? "network", String(status));
}

function csrfToken(): string {
  return (
    document.querySelector('meta[name="flow-csrf"]')?.getAttribute("content") ??
    /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ??
    ""
  );
}

/** Frames as the server writes them, saying only what matters to a test. */

export const RUN = "01930000-0000-5000-8000-00000000000a";
export const TOPIC = `run:${RUN}`;

export function step(id: string, state = "pending", fields: object = {}): object {
  return {
    id,
    title: id,
    state,
    attempt: 0,
    tries: 0,
    tries_max: 3,
    due_at: null,
    progress: null,
    note: "",
    weight: 1,
    started_at: null,
    finished_at: null,
    ...fields,
  };
}

export function view(fields: object = {}): object {
  return {
    id: RUN,
    workflow: "order",
    title: "Order 42",
    state: "running",
    percent: 0,
    steps: [step("reserve", "running"), step("ship")],
    message: null,
    created_at: "2026-03-02T12:00:00.000Z",
    started_at: "2026-03-02T12:00:00.000Z",
    finished_at: null,
    ...fields,
  };
}

export function snapshot(o: number, fields: object = {}, e = "7f3"): object {
  return { t: "snap", c: TOPIC, e, o, s: view(fields) };
}

/** Each change is given its number: the last one is `o`. */
export function changes(f: number, o: number, d: object[] = [], e = "7f3"): object {
  const numbered = d.map((change, index) => ({
    n: o - d.length + 1 + index,
    at: "2026-03-02T12:00:01.000Z",
    ...change,
  }));
  return { t: "pub", c: TOPIC, e, f, o, d: numbered };
}

export function heartbeat(head: [string, number] | null | undefined): object {
  return { t: "hb", ts: 0, h: head === undefined ? {} : { [TOPIC]: head } };
}

export function succeeded(id: string): object {
  return { t: "step.succeeded", step: id, attempt: 1 };
}

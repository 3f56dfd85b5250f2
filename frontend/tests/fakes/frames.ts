/** Frames as the server writes them, saying only what matters to a test. */

export const RUN = "01930000-0000-5000-8000-00000000000a";
export const CHILD = "01930000-0000-5000-8000-00000000000c";
export const TOPIC = `run:${RUN}`;

export function step(id: string, state = "pending", fields: object = {}): object {
  return {
    id,
    kind: "task",
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

/** A loop: its counts, and the items that are told. */
export function loop(id: string, counts: object, items: object[] = [], state = "running"): object {
  const all = { total: 0, begun: 0, done: 0, failed: 0, ...counts };
  return step(id, state, { kind: "for_each", counts: all, items });
}

export function item(index: number, state = "running", fields: object = {}): object {
  return {
    index,
    title: "",
    state,
    progress: null,
    note: "",
    tries: 0,
    due_at: null,
    child: null,
    ...fields,
  };
}

/** A block of branches. */
export function parallel(id: string, state: string, ...branches: object[]): object {
  const lines = branches.map((branch, index) => ({ role: "branch", index, steps: [branch] }));
  return step(id, state, { kind: "parallel", lines });
}

export function line(role: string, ...steps: object[]): object {
  return { role, index: 0, steps };
}

function runPart(fields: object): object {
  return {
    id: RUN,
    workflow: "order",
    title: "Order 42",
    state: "running",
    percent: 0,
    note: "",
    created_at: "2026-03-02T12:00:00.000Z",
    started_at: "2026-03-02T12:00:00.000Z",
    finished_at: null,
    ...fields,
  };
}

export function view(fields: object = {}): object {
  return runPart({ steps: [step("reserve", "running"), step("ship")], ...fields });
}

export function snapshot(o: number, fields: object = {}, e = "7f3"): object {
  return { t: "snap", c: TOPIC, e, o, s: view(fields) };
}

export function changes(f: number, o: number, d: object[] = [], e = "7f3"): object {
  return { t: "pub", c: TOPIC, e, f, o, d };
}

export function told(id: string, state: string, fields: object = {}): object {
  return { t: "step", ...step(id, state, fields) };
}

export function succeeded(id: string): object {
  return told(id, "succeeded");
}

/** The entry of the run itself. */
export function run(state: string, fields: object = {}): object {
  return { t: "run", ...runPart({ state, ...fields }) };
}

export function heartbeat(head: [string, number] | null | undefined): object {
  return { t: "hb", ts: 0, h: head === undefined ? {} : { [TOPIC]: head } };
}

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useTriage } from "../../src/dashboard/pages/dead/acts";
import { AsOf } from "../../src/dashboard/parts/panel";
import { now, skewMs } from "../../src/dashboard/state/link";
import { clock, zone } from "../../src/dashboard/state/time";

const HOUR_MS = 3_600_000;
/** This computer's clock is two hours slow. */
const SKEW_MS = 2 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

const root = document.createElement("div");

afterEach(() => {
  act(() => render(null, root));
  skewMs.value = 0;
  now.value = Date.now();
  vi.unstubAllGlobals();
});

const show = (part: preact.ComponentChild) => act(() => render(part, root));

describe("where the clock of this computer is wrong", () => {
  it("what is old is as old as the server's clock says", async () => {
    skewMs.value = SKEW_MS;
    now.value = Date.now() + SKEW_MS;
    const at = Date.now() - 1_000;

    await show(<AsOf of={{ isLive: false, asOf: at }} />);

    expect(root.textContent).toBe(`as of ${clock(at + SKEW_MS, now.value, zone.value)}`);
  });

  it("a cause that is snoozed for a day sleeps for a day", async () => {
    skewMs.value = SKEW_MS;
    const asked: Request[] = [];
    vi.stubGlobal("fetch", async (request: Request) => {
      asked.push(request);
      return Response.json({ id: "g1" });
    });
    let snooze: (() => Promise<string>) | undefined;
    function Triage() {
      const acts = useTriage(
        { id: "g1", owner: "", state: "new", open_count: 1 },
        { onDone: () => {} },
      );
      const found = acts.find(({ label }) => label === "Snooze…");
      const given = { reason: "later", key: "k", once: (make: () => Promise<string>) => make() };
      snooze = () => found?.run(given) ?? Promise.resolve("");
      return null;
    }
    await show(<Triage />);

    await snooze?.();

    const { until } = (await asked[0]?.json()) ?? {};
    const wanted = Date.now() + SKEW_MS + DAY_MS;
    expect(Math.abs(Date.parse(until) - wanted)).toBeLessThan(HOUR_MS);
  });
});

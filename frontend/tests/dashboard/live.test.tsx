import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { environment } from "../../src/client/environment";
import { type Meta, Source, type Status } from "../../src/client/live";
import { NOWHERE } from "../../src/client/protocol";
import { useLive } from "../../src/dashboard/state/live";

class Told extends Source<number> {
  value = 0;
  status: Status = "live";
  readonly failure = null;

  get meta(): Meta {
    return { status: this.status, asOf: new Date(0), position: NOWHERE, stale: false };
  }

  tell(value: number): void {
    this.value = value;
    this.changed();
  }

  lose(): void {
    this.status = "offline";
    this.changed();
  }
}

let page: HTMLElement;
let told: Told;
let drawn: string[];

beforeEach(async () => {
  page = document.createElement("div");
  told = new Told(environment);
  drawn = [];
  await act(() => render(<Part />, page));
  drawn = [];
});

afterEach(() => {
  act(() => render(null, page));
});

function Part() {
  const { value, meta } = useLive(told);
  drawn.push(`${meta.status} ${value}`);
  return null;
}

const frame = () => new Promise(requestAnimationFrame);

describe("a part that follows a topic", () => {
  it("draws what comes within a tenth of a second together, and the last of it always", async () => {
    const begun = performance.now();

    for (let value = 1; value <= 30; value += 1) {
      told.tell(value);
      await frame();
    }
    await vi.waitFor(() => expect(drawn.at(-1)).toBe("live 30"));

    expect(drawn.length).toBeLessThanOrEqual(1 + (performance.now() - begun) / 100);
  });

  it("says at once that the link is lost", async () => {
    told.tell(1);
    await vi.waitFor(() => expect(drawn).toEqual(["live 1"]));

    await act(() => told.lose());

    expect(drawn).toEqual(["live 1", "offline 1"]);
  });
});

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useNewestBuild } from "../../src/dashboard/pages/floor/tv";
import { status } from "../../src/dashboard/state/link";

const MINUTE_MS = 60_000;

let root: HTMLElement;
/** The page as the server gives it now. */
let served: () => Promise<Response>;

function Wall({ isOn = true }: { isOn?: boolean }) {
  useNewestBuild(isOn);
  return null;
}

const pageOf = (build: string) => async () =>
  new Response(`<script type="application/json" id="flow-page">{"build":"${build}"}</script>`);

beforeEach(() => {
  vi.useFakeTimers();
  root = document.createElement("div");
  status.value = "live";
  served = pageOf("");
  vi.stubGlobal("fetch", () => served());
});

afterEach(() => {
  act(() => render(null, root));
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  status.value = "connecting";
});

const pass = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });

describe("a floor on the wall", () => {
  it("loads itself anew within a minute after another front end was put in place", async () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
    await act(() => render(<Wall />, root));
    await pass(2 * MINUTE_MS);
    expect(reload).not.toHaveBeenCalled();

    served = pageOf("another");
    await pass(MINUTE_MS);

    expect(reload).toHaveBeenCalledOnce();
  });

  it("stays as it is where nobody answers, or a proxy does", async () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
    await act(() => render(<Wall />, root));

    served = () => Promise.reject(new TypeError("Failed to fetch"));
    await pass(MINUTE_MS);
    served = async () => new Response("<h1>Bad Gateway</h1>", { status: 502 });
    await pass(MINUTE_MS);

    expect(reload).not.toHaveBeenCalled();
  });

  it("looks at once when the link is back, which a new front end has cut", async () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
    await act(() => render(<Wall />, root));
    await act(() => {
      status.value = "offline";
    });
    served = pageOf("another");

    await act(() => {
      status.value = "live";
    });
    await pass(0);

    expect(reload).toHaveBeenCalledOnce();
  });

  it("is the only one that does", async () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => {});
    served = pageOf("another");
    await act(() => render(<Wall isOn={false} />, root));

    await pass(2 * MINUTE_MS);

    expect(reload).not.toHaveBeenCalled();
  });
});

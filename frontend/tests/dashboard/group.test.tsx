import { render } from "preact";
import { act } from "preact/test-utils";
import { LocationProvider } from "preact-iso/router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GroupScreen } from "../../src/dashboard/pages/group";
import { shortcuts } from "../../src/dashboard/state/keys";

let root: HTMLElement;
/** What the user may do. */
const permitted = vi.hoisted(() => new Set<string>());
vi.mock("../../src/dashboard/state/page", async (original) => ({
  ...(await original<object>()),
  may: (permission: string) => permitted.has(permission),
}));

const GROUP = {
  ...{
    id: "g1",
    kind: "failed run",
    code: "FE421",
    error_type: "CardTimeout",
    place: "",
    step: "",
  },
  ...{ state: "acknowledged", owner: "", note: "", count: 1, open_count: 0, closed_count: 1 },
  ...{ state_at: "2026-03-02T14:00:00Z", first_at: "2026-03-02T14:00:00Z" },
  ...{ last_at: "2026-03-02T14:00:00Z", snoozed_until: null, split_by: null, title: "" },
  ...{ rate: [], affected: {}, common: [], sampled: 1, merged: [] },
};

beforeEach(() => {
  root = document.createElement("div");
  document.body.append(root);
  permitted.clear();
  vi.stubGlobal("fetch", async (request: Request) => {
    const isGroup = request.url.endsWith("/groups/g1");
    return Response.json(isGroup ? GROUP : { items: [], next: null });
  });
});

afterEach(() => {
  act(() => render(null, root));
  root.remove();
  vi.unstubAllGlobals();
});

async function open(): Promise<void> {
  const screen = (
    <LocationProvider>
      <GroupScreen params={{ id: "g1" }} />
    </LocationProvider>
  );
  await act(() => render(screen, root));
  await drawn("h1");
}

/** The moment at which it is drawn, before the browser's next frame: a quick hand's moment. */
function drawn(selector: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!root.querySelector(selector)) return;
      watch.disconnect();
      resolve();
    };
    const watch = new MutationObserver(look);
    watch.observe(root, { childList: true, subtree: true });
    look();
  });
}

const keyed = () => shortcuts.peek().map(({ keys }) => keys);
const press = (key: string) =>
  act(() =>
    shortcuts
      .peek()
      .find(({ keys }) => keys === key)
      ?.run(),
  );

describe("the keys of a cause", () => {
  it("are those of what one may do", async () => {
    await open();
    expect(keyed().filter((key) => /^[raonze]$/.test(key))).toEqual([]);

    permitted.add("triage_dead_letter");
    await act(() => render(null, root));
    await open();
    expect(keyed().filter((key) => /^[raonze]$/.test(key))).toEqual(["a", "o", "n", "z", "e"]);
  });

  it("say why something is not possible, as its button does", async () => {
    permitted.add("triage_dead_letter").add("replay");
    await open();

    await press("a");
    expect(root.querySelector("dialog")).toBeNull();
    expect(root.querySelector(".problem")?.textContent).toContain("Somebody has seen it.");

    await press("r");
    expect(root.querySelector(".problem")?.textContent).toContain("None of them is open.");

    await press("n");
    expect(root.querySelector("dialog")).not.toBeNull();
    expect(root.querySelector(".problem")).toBeNull();
  });
});

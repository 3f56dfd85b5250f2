import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Act, ActDialog, type Given } from "../../src/dashboard/parts/act";
import { useEnding } from "../../src/dashboard/parts/ending";

let root: HTMLElement;

beforeEach(() => {
  document.body.innerHTML = '<main id="flow-main" tabindex="-1"></main><p id="flow-polite"></p>';
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => {
  act(() => render(null, root));
  document.body.replaceChildren();
});

const anAct = (run: Act["run"]): Act => ({
  label: "Pause…",
  title: "Pause?",
  says: "Nothing begins.",
  reason: "none",
  confirm: "Pause it",
  run,
});

const form = () => root.querySelector("form");
const submit = () => form()?.requestSubmit();

describe("an act", () => {
  it("is done once where Enter comes twice before anything is drawn", async () => {
    let times = 0;
    const pause = anAct(async () => {
      times += 1;
      return "It is paused.";
    });
    await act(() => render(<ActDialog act={pause} onClose={() => {}} />, root));

    await act(() => {
      submit();
      submit();
    });

    expect(times).toBe(1);
  });

  it("keeps its key, and what it is about, when it is tried again", async () => {
    const tries: (Given & { readonly about: string })[] = [];
    let made = 0;
    const pause = anAct(async (given) => {
      const about = await given.once(async () => `selection ${++made}`);
      tries.push({ ...given, about });
      if (tries.length === 1) throw new Error("no answer");
      return "It is paused.";
    });
    let closed = 0;
    await act(() => render(<ActDialog act={pause} onClose={() => ++closed} />, root));

    await act(async () => submit());
    await act(async () => {});
    expect(root.textContent).toContain("Try again");
    await act(async () => submit());
    await act(async () => {});

    expect(closed).toBe(1);
    expect(tries.map(({ about }) => about)).toEqual(["selection 1", "selection 1"]);
    expect(new Set(tries.map(({ key }) => key)).size).toBe(1);
  });
});

describe("the end of what is looked at", () => {
  function Run({ id, isOver }: { id: string; isOver: boolean | undefined }) {
    useEnding(id, isOver, `${id}: done.`);
    return null;
  }
  const show = (id: string, isOver: boolean | undefined) =>
    act(() => render(<Run id={id} isOver={isOver} />, root));
  const said = () => document.getElementById("flow-polite")?.textContent;

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("is no news where it had ended before, and is said once where it ends", async () => {
    await show("Order 1", undefined);
    await show("Order 1", true);
    await show("Order 2", true);
    expect(said()).toBe("");

    await show("Order 3", false);
    await show("Order 3", true);
    await show("Order 3", undefined);
    await show("Order 3", true);
    // The time of what was said before is another clock's.
    vi.advanceTimersByTime(3_600_000);

    expect(said()?.split("Order 3: done.")).toHaveLength(2);
  });
});

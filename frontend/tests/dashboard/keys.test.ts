import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { listenForKeys, shortcuts } from "../../src/dashboard/state/keys";
import { letters } from "../../src/dashboard/state/prefs";

const runs = vi.fn();
const palette = vi.fn();
const help = vi.fn();

beforeAll(() => {
  listenForKeys();
  shortcuts.value = [
    { keys: "g r", says: "Runs", run: runs },
    { keys: "mod+k", says: "Go or act", run: palette },
    { keys: "?", says: "Help", run: help },
  ];
});

afterEach(() => {
  vi.clearAllMocks();
  letters.value = "on";
  document.body.replaceChildren();
});

function press(key: string, more: KeyboardEventInit = {}, target: EventTarget = document.body) {
  target.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
  );
}

it("does what two letters one after the other say, and nothing for one of them", () => {
  press("r");
  press("g");
  press("x");
  press("r");
  expect(runs).not.toHaveBeenCalled();

  press("g");
  press("r");

  expect(runs).toHaveBeenCalledOnce();
});

it("leaves letters to who writes, but not those with the command key", () => {
  const field = document.createElement("input");
  document.body.append(field);

  press("?", {}, field);
  press("k", { metaKey: true }, field);
  press("k", { ctrlKey: true }, field);

  expect(help).not.toHaveBeenCalled();
  expect(palette).toHaveBeenCalledTimes(2);
});

it("has no shortcuts of one letter for who does not want them", () => {
  letters.value = "off";

  press("?");
  press("g");
  press("r");
  press("k", { ctrlKey: true });

  expect([help, runs].every((each) => each.mock.calls.length === 0)).toBe(true);
  expect(palette).toHaveBeenCalledOnce();
});

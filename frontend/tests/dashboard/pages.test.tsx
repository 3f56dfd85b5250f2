import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Pages, usePages } from "../../src/dashboard/http/pages";
import type { Page } from "../../src/dashboard/state/rows";

interface Question {
  readonly q: string;
  readonly after: string;
  readonly signal: AbortSignal;
  readonly answer: (page: Page<string>) => void;
  readonly refuse: (error: Error) => void;
}

const LISTED = { idOf: (id: string) => id };

let page: HTMLElement;
let list: Pages<string>;
let questions: Question[];

beforeEach(() => {
  page = document.createElement("div");
  questions = [];
});

afterEach(() => {
  act(() => render(null, page));
});

function List({ q }: { q: string }) {
  const ask = (after: string, signal: AbortSignal) =>
    new Promise<Page<string>>((answer, refuse) => {
      questions.push({ q, after, signal, answer, refuse });
    });
  list = usePages(q, ask, LISTED);
  return null;
}

const show = (q: string) => act(() => render(<List q={q} />, page));

/** The first question of that list from there on, which is answered with `act`. */
function asked(q: string, after = ""): Question {
  const found = questions.find((each) => each.q === q && each.after === after);
  if (!found) throw new Error(`nobody asked for ${q} from ${after}`);
  return found;
}

const more = () =>
  act(() => {
    // Its answer is not waited for.
    list.more();
  });

const answer = (q: string, after: string, items: readonly string[], next: string | null) =>
  act(async () => asked(q, after).answer({ items, next }));

describe("a list in pages", () => {
  it("is not undone by a refusal that comes late, to a question of the list before", async () => {
    await show("failed");
    await answer("failed", "", ["a"], "2");
    await more();
    await show("held");
    await answer("held", "", ["x"], null);

    await act(async () => asked("failed", "2").refuse(new Error("too late")));

    expect(list.rows.shown).toEqual(["x"]);
    expect(list.problem).toBeNull();
  });

  it("goes on to its next page while a question of the list before has no answer", async () => {
    await show("failed");
    await answer("failed", "", ["a"], "2");
    await more();
    await show("held");
    await answer("held", "", ["x"], "2");

    await more();
    await answer("held", "2", ["y"], null);

    expect(list.rows.shown).toEqual(["x", "y"]);
    expect(asked("failed", "2").signal.aborted).toBe(true);
  });

  it("asks for a page once, however often its end comes in sight", async () => {
    await show("failed");
    await answer("failed", "", ["a"], "2");

    await more();
    await more();

    expect(questions.filter(({ after }) => after === "2")).toHaveLength(1);
  });

  it("asks nothing more when the screen is left", async () => {
    await show("failed");
    await answer("failed", "", ["a"], "2");
    await more();

    await act(() => render(null, page));

    expect(questions.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });
});

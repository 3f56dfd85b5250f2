import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Pages, usePages } from "../../src/dashboard/http/pages";
import { ListTable } from "../../src/dashboard/parts/list-table";
import type { Page } from "../../src/dashboard/state/rows";

const COLUMNS = [{ key: "id", title: "Id", width: "1fr", cell: (id: string) => id }];
const LISTED = { idOf: (id: string) => id };
const NOTE = "Only the newest 50,000 were looked at; until: looks further back.";

let page: HTMLElement;
let list: Pages<string>;

beforeEach(() => {
  page = document.createElement("div");
  document.body.append(page);
});

afterEach(() => {
  act(() => render(null, page));
  page.remove();
  vi.restoreAllMocks();
});

function Screen({ ask }: { ask: (after: string) => Promise<Page<string>> }) {
  list = usePages("", ask, LISTED);
  return (
    <ListTable
      label="Runs"
      list={list}
      columns={COLUMNS}
      listed={LISTED}
      empty="Nothing is found."
    />
  );
}

async function show(pages: Readonly<Record<string, Page<string>>>): Promise<void> {
  const ask = async (after: string) => pages[after] ?? { items: [], next: null };
  await act(() => render(<Screen ask={ask} />, page));
}

describe("a list that looks for what has no index", () => {
  it("says how far it was looked back once its last page is there, and not before", async () => {
    await show({
      "": { items: ["a"], next: "a", searched_newest: 0 },
      a: { items: ["b"], next: null, searched_newest: 50_000 },
    });
    expect(page.textContent).not.toContain("looked at");

    await act(() => list.more());

    expect(page.textContent).toContain(NOTE);
  });

  it("says it also where nothing was found", async () => {
    await show({ "": { items: [], next: null, searched_newest: 50_000 } });

    expect(page.textContent).toContain(NOTE);
    expect(page.textContent).toContain("Nothing is found.");
  });

  it("says nothing where all was looked at", async () => {
    await show({ "": { items: ["a"], next: null, searched_newest: 0 } });

    expect(page.textContent).not.toContain("looked at");
  });
});

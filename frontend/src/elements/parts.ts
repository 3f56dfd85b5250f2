/**
 * The parts of the element's light DOM. The server has written them; where it has not (an element made
 * by a script, a template of the project's own), those that are missing are made here. A part is known by
 * its class: that is the name by which a page gives it a look of its own.
 */

type Tag = keyof HTMLElementTagNameMap;

export type Parts = ReturnType<typeof partsOf>;

export function partsOf(host: HTMLElement) {
  const of = <K extends Tag>(parent: Element, tag: K, name: string) =>
    host.querySelector<HTMLElementTagNameMap[K]>(`.flow-${name}`) ?? made(parent, tag, name);
  const head = of(host, "div", "head");
  const title = of(head, "p", "title");
  const chip = of(head, "p", "chip");
  const now = of(host, "div", "now");
  const parts = {
    title,
    glyph: glyphIn(chip),
    word: of(chip, "span", "what"),
    headline: of(now, "p", "headline"),
    percent: of(now, "p", "percent"),
    place: of(now, "p", "place"),
    progress: of(host, "progress", "bar"),
    line: of(host, "ol", "line"),
    foot: of(host, "p", "foot"),
    said: of(host, "p", "said"),
  };
  parts.progress.max = 100;
  // One persistent polite region; a region that is born with its text is not read.
  parts.said.setAttribute("role", "status");
  return { ...parts, link: of(parts.foot, "span", "link") };
}

/** The part of that name right inside `parent`, made where it is missing. */
export function partIn<K extends Tag>(
  parent: Element,
  tag: K,
  name: string,
): HTMLElementTagNameMap[K] {
  return foundIn<HTMLElementTagNameMap[K]>(parent, name) ?? made(parent, tag, name);
}

export function removeIn(parent: Element, name: string): void {
  foundIn(parent, name)?.remove();
}

function foundIn<T extends Element>(parent: Element, name: string): T | null {
  return parent.querySelector<T>(`:scope > .flow-${name}`);
}

function made<K extends Tag>(parent: Element, tag: K, name: string): HTMLElementTagNameMap[K] {
  const part = document.createElement(tag);
  part.className = `flow-${name}`;
  parent.append(part);
  return part;
}

/** The sign in a part: the path of its drawing. */
export function glyphIn(parent: Element): Element {
  const found = parent.querySelector("path");
  if (found) return found;
  const drawing = drawn("svg", {
    class: "flow-glyph",
    viewBox: "0 0 24 24",
    "aria-hidden": "true",
  });
  parent.prepend(drawing);
  return drawing.appendChild(drawn("path", {}));
}

function drawn(tag: string, attributes: Readonly<Record<string, string>>): Element {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
  return shape;
}

/** The rows of a list, by the key that each has in its data. */
function rowsOf(list: Element, name: string): Map<string | undefined, HTMLElement> {
  const rows = list.querySelectorAll<HTMLElement>(`:scope > [data-${name}]`);
  return new Map([...rows].map((row) => [row.dataset[name], row]));
}

/**
 * A row for each of `items`, in their order: the one that has its key, else a new one. Those whose items
 * are no more go away by `remove`.
 */
export function paintRows<T>(
  list: Element,
  name: string,
  items: readonly T[],
  keyOf: (item: T) => string,
  paint: (row: HTMLElement, item: T, index: number) => void,
  make: () => HTMLElement = () => document.createElement("li"),
  remove = (row: Element) => row.remove(),
): void {
  const rows = rowsOf(list, name);
  items.forEach((item, index) => {
    const key = keyOf(item);
    const row = rows.get(key) ?? make();
    rows.delete(key);
    row.dataset[name] = key;
    paint(row, item, index);
    const there = list.children[index];
    if (there !== row) list.insertBefore(row, there ?? null);
  });
  for (const row of rows.values()) remove(row);
}

/** Set the text of `node` if it differs: what has not changed is not written. */
export function write(node: Element | null | undefined, text: string): void {
  if (node && node.textContent !== text) node.textContent = text;
}

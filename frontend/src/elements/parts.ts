/**
 * The parts of the element's light DOM. The server has written them; where it has not (an element made
 * by a script, a template of the project's own), those that are missing are made here.
 */

export interface Parts {
  readonly title: HTMLElement;
  readonly chip: HTMLElement;
  readonly chipGlyph: SVGPathElement;
  readonly word: HTMLElement;
  readonly headline: HTMLElement;
  readonly percent: HTMLElement;
  readonly place: HTMLElement;
  readonly progress: HTMLProgressElement;
  readonly undo: HTMLProgressElement;
  readonly line: HTMLOListElement;
  readonly hooks: HTMLOListElement;
  readonly foot: HTMLElement;
  readonly link: HTMLElement;
  readonly said: HTMLElement;
}

export interface StationParts {
  readonly item: HTMLLIElement;
  readonly mark: HTMLElement;
  readonly glyph: SVGPathElement;
  readonly name: HTMLElement;
  readonly note: HTMLElement;
  readonly said: HTMLElement;
}

const SVG = "http://www.w3.org/2000/svg";

export function partsOf(host: HTMLElement): Parts {
  const head = part(host, host, "div", "head");
  const title = part(host, head, "p", "title");
  const chip = part(host, head, "p", "chip");
  const chipGlyph = glyphIn(chip);
  const word = part(host, chip, "span", "what");
  const now = part(host, host, "div", "now");
  const headline = part(host, now, "p", "headline");
  const percent = part(host, now, "p", "percent");
  const place = part(host, now, "p", "place");
  const progress = barIn(host, "flow-bar");
  const undo = barIn(host, "flow-undo");
  const line = listIn(host, "flow-line");
  const hooks = listIn(host, "flow-hooks");
  const foot = part(host, host, "p", "foot");
  const link = part(host, foot, "span", "link");
  const said = part(host, host, "p", "said");
  // One persistent polite region; a region that is born with its text is not read.
  said.setAttribute("role", "status");
  return {
    title,
    chip,
    chipGlyph,
    word,
    headline,
    percent,
    place,
    progress,
    undo,
    line,
    hooks,
    foot,
    link,
    said,
  };
}

/** The parts of the station of that key, made and put in place where they are missing. */
export function stationOf(list: HTMLElement, key: string, index: number): StationParts {
  let item = stationsIn(list).find((station) => station.dataset["step"] === key);
  if (item === undefined) {
    item = document.createElement("li");
    item.dataset["step"] = key;
  }
  if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  const mark = child(item, "span", "flow-mark");
  mark.setAttribute("aria-hidden", "true");
  return {
    item,
    mark,
    glyph: glyphIn(mark),
    name: child(item, "span", "flow-name"),
    said: child(item, "span", "flow-word"),
    note: child(item, "span", "flow-note"),
  };
}

/** Take away the stations of a list that are none of these. */
export function keepOnly(list: HTMLElement, keys: ReadonlySet<string>): void {
  for (const station of stationsIn(list)) {
    if (!keys.has(station.dataset["step"] ?? "")) station.remove();
  }
}

function stationsIn(list: HTMLElement): HTMLLIElement[] {
  return [...list.children].filter(
    (child): child is HTMLLIElement =>
      child instanceof HTMLLIElement && child.dataset["step"] !== undefined,
  );
}

/** The list inside a station of that key, made where it is missing; null takes it away. */
export function listOf(
  item: HTMLElement,
  name: string,
  key: string,
  isWanted: boolean,
): HTMLOListElement | null {
  const found = [...item.children].find(
    (child): child is HTMLOListElement =>
      child instanceof HTMLOListElement &&
      child.className === name &&
      child.dataset["line"] === key,
  );
  if (!isWanted) {
    found?.remove();
    return null;
  }
  if (found !== undefined) return found;
  const made = document.createElement("ol");
  made.className = name;
  made.dataset["line"] = key;
  item.append(made);
  return made;
}

/** The small bar of a station; null takes it away. What it says is in the note as well. */
export function barOf(item: HTMLElement, part: number | null): void {
  const found = item.querySelector<HTMLProgressElement>(":scope > progress");
  if (part === null) {
    found?.remove();
    return;
  }
  const bar = found ?? document.createElement("progress");
  if (found === null) {
    bar.className = "flow-part";
    bar.max = 1;
    bar.setAttribute("aria-hidden", "true");
    item.append(bar);
  }
  bar.value = part;
}

/** The link of a station; null takes it away. */
export function linkOf(item: HTMLElement, href: string | null, text: string, name: string): void {
  const found = item.querySelector<HTMLAnchorElement>(":scope > a");
  if (href === null) {
    found?.remove();
    return;
  }
  const link = found ?? document.createElement("a");
  if (found === null) {
    link.className = "flow-go";
    item.append(link);
  }
  if (link.getAttribute("href") !== href) link.setAttribute("href", href);
  link.setAttribute("aria-label", `${text}: ${name}`);
  write(link, text);
}

/** The way back in for who is signed out, beside what says so. */
export function entranceIn(foot: HTMLElement, href: string, text: string): void {
  const way = foot.querySelector("a") ?? document.createElement("a");
  way.className = "flow-go";
  way.href = href;
  write(way, text);
  foot.append(way);
}

/** The piece that moves along the line; only a script can move it, so only a script makes it. */
export function pieceIn(line: HTMLOListElement): HTMLElement {
  const found = line.querySelector<HTMLElement>(":scope > .flow-piece");
  if (found !== null) return found;
  const piece = document.createElement("li");
  piece.className = "flow-piece";
  piece.setAttribute("role", "presentation");
  piece.setAttribute("aria-hidden", "true");
  line.append(piece);
  return piece;
}

/** Set the text of `node` if it differs: what has not changed is not written. */
export function write(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

function part(host: HTMLElement, parent: HTMLElement, tag: string, name: string): HTMLElement {
  const found = host.querySelector<HTMLElement>(`.flow-${name}`);
  if (found !== null) return found;
  const made = document.createElement(tag);
  made.className = `flow-${name}`;
  parent.append(made);
  return made;
}

function child(parent: HTMLElement, tag: string, name: string): HTMLElement {
  const found = parent.querySelector<HTMLElement>(`:scope > .${name}`);
  if (found !== null) return found;
  const made = document.createElement(tag);
  made.className = name;
  parent.append(made);
  return made;
}

function barIn(host: HTMLElement, name: string): HTMLProgressElement {
  const found = host.querySelector<HTMLProgressElement>(`:scope > .${name}`);
  if (found !== null) return found;
  const made = document.createElement("progress");
  made.className = name;
  made.max = 100;
  host.append(made);
  return made;
}

function listIn(host: HTMLElement, name: string): HTMLOListElement {
  const found = host.querySelector<HTMLOListElement>(`:scope > .${name}`);
  if (found !== null) return found;
  const made = document.createElement("ol");
  made.className = name;
  host.append(made);
  return made;
}

function glyphIn(parent: HTMLElement): SVGPathElement {
  const found = parent.querySelector("path");
  if (found !== null) return found;
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "flow-glyph");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  drawing.append(path);
  parent.prepend(drawing);
  return path;
}

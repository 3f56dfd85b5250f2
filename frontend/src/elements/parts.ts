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
  readonly line: HTMLOListElement;
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
  const progress = progressIn(host);
  const line = lineIn(host);
  const foot = part(host, host, "p", "foot");
  const link = part(host, foot, "span", "link");
  const said = part(host, host, "p", "said");
  // One persistent polite region; a region that is born with its text is not read.
  said.setAttribute("role", "status");
  return { title, chip, chipGlyph, word, headline, percent, place, progress, line, link, said };
}

/** The parts of the station of step `id`, made and put in place where they are missing. */
export function stationOf(line: HTMLOListElement, id: string, index: number): StationParts {
  let item = [...line.children].find(
    (child): child is HTMLLIElement =>
      child instanceof HTMLLIElement && child.dataset["step"] === id,
  );
  if (item === undefined) {
    item = document.createElement("li");
    item.dataset["step"] = id;
  }
  if (line.children[index] !== item) line.insertBefore(item, line.children[index] ?? null);
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

function progressIn(host: HTMLElement): HTMLProgressElement {
  const found = host.querySelector("progress");
  if (found !== null) return found;
  const made = document.createElement("progress");
  made.max = 100;
  host.append(made);
  return made;
}

function lineIn(host: HTMLElement): HTMLOListElement {
  const found = host.querySelector("ol");
  if (found !== null) return found;
  const made = document.createElement("ol");
  made.className = "flow-line";
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

/** Which rows are chosen: by id, one by one; what a filter finds is chosen by the server. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

export class Selection {
  readonly #ids: Signal<ReadonlySet<string>> = signal(new Set());

  get ids(): ReadonlySignal<ReadonlySet<string>> {
    return this.#ids;
  }

  get size(): number {
    return this.#ids.value.size;
  }

  has(id: string): boolean {
    return this.#ids.value.has(id);
  }

  toggle(id: string): void {
    const next = new Set(this.#ids.peek());
    if (!next.delete(id)) next.add(id);
    this.#ids.value = next;
  }

  /** All of these, or, where all of them are chosen, none of them. */
  toggleAll(ids: readonly string[]): void {
    const chosen = this.#ids.peek();
    this.#ids.value = ids.every((id) => chosen.has(id)) ? new Set() : new Set(ids);
  }

  clear(): void {
    this.#ids.value = new Set();
  }
}

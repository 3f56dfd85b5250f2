/** Tabs of one user in a world: a channel between them, and the lock that only one of them has. */

import { Connection } from "../../src/client/connection";
import { type Message, type Neighbours, Tabs } from "../../src/client/tabs";
import { Topic } from "../../src/client/topic";
import { PARTS, type Parts } from "./parts";
import type { ModelServer } from "./server";
import type { World } from "./world";

interface Waiting {
  readonly tab: Tab;
  readonly granted: () => void;
  readonly lost: () => void;
}

export class Browser {
  readonly tabs: Tab[] = [];
  readonly server: ModelServer;
  readonly world: World;
  #holder: Waiting | null = null;
  #queue: Waiting[] = [];
  #opened = 0;

  constructor(server: ModelServer) {
    this.server = server;
    this.world = server.world;
  }

  open(topics: readonly string[]): Tab {
    this.#opened += 1;
    const tab = new Tab(`tab ${this.#opened}`, this, topics);
    this.tabs.push(tab);
    return tab;
  }

  /** The tab that has the lock. */
  get leader(): Tab | null {
    return this.#holder?.tab ?? null;
  }

  /** Its process is gone: nothing of it runs any more, its sockets and its lock are free. */
  kill(tab: Tab): void {
    tab.isDead = true;
    this.tabs.splice(this.tabs.indexOf(tab), 1);
    for (const link of tab.links) link.close();
    this.#queue = this.#queue.filter((each) => each.tab !== tab);
    if (this.#holder?.tab === tab) this.#next();
  }

  post(from: Tab, message: Message): void {
    const copy = structuredClone(message);
    for (const tab of this.tabs) {
      if (tab === from) continue;
      this.world.after(this.world.between(0, 5), () => tab.run(() => tab.hear(copy)));
    }
  }

  ask(waiting: Waiting, isTaking: boolean): () => void {
    if (isTaking && this.#holder !== null) {
      const { tab, lost } = this.#holder;
      this.#holder = null;
      this.world.after(1, () => tab.run(lost));
    }
    if (isTaking) this.#queue.unshift(waiting);
    else this.#queue.push(waiting);
    if (this.#holder === null) this.#next();
    return () => {
      this.#queue = this.#queue.filter((each) => each !== waiting);
      if (this.#holder === waiting) this.#next();
    };
  }

  #next(): void {
    const next = this.#queue.shift() ?? null;
    this.#holder = next;
    if (next !== null)
      this.world.after(1, () => this.#holder === next && next.tab.run(next.granted));
  }
}

export class Tab {
  readonly id: string;
  isHidden = false;
  isDead = false;
  /** Asleep: what happens to it happens when it wakes. */
  isFrozen = false;
  readonly links: { close(): void }[] = [];
  readonly topics: readonly Topic<Parts>[];
  readonly connection: Connection;
  readonly #tabs: Tabs;
  readonly #slept: (() => void)[] = [];
  #heard: (message: Message) => void = () => {};

  constructor(id: string, browser: Browser, topics: readonly string[]) {
    this.id = id;
    const { world, server } = browser;
    const environment = {
      ...world.environment(() => this.isHidden),
      after: (ms: number, action: () => void) => world.after(ms, () => this.run(action)),
      soon: (action: () => void) => world.after(0, () => this.run(action)),
    };
    const neighbours: Neighbours = {
      id,
      post: (message) => browser.post(this, message),
      listen: (heard) => {
        this.#heard = heard;
        return () => {
          this.#heard = () => {};
        };
      },
      lead: (isTaking, granted, lost) => browser.ask({ tab: this, granted, lost }, isTaking),
    };
    const socket = {
      open: (events: Parameters<ModelServer["open"]>[0]) => {
        const link = server.open({
          received: (text) => this.run(() => events.received(text)),
          closed: (code, reason) => this.run(() => events.closed(code, reason)),
        });
        this.links.push(link);
        return link;
      },
    };
    this.#tabs = new Tabs(socket, neighbours, environment);
    this.connection = new Connection({ transport: this.#tabs, environment });
    this.topics = topics.map((name) => new Topic(name, PARTS, this.connection));
    for (const topic of this.topics) topic.listen(() => {});
  }

  /** As the browser would: now, when it wakes, or never. */
  run(action: () => void): void {
    if (this.isDead) return;
    if (this.isFrozen) this.#slept.push(action);
    else action();
  }

  hear(message: Message): void {
    this.#heard(message);
  }

  look(isHidden: boolean): void {
    this.isHidden = isHidden;
    this.run(() => {
      this.#tabs.looked();
      if (!isHidden) this.connection.wake();
    });
  }

  thaw(): void {
    this.isFrozen = false;
    for (const action of this.#slept.splice(0)) this.run(action);
  }
}

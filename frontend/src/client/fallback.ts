/**
 * Where no socket can be opened (a proxy on the way, say): the same frames as a stream over HTTP, and
 * where that does not get through either, as answers asked for every three seconds. Positions are the
 * same in all three, so that one may take over from another at any time.
 */

import { CUT, FORBIDDEN, SIGNED_OUT, TOO_MANY } from "./codes";
import { checked, type Fields, fieldsIn, isFields } from "./fields";
import type { Environment } from "./live";
import type { Link, Transport, TransportEvents } from "./transport";

const POLL_MS = 3_000;
/** How long the page goes another way before it looks whether a socket can be had by now. */
const CLIMB_MS = 30_000;

const CODES: Readonly<Record<number, number>> = { 401: SIGNED_OUT, 403: FORBIDDEN, 429: TOO_MANY };

/** Frames over HTTP, from `url`: as one long answer, or as many short ones. */
export function overHttp(url: string, isStream: boolean, environment: Environment): Transport {
  return { open: (events, grants) => new HttpLink(url, isStream, environment, events, grants) };
}

class HttpLink implements Link {
  /** What is watched, and from where: each request says all of it. */
  readonly #positions = new Map<string, unknown>();
  readonly #grants: Set<unknown>;
  readonly #events: TransportEvents;
  readonly #environment: Environment;
  readonly #isStream: boolean;
  readonly #url: string;
  #request = new AbortController();
  #cancelNext: () => void = () => {};
  #saidHello = false;

  constructor(
    url: string,
    isStream: boolean,
    environment: Environment,
    events: TransportEvents,
    grants: readonly string[],
  ) {
    this.#url = url;
    this.#isStream = isStream;
    this.#environment = environment;
    this.#events = events;
    this.#grants = new Set(grants);
    void this.#ask();
  }

  send(json: string): void {
    const { m, g } = checked(JSON.parse(json), isFields);
    if (Array.isArray(m)) for (const topic of m) this.#positions.delete(topic);
    else if (isFields(m))
      for (const [topic, at] of Object.entries(m)) this.#positions.set(topic, at);
    else return;
    for (const grant of Array.isArray(g) ? g : []) this.#grants.add(grant);
    void this.#ask();
  }

  close(): void {
    this.#cancelNext();
    this.#request.abort();
  }

  async #ask(): Promise<void> {
    this.close();
    const request = new AbortController();
    this.#request = request;
    const isOver = () => request.signal.aborted;
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ m: Object.fromEntries(this.#positions), g: [...this.#grants] }),
        credentials: "same-origin",
        signal: request.signal,
      });
      if (!response.ok) {
        const seconds = Number(response.headers.get("retry-after"));
        this.#end(CODES[response.status] ?? CUT, seconds > 0 ? `${1000 * seconds}` : "");
      } else if (this.#isStream) {
        for await (const line of linesOf(response)) {
          if (isOver()) return;
          if (line.startsWith("data:")) this.#heard(checked(JSON.parse(line.slice(5)), isFields));
        }
        this.#end(CUT, "");
      } else {
        const answer = checked(await response.json(), isFields);
        if (isOver()) return;
        this.#heard({ t: "hello", v: 1, hb: 2 * POLL_MS });
        for (const frame of fieldsIn(answer["frames"])) this.#heard(frame);
        if (!isOver()) this.#cancelNext = this.#environment.after(POLL_MS, () => this.#ask());
      }
    } catch {
      if (!isOver()) this.#end(CUT, "");
    }
  }

  #heard(frame: Fields): void {
    const { t, c, e, o } = frame;
    if (t === "close") {
      this.#end(Number(frame["code"]), String(frame["reason"]));
      return;
    }
    if (t === "hello" && this.#saidHello) return;
    this.#saidHello ||= t === "hello";
    if (typeof c === "string" && o !== undefined && this.#positions.has(c)) {
      this.#positions.set(c, { e, o });
    }
    this.#events.received(JSON.stringify(frame));
  }

  #end(code: number, reason: string): void {
    this.close();
    this.#events.closed(code, reason);
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return;
    const lines = (rest + part.value).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** A stream or, where that does not get through, answers; and the socket again as soon as it can be had. */
export function withoutSocket(
  socket: Transport,
  base: string,
  environment: Environment,
): Transport {
  const url = new URL("../live/", base).href;
  const ways = [
    overHttp(`${url}events`, true, environment),
    overHttp(url, false, environment),
    socket,
  ] as const;
  let at = 0;
  return {
    open(events, grants) {
      let wasHeard = false;
      let cancelClimb: () => void = () => {};
      const failed = () => {
        cancelClimb();
        if (!wasHeard) at += 1;
      };
      const climb = () => {
        cancelClimb = environment.after(CLIMB_MS, () => {
          const better = socket.open(
            {
              received(json) {
                if (link !== better) link.close();
                link = better;
                at = ways.length - 1;
                events.received(json);
              },
              closed(code, reason) {
                if (link === better) events.closed(code, reason);
                else climb();
              },
            },
            grants,
          );
          cancelClimb = () => link === better || better.close();
        });
      };
      const way = ways[at % ways.length] ?? socket;
      let link = way.open(
        {
          received(json) {
            if (!wasHeard && way !== socket) climb();
            wasHeard = true;
            events.received(json);
          },
          closed(code, reason) {
            failed();
            events.closed(code, reason);
          },
        },
        grants,
      );
      return {
        send: (json) => link.send(json),
        close() {
          failed();
          link.close();
        },
      };
    },
  };
}

/**
 * The API: typed calls, and what is refused as an error with its problem.
 *
 *     const run = await got(api.GET("/runs/{run_id}", { params: { path: { run_id: id } }, signal }));
 */

import { signal } from "@preact/signals";
import createClient, { type Middleware } from "openapi-fetch";
import { heardDate } from "../state/link";
import { page } from "../state/page";
import type { components, paths } from "./api";

/** What the API tells: `Told["RunTold"]`. */
export type Told = components["schemas"];

/** How something is refused (RFC 9457). */
export interface Problem {
  readonly title: string;
  /** 0: nobody answered. */
  readonly status: number;
  /** What, and the way out. */
  readonly detail: string;
  /** `FE` and three digits; empty where it is not ours. */
  readonly code: string;
  /** Where a request does not fit. */
  readonly errors: readonly { readonly place: string; readonly message: string }[];
}

export class Refused extends Error {
  override readonly name = "Refused";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The session is over: nothing will be answered until somebody logs in. */
export const isSignedOut = signal(false);

const SAFE = new Set(["GET", "HEAD"]);
const KEY = "Idempotency-Key";

/** An answer that took longer says too little of what time it is now. */
const PROMPT_MS = 1_000;
const askedAt = new WeakMap<Request, number>();

/** Whoever does the same so much later means it anew. */
const MEANT_MS = 600_000;

interface Sent {
  readonly key: string;
  /** When it was sent last, ms since 1970: no clock that stands still while the computer sleeps. */
  readonly at: number;
  readonly thing: string;
}

/** Acts that nobody has answered, by what they do. */
const unanswered = new Map<string, Sent>();

/**
 * The same to the same thing with the same body is the same act as long as it has no answer, from whichever
 * dialog it is sent: one that was closed meanwhile had another key. Not so a test event, of which one may
 * want two.
 */
async function keepKey(request: Request): Promise<void> {
  const key = request.headers.get(KEY);
  if (key === null || request.url.endsWith("/events/test")) return;
  const act = `${request.url}\n${await request.clone().text()}`;
  const before = unanswered.get(act);
  const at = Date.now();
  const sent = before && at - before.at < MEANT_MS ? before.key : key;
  request.headers.set(KEY, sent);
  unanswered.set(act, { key: sent, at, thing: thingOf(request) });
}

/** What an act is about: `…/runs/r1` of `…/runs/r1/hold`. */
function thingOf({ url }: Request): string {
  return url.slice(0, url.lastIndexOf("/"));
}

/** Something was done to a thing, or refused: what is done to it from now on is meant anew. */
function settle(request: Request): void {
  if (!request.headers.has(KEY)) return;
  const thing = thingOf(request);
  for (const [act, sent] of unanswered) if (sent.thing === thing) unanswered.delete(act);
}

const ours: Middleware = {
  async onRequest({ request }) {
    if (!SAFE.has(request.method)) {
      request.headers.set("X-CSRFToken", csrfToken());
      await keepKey(request);
    }
    askedAt.set(request, performance.now());
    return request;
  },
  onResponse({ request, response }) {
    // A proxy that gave up has not said what became of the act.
    if (response.status < 500) settle(request);
    const tookMs = performance.now() - (askedAt.get(request) ?? 0);
    if (tookMs < PROMPT_MS) heardDate(response.headers.get("date"));
    isSignedOut.value = response.status === 401;
  },
};

export const api = createClient<paths>({
  baseUrl: page.api,
  credentials: "same-origin",
  fetch: (request) => fetch(request),
});
api.use(ours);

interface Answered<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer. Rejects with `Refused`; with the signal's reason where it was aborted. */
export async function got<T>(call: Promise<Answered<T>>): Promise<NonNullable<T>> {
  let answered: Answered<T>;
  try {
    answered = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(NO_ANSWER);
  }
  const { data, error, response } = answered;
  if (response.ok && data !== undefined && data !== null) return data;
  throw new Refused(problemOf(error, response.status));
}

const NO_ANSWER: Problem = {
  title: "No answer",
  status: 0,
  detail: "The server cannot be reached. Nothing was lost here; try again.",
  code: "",
  errors: [],
};

/** What was refused, whatever came: a proxy's page is no problem of ours. */
export function problemOf(error: unknown, status: number): Problem {
  const plain: Problem = {
    title: `Answer ${status}`,
    status,
    detail: "The server refused without saying why.",
    code: "",
    errors: [],
  };
  return isProblem(error) ? { ...plain, ...error } : plain;
}

function isProblem(value: unknown): value is Partial<Problem> {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value;
}

/** Any error as a problem, to be shown. */
export function problemIn(error: unknown): Problem {
  if (error instanceof Refused) return error.problem;
  return { ...NO_ANSWER, title: "Something went wrong", detail: String(error) };
}

/** The headers of an act: the same key is the same act, however often it is sent. */
export function keyed(key: string): { "Idempotency-Key": string } {
  return { "Idempotency-Key": key };
}

function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="flow-csrf"]')?.content ?? "";
}

import { afterEach, describe, expect, it, vi } from "vitest";
import { api, got, isSignedOut, keyed, problemIn, Refused } from "../../src/dashboard/http/ask";
import { skewMs } from "../../src/dashboard/state/link";

afterEach(() => {
  vi.unstubAllGlobals();
  isSignedOut.value = false;
  skewMs.value = 0;
  document.head.replaceChildren();
});

/** The server answers that, whatever it is asked; gives what it was asked. */
function answering(status: number, body: unknown, headers: Record<string, string> = {}): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    return new Response(JSON.stringify(body), {
      status,
      headers: { "content-type": "application/json", ...headers },
    });
  });
  return asked;
}

const REASON = { body: { reason: "because" }, params: { path: { run_id: "r1" } } };
const cancel = () => got(api.POST("/runs/{run_id}/cancel", REASON));

describe("the API", () => {
  it("is asked with the token of the page where something changes, and only there", async () => {
    document.head.innerHTML = '<meta name="flow-csrf" content="t0ken">';
    const asked = answering(200, { id: "r1", state: "cancelling" });

    await cancel();
    await got(api.GET("/session"));

    expect(asked.map(({ headers }) => headers.get("x-csrftoken"))).toEqual(["t0ken", null]);
    expect(asked[0]?.url).toMatch(/\/flow\/api\/v1\/runs\/r1\/cancel$/);
  });

  it("refuses with a problem, whose words are shown", async () => {
    answering(409, {
      title: "Not as it stands",
      status: 409,
      detail: "It is over.",
      code: "FE601",
    });

    await expect(cancel()).rejects.toMatchObject({
      problem: { title: "Not as it stands", detail: "It is over.", code: "FE601", errors: [] },
    });
  });

  it("may be answered for by a proxy, of whose page nothing is shown", async () => {
    answering(502, { html: "<h1>Bad Gateway</h1>" });

    const refused = await cancel().catch((error) => error);

    expect(refused).toBeInstanceOf(Refused);
    expect(refused.problem).toMatchObject({ title: "Answer 502", code: "" });
  });

  it("may not be there at all", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));

    const refused = await cancel().catch((error) => error);

    expect(problemIn(refused)).toMatchObject({ title: "No answer", status: 0 });
  });

  it("says when nobody is signed in any more", async () => {
    answering(401, { title: "Signed out", status: 401, detail: "Nobody.", code: "FE801" });

    await cancel().catch(() => {});

    expect(isSignedOut.value).toBe(true);
  });

  it("says what time it is where this computer's clock is wrong by more than its own seconds", async () => {
    const date = (ms: number) => ({ date: new Date(Date.now() + ms).toUTCString() });
    answering(200, {}, date(90_000));
    await got(api.GET("/session"));
    expect(Math.round(skewMs.value / 10_000)).toBe(9);

    answering(200, {}, date(0));
    await got(api.GET("/session"));
    expect(skewMs.value).toBe(0);
  });
});

describe("an act", () => {
  /** The keys that reach the server, which says that; null = nobody answers. */
  function keysOf(...answers: readonly (number | null)[]): (string | null)[] {
    const found: (string | null)[] = [];
    vi.stubGlobal("fetch", async (request: Request) => {
      const status = answers[found.length] ?? 200;
      found.push(request.headers.get("idempotency-key"));
      if (answers[found.length - 1] === null) throw new TypeError("Failed to fetch");
      return new Response("{}", { status, headers: { "content-type": "application/json" } });
    });
    return found;
  }
  const hold = (run: string, reason: string, key: string) => {
    const given = { params: { path: { run_id: run } }, body: { reason }, headers: keyed(key) };
    return got(api.POST("/runs/{run_id}/hold", given)).catch(() => {});
  };

  it("that got no answer keeps its key, from whichever dialog it is sent again", async () => {
    const keys = keysOf(null, 502, 200, 200);

    for (const key of ["a", "b", "c", "d"]) await hold("r1", "because", key);

    expect(keys).toEqual(["a", "a", "a", "d"]);
  });

  it("keeps its key while the first answer is still on its way", async () => {
    const found: (string | null)[] = [];
    let answer = () => {};
    vi.stubGlobal("fetch", (request: Request) => {
      found.push(request.headers.get("idempotency-key"));
      const told = new Response("{}", { headers: { "content-type": "application/json" } });
      if (found.length > 1) return Promise.resolve(told);
      return new Promise((resolve) => {
        answer = () => resolve(told);
      });
    });

    const first = hold("r2", "because", "a");
    await vi.waitFor(() => expect(found).toHaveLength(1));
    await hold("r2", "because", "b");
    answer();
    await first;

    expect(found).toEqual(["a", "a"]);
  });

  it("is another one upon another thing, with another reason, or once it was refused", async () => {
    const keys = keysOf(null, null, null, 409, 200);

    await hold("r3", "because", "a");
    await hold("r4", "because", "b");
    await hold("r3", "why not", "c");
    await hold("r3", "because", "d");
    await hold("r3", "because", "e");

    expect(keys).toEqual(["a", "b", "c", "a", "e"]);
  });

  it("is meant anew once something else was done to the same thing meanwhile", async () => {
    const keys = keysOf(null, 200, 200);
    const release = { params: { path: { run_id: "r6" } }, body: { reason: "go on" } };

    await hold("r6", "because", "a");
    await got(api.POST("/runs/{run_id}/release", { ...release, headers: keyed("b") }));
    await hold("r6", "because", "c");

    expect(keys).toEqual(["a", "b", "c"]);
  });

  it("is meant anew by who does it again much later", async () => {
    const keys = keysOf(null, 200);
    const at = vi.spyOn(Date, "now").mockReturnValue(1_000);
    await hold("r5", "because", "a");

    at.mockReturnValue(1_000 + 3_600_000);
    await hold("r5", "because", "b");
    at.mockRestore();

    expect(keys).toEqual(["a", "b"]);
  });
});

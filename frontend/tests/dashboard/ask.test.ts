import { afterEach, describe, expect, it, vi } from "vitest";
import { api, got, isSignedOut, problemIn, Refused } from "../../src/dashboard/http/ask";
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

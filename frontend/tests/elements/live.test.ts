import { describe, expect, it } from "vitest";
import { Announcer } from "../../src/elements/announcer";
import { clock } from "../../src/elements/stations";
import { FakeEnvironment } from "../fakes/environment";
import { changes, heartbeat, run, snapshot, succeeded, TOPIC } from "../fakes/frames";
import { FakeSocket, heard, open, page, states, text, withPage, written } from "../fakes/progress";

withPage();

describe("what is shown is live, or says as of when", () => {
  it("before the server has confirmed it, as of when it was written", () => {
    const [element, socket] = page(snapshot(5));
    open(socket);
    socket.onclose({ code: 1006, reason: "" });

    expect(element.dataset["link"]).toBe("stale");
    expect(text(".flow-link")).toMatch(/^Reconnecting, as of .*:03/);
  });

  it("is live once confirmed, and old when the socket is cut", () => {
    const [element, socket] = page(snapshot(5));
    open(socket);
    socket.say(heartbeat(["7f3", 5]));
    expect([element.dataset["link"], text(".flow-link")]).toEqual(["live", "Live"]);

    socket.onclose({ code: 1006, reason: "" });

    expect(text(".flow-link")).toMatch(/^Reconnecting, as of/);
  });

  it("says that one is signed out, and keeps what was shown", () => {
    const [, socket] = page(snapshot(5));
    open(socket);
    socket.onclose({ code: 4401, reason: "" });
    FakeSocket.all.at(-1)?.onclose({ code: 4401, reason: "" });

    expect(text(".flow-link")).toBe("Signed out");
    expect(states()).toEqual(["running", "pending"]);
    expect(document.querySelectorAll(".flow-foot a")).toHaveLength(0);
  });

  it("leads who is signed out to where one logs in, and back", () => {
    const [element, socket] = page(snapshot(5));
    element.setAttribute("login", "/login/?theme=dark");
    open(socket);
    socket.onclose({ code: 4401, reason: "" });
    FakeSocket.all.at(-1)?.onclose({ code: 4401, reason: "" });

    const way = document.querySelector<HTMLAnchorElement>(".flow-foot a");
    const here = encodeURIComponent(`${location.pathname}${location.search}`);
    expect(way?.textContent).toBe("Log in");
    expect(way?.getAttribute("href")).toBe(`/login/?theme=dark&next=${here}`);
  });

  it("tells times as the server has written them", () => {
    const now = new Date();
    now.setHours(14, 5, 9);

    expect(clock(now.getTime())).toBe("14:05:09");
    expect(clock(new Date(2026, 2, 4, 9, 7).getTime())).toBe("2026-03-04 09:07");
  });

  it("ends with the outcome where no run will come", () => {
    const [element, socket] = page({ t: "pending", c: TOPIC });
    open(socket);

    socket.say({ t: "end", c: TOPIC, outcome: "no_match", message: "There was nothing to do." });

    expect(text(".flow-headline")).toBe("There was nothing to do.");
    expect(element.dataset["state"]).toBe("ended");
    expect(heard).toEqual(["flow-failed"]);
  });

  it("asks for nothing where the server has written the end already", () => {
    const end = { t: "end", c: TOPIC, outcome: "no_match", message: "There was nothing to do." };

    document.body.append(written(end, "/elsewhere/"));

    expect(FakeSocket.all).toHaveLength(0);
  });
});

describe("a screen reader", () => {
  it("is told the end at once", () => {
    const [, socket] = page(snapshot(5));
    open(socket);

    socket.say(changes(6, 6, [succeeded("reserve")]));
    socket.say(
      changes(7, 8, [
        succeeded("ship"),
        run("succeeded", { percent: 100, finished_at: "2026-03-02T12:00:01.000Z" }),
      ]),
    );

    expect(text(".flow-said")).toBe("All done. Took 1.0 s");
  });

  it("is told of the rest every five seconds at most, the newest", () => {
    const environment = new FakeEnvironment();
    const said: string[] = [];
    const announcer = new Announcer((sentence) => said.push(sentence), environment);

    for (const n of [1, 2, 3]) announcer.say(`step ${n}`);
    environment.pass(4999);
    expect(said).toEqual(["step 1"]);

    environment.pass(1);
    expect(said).toEqual(["step 1", "step 3"]);
  });

  it("is not told the same twice", () => {
    const said: string[] = [];
    const announcer = new Announcer((sentence) => said.push(sentence), new FakeEnvironment());

    announcer.sayNow("All done.");
    announcer.sayNow("All done.");

    expect(said).toEqual(["All done."]);
  });
});

import { describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, shallowRef } from "vue";
import { FlowError } from "../../src/client/live";
import { useInbox, useLive, useRun } from "../../src/vue";
import { FakeLive } from "../fakes/live";
import { FakeSocket } from "../fakes/progress";
import { ITEMS, run, told } from "./told";

describe("a component that follows a live value", () => {
  it("has it, and what it becomes", () => {
    const live = new FakeLive(1);
    const scope = effectScope();
    const now = scope.run(() => useLive(live));
    expect(now?.value).toMatchObject({ value: 1, meta: { status: "live" }, error: null });

    live.become(2);
    live.environment.paint();

    expect(now?.value.value).toBe(2);
    scope.stop();
    expect(live.listeners).toBe(0);
  });

  it("is told why none will come", async () => {
    const live = new FakeLive<number>();
    const scope = effectScope();
    const now = scope.run(() => useLive(live));

    live.fail(new FlowError("forbidden"));
    await nextTick();
    await nextTick();

    expect(now?.value.error?.code).toBe("forbidden");
    scope.stop();
  });

  it("follows another as soon as it is given one", async () => {
    const [first, second] = [new FakeLive(1), new FakeLive(7)];
    const which = shallowRef(first);
    const scope = effectScope();
    const now = scope.run(() => useLive(which));

    which.value = second;
    await nextTick();

    expect(now?.value.value).toBe(7);
    expect([first.listeners, second.listeners]).toEqual([0, 1]);
    scope.stop();
  });
});

describe("a component that names what it follows", () => {
  it("has a run by its id, and the inbox or a part of it, over one socket", async () => {
    vi.stubGlobal("WebSocket", FakeSocket);
    const scope = effectScope();
    const order = scope.run(() => useRun("r1"));
    const unread = scope.run(() => useInbox({ tab: "unread", limit: 1 }));
    const all = scope.run(() => useInbox());

    told(run("r1"), ITEMS);

    await vi.waitFor(() => expect(order?.value.value?.title).toBe("Order r1"));
    await vi.waitFor(() => expect(unread?.now.value.value?.items[0]?.id).toBe("b"));
    expect(unread?.now.value.value?.items).toHaveLength(1);
    expect(all?.now.value.value?.items).toHaveLength(3);
    expect(FakeSocket.all).toHaveLength(1);
    scope.stop();
    vi.unstubAllGlobals();
  });
});

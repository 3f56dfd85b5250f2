import { describe, expect, it } from "vitest";
import { effectScope, nextTick, shallowRef } from "vue";
import { FlowError } from "../../src/client/live";
import { useLive } from "../../src/vue";
import { FakeLive } from "../fakes/live";

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

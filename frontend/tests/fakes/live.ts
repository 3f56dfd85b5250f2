/** A live value that a test changes. */

import { type FlowError, type Meta, Source } from "../../src/client/live";
import { FakeEnvironment } from "./environment";

export class FakeLive<T> extends Source<T> {
  value: T | undefined;
  failure: FlowError | null = null;
  listeners = 0;
  override readonly environment: FakeEnvironment;

  constructor(value?: T, environment = new FakeEnvironment()) {
    super(environment);
    this.value = value;
    this.environment = environment;
  }

  get meta(): Meta {
    const isLive = this.failure === null;
    return {
      status: isLive ? "live" : "denied",
      asOf: new Date(0),
      position: { epoch: "e", offset: 1 },
      stale: !isLive,
    };
  }

  protected override watched(isWatched: boolean): void {
    this.listeners += isWatched ? 1 : -1;
  }

  become(value: T): void {
    this.value = value;
    this.changed();
  }

  fail(failure: FlowError): void {
    this.failure = failure;
    this.changed();
  }
}

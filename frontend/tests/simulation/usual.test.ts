// @vitest-environment node
import { holdsFor } from "./agree";

// Half-dead sockets are found by two and a half heartbeats of silence.
holdsFor("usual", { p99: 15_000, max: 20_000 });
holdsFor("every close is seen", { p99: 5_000, max: 15_000 });

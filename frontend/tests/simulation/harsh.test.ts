// @vitest-environment node
import { holdsFor } from "./agree";

holdsFor("harsh", { p99: 15_000, max: 20_000 });
holdsFor("looked at", { p99: 2_500, max: 10_000 });

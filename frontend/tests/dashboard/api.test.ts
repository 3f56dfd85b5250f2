// @vitest-environment node
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { typesOfTheApi } from "../../scripts/api.mjs";

it("has the types of the API's document: npm run api", async () => {
  const types = await readFile("src/dashboard/http/api.d.ts", "utf8");

  expect(types).toBe(await typesOfTheApi());
});

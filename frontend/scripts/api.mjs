/**
 * The types of the API, from its document: `npm run api`.
 *
 * The document has the paths of a project that includes the URLs below `flow/`; the types have them as
 * seen from the API's own root, wherever a project has put it.
 */

import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../../docs/reference/openapi.json", import.meta.url);
const TYPES = new URL("../src/dashboard/http/api.d.ts", import.meta.url);
const ROOT = "/flow/api/v1";

export async function typesOfTheApi() {
  const document = JSON.parse(await readFile(DOCUMENT, "utf8"));
  const paths = Object.entries(document.paths).map(([path, operations]) => [
    path.replace(ROOT, ""),
    operations,
  ]);
  const nodes = await openapi({ ...document, paths: Object.fromEntries(paths) });
  return `// Made by \`npm run api\` from docs/reference/openapi.json.\n\n${astToString(nodes)}`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await writeFile(TYPES, await typesOfTheApi());
}

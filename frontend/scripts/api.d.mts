/** The text of `src/dashboard/http/api.d.ts`, as the API's document wants it. */
export function typesOfTheApi(): Promise<string>;

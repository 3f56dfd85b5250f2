/** What the server has written into the page: where things are, who is here, and what they may do. */

export interface PageConfig {
  /** Where the dashboard begins, with a slash at the end: `/flow/`. */
  readonly base: string;
  /** Where the API begins: `/flow/api/v1`. */
  readonly api: string;
  readonly socket: string;
  /** Where to log in. */
  readonly login: string;
  readonly user: {
    /** As runs and events name him. */
    readonly key: string;
    readonly name: string;
    readonly permissions: readonly string[];
  };
  /** Of the front end that this page was made for; another one means: load the page anew. */
  readonly build: string;
  /** It is the demo: the broker and the database are not for production. */
  readonly demo: boolean;
  /** The project's own time zone, as IANA names it. */
  readonly zone: string;
  /** The project writes e-mail of what was not seen in an inbox. */
  readonly mails: boolean;
}

const NOBODY: PageConfig = {
  base: "/flow/",
  api: "/flow/api/v1",
  socket: "/flow/ws/",
  login: "",
  user: { key: "", name: "", permissions: [] },
  build: "",
  demo: false,
  zone: "UTC",
  mails: false,
};

function written(): PageConfig {
  const text = document.getElementById("flow-page")?.textContent;
  return text ? { ...NOBODY, ...JSON.parse(text) } : NOBODY;
}

export const page: PageConfig = written();

const permissions = new Set(page.user.permissions);

/** Whether the user has the permission of that name: `cancel_run`. The server asks again. */
export function may(permission: string): boolean {
  return permissions.has(permission);
}

/** The address of a screen: `to("runs", { q: "state:failed" })`. Empty values are left out. */
export function to(
  place: string,
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  const search = new URLSearchParams(given).toString();
  return `${page.base}${place}${search && `?${search}`}`;
}

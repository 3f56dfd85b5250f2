/** The dashboard in its page: the address decides which screen is shown. */

import { render } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { exec, LocationProvider, useLocation } from "preact-iso/router";
import { Loading } from "./parts/empty";
import { ProblemScreen } from "./parts/problem";
import { Shell } from "./parts/shell";
import { forgetWithSession } from "./parts/thing";
import { ROUTES, type Route } from "./routes";
import type { Screen } from "./screen";
import { sayPlace } from "./state/announce";
import { listenForKeys } from "./state/keys";
import { watchLink } from "./state/link";
import { page } from "./state/page";
import { dress } from "./state/prefs";
import { forgetOthers } from "./state/recent";
import { screenTitle, watchTitle } from "./state/title";

export function start(): void {
  const root = document.getElementById("flow-root");
  if (!root) return;
  dress(document.documentElement);
  watchLink();
  listenForKeys();
  watchTitle();
  forgetOthers();
  forgetWithSession();
  root.replaceChildren();
  render(<Dashboard />, root);
}

/** Addresses of screens; all else below the same path is the server's: `my/runs/…`, `start/`. */
function scope(): RegExp {
  const places = [...new Set(ROUTES.map(({ path }) => path.split("/")[0]))].filter(Boolean);
  const base = page.base.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${base}(?:(?:${places.join("|")})(?:/[^?#]*[^/?#])?)?(?:[?#]|$)`);
}

function Dashboard() {
  return (
    <LocationProvider scope={scope()}>
      <Shell>
        <Content />
      </Shell>
    </LocationProvider>
  );
}

interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The screen of that address; null where there is none. */
export function routeOf(path: string): Found | null {
  const place = `/${path.slice(page.base.length)}`;
  for (const route of ROUTES) {
    const matches = exec(place, `/${route.path}`);
    if (matches) return { route, params: matches.params };
  }
  return null;
}

/** The title of the list in which the thing of such a screen stands: `Runs` of `runs/:id`. */
function placeOf({ path }: Route): string {
  const first = path.split("/")[0];
  return ROUTES.find((route) => route.path === first)?.title ?? "";
}

interface Shown extends Found {
  /** Its address, without what is chosen in it. */
  readonly path: string;
  readonly Screen: Screen;
}

/**
 * Who has gone to another screen is there: the focus is at its beginning, and its title is said. What is
 * chosen within a screen moves nobody, nor does the page's first screen, nor what is behind a dialog.
 */
function useArrival(shown: Shown | null): void {
  const before = useRef<string | null>(null);
  // With what is seen, not a moment after it: the next key is for the new screen.
  useLayoutEffect(() => {
    if (!shown || shown.path === before.current) return;
    const isFirst = before.current === null;
    before.current = shown.path;
    if (isFirst) return;
    sayPlace(shown.route.title);
    if (document.querySelector("dialog[open]")) return;
    document.getElementById("flow-main")?.focus({ preventScroll: true });
  }, [shown]);
}

/** The chosen screen. While its module is on its way, the screen before stays where it is. */
function Content() {
  const { path } = useLocation();
  const found = routeOf(path);
  const route = found?.route;
  const [shown, show] = useState<Shown | null>(null);
  const [failure, fail] = useState("");
  useArrival(shown);
  // With the screen: until it is there, the title is that of the one before.
  useLayoutEffect(() => {
    if (shown) screenTitle.value = { title: shown.route.title, place: placeOf(shown.route) };
  }, [shown]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is found follows from the path
  useEffect(() => {
    if (!found) return;
    let isOver = false;
    fail("");
    found.route.load().then(
      (Screen) => {
        if (isOver) return;
        show({ path, route: found.route, Screen, params: found.params });
      },
      (error) => !isOver && fail(String(error)),
    );
    return () => {
      isOver = true;
    };
  }, [path]);

  if (!route) return <ProblemScreen problem={NO_SCREEN} />;
  if (failure) {
    return (
      <ProblemScreen problem={{ ...NOT_LOADED, detail: NOT_LOADED.detail }}>
        <button type="button" class="button" onClick={() => location.reload()}>
          Load the page anew
        </button>
      </ProblemScreen>
    );
  }
  if (!shown) return <Loading />;
  const { Screen } = shown;
  const isSame = shown.route === route;
  return <Screen key={shown.route.path} params={isSame && found ? found.params : shown.params} />;
}

const NO_SCREEN = {
  title: "No such screen",
  status: 404,
  detail: "Nothing of the dashboard is at this address.",
  code: "",
  errors: [],
};

/** After a new version was put in place, an old page finds its modules gone. */
const NOT_LOADED = {
  title: "This screen could not be loaded",
  status: 0,
  detail: "The network is away, or a newer version was put in place meanwhile.",
  code: "",
  errors: [],
};

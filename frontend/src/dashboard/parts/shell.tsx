/** What stands around every screen: where one may go, how fresh the page is, and who is here. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { BELOW, ROUTES } from "../routes";
import { MOD, useKeys } from "../state/keys";
import { inbox, skewMs } from "../state/link";
import { useLive } from "../state/live";
import { page, to } from "../state/page";
import { times } from "../state/prefs";
import { span } from "../state/time";
import { Appearance } from "./appearance";
import { Chip } from "./chip";
import { Icon } from "./glyphs";
import { Help } from "./help";
import { Palette } from "./palette";
import { places, wayTo } from "./places";
import { Zone } from "./time";

const COMMAND = `${MOD}${MOD === "Ctrl" ? "+" : ""}K`;

export function Shell({ children }: { children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  const [asks, setAsks] = useState<"palette" | "help" | null>(null);
  const { path, query, route } = useLocation();
  const main = useRef<HTMLElement>(null);
  const isTv = query["tv"] === "1";
  useKeys([
    { keys: "mod+k", says: "Go or act", run: () => setAsks("palette") },
    { keys: "/", says: "Go or act", run: () => setAsks("palette") },
    { keys: "?", says: "These shortcuts", run: () => setAsks("help") },
    { keys: "t", says: "Times: how long ago, local, UTC", run: nextTimes },
    ...places().map(({ key, title, path: place }) => ({
      keys: `g ${key}`,
      says: title,
      run: () => route(wayTo(place)),
    })),
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another screen is another place to be
  useEffect(() => {
    setOpen(false);
    main.current?.scrollTo(0, 0);
  }, [path]);
  return (
    <div class="shell" data-tv={isTv || null} data-nav={isOpen || null}>
      <a class="skip" href="#flow-main">
        To the content
      </a>
      <header class="top">
        <button
          type="button"
          class="button button-icon top-menu"
          aria-label="Menu"
          aria-expanded={isOpen}
          aria-controls="flow-nav"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon of={isOpen ? "close" : "menu"} />
        </button>
        <a class="brand" href={to("")}>
          <Icon of="floor" size={18} />
          flow
        </a>
        {page.demo && (
          <span
            class="badge"
            title="The broker and the database of the demo are not for production"
          >
            demo
          </span>
        )}
        <button
          type="button"
          class="top-find"
          aria-label={`Go to, or paste an id ${COMMAND}`}
          onClick={() => setAsks("palette")}
        >
          <Icon of="search" />
          <span>Go to, or paste an id</span> <kbd>{COMMAND}</kbd>
        </button>
        <Chip />
        <Bell />
        <Appearance onHelp={() => setAsks("help")} />
      </header>
      <Nav path={path} />
      <main class="main" id="flow-main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer class="foot">
        <Zone />
        <Skew />
      </footer>
      {asks === "palette" && <Palette onClose={() => setAsks(null)} />}
      {asks === "help" && <Help onClose={() => setAsks(null)} />}
    </div>
  );
}

function Nav({ path }: { path: string }) {
  const first = path.slice(page.base.length).split("/")[0] ?? "";
  const here = BELOW[first] ?? first;
  return (
    <nav class="nav" id="flow-nav" aria-label="Screens">
      <ul>
        {places().map(({ path: place, title, icon }) => (
          <li key={place}>
            <a href={wayTo(place, here)} aria-current={here === place ? "page" : undefined}>
              <Icon of={icon} />
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** How many notifications were not read. */
function Bell() {
  const { value } = useLive(inbox);
  const count = value?.unread ?? 0;
  const href = ROUTES.some(({ path }) => path === "notifications")
    ? to("notifications")
    : to("inbox/");
  return (
    <a class="bell" href={href} aria-label={`Notifications${count > 0 ? `, ${count} unread` : ""}`}>
      <Icon of="bell" />
      {count > 0 && <span class="count">{count > 99 ? "99+" : count}</span>}
    </a>
  );
}

/** The browser's clock is wrong: times are the server's. */
function Skew() {
  const skew = skewMs.value;
  if (skew === 0) return null;
  return (
    <span class="faint">
      This computer's clock is {span(Math.abs(skew))} {skew > 0 ? "slow" : "fast"}; times are the
      server's.
    </span>
  );
}

function nextTimes(): void {
  const all = ["relative", "local", "utc", "project"] as const;
  times.value = all[(all.indexOf(times.peek()) + 1) % all.length] ?? "relative";
}

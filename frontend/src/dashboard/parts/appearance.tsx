/** What a reader may set: colours, contrast, rows, times, shortcuts. */

import { page } from "../state/page";
import { contrast, density, letters, theme, times } from "../state/prefs";
import { Menu, type MenuEntry } from "./menu";

export function Appearance({ onHelp }: { onHelp: () => void }) {
  const choices: readonly MenuEntry[] = [
    choice(theme, "system", "As the system", "Colours"),
    choice(theme, "light", "Light"),
    choice(theme, "dark", "Dark"),
    choice(contrast, "system", "As the system", "Contrast"),
    choice(contrast, "more", "More"),
    choice(density, "compact", "Compact", "Rows"),
    choice(density, "comfortable", "Comfortable"),
    choice(times, "relative", "How long ago", "Times"),
    choice(times, "local", "Of this computer"),
    choice(times, "utc", "UTC"),
    ...(page.zone === "UTC" ? [] : [choice(times, "project", page.zone)]),
    choice(letters, "on", "On", "Shortcuts of one letter"),
    choice(letters, "off", "Off"),
    { label: "All shortcuts", group: page.user.name || "You", run: onHelp },
  ];
  return <Menu class="menu-end" label="Appearance and times" icon="look" entries={choices} />;
}

function choice<T>(setting: { value: T }, value: T, label: string, group?: string): MenuEntry {
  const entry = {
    label,
    isChosen: setting.value === value,
    run: () => {
      setting.value = value;
    },
  };
  return group === undefined ? entry : { ...entry, group };
}

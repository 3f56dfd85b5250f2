/** Notifications: what I was told, and the rules by which I am. */

import { Inbox } from "./notifications/inbox";
import { Rules } from "./notifications/rules";

export function NotificationsScreen() {
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>Notifications</h1>
        <p class="faint">What you were told, and what you want to hear of.</p>
      </header>
      <Inbox />
      <Rules />
    </div>
  );
}

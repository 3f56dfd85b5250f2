// The service worker of flowengine's pushes: it shows what came, and opens where it leads.

addEventListener("push", (event) => {
  const told = event.data?.json() ?? {};
  const shown = { body: told.text, tag: told.id, data: { url: told.url } };
  event.waitUntil(registration.showNotification(told.title ?? "", shown));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url));
});

/** Go there in a window that is open already, else in a new one. */
async function open(url) {
  const where = new URL(url || "/", location.origin).href;
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => each.url === where);
  await (there ? there.focus() : clients.openWindow(where));
}

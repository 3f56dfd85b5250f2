// The button of the preferences page that lets this browser be pushed to.

class FlowPush extends HTMLElement {
  async connectedCallback() {
    if (!("serviceWorker" in navigator) || !("PushManager" in globalThis)) return;
    const button = this.querySelector("button");
    const said = this.querySelector("[role=status]");
    this.hidden = false;
    button?.addEventListener("click", async () => {
      if (button.getAttribute("aria-disabled") === "true") return;
      try {
        await subscribe(
          this.getAttribute("worker"),
          this.getAttribute("key"),
          this.getAttribute("url"),
        );
        // Not `disabled`: that would take the focus from who has just pressed it.
        button.setAttribute("aria-disabled", "true");
        if (said) said.textContent = this.getAttribute("done");
      } catch {
        // Denied by the user, or by the browser's own rules: nothing has changed, and the button stays.
        if (said) said.textContent = this.getAttribute("failed");
      }
    });
  }
}

async function subscribe(worker, key, url) {
  const registration = await navigator.serviceWorker.register(worker);
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  });
  const token = document.querySelector('meta[name="flow-csrf"]')?.getAttribute("content") ?? "";
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrftoken": token },
    body: JSON.stringify(subscription),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
}

customElements.define("flow-push", FlowPush);

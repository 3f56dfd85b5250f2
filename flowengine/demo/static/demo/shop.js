// Places orders without leaving the page. Without this script the form posts and the page is drawn anew.
const SHOWN = 120; // as many as the server puts into the page
const form = document.querySelector("form.counter");
const orders = document.querySelector(".orders");
const said = form.querySelector(".said");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  const fields = new FormData(form, button);
  button.disabled = true;
  said.textContent = "";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: fields,
      headers: { "X-Requested-With": "fetch" },
    });
    if (!answer.ok) throw new Error(`the shop answered ${answer.status}`);
    const page = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
    const placed = [...page.querySelectorAll("li.order")].map((row) => document.adoptNode(row));
    orders.prepend(...placed);
    for (const old of orders.querySelectorAll(`.order:nth-child(n + ${SHOWN + 1})`)) old.remove();
    said.textContent = placed.length === 1 ? "Placed." : `${placed.length} orders placed.`;
  } catch {
    said.textContent = "The shop cannot be reached; nothing was ordered. Try again in a moment.";
  } finally {
    button.disabled = false;
    // A button that is switched off loses the focus; who has gone elsewhere meanwhile stays there.
    if (document.activeElement === document.body) button.focus();
  }
});

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Dialog } from "../../src/dashboard/parts/dialog";

let page: HTMLElement;

beforeEach(() => {
  page = document.createElement("div");
  document.body.innerHTML = '<main id="flow-main" tabindex="-1"></main>';
  document.body.append(page);
});

afterEach(() => {
  act(() => render(null, page));
  document.body.replaceChildren();
});

interface Given {
  readonly hasButton: boolean;
  readonly isOpen: boolean;
}

const show = ({ hasButton, isOpen }: Given) =>
  act(() =>
    render(
      <>
        {hasButton && <button type="button">Cancel…</button>}
        {isOpen && (
          <Dialog title="Cancel?" onClose={() => {}}>
            <p>Really?</p>
          </Dialog>
        )}
      </>,
      page,
    ),
  );

const button = () => page.querySelector<HTMLElement>(":scope > button");

describe("a dialog that is closed", () => {
  it("gives the focus back where it was", async () => {
    await show({ hasButton: true, isOpen: false });
    button()?.focus();

    await show({ hasButton: true, isOpen: true });
    await show({ hasButton: true, isOpen: false });

    expect(document.activeElement).toBe(button());
  });

  it("gives it to the content where what had it has gone meanwhile", async () => {
    await show({ hasButton: true, isOpen: false });
    button()?.focus();

    await show({ hasButton: true, isOpen: true });
    await show({ hasButton: false, isOpen: true });
    await show({ hasButton: false, isOpen: false });

    expect(document.activeElement).toBe(document.getElementById("flow-main"));
  });
});

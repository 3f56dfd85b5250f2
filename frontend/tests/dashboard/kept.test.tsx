import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, it } from "vitest";
import { kept } from "../../src/dashboard/parts/kept";

it("what has the same value as before is not drawn again, in any row", async () => {
  const drawn: string[] = [];
  function Word({ of }: { of: string }) {
    drawn.push(of);
    return <b>{of}</b>;
  }
  const word = kept((of) => <Word of={of} />);
  const page = document.createElement("div");
  const show = (one: string, two: string, three: string) =>
    act(() =>
      render(
        <>
          <p>{word(one)}</p>
          <p>{word(two)}</p>
          <p>{word(three)}</p>
        </>,
        page,
      ),
    );

  await show("running", "running", "held");
  await show("running", "failed", "held");

  expect(page.innerHTML).toBe("<p><b>running</b></p><p><b>failed</b></p><p><b>held</b></p>");
  expect(drawn).toEqual(["running", "running", "held", "failed"]);
});

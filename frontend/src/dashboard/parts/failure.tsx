/** Why something failed: the class and the place first, the project's own code before any library's. */

import type { Told } from "../http/ask";
import { may } from "../state/page";
import { Copy } from "./copy";
import { Icon } from "./glyphs";

export function FailureText({ failure }: { failure: Told["FailureTold"] }) {
  return (
    <div class="failure">
      <p class="failure-code" data-tone="bad">
        <strong>{failure.code}</strong>
        {failure.message ? `: ${failure.message}` : ""} {failure.fe && <code>{failure.fe}</code>}
      </p>
      {!may("view_payload") && (
        <p class="payload-closed">
          <Icon of="lock" /> What the error says needs <code>flowengine.view_payload</code>.
        </p>
      )}
      <Frames frames={failure.frames} />
      {failure.traceback && (
        <details>
          <summary>Traceback</summary>
          <div class="payload">
            <div class="payload-acts">
              <Copy text={failure.traceback} says="the traceback" />
            </div>
            <pre>{failure.traceback}</pre>
          </div>
        </details>
      )}
    </div>
  );
}

/** The project's own lines, the innermost first; the others are one line. */
function Frames({ frames }: { frames: readonly Told["FrameTold"][] }) {
  const own = frames.filter(({ is_own }) => is_own).toReversed();
  const others = frames.length - own.length;
  if (frames.length === 0) return null;
  return (
    <ol class="frames">
      {own.map(({ file, line, name }, at) => (
        <li key={`${file}:${line}:${name}`}>
          <code>
            {file}:{line}
          </code>{" "}
          {name}() {at === 0 && <span class="faint">← your code</span>}
        </li>
      ))}
      {others > 0 && (
        <li>
          <details>
            <summary>{others} frames of libraries</summary>
            <ol>
              {frames
                .filter(({ is_own }) => !is_own)
                .map(({ file, line, name }, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a recursion has the same line often
                  <li key={at}>
                    <code>
                      {file}:{line}
                    </code>{" "}
                    {name}()
                  </li>
                ))}
            </ol>
          </details>
        </li>
      )}
    </ol>
  );
}

/** That what is looked at has ended: said once, to who has seen it at work. */

import { useEffect, useRef } from "preact/hooks";
import { sayEnd } from "../state/announce";

/**
 * Say `says` when the thing of that id comes to an end while it is shown. What had ended before it was
 * opened is not news; what begins again may end again. `isOver` undefined = nothing is known of it yet.
 */
export function useEnding(id: string, isOver: boolean | undefined, says: string): void {
  const seen = useRef({ id, isOpen: false });
  useEffect(() => {
    if (isOver === undefined) return;
    const wasOpen = seen.current.id === id && seen.current.isOpen;
    seen.current = { id, isOpen: !isOver };
    if (isOver && wasOpen) sayEnd(says);
  }, [id, isOver, says]);
}

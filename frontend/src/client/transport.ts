/** Moving text, nothing else: the seam between the connection and the browser. */

export interface TransportEvents {
  received(text: string): void;
  /** At most once; nothing follows. */
  closed(code: number, reason: string): void;
}

export interface Link {
  send(text: string): void;
  /** Ends it; no event follows. */
  close(): void;
}

export interface Transport {
  /** `grants`: leave to watch, where the page has any; the socket of a stranger needs one. */
  open(events: TransportEvents, grants: readonly string[]): Link;
}

/** A WebSocket to a whole URL, http or ws. */
export function webSocket(url: string): Transport {
  return {
    open(events, [grant]) {
      // A grant must not stand in the URL, where logs would keep it.
      const socket = new WebSocket(
        url.replace(/^http/, "ws"),
        grant === undefined ? [] : ["flowengine", grant],
      );
      socket.onmessage = ({ data }: MessageEvent<unknown>) => events.received(String(data));
      socket.onclose = ({ code, reason }) => events.closed(code, reason);
      return {
        send(text) {
          if (socket.readyState === WebSocket.OPEN) socket.send(text);
        },
        close() {
          socket.onmessage = socket.onclose = () => {};
          socket.close();
        },
      };
    },
  };
}

/** Moving text, nothing else: the seam between the connection and the browser. */

export interface TransportEvents {
  opened(): void;
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
  open(events: TransportEvents): Link;
}

export class WebSocketTransport implements Transport {
  readonly #url: string;

  /** `path` on the page's own origin, or a whole URL. */
  constructor(path: string, page: string) {
    const url = new URL(path, page);
    url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
    this.#url = url.href;
  }

  open(events: TransportEvents): Link {
    const socket = new WebSocket(this.#url);
    let isOver = false;
    socket.onopen = () => {
      if (!isOver) events.opened();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (!isOver && typeof event.data === "string") events.received(event.data);
    };
    socket.onclose = (event) => {
      if (isOver) return;
      isOver = true;
      events.closed(event.code, event.reason);
    };
    return {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close() {
        isOver = true;
        socket.close();
      },
    };
  }
}

import { isGreeting, type ToFrame, type ToLoader, toLoader, wireVersion } from "./wire.ts";

export type ChatFrame = {
  readonly element: HTMLIFrameElement;
  /** Kept until the frame listens. What it should know at every start is told by `state` instead. */
  say(message: ToFrame): void;
  rename(title: string): void;
  remove(): void;
};

/**
 * As little as the chat needs: its scripts, its own origin's storage, links that open a tab. It cannot lead the page
 * elsewhere, open dialogs over it or point at its documents.
 */
const sandbox =
  "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox";

/** A frame that never answers must not make the page keep everything said to it. */
const waitingMessages = 50;

/**
 * The frame of the chat. It says that it is there; it is answered, at its origin only, with one end of a channel, and
 * from then on nobody else on the page can speak in the name of either side.
 */
export function makeFrame(
  win: Window,
  { url, title, lang, state }: { url: URL; title: string; lang: string; state: () => ToFrame[] },
  hear: (message: ToLoader) => void,
): ChatFrame {
  const element = win.document.createElement("iframe");
  element.className = "f";
  element.title = title;
  element.lang = lang;
  element.setAttribute("sandbox", sandbox);
  element.allow = "clipboard-write";
  element.referrerPolicy = "no-referrer";
  element.src = url.href;
  let port: MessagePort | undefined;
  let waiting: ToFrame[] = [];

  const greeted = (event: MessageEvent) => {
    if (event.source !== element.contentWindow || event.origin !== url.origin || !isGreeting(event.data, "here"))
      return;
    // A page that loads again in the frame gets a channel of its own.
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => {
      const message = toLoader(data);
      if (message) hear(message);
    };
    element.contentWindow?.postMessage({ aftercare: wireVersion, type: "port" }, url.origin, [channel.port2]);
    for (const message of [...state(), ...waiting]) port.postMessage(message);
    waiting = [];
  };
  win.addEventListener("message", greeted);
  return {
    element,
    say(message) {
      if (port) port.postMessage(message);
      else if (waiting.length < waitingMessages) waiting.push(message);
    },
    rename(name) {
      element.title = name;
    },
    remove() {
      win.removeEventListener("message", greeted);
      port?.close();
      element.remove();
    },
  };
}

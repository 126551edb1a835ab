/** Where the chat covers the page: a phone, whichever way it is held. */
export const phone = "(max-width:480px),(max-height:480px)";

/** The launcher's and the frame's look. Nothing of the page's own styles comes in, nothing of these goes out. */
export const style = `:host{all:initial;position:fixed;z-index:2147483000;inset:0;pointer-events:none}
.b{pointer-events:auto;position:fixed;bottom:calc(var(--up) + env(safe-area-inset-bottom));width:60px;height:60px;padding:0;border:0;border-radius:50%;background:var(--brand);color:var(--on);cursor:pointer;box-shadow:0 4px 16px #1018284d;display:grid;place-items:center;touch-action:manipulation}
.r *{right:calc(20px + env(safe-area-inset-right))}
.l *{left:calc(20px + env(safe-area-inset-left))}
.b:focus-visible{outline:3px solid var(--on);outline-offset:-6px;box-shadow:0 0 0 3px var(--brand)}
svg{width:30px;fill:none;stroke:currentColor;stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}
.o path,path+path{display:none}.o path+path{display:inline}
.b .n{position:absolute;inset:-4px -4px auto auto;min-width:10px;padding:0 6px;border-radius:11px;background:#c5221f;color:#fff;font:600 13px/22px system-ui}
.n:empty{display:none}
.f{pointer-events:none;visibility:hidden;opacity:0;position:fixed;bottom:calc(var(--up) + 76px + env(safe-area-inset-bottom));width:400px;height:min(680px,100vh - 100px - var(--up));max-width:calc(100vw - 40px);border:0;border-radius:18px;background:canvas;box-shadow:0 4px 32px #1018284d;transform:translateY(12px);transition:opacity .18s,transform .18s,visibility .18s}
.o .f{pointer-events:auto;visibility:visible;opacity:1;transform:none}
@media${phone}{div .f{inset:var(--vt,0) 0 auto;width:100%;max-width:none;height:100vh;height:var(--vh,100dvh);border-radius:0;box-shadow:none}.o .b{display:none}}
@media(prefers-reduced-motion:reduce){.f{transition:none}}
@media(forced-colors:active){.b{border:2px solid ButtonText}}
`;

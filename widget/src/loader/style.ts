/** The launcher's and the frame's look. Nothing of the page's own styles comes in, nothing of these goes out. */
export const style = `:host{all:initial;position:fixed;z-index:2147483000;inset:0;pointer-events:none;--gap:20px}
.b{pointer-events:auto;position:fixed;bottom:calc(var(--gap) + env(safe-area-inset-bottom));width:60px;height:60px;padding:0;border:0;border-radius:50%;background:var(--brand);color:var(--on);cursor:pointer;box-shadow:0 4px 16px #1018284d;display:grid;place-items:center;touch-action:manipulation}
.r .b{right:calc(var(--gap) + env(safe-area-inset-right))}
.l .b{left:calc(var(--gap) + env(safe-area-inset-left))}
.b:focus-visible{outline:3px solid var(--on);outline-offset:-6px;box-shadow:0 0 0 3px var(--brand)}
.b svg{width:30px;height:30px;fill:none;stroke:currentColor;stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}
.o .b .c,.b .x{display:none}.o .b .x{display:block}
.n{position:absolute;top:-4px;right:-4px;min-width:10px;padding:0 6px;border-radius:11px;background:#c5221f;color:#fff;font:600 13px/22px system-ui;text-align:center}
.n:empty{display:none}
.f{pointer-events:none;visibility:hidden;opacity:0;position:fixed;bottom:calc(var(--gap) + 76px + env(safe-area-inset-bottom));width:400px;height:min(680px,calc(100vh - 120px));height:min(680px,calc(100dvh - 120px));max-width:calc(100vw - 2*var(--gap));border:0;border-radius:18px;background:canvas;box-shadow:0 4px 32px #1018284d;transform:translateY(12px);transition:opacity .18s,transform .18s,visibility 0s .18s}
.r .f{right:calc(var(--gap) + env(safe-area-inset-right))}
.l .f{left:calc(var(--gap) + env(safe-area-inset-left))}
.o .f{pointer-events:auto;visibility:visible;opacity:1;transform:none;transition:opacity .18s,transform .18s}
@media (max-width:480px){.f{inset:auto 0!important;top:var(--vt,0px)!important;width:100%;max-width:none;height:100vh;height:var(--vh,100dvh);border-radius:0;box-shadow:none}.o .b{display:none}}
@media (prefers-reduced-motion:reduce){.f,.o .f{transition:none;transform:none}}
@media (forced-colors:active){.b{border:2px solid ButtonText}}
`;

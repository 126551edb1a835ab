export { DeskApp, type DeskAppProps } from "./src/desk-app.tsx";
export { FrontApp } from "./src/front-app.tsx";
export type { Door, StepAnswer } from "./src/security/door.ts";

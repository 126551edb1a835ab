export { StaffApp, type StaffAppProps } from "./src/app.tsx";
export type { Door, StepAnswer } from "./src/security/door.ts";

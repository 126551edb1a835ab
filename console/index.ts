export { StaffApp, type StaffAppProps } from "./src/app.tsx";

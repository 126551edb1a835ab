export { CustomerApp, type CustomerAppProps } from "./src/app.tsx";

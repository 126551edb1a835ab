export { words as front } from "../front/en.ts";
export { words as inspector } from "../inspector/en.ts";
export { words as desk } from "./en.ts";

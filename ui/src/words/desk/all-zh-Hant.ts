export { words as front } from "../front/zh-Hant.ts";
export { words as inspector } from "../inspector/zh-Hant.ts";
export { words as desk } from "./zh-Hant.ts";

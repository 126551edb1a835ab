export { words as front } from "../front/zh-Hans.ts";
export { words as inspector } from "../inspector/zh-Hans.ts";
export { words as desk } from "./zh-Hans.ts";
